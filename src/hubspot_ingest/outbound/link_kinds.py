"""Finds the kind of association that a label means, and makes labels that are not there."""

from __future__ import annotations

from typing import Any

from hubspot_ingest.errors import HubSpotRefused, ScopeMissing
from hubspot_ingest.hubspot import link_requests
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.link_requests import LinkKind


class LinkKinds:
    """The kinds of association from one object type; those to another are asked for once."""

    def __init__(self, fetch: Fetch, from_type: str) -> None:
        """Nothing is asked before a kind is."""
        self._fetch = fetch
        self._from_type = from_type
        self._kinds: dict[str, tuple[LinkKind, ...]] = {}
        self._refused: set[tuple[str, str]] = set()

    def kind(self, to_type: str, label: str | None, *, create: bool) -> LinkKind | None:
        """The kind that a label means, None for no label; None where there is no such label.

        ``create`` makes it then, where HubSpot takes it. Raises what ``Fetch`` raises.
        """
        kind = self._find(to_type, label)
        if kind is not None or label is None or not create or (to_type, label) in self._refused:
            return kind
        try:
            self._fetch(link_requests.create_label(self._from_type, to_type, label), _whole)
        except (HubSpotRefused, ScopeMissing):
            self._refused.add((to_type, label))
            return None
        self._kinds.pop(to_type)
        return self._find(to_type, label)

    def _find(self, to_type: str, label: str | None) -> LinkKind | None:
        if to_type not in self._kinds:
            request = link_requests.link_kinds(self._from_type, to_type)
            self._kinds[to_type] = self._fetch(request, link_requests.parse_link_kinds)
        lower = _lower(label)
        return next((kind for kind in self._kinds[to_type] if _lower(kind.label) == lower), None)


def _lower(label: str | None) -> str | None:
    return None if label is None else label.lower()


def _whole(answer: Any) -> Any:
    return answer
