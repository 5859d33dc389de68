"""Says which scopes and which subscription a stream takes, where HubSpot refuses to show it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hubspot_ingest.catalog.stream import StreamBase
from hubspot_ingest.errors import ScopeMissing


@contextmanager
def naming_scopes(stream: StreamBase) -> Iterator[None]:
    """Around what reads a stream: ``ScopeMissing`` also has what the catalog knows of it.

    HubSpot may name no scope, or one of its own that no key can be given (recorded 2025-11:
    ``custom-object-read``).
    """
    try:
        yield
    except ScopeMissing as error:
        message = error.message
        scopes = error.scopes or stream.scopes
        if stream.scopes and not {*error.scopes} & {*stream.scopes}:
            message = f"{message}; {stream.name} needs the scope {' or '.join(stream.scopes)}"
        if stream.tier:
            message = f"{message}; HubSpot has {stream.name} from {stream.tier} on"
        raise ScopeMissing(message, scopes) from error
