"""Decides what becomes of the association of two records. Pure.

What the source asks for, what the ledger says we made, and what HubSpot holds go in; what is to be
made and removed comes out, with the ledger as it is once that is done. What others made is kept:
labels that we did not put on a pair, and pairs that were there before us.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from hubspot_ingest.hubspot.link_requests import LinkKind
from hubspot_ingest.outbound.push_settings import LinkMapping

# States in the ledger of links: about to be sent; made by us; there already, by somebody else.
INTENDED, MADE, EXISTED = "INTENDED", "MADE", "EXISTED"
_OURS = (INTENDED, MADE)


@dataclass(frozen=True, slots=True)
class PairWish:
    """A column asks for a pair, with some labels or (none) without a label."""

    column: str
    to_key: str
    labels: frozenset[LinkKind]


@dataclass(frozen=True, slots=True)
class LedgerLink:
    """A row of the ledger of links: a label of a pair, or (None) that the pair is to be there."""

    column: str
    to_key: str
    to_id: str | None
    label: LinkKind | None
    pair_existed: bool
    state: str

    @property
    def is_ours(self) -> bool:
        """Whether the push made it, or may have."""
        return self.state in _OURS


@dataclass(frozen=True, slots=True)
class OtherEnd:
    """What other rows ask for of the same pair, seen from the other record.

    Only records of one type can ask for each other. ``made_pair`` says that such a row made the
    pair; ``present`` is the pair as HubSpot shows it from there, None where nobody looked.
    """

    labels: frozenset[LinkKind] = frozenset()
    wishes_pair: bool = False
    made_pair: bool = False
    made_labels: frozenset[LinkKind] = frozenset()
    present: frozenset[LinkKind] | None = None

    def may_be_paired(self, shown: Collection[LinkKind], wished: Collection[LinkKind] = ()) -> bool:
        """Whether what a pair shows here may be one end of a paired label, and its own the other.

        Of a type that was made there, is shown here and goes, as it is not ``wished`` from here or
        there, HubSpot's answer from there tells whether it is the same label at both ends.
        """
        asked = {kind_id(kind) for kind in self.labels}
        made = {kind_id(kind) for kind in self.made_labels}
        let_go = made - asked - {kind_id(kind) for kind in wished}
        seen = {kind_id(kind) for kind in shown}
        labelled = any(not kind.is_automatic for kind in shown)
        return labelled and bool((asked | made) - seen or let_go & seen)


@dataclass(frozen=True, slots=True)
class PairDecision:
    """What is done to a pair; ``ledger`` holds once it is done.

    ``labels`` are all those to be sent for the pair, as they take the place of those there are;
    ``default`` makes the pair without a label. ``removed_labels`` go, alone or with their pair.
    """

    labels: frozenset[LinkKind] = frozenset()
    default: bool = False
    removed_labels: frozenset[LinkKind] = frozenset()
    removes_pair: bool = False
    added: tuple[LinkKind | None, ...] = ()
    ledger: tuple[LedgerLink, ...] = ()
    code: str | None = None

    @property
    def changes(self) -> bool:
        """Whether HubSpot is to change."""
        return bool(self.labels or self.default or self.removed_labels or self.removes_pair)

    def taken(self, state: PairState) -> frozenset[LinkKind]:
        """What goes that others made: of a pair that was there before also its unlabelled type."""
        if self.removes_pair:
            return state.present - state.ours if state.existed else frozenset()
        return self.removed_labels - state.ours

    @property
    def removed(self) -> tuple[LinkKind | None, ...]:
        """What is removed: labels, or (None) the whole pair."""
        return (None,) if self.removes_pair else tuple(_sorted(self.removed_labels))


@dataclass(frozen=True, slots=True)
class PairState:
    """A pair as HubSpot holds it (no types: there is none), and what the ledger says of it."""

    present: frozenset[LinkKind] = frozenset()
    ledger: tuple[LedgerLink, ...] = ()
    other_end: OtherEnd = field(default_factory=OtherEnd)

    @property
    def labelled(self) -> frozenset[LinkKind]:
        """The labels that are on the pair, whoever put them there."""
        return frozenset(kind for kind in self.present if kind.label is not None)

    @property
    def ours(self) -> frozenset[LinkKind]:
        """The labels on the pair that this push put there."""
        made = {kind_id(link.label) for link in self.ledger if link.is_ours and link.label}
        made_there = {kind_id(kind) for kind in self.other_end.made_labels}
        if self.other_end.present is not None:
            # what is not there any more has left its type to a paired label of somebody else
            made_there &= {kind_id(kind) for kind in self.other_end.present}
        here, there = self.single_ended
        if made_there & there and len(here) == len(there) == 1:
            # the two ends of one paired label
            made |= here
        made |= made_there
        return frozenset(kind for kind in self.labelled if kind_id(kind) in made)

    @property
    def removable(self) -> frozenset[LinkKind]:
        """Those of ours that can be taken off at this end.

        Two types that are at both ends may be two paired labels, one of them somebody else's, and
        nothing shows which of them belong together: what a row made of the pair from the other
        record is taken off there.
        """
        there = {kind_id(kind) for kind in self.other_end.present or ()}
        both = {kind_id(kind) for kind in self.labelled if not kind.is_automatic} & there
        if len(both) == 1:
            return self.ours
        made = {kind_id(link.label) for link in self.ledger if link.is_ours and link.label}
        return frozenset(kind for kind in self.ours if kind_id(kind) not in both - made)

    @property
    def single_ended(self) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        """The types that the pair has at this end alone, and at the other one alone.

        They are those of paired labels; none where nobody looked from there.
        """
        if self.other_end.present is None:
            return set(), set()
        here = {kind_id(kind) for kind in self.present}
        there = {kind_id(kind) for kind in self.other_end.present}
        return here - there, there - here

    @property
    def existed(self) -> bool:
        """Whether the pair was there before the push made anything of it."""
        if not self.present:
            return False
        if self.other_end.made_pair:
            return False
        return all(link.pair_existed for link in self.ledger)


def decide(
    wishes: Sequence[PairWish], state: PairState, mappings: Mapping[str, LinkMapping], to_id: str
) -> PairDecision:
    """What is done to one pair; ``mappings`` are the columns' settings by name."""
    if wishes:
        return _make(wishes, state, mappings, to_id)
    return _remove(state, mappings) if state.ledger and state.present else PairDecision()


def _make(
    wishes: Sequence[PairWish], state: PairState, mappings: Mapping[str, LinkMapping], to_id: str
) -> PairDecision:
    wished = {kind_id(kind): kind for wish in wishes for kind in wish.labels}
    there = {kind_id(kind) for kind in state.labelled}
    missing = frozenset(kind for key, kind in wished.items() if key not in there)
    droppable = set(state.removable)
    if any(mappings[wish.column].labels == "replace" for wish in wishes):
        droppable |= {kind for kind in state.labelled if not kind.is_automatic}
    droppable -= _shielded(state, droppable)
    dropped = frozenset(kind for kind in droppable if kind_id(kind) not in wished)
    makes_pair = not state.present
    labels: frozenset[LinkKind] = frozenset()
    if missing:
        labels = (state.labelled - dropped) | missing
    existed = state.existed
    ours = {kind_id(kind) for kind in (*missing, *state.ours)}
    ledger: list[LedgerLink] = []
    for wish in wishes:
        for kind in _sorted(wish.labels):
            entry_state = MADE if kind_id(kind) in ours else EXISTED
            ledger.append(LedgerLink(wish.column, wish.to_key, to_id, kind, existed, entry_state))
        if not wish.labels:
            entry_state = EXISTED if existed else MADE
            ledger.append(LedgerLink(wish.column, wish.to_key, to_id, None, existed, entry_state))
    added: tuple[LinkKind | None, ...] = tuple(_sorted(missing))
    return PairDecision(
        labels=labels,
        default=makes_pair and not labels,
        removed_labels=dropped,
        added=added or ((None,) if makes_pair else ()),
        ledger=tuple(ledger),
    )


def _remove(state: PairState, mappings: Mapping[str, LinkMapping]) -> PairDecision:
    """Nobody asks for the pair any more: what we made of it goes."""
    removable = state.removable - _shielded(state, state.removable)
    waiting = state.ours - state.removable
    foreign = [
        kind for kind in state.labelled if kind not in removable | waiting and not kind.is_automatic
    ]
    if state.other_end.wishes_pair or waiting or not _goes_whole(state, mappings):
        return PairDecision(removed_labels=removable)
    if foreign:
        return PairDecision(removed_labels=removable, code="FOREIGN_LABELS_KEPT")
    return PairDecision(removes_pair=True, removed_labels=removable)


def _goes_whole(state: PairState, mappings: Mapping[str, LinkMapping]) -> bool:
    """Whether the pair itself goes, and not only our labels.

    An unlabelled wish is the pair itself: ``cleanup`` is about the pair that labels leave behind.
    """
    cleanups = [
        mappings[link.column].cleanup if link.column in mappings else "ours"
        for link in state.ledger
    ]
    if not state.existed and any(link.label is None and link.is_ours for link in state.ledger):
        return True
    if "never" in cleanups:
        return False
    return not state.existed or "ours" not in cleanups


def _shielded(state: PairState, labels: Collection[LinkKind]) -> frozenset[LinkKind]:
    """The labels that must stay as a row asks for them from the other end.

    A paired label has a type at each end, and HubSpot tells nowhere which two belong together: one
    that the pair lacks at this end is any of those that it has at this end alone.
    """
    asked = {kind_id(kind) for kind in state.other_end.labels}
    if asked - {kind_id(kind) for kind in state.present}:
        if state.other_end.present is None:
            return frozenset(labels)
        # also where it is not shown there: an answer may be older than the label
        asked |= state.single_ended[0]
    return frozenset(kind for kind in labels if kind_id(kind) in asked)


def kind_id(kind: LinkKind | None) -> tuple[str, str]:
    """What a type is known by: its label may be called otherwise tomorrow."""
    return ("", "") if kind is None else (kind.category, kind.type_id)


def _sorted(kinds: Collection[LinkKind]) -> list[LinkKind]:
    return sorted(kinds, key=lambda kind: (kind.label or "", kind))
