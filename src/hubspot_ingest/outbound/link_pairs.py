"""Pairs of records while their associations are decided: who asks for them, who made them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from hubspot_ingest.database.connection import Row
from hubspot_ingest.hubspot.link_requests import LinkKind
from hubspot_ingest.outbound.link_decisions import (
    EXISTED,
    INTENDED,
    MADE,
    LedgerLink,
    OtherEnd,
    PairDecision,
    PairState,
    PairWish,
    kind_id,
)
from hubspot_ingest.outbound.link_ledger import is_mapped, wish_of
from hubspot_ingest.outbound.pair_reads import HeldPairs, Place
from hubspot_ingest.outbound.push_settings import LinkMapping
from hubspot_ingest.outbound.rows import LinkWish, PlannedRow

# States of links that are there, or may be.
HELD = (MADE, INTENDED, EXISTED)


@dataclass
class PairRows:
    """A pair of records: the columns' rows that wish for it or made it, and what it is to be."""

    wished: list[tuple[PlannedRow, LinkWish, LinkKind]] = field(default_factory=list)
    made: list[Row] = field(default_factory=list)
    existed_before: bool = False

    @property
    def keys(self) -> set[str]:
        """The keys of the rows that wish for it or made it."""
        return {str(row.key) for row, _, _ in self.wished} | {
            str(link["ROW_KEY"]) for link in self.made
        }

    @property
    def labels(self) -> set[LinkKind]:
        """The labels that are wished for."""
        return {kind for _, _, kind in self.wished if kind.label is not None}

    def wishes(self) -> list[PairWish]:
        """What each column asks for."""
        kinds: dict[tuple[str, str], set[LinkKind]] = {}
        for _, wish, kind in self.wished:
            labels = kinds.setdefault((wish.column, wish.to_key), set())
            labels.update([] if kind.label is None else [kind])
        return [PairWish(*place, frozenset(labels)) for place, labels in kinds.items()]

    def state_of(self, kind: LinkKind, decision: PairDecision) -> str:
        """The ledger's state of a wish once a decision is carried out."""
        if kind.label is None:
            return EXISTED if self.existed_before else MADE
        states = {link.state for link in decision.ledger if kind_id(link.label) == kind_id(kind)}
        return MADE if MADE in states else EXISTED

    def is_new(self, row: PlannedRow, wish: LinkWish) -> bool:
        """Whether the run makes a link, and not an earlier one."""
        made = {(link["ROW_KEY"], wish_of(link)) for link in self.made if link["STATE"] == MADE}
        return wish in row.links_added and (row.key, wish) not in made

    def lacks(self, present: Collection[LinkKind]) -> bool:
        """Whether a label that rows have in the ledger is not on the pair."""
        there = {kind_id(kind) for kind in present}
        labels = (ledger_link(link).label for link in self.made)
        return any(label is not None and kind_id(label) not in there for label in labels)

    def state(self, present: Collection[LinkKind], other_end: OtherEnd) -> PairState:
        """What is known of the pair before it is decided about."""
        ledger = tuple(ledger_link(link) for link in self.made if link["STATE"] in HELD)
        state = PairState(frozenset(present), ledger, other_end)
        self.existed_before = state.existed
        return state


@dataclass(frozen=True, slots=True)
class WantedLinks:
    """The links that the rows of a group ask for, whatever the pair, by the rows' keys.

    ``keys`` are those of all its rows, ``gone`` of those whose record is archived; ``types`` are
    the object types that columns lead to by now.
    """

    keys: Collection[str]
    asked: Collection[tuple[str | None, LinkWish]]
    gone: Collection[str]
    types: Mapping[str, str]

    def lets_go(self, link: Row) -> bool:
        """Whether a row of the group made the link and does not ask for it any more."""
        key = link["ROW_KEY"]
        is_asked = (key, wish_of(link)) in self.asked or not is_mapped(link, self.types)
        return key in self.keys and not is_asked


def ledger_link(link: Row) -> LedgerLink:
    """A row of the ledger of links, as decisions take it."""
    kind = LinkKind(str(link["CATEGORY"]), str(link["TYPE_ID"]), link["LABEL"])
    return LedgerLink(
        link["COLUMN_NAME"],
        link["TO_KEY"],
        link["TO_ID"],
        None if kind.label is None else kind,
        bool(link["PAIR_EXISTED_BEFORE"]),
        link["STATE"],
    )


def other_ends(
    pairs: Mapping[Place, PairRows], links: Iterable[Row], wanted: WantedLinks
) -> dict[Place, OtherEnd]:
    """What other rows ask for, and made, of the same associations, by pair.

    Rows whose pairs are decided count by what they ask for now, those of ``links`` that lead to
    one of their records by the ledger, which still has those that the group's rows just let go.
    """
    ends: dict[Place, OtherEnd] = {}
    for (from_id, to_id), pair in pairs.items():
        if pair.wished:
            kinds = frozenset(kind for _, _, kind in pair.wished if kind.label is not None)
            ends[to_id, from_id] = OtherEnd(kinds, wishes_pair=True)
    for link in links:
        if link["STATE"] not in HELD:
            continue
        place = (str(link["TO_ID"]), str(link["FROM_ID"]))
        end, there = ends.get(place, OtherEnd()), ledger_link(link)
        kinds = frozenset([] if there.label is None else [there.label])
        asks = place[::-1] not in pairs or not is_mapped(link, wanted.types)
        asks = asks and not wanted.lets_go(link)
        ends[place] = OtherEnd(
            end.labels | kinds if asks else end.labels,
            end.wishes_pair or asks,
            end.made_pair or not there.pair_existed,
            end.made_labels | kinds if there.is_ours else end.made_labels,
        )
    return ends


def losing(
    pairs: Mapping[Place, PairRows],
    mappings: Mapping[str, LinkMapping],
    ends: Mapping[Place, OtherEnd],
) -> set[Place]:
    """The pairs that may lose something: a link of ours, or labels that are replaced.

    What was made from the other record is ours too.
    """
    places: set[Place] = set()
    for place, pair in pairs.items():
        wishes = {(row.key, wish) for row, wish, _ in pair.wished}
        if (
            any((link["ROW_KEY"], wish_of(link)) not in wishes for link in pair.made)
            or any(mappings[wish.column].labels == "replace" for _, wish in wishes)
            or (place in ends and ends[place].made_labels)
        ):
            places.add(place)
    return places


def lost_labels(
    asked: Mapping[Place, frozenset[LinkKind]], held: HeldPairs
) -> dict[Place, PairDecision]:
    """What makes the labels again that pairs lack of those asked for, beside what they have."""
    lost: dict[Place, PairDecision] = {}
    for place, labels in asked.items():
        there = {kind_id(kind) for kind in held.of(place)}
        missing = frozenset(kind for kind in labels if kind_id(kind) not in there)
        if missing and place[0] in held.told:
            labelled = frozenset(kind for kind in held.of(place) if kind.label)
            lost[place] = PairDecision(labelled | missing, added=tuple(sorted(missing)))
    return lost
