"""Makes associations again that a run took from others: labels, and pairs there were before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.link_requests import LinkKind
from hubspot_ingest.outbound.link_decisions import PairDecision, kind_id
from hubspot_ingest.outbound.link_sending import LinkSender
from hubspot_ingest.outbound.pair_reads import Place, read_pairs


def is_taken(link: Mapping[str, Any]) -> bool:
    """Whether what was remembered of a link is another's: of one of ours its wish is."""
    return "type_id" in link


def give_back(
    fetch: Fetch, from_type: str, taken: Iterable[Mapping[str, Any]]
) -> tuple[int, list[str]]:
    """Make them again where they are not there; how many pairs, and those that could not be.

    What HubSpot gives by itself comes back with the pair. Raises what ``Fetch`` raises.
    """
    by_type: dict[str, dict[Place, set[LinkKind]]] = {}
    for link in taken:
        place = str(link["from_id"]), str(link["to_id"])
        kind = LinkKind(str(link["category"]), str(link["type_id"]), link["label"])
        by_type.setdefault(str(link["to_type"]), {}).setdefault(place, set()).add(kind)
    count, missing = 0, list[str]()
    for to_type, kinds in sorted(by_type.items()):
        held = read_pairs(fetch, from_type, to_type, {from_id for from_id, _ in kinds})
        untold = [place for place in kinds if place[0] not in held.told]
        decisions: dict[Place, PairDecision] = {}
        for place in kinds.keys() - untold:
            decision = _given_back(frozenset(kinds[place]), held.of(place))
            if decision.changes:
                decisions[place] = decision
        failures = LinkSender(fetch, from_type, to_type).send(decisions)
        count += len(decisions) - len(failures)
        missing += [f"{from_id} {to_type}: {to_id}" for from_id, to_id in (*untold, *failures)]
    return count, missing


def _given_back(wanted: frozenset[LinkKind], present: frozenset[LinkKind]) -> PairDecision:
    there = {kind_id(kind) for kind in present}
    lost = {kind for kind in wanted if kind_id(kind) not in there and not kind.is_automatic}
    if not lost:
        return PairDecision(default=not present)
    # those that are sent take the place of those there are
    labels = frozenset({kind for kind in present if kind.label} | lost)
    return PairDecision(labels=labels, added=tuple(sorted(lost)))
