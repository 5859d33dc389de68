"""Finding the stream a name means, and which streams a credential may read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from hubspot_ingest.database.metadata import Access
from hubspot_ingest.errors import HubSpotRefused, ScopeMissing, UnknownStream
from hubspot_ingest.hubspot import answers, requests
from hubspot_ingest.inbound.catalog import BY_NAME, STREAMS, Stream
from hubspot_ingest.inbound.readers import Fetch
from hubspot_ingest.model import Schema
from hubspot_ingest.settings import did_you_mean

# An objectTypeId, p_<name>, or the fully qualified p<portal>_<name> of a custom object.
CUSTOM = re.compile(r"2-\d+|p\d*_\w+", re.IGNORECASE)
_BY_OBJECT_TYPE = {stream.object_type: stream for stream in STREAMS}


def standard(name: str) -> Stream | None:
    """The catalog's stream of that name or object type; None for what may be a custom object.

    Raises ``UnknownStream`` for anything else, without asking HubSpot.
    """
    wanted = name.strip().lower()
    found = BY_NAME.get(wanted) or _BY_OBJECT_TYPE.get(wanted)
    if found is None and not CUSTOM.fullmatch(wanted):
        raise UnknownStream(
            f"there is no stream {name!r}{did_you_mean(wanted, BY_NAME)}; known: "
            f"{', '.join(BY_NAME)}, and custom objects by their objectTypeId (2-…) or p_<name>"
        )
    return found


def custom(name: str, schemas: Sequence[Schema]) -> Stream:
    """The custom object that ``name`` means. Raises ``UnknownStream``, naming those there are."""
    wanted = name.strip().lower()
    for one in schemas:
        names = {one.object_type, one.fully_qualified_name.lower(), f"p_{one.name.lower()}"}
        if wanted in names:
            return Stream(wanted, one.object_type)
    there = ", ".join(f"{one.object_type} ({one.fully_qualified_name})" for one in schemas)
    raise UnknownStream(
        f"this portal has no custom object {name!r}; it has {there or 'none that we may read'}"
    )


def schemas(fetch: Fetch) -> tuple[Schema, ...]:
    """The portal's custom objects; none where the subscription or the scopes give none."""
    try:
        return fetch(requests.schemas(), answers.schemas)
    except (ScopeMissing, HubSpotRefused):
        return ()


def find(name: str, fetch: Fetch) -> Stream:
    """The stream that ``name`` means in this portal. Raises ``UnknownStream``."""
    return standard(name) or custom(name, schemas(fetch))


def access(fetch: Fetch) -> list[Access]:
    """For every stream of the catalog and every custom object: may the credential read it?"""
    own = [Stream(one.fully_qualified_name, one.object_type) for one in schemas(fetch)]

    def check(stream: Stream) -> Access:
        try:
            fetch(requests.list_page(stream.object_type, limit=1), answers.page)
        except ScopeMissing as error:
            return Access(stream.name, stream.object_type, False, error.scopes)
        except HubSpotRefused:
            return Access(stream.name, stream.object_type, False)
        return Access(stream.name, stream.object_type, True)

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(check, [*STREAMS, *own]))
