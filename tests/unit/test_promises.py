"""When a promise of freshness asks for a run: as late as it allows, and never later."""

from __future__ import annotations

import pytest

from hubspot_ingest.database.state.runs import RecentRuns
from hubspot_ingest.errors import Refusal
from hubspot_ingest.operations.freshness import FreshSyncs
from hubspot_ingest.schedules import MINUTES_A_DAY, minutes_between_looks, minutes_of
from hubspot_ingest.settings import parse_settings
from hubspot_ingest.times import MINUTE

NOW = 1_790_000_000_000
SPANS = {5: "5 MINUTES", 7: "7 minutes", 60: "1 HOUR", 120: "2 hours", MINUTES_A_DAY: "1 DAY"}


def _promising(*spans: str) -> FreshSyncs:
    return FreshSyncs({span: parse_settings("contacts", {"fresh_within": span}) for span in spans})


@pytest.mark.parametrize(("minutes", "span"), SPANS.items())
def test_a_promise_is_a_time_from_five_minutes_to_a_day(minutes: int, span: str) -> None:
    settings = parse_settings("contacts", {"fresh_within": span})

    assert settings.fresh_within == span.upper()
    assert settings.fresh_minutes == minutes_of(span) == minutes


@pytest.mark.parametrize("span", ["4 MINUTES", "2 DAYS", "25 HOURS", "soon", "5", "0 MINUTES"])
def test_any_other_promise_is_refused(span: str) -> None:
    with pytest.raises(Refusal, match=r"'fresh_within'.*'5 MINUTES' to '1 DAY'"):
        parse_settings("contacts", {"fresh_within": span})


def test_a_schedule_and_a_promise_together_are_refused() -> None:
    with pytest.raises(Refusal, match="name one of them"):
        parse_settings("contacts", {"fresh_within": "1 HOUR", "schedule": "60 MINUTES"})


@pytest.mark.parametrize("seconds", [0, 1, 30])
@pytest.mark.parametrize("late_seconds", [0, 20])
@pytest.mark.parametrize("promise", SPANS)
def test_each_run_ends_before_the_promise_does(
    promise: int, seconds: int, late_seconds: int
) -> None:
    """Each look comes late, as tasks do; a change may come just after a run began."""
    promised = _promising(SPANS[promise])
    began = NOW
    ends: list[int] = []
    look = NOW
    while len(ends) < 5:
        look += promised.minutes_between_looks * MINUTE
        at = look + late_seconds * 1000
        if promised.due({SPANS[promise]: RecentRuns(began, began, seconds * 1000)}, at):
            ends.append(at + seconds * 1000 - began)
            began = at
            look = at - late_seconds * 1000

    assert max(ends) <= promise * MINUTE + late_seconds * 1000


@pytest.mark.parametrize(("promise", "least_interval"), [(5, 4), (60, 56), (MINUTES_A_DAY, 1_400)])
def test_a_sync_whose_runs_are_short_is_asked_as_late_as_the_promise_allows(
    promise: int, least_interval: int
) -> None:
    promised = _promising(SPANS[promise])
    recent = {SPANS[promise]: RecentRuns(NOW, NOW, 1_000)}
    looks = range(promised.minutes_between_looks, promise, promised.minutes_between_looks)
    due = [minutes for minutes in looks if promised.due(recent, NOW + minutes * MINUTE)]

    assert due[0] >= least_interval


def test_a_sync_whose_runs_take_long_is_asked_more_often() -> None:
    promised = _promising("5 MINUTES")

    assert not promised.due({"5 MINUTES": RecentRuns(NOW, NOW, 5_000)}, NOW + 2 * MINUTE)
    assert promised.due({"5 MINUTES": RecentRuns(NOW, NOW, 70_000)}, NOW + 2 * MINUTE)


def test_a_sync_that_never_ran_is_due() -> None:
    assert _promising("1 DAY").due({}, NOW) == ["1 DAY"]


def test_a_run_that_failed_is_tried_again_long_before_the_promise_ends() -> None:
    promised = _promising("1 DAY", "5 MINUTES")
    failed = RecentRuns(NOW, NOW - 6 * MINUTE, 0)
    recent = {"1 DAY": failed, "5 MINUTES": failed}

    assert promised.due(recent, NOW + MINUTE) == []
    assert promised.due(recent, NOW + 2 * MINUTE) == ["5 MINUTES"]
    never = {"1 DAY": RecentRuns(NOW, None, 0), "5 MINUTES": failed}
    assert "1 DAY" not in promised.due(never, NOW + 59 * MINUTE)
    assert "1 DAY" in promised.due(never, NOW + 61 * MINUTE)


def test_there_are_two_looks_and_more_within_every_promise() -> None:
    for promise in range(5, MINUTES_A_DAY + 1):
        assert 2 <= minutes_between_looks(promise) <= min(15, (promise - 1) // 2)
