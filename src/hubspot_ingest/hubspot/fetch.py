"""The type of the function by which all other packages ask HubSpot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from hubspot_ingest.hubspot.requests import Request

Answer = TypeVar("Answer")


class Fetch(Protocol):
    """Sends a request until it is answered and parses the answer; safe to call from threads."""

    def __call__(self, request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        """See ``hubspot.client.Client.fetch``."""
