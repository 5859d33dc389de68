"""Links of records that are others now: merged away, or made anew. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from hubspot_ingest.database.connection import Row
from hubspot_ingest.outbound.link_pairs import PairRows
from hubspot_ingest.outbound.pair_reads import HeldPairs, Place


def made_pairs(
    links: Iterable[Row], ids: Mapping[str, str], survivor: Callable[[Row], str | None]
) -> dict[Place, PairRows]:
    """What was made, by pair of records: a row's links are those of the record it has now.

    ``survivor`` is the record that what a link leads to was merged into, None where it was not, or
    that is not known.
    """
    pairs: dict[Place, PairRows] = {}
    for link in links:
        if link["TO_ID"] is not None:
            place = (ids[link["ROW_KEY"]], survivor(link) or str(link["TO_ID"]))
            pairs.setdefault(place, PairRows()).made.append(link)
    return pairs


def leads_elsewhere(link: Row, targets: Mapping[tuple[str, str], str]) -> bool:
    """Whether the key of a link leads to another record by now than the link does."""
    to_id = link["TO_ID"]
    target = targets.get((link["COLUMN_NAME"], link["TO_KEY"]))
    return to_id is not None and target not in (None, to_id)


def lost_places(pairs: Mapping[Place, PairRows], held: HeldPairs) -> set[Place]:
    """The pairs that nobody asks for and HubSpot has not: what they lead to may be merged away."""
    return {place for place, pair in pairs.items() if not pair.wished and place not in held}


def at_survivors(
    pairs: Mapping[Place, PairRows],
    lost: Collection[Place],
    held: HeldPairs,
    survivor: Callable[[Row], str | None],
) -> dict[Place, PairRows]:
    """The pairs, where links of lost ones are those of the record that the other one survives in.

    ``survivor`` is its id by a link, None where what the link leads to was not merged away: what
    its key leads to now may have a link of somebody else's.
    """
    living: dict[Place, PairRows] = {}
    for place, pair in pairs.items():
        living.setdefault(place, PairRows()).wished += pair.wished
        for link in pair.made:
            moved = (place[0], (survivor(link) if place in lost else None) or place[1])
            living.setdefault(moved if moved in held else place, PairRows()).made.append(link)
    return living


def move_of(link: Row, ids: Mapping[str, str]) -> tuple[str, str]:
    """The record that a link is of, and the one that its row has now."""
    return str(link["FROM_ID"]), ids[link["ROW_KEY"]]
