from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hubspot_sandbox import Limits, Sandbox
from tests.sandboxes.hubspot.asking import CONTACTS, SECOND, App, Reply, SetClock, portal_with

DETAILS = "/account-info/2026-09/details"
LINKS = "/crm/associations/2026-09/contacts/companies/labels"


def limited(clock: SetClock, **limits: Any) -> App:
    return App(Sandbox(portal_with(clock, contacts=1), Limits(**limits)))


def statuses(app: App, count: int, path: str = DETAILS) -> list[int]:
    return [app.get(path).status for _ in range(count)]


def search(app: App) -> Reply:
    return app.post(f"{CONTACTS}/search", {})


def test_the_burst_is_counted_in_a_sliding_window() -> None:
    """H75."""
    clock = SetClock()
    app = limited(clock, burst=4)
    assert statuses(app, 2) == [200, 200]
    clock.advance(6 * SECOND)
    assert statuses(app, 3) == [200, 200, 429]
    clock.advance(4 * SECOND)
    assert statuses(app, 3) == [200, 200, 429]


def test_a_refused_burst_names_its_policy() -> None:
    """H81."""
    app = limited(SetClock(), burst=1)
    app.get(DETAILS)
    reply = app.get(DETAILS)
    assert (reply.status, reply.json["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    assert "Retry-After" not in reply.headers


def test_five_searches_a_second_are_allowed() -> None:
    """H76."""
    clock = SetClock()
    app = limited(clock)
    assert [search(app).status for _ in range(6)] == [200] * 5 + [429]
    clock.advance(SECOND)
    assert search(app).status == 200


def test_a_refused_search_names_no_policy() -> None:
    """H81."""
    app = limited(SetClock(), searches=0)
    reply = search(app)
    assert reply.json["message"] == "You have reached your secondly limit."
    assert "policyName" not in reply.json


def test_searches_do_not_use_the_burst() -> None:
    """H76."""
    app = limited(SetClock(), burst=1)
    assert [search(app).status for _ in range(3)] == [200] * 3
    assert statuses(app, 2) == [200, 429]


def test_associations_have_a_bucket_of_their_own() -> None:
    """H77."""
    app = limited(SetClock(), burst=1, associations=2)
    assert statuses(app, 3, LINKS) == [200, 200, 429]
    assert statuses(app, 2) == [200, 429]


def test_the_day_ends_at_midnight_of_the_account() -> None:
    """H78."""
    clock = SetClock()
    app = limited(clock, daily=2)
    assert statuses(app, 3) == [200, 200, 429]
    reply = app.get(DETAILS)
    assert reply.json["policyName"] == "DAILY"
    clock.now = 1_790_053_200_000  # 2026-09-22T05:00:00Z is midnight in the portal's time zone
    assert statuses(app, 1) == [200]


def test_associations_have_a_limit_of_the_day_as_well() -> None:
    """H77."""
    clock = SetClock()
    app = limited(clock, associations_daily=2)
    assert statuses(app, 3, LINKS) == [200, 200, 429]
    assert statuses(app, 1) == [200]
    clock.now = 1_790_053_200_000
    assert statuses(app, 1, LINKS) == [200]


def test_searches_and_associations_count_against_the_day() -> None:
    """H78."""
    app = limited(SetClock(), daily=2)
    assert [search(app).status, app.get(LINKS).status, app.get(DETAILS).status] == [200, 200, 429]


def test_answers_tell_the_limits_and_what_is_left() -> None:
    """H79."""
    headers = limited(SetClock()).get(DETAILS).headers
    assert headers["X-HubSpot-RateLimit-Max"] == "190"
    assert headers["X-HubSpot-RateLimit-Remaining"] == "189"
    assert headers["X-HubSpot-RateLimit-Interval-Milliseconds"] == "10000"
    assert headers["X-HubSpot-RateLimit-Daily"] == "625000"
    assert headers["X-HubSpot-RateLimit-Daily-Remaining"] == "624999"


DAY_ONLY = {"X-HubSpot-RateLimit-Daily", "X-HubSpot-RateLimit-Daily-Remaining"}


def limit_headers(reply: Reply) -> set[str]:
    return {name for name in reply.headers if "RateLimit" in name}


def test_search_answers_tell_the_limit_of_the_day_only() -> None:
    """H79."""
    assert limit_headers(search(limited(SetClock()))) == DAY_ONLY
    refused = search(limited(SetClock(), searches=0))
    assert (refused.status, limit_headers(refused)) == (429, DAY_ONLY)


def test_association_reads_and_labels_tell_the_limit_of_the_day_only() -> None:
    """H79."""
    assert limit_headers(limited(SetClock()).get(LINKS)) == DAY_ONLY


def test_oauth_answers_tell_nothing_of_the_day() -> None:
    """H79."""
    app = limited(SetClock())
    app.token = app.portal.tokens.renew(app.portal.authorize(), app.portal.clock())
    assert limit_headers(search(app)) == set()
    assert "X-HubSpot-RateLimit-Max" in limit_headers(app.get(DETAILS))
    assert not limit_headers(app.get(DETAILS)) & DAY_ONLY


@pytest.mark.parametrize(
    ("subscription", "add_on", "burst", "associations"),
    [
        ("FREE", False, 100, 100),
        ("STARTER", False, 100, 100),
        ("PROFESSIONAL", False, 190, 150),
        ("ENTERPRISE", False, 190, 150),
        ("ENTERPRISE", True, 250, 200),
    ],
)
def test_a_subscription_has_its_limits(
    subscription: str, add_on: bool, burst: int, associations: int
) -> None:
    """H75, H77."""
    limits = Limits.of_subscription(subscription, add_on=add_on)
    assert (limits.burst, limits.associations) == (burst, associations)


def test_another_app_can_take_part_of_the_budget() -> None:
    """H80."""
    app = App(Sandbox(portal_with(), Limits(burst=10, taken_by_others=7)))
    assert app.get(DETAILS).headers["X-HubSpot-RateLimit-Remaining"] == "2"
    assert statuses(app, 3) == [200, 200, 429]


def test_another_app_can_come_and_go() -> None:
    """H80."""
    clock = SetClock()
    start = clock.now
    taken = Limits(burst=10, taken_by_others=lambda now: 10 if now > start else 0)
    app = App(Sandbox(portal_with(clock), taken))
    assert statuses(app, 1) == [200]
    clock.advance(1)
    assert statuses(app, 1) == [429]


def test_retry_after_can_be_asked_for() -> None:
    """H81."""
    app = App(Sandbox(portal_with(), Limits(burst=0, retry_after=True)))
    assert app.get(DETAILS).headers["Retry-After"] == "1"


def test_many_threads_together_stay_within_the_limit() -> None:
    """H75."""
    app = limited(SetClock(), burst=50)
    with ThreadPoolExecutor(max_workers=8) as threads:
        found = list(threads.map(lambda _: app.get(DETAILS).status, range(80)))
    assert (found.count(200), found.count(429)) == (50, 30)
