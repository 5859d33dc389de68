"""Reads what HubSpot holds of pairs of records."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from hubspot_ingest.hubspot.association_reads import read_links
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.link_requests import LinkKind

Place = tuple[str, str]
_NONE: frozenset[LinkKind] = frozenset()


@dataclass(frozen=True, slots=True)
class HeldPairs:
    """The kinds of association by pair, and the ids of the records of which HubSpot told them.

    What a record has that HubSpot did not tell of is not known: nothing may take its place.
    """

    kinds: Mapping[Place, frozenset[LinkKind]]
    told: frozenset[str]

    def __contains__(self, place: Place) -> bool:
        """Whether the two records are associated."""
        return place in self.kinds

    def of(self, place: Place) -> frozenset[LinkKind]:
        """The kinds of association of a pair."""
        return self.kinds.get(place, _NONE)


def read_pairs(fetch: Fetch, from_type: str, to_type: str, from_ids: Collection[str]) -> HeldPairs:
    """The pairs of some records with records of ``to_type``. Raises what ``Fetch`` raises."""
    links_by_id = read_links(fetch, from_type, to_type, sorted(from_ids)) if from_ids else {}
    kinds: dict[Place, set[LinkKind]] = {}
    for from_id, links in links_by_id.items():
        for link in links:
            kind = LinkKind(link.category, link.type_id, link.label)
            kinds.setdefault((from_id, link.to_id), set()).add(kind)
    return HeldPairs(
        {place: frozenset(held) for place, held in kinds.items()}, frozenset(links_by_id)
    )
