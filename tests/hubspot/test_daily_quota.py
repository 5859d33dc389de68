from __future__ import annotations

import pytest

from hubspot_ingest.errors import DailyLimitReached
from hubspot_ingest.hubspot.daily_quota import REQUESTS_UNTIL_COUNTED, DailyQuota
from hubspot_ingest.model import Usage
from hubspot_ingest.times import DAY
from tests.builders import NOW

LIMIT = 1_000
MIDNIGHT = NOW + 3_600_000


def usage(used: int, *, resets_at: int | None = MIDNIGHT, checked_at: int = NOW) -> Usage:
    return Usage(LIMIT, used, resets_at, checked_at)


def update(left: int) -> DailyQuota:
    day = DailyQuota()
    day.update(LIMIT, left, NOW, NOW)
    return day


def sent(day: DailyQuota, reserve: float = 0.0, now: int = NOW) -> int:
    """How many requests go out before the day is over, two thousand at most."""
    for count in range(2_000):
        try:
            day.check(now, reserve)
        except DailyLimitReached:
            return count
        day.spend()
    return 2_000


def test_without_being_told_more_no_more_goes_out_than_is_left_above_the_reserve() -> None:
    assert sent(update(300), reserve=0.2) == 100


def test_of_a_day_that_nobody_told_of_nothing_is_held_back() -> None:
    assert sent(DailyQuota()) == 2_000


def test_an_answer_that_was_overtaken_does_not_raise_what_is_left() -> None:
    day = update(300)
    day.update(LIMIT, 305, NOW - 1, NOW + 5)
    assert sent(day) == 300


def test_other_apps_requests_show_with_the_next_answer() -> None:
    day = update(300)
    day.update(LIMIT, 50, NOW + 1, NOW + 1)
    assert sent(day) == 50


def test_a_new_day_begins_when_hubspots_does() -> None:
    day = DailyQuota()
    day.learn(usage(LIMIT), NOW)
    assert sent(day, now=MIDNIGHT - 1) == 0
    assert sent(day, now=MIDNIGHT) == 2_000


def test_what_an_earlier_run_learnt_on_another_day_is_forgotten() -> None:
    day = DailyQuota()
    day.remember(usage(LIMIT), NOW + DAY, 0.2)
    assert sent(day, now=NOW + DAY) == 2_000


def test_a_day_that_an_earlier_run_found_used_up_costs_not_one_request_more() -> None:
    day = DailyQuota()
    day.remember(usage(900), NOW, 0.2)
    assert sent(day, reserve=0.2) == 0


def test_the_usage_is_asked_for_once_a_tenth_of_what_is_free_went_out_untold() -> None:
    day = update(700)
    asked = []
    for count in range(60):
        if day.due(0.2):
            asked.append(count)
        day.spend()
    assert asked == [46]


def test_of_an_unknown_day_the_usage_is_asked_for_after_a_hundred_requests() -> None:
    day = DailyQuota()
    for _ in range(REQUESTS_UNTIL_COUNTED):
        assert not day.due(0.2)
        day.spend()
    assert day.due(0.2)


@pytest.mark.parametrize(("used", "asks"), [(100, False), (700, True)])
def test_where_little_was_left_the_usage_is_asked_for_before_anything_else(
    used: int, asks: bool
) -> None:
    day = DailyQuota()
    day.remember(usage(used), NOW, 0.2)
    assert day.due(0.2) is asks


def test_an_endpoint_that_does_not_tell_is_not_asked_again() -> None:
    day = DailyQuota()
    day.stop_asking()
    for _ in range(3 * REQUESTS_UNTIL_COUNTED):
        day.spend()
    assert not day.due(0.2)


def test_what_is_known_can_be_kept_for_the_next_run() -> None:
    day = DailyQuota()
    day.learn(Usage(LIMIT, 400, MIDNIGHT, NOW, (("private-apps", 400),)), NOW)
    day.spend()
    assert day.usage == Usage(LIMIT, 401, MIDNIGHT, NOW, (("private-apps", 400),))
