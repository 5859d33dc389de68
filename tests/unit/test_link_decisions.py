"""A pair of records ends up as the source asks, and nothing of other people's is lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    decide,
    kind_id,
)
from hubspot_ingest.outbound.push_settings import LinkMapping

Cleanup = Literal["never", "ours", "always"]

PLAIN = LinkKind("HUBSPOT_DEFINED", "449")
PRIMARY = LinkKind("HUBSPOT_DEFINED", "1", "Primary")
LABELS = [LinkKind("USER_DEFINED", str(number), f"Label {number}") for number in range(4)]
FRIEND, BOSS, *_ = LABELS
# the two ends of a paired label
MANAGER, EMPLOYEE = LinkKind("USER_DEFINED", "8", "Manager"), LinkKind("USER_DEFINED", "9", "E")


def wish(*labels: LinkKind, column: str = "FRIENDS") -> PairWish:
    return PairWish(column, "key", frozenset(labels))


def link(
    label: LinkKind | None, *, existed: bool = False, state: str = MADE, column: str = "FRIENDS"
) -> LedgerLink:
    return LedgerLink(column, "key", "7", label, existed, state)


def decided(
    wishes: Sequence[PairWish] = (),
    present: Iterable[LinkKind] = (),
    ledger: Iterable[LedgerLink] = (),
    *,
    replaces: bool = False,
    cleanup: Cleanup = "ours",
    other_end: OtherEnd | None = None,
) -> PairDecision:
    labels: Literal["merge", "replace"] = "replace" if replaces else "merge"
    mapping = LinkMapping(to="contacts", match="email", labels=labels, cleanup=cleanup)
    state = PairState(frozenset(present), tuple(ledger), other_end or OtherEnd())
    return decide(wishes, state, {"FRIENDS": mapping, "COLLEAGUES": mapping}, "7")


def test_a_pair_without_a_label_is_made_by_default() -> None:
    decision = decided([wish()])
    assert (decision.default, decision.labels, decision.added) == (True, frozenset(), (None,))
    assert decision.ledger == (link(None),)


def test_a_pair_that_is_there_is_nothing_to_do_and_not_ours() -> None:
    decision = decided([wish()], [PLAIN])
    assert (decision.changes, decision.added) == (False, ())
    assert decision.ledger == (link(None, existed=True, state=EXISTED),)


def test_a_new_label_is_sent_with_those_that_others_put_on_the_pair() -> None:
    decision = decided([wish(FRIEND)], [PLAIN, PRIMARY, BOSS])
    assert decision.labels == {FRIEND, BOSS, PRIMARY}
    assert decision.removed_labels == frozenset()
    assert decision.ledger == (link(FRIEND, existed=True),)


def test_replacing_takes_the_labels_of_others_but_not_the_primary_one() -> None:
    decision = decided([wish(FRIEND)], [PLAIN, PRIMARY, BOSS], replaces=True)
    assert decision.labels == {FRIEND, PRIMARY}
    assert decision.removed_labels == {BOSS}


def test_a_label_of_ours_that_is_no_longer_asked_for_is_taken_off() -> None:
    decision = decided([wish(BOSS)], [PLAIN, FRIEND], [link(FRIEND)])
    assert decision.labels == {BOSS}
    assert decision.removed_labels == {FRIEND}


def test_a_label_that_was_there_before_us_stays_when_it_is_no_longer_asked_for() -> None:
    ledger = [link(FRIEND, existed=True, state=EXISTED)]
    assert not decided([wish()], [PLAIN, FRIEND], ledger).changes
    assert not decided([], [PLAIN, FRIEND], ledger).changes


@pytest.mark.parametrize(
    ("cleanup", "existed", "goes"),
    [
        ("never", False, False),
        ("ours", False, True),
        ("always", False, True),
        ("never", True, False),
        ("ours", True, False),
        ("always", True, True),
    ],
)
def test_the_default_association_is_cleaned_up_as_the_settings_say(
    cleanup: Cleanup, existed: bool, goes: bool
) -> None:
    ledger = [link(FRIEND, existed=existed)]
    decision = decided([], [PLAIN, PRIMARY, FRIEND], ledger, cleanup=cleanup)
    assert decision.removes_pair is goes
    assert decision.removed_labels == {FRIEND}
    assert decision.code is None


@pytest.mark.parametrize("label", [FRIEND, None])
def test_a_pair_with_the_label_of_somebody_else_is_kept(label: LinkKind | None) -> None:
    decision = decided([], [PLAIN, FRIEND, BOSS], [link(label)])
    assert not decision.removes_pair
    assert decision.removed_labels == ({FRIEND} if label else frozenset())
    assert decision.code == "FOREIGN_LABELS_KEPT"


@pytest.mark.parametrize("cleanup", ["never", "ours", "always"])
def test_an_unlabelled_pair_of_ours_goes_with_its_wish(cleanup: Cleanup) -> None:
    assert decided([], [PLAIN], [link(None)], cleanup=cleanup).removes_pair


def test_a_pair_that_another_column_asks_for_stays() -> None:
    ledger = [link(FRIEND), link(BOSS, column="COLLEAGUES")]
    decision = decided([wish(BOSS, column="COLLEAGUES")], [PLAIN, FRIEND, BOSS], ledger)
    assert not decision.removes_pair
    assert decision.removed_labels == {FRIEND}


def test_a_pair_that_the_other_record_asks_for_stays() -> None:
    other_end = OtherEnd(frozenset({FRIEND}), wishes_pair=True)
    decision = decided([], [PLAIN, FRIEND], [link(FRIEND)], other_end=other_end)
    assert not decision.changes


def test_a_pair_without_a_label_that_the_other_record_asks_for_stays() -> None:
    other_end = OtherEnd(wishes_pair=True)
    assert not decided([], [PLAIN], [link(None)], other_end=other_end).changes


def test_the_last_of_two_ends_to_go_takes_what_the_first_made() -> None:
    other_end = OtherEnd(wishes_pair=False, made_pair=True, made_labels=frozenset({FRIEND}))
    ledger = [link(FRIEND, existed=True, state=EXISTED)]
    assert decided([], [PLAIN, FRIEND], ledger, other_end=other_end).removes_pair


def test_of_paired_labels_at_their_other_end_only_the_others_of_ours_go() -> None:
    """Which types are the ends of one label shows where the pair has no other paired one.

    Where the label that is asked for is shown at neither end, one of the answers is older than it.
    """
    ledger, asked = [link(MANAGER), link(FRIEND)], frozenset({EMPLOYEE})
    for present, left in (
        (None, {MANAGER, FRIEND}),
        (frozenset({PLAIN, FRIEND, EMPLOYEE}), {MANAGER}),
        (frozenset({PLAIN, FRIEND}), {MANAGER}),
    ):
        other_end = OtherEnd(asked, wishes_pair=True, present=present)
        decision = decided([], [PLAIN, FRIEND, MANAGER], ledger, other_end=other_end)
        assert {MANAGER, FRIEND} - decision.removed_labels == left


def test_a_type_that_somebody_put_here_as_the_end_of_a_paired_label_is_not_ours() -> None:
    """What another row made of that type from the other end is there no more."""
    seen = frozenset({PLAIN, EMPLOYEE})
    other_end = OtherEnd(made_pair=True, made_labels=frozenset({MANAGER}), present=seen)
    assert not decided([wish()], [PLAIN, MANAGER], other_end=other_end).removed_labels


def test_of_two_paired_labels_ours_is_taken_off_where_it_was_made() -> None:
    """At the other end nothing shows which of the two types is the end of ours."""
    both = frozenset({PLAIN, MANAGER, EMPLOYEE})
    made = frozenset({EMPLOYEE})
    for wishes in ([wish()], []):
        ledger = [link(None, existed=True, state=EXISTED)]
        other_end = OtherEnd(made_pair=True, made_labels=made, present=both)
        assert not decided(wishes, both, ledger, other_end=other_end).removed_labels
    there = OtherEnd(wishes_pair=True, present=both)
    assert decided([], both, [link(EMPLOYEE)], other_end=there).removed_labels == made


def test_a_label_that_was_there_when_we_asked_for_it_is_taken_off_where_it_was_made() -> None:
    both = frozenset({PLAIN, MANAGER, EMPLOYEE})
    other_end = OtherEnd(made_pair=True, made_labels=frozenset({EMPLOYEE}), present=both)
    ledger = [link(EMPLOYEE, existed=True, state=EXISTED)]
    assert not decided([wish()], both, ledger, other_end=other_end).removed_labels


def test_a_label_that_both_rows_asked_for_stays_beside_a_paired_one() -> None:
    seen = frozenset({PLAIN, FRIEND, EMPLOYEE})
    other_end = OtherEnd(frozenset({FRIEND, EMPLOYEE}), wishes_pair=True, present=seen)
    ledger = [link(FRIEND), link(MANAGER)]
    assert not decided([], [PLAIN, FRIEND, MANAGER], ledger, other_end=other_end).changes


def test_a_pair_without_a_label_is_like_no_label() -> None:
    assert kind_id(None) not in {kind_id(kind) for kind in (PLAIN, PRIMARY, *LABELS)}


@pytest.mark.parametrize("shown", [{PLAIN}, {PLAIN, FRIEND}, {PLAIN, MANAGER, EMPLOYEE}])
def test_whether_a_type_is_the_same_at_both_ends_is_looked_at(shown: set[LinkKind]) -> None:
    end = OtherEnd(made_labels=frozenset({EMPLOYEE}))
    assert end.may_be_paired(shown) is (shown != {PLAIN})
    assert not end.may_be_paired({PLAIN, EMPLOYEE}, [EMPLOYEE])


def test_the_other_end_of_a_label_that_the_first_row_made_is_ours() -> None:
    seen = frozenset({PLAIN, MANAGER})
    other_end = OtherEnd(made_pair=True, made_labels=frozenset({MANAGER}), present=seen)
    decision = decided([wish(EMPLOYEE)], [PLAIN, EMPLOYEE], other_end=other_end)
    assert [entry.state for entry in decision.ledger] == [MADE]


def test_what_this_row_made_is_ours_beside_the_other_end_of_a_paired_label() -> None:
    seen = frozenset({PLAIN, FRIEND, MANAGER})
    other_end = OtherEnd(made_pair=True, made_labels=frozenset({MANAGER}), present=seen)
    decision = decided([], [PLAIN, FRIEND, EMPLOYEE], [link(FRIEND)], other_end=other_end)
    assert decision.removed_labels == {FRIEND, EMPLOYEE}


def test_a_primary_label_of_ours_goes_though_replacing_keeps_that_of_others() -> None:
    decision = decided([wish(FRIEND)], [PLAIN, PRIMARY], [link(PRIMARY)], replaces=True)
    assert decision.removed_labels == {PRIMARY}


def test_what_a_column_made_that_is_mapped_no_more_goes() -> None:
    decision = decided([], [PLAIN, FRIEND], [link(FRIEND, column="FORMER")])
    assert decision.removes_pair


@pytest.mark.parametrize(
    ("wishes", "present", "ledger"),
    [
        ([wish()], [], []),
        ([wish(FRIEND)], [PLAIN], []),
        ([wish()], [PLAIN, FRIEND], [link(FRIEND)]),
        ([], [PLAIN], [link(None)]),
    ],
    ids=["a pair", "a label", "a label less", "a pair less"],
)
def test_whatever_is_made_or_removed_is_a_change(
    wishes: list[PairWish], present: list[LinkKind], ledger: list[LedgerLink]
) -> None:
    assert decided(wishes, present, ledger).changes


def test_labels_are_told_in_order_of_their_names() -> None:
    first, last = LinkKind("USER_DEFINED", "9", "Ally"), LinkKind("USER_DEFINED", "1", "Rival")
    assert decided([wish(first, last)]).added == (first, last)
    ledger = [link(first), link(last)]
    assert decided([wish()], [PLAIN, first, last], ledger).removed == (first, last)


def test_a_pair_that_goes_is_told_as_a_pair_and_not_by_its_labels() -> None:
    assert decided([], [PLAIN, FRIEND], [link(FRIEND)]).removed == (None,)


def test_of_a_pair_that_goes_all_but_our_labels_is_taken_from_others() -> None:
    state = PairState(frozenset({PLAIN, FRIEND}), (link(FRIEND, existed=True),))
    assert PairDecision(removes_pair=True).taken(state) == {PLAIN}


def test_nothing_of_a_pair_that_we_made_is_taken_from_others() -> None:
    state = PairState(frozenset({PLAIN, FRIEND}), (link(FRIEND),))
    assert PairDecision(removes_pair=True).taken(state) == frozenset()


def test_of_the_labels_that_go_those_of_others_are_taken_from_them() -> None:
    state = PairState(frozenset({PLAIN, FRIEND, BOSS}), (link(FRIEND),))
    assert PairDecision(removed_labels=frozenset({FRIEND, BOSS})).taken(state) == {BOSS}


def test_a_renamed_label_of_ours_is_known_by_its_number() -> None:
    renamed = LinkKind(FRIEND.category, FRIEND.type_id, "Pal")
    assert decided([], [PLAIN, renamed, BOSS], [link(FRIEND)]).removed_labels == {renamed}


def test_who_was_stopped_before_the_answer_knows_that_the_pair_may_be_ours() -> None:
    again = decided([wish(FRIEND)], [PLAIN, FRIEND], [link(FRIEND, state=INTENDED)])
    assert not again.changes
    assert again.ledger == (link(FRIEND),)


@dataclass
class Model:
    """A pair in HubSpot, who put what on it, and the ledger of the push."""

    present: set[LinkKind] = field(default_factory=set)
    theirs: set[LinkKind] = field(default_factory=set)
    pair_is_theirs: bool = False
    ledger: tuple[LedgerLink, ...] = ()

    def label(self, kind: LinkKind) -> None:
        """A person puts a label on the pair."""
        if not self.present:
            self.pair_is_theirs = True
        if kind not in self.present:
            self.theirs.add(kind)
        self.present |= {PLAIN, kind}

    def unlabel(self, kind: LinkKind) -> None:
        """A person takes a label of their own off."""
        if kind in self.theirs:
            self.theirs.discard(kind)
            self.present.discard(kind)

    def run(self, wished: frozenset[LinkKind] | None, mapping: LinkMapping) -> PairDecision:
        """The push runs once; HubSpot does as it is documented to."""
        wishes = [] if wished is None else [PairWish("FRIENDS", "key", wished)]
        state = PairState(frozenset(self.present), self.ledger)
        decision = decide(wishes, state, {"FRIENDS": mapping}, "7")
        if decision.labels:
            self.present = {PLAIN, *decision.labels}
        if decision.default:
            self.present |= {PLAIN}
        self.present -= decision.removed_labels
        if decision.removes_pair:
            self.present = set()
        self.ledger = decision.ledger
        return decision


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("label"), st.sampled_from(LABELS)),
        st.tuples(st.just("unlabel"), st.sampled_from(LABELS)),
        st.tuples(st.just("run"), st.none() | st.frozensets(st.sampled_from(LABELS))),
    ),
    max_size=12,
)
CLEANUPS: list[Cleanup] = ["never", "ours", "always"]


@given(STEPS, st.sampled_from(CLEANUPS))
def test_whatever_happens_wishes_hold_and_labels_of_others_stay(
    steps: list[tuple[str, LinkKind | frozenset[LinkKind] | None]], cleanup: Cleanup
) -> None:
    model = Model()
    mapping = LinkMapping(to="contacts", match="email", cleanup=cleanup)
    for action, argument in steps:
        if isinstance(argument, LinkKind):
            (model.label if action == "label" else model.unlabel)(argument)
            continue
        before = frozenset(model.present)
        had_ledger = bool(model.ledger)
        model.run(argument, mapping)
        assert model.theirs <= model.present
        ours = model.present - model.theirs - {PLAIN}
        if argument is None:
            assert not ours
            if not before or not had_ledger:
                assert model.present == before
            elif model.theirs or (model.pair_is_theirs and cleanup != "always"):
                assert PLAIN in model.present
            elif cleanup != "never":
                assert not model.present
        else:
            assert {PLAIN, *argument} <= model.present
            assert ours <= argument
        if not model.present:
            model.pair_is_theirs = False
        assert not model.run(argument, mapping).changes
