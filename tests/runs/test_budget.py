"""The limits of a portal, shared by processes and remembered between runs."""

from __future__ import annotations

import pytest

from hubspot_ingest.times import DAY, SystemClock
from hubspot_sandbox import Limits
from tests.runs.conftest import MakeWorld
from tests.runs.world import HOUR, MINUTE, SECOND, HandClock, World, paths

SMALL_DAY = Limits(burst=190, daily=60)


def _budget(world: World) -> dict[str, object]:
    found = world.rows("SELECT * FROM HUBSPOT_INGEST.CORE.BUDGET")
    assert len(found) == 1
    return found[0]


def _busiest_second(world: World) -> int:
    searches = sorted(
        request.at_ms for request in world.asked() if request.path.endswith("/search")
    )
    return max(sum(at <= request < at + SECOND for request in searches) for at in searches)


@pytest.fixture
def changed(make: MakeWorld) -> World:
    """Contacts of which so many changed that a run needs more than a second for its searches."""
    world = make({"contacts": 3_000}).slim()
    world.run()
    world.clock.advance(HOUR)
    for record in world.portal.records("contacts"):
        world.portal.update("contacts", record.id, {"jobtitle": "Changed"})
    world.clock.advance(HOUR)
    world.asked()
    return world


def test_alone_a_run_uses_the_searches_of_the_account(changed: World) -> None:
    changed.run()
    assert _busiest_second(changed) > 2


@pytest.mark.long
def test_beside_another_process_a_run_takes_half_of_the_searches(changed: World) -> None:
    now = changed.clock.now()
    changed.syncs.save("deals", "deals", {}, now)
    changed.hold("deals", process="elsewhere", weight=2)
    changed.run()
    assert _busiest_second(changed) == 2


@pytest.mark.long
@pytest.mark.parametrize("leads", ["here", "elsewhere"])
def test_what_counts_is_the_portal_that_another_credential_leads_to(
    changed: World, leads: str
) -> None:
    portal = str(changed.portal.id) if leads == "here" else "7"
    changed.engine.sql(
        "UPDATE HUBSPOT_INGEST.STATE.CONNECTIONS SET NAME = 'other', "
        f"PORTAL_ID = '{portal}' WHERE SLOT = 1"
    )
    changed.syncs.save("deals", "deals", {"connection": "other"}, changed.clock.now())
    changed.hold("deals", process="elsewhere", weight=2)
    changed.run()
    assert (_busiest_second(changed) == 2) is (leads == "here")


@pytest.mark.long
def test_a_process_that_comes_to_another_lets_it_notice_before_it_searches(changed: World) -> None:
    now = changed.clock.now()
    changed.syncs.save("deals", "deals", {}, now)
    changed.hold("deals")
    changed.run()
    searches = [request.at_ms for request in changed.asked() if request.path.endswith("/search")]
    assert searches[0] >= now + 5 * SECOND


def test_a_sync_of_high_priority_takes_more_than_its_equal_share(changed: World) -> None:
    now = changed.clock.now()
    changed.slim(priority="high")
    changed.syncs.save("deals", "deals", {}, now)
    changed.hold("deals", process="elsewhere", weight=1)
    changed.run()
    assert _busiest_second(changed) == 4


@pytest.mark.long
def test_a_process_that_died_holds_its_share_no_longer_than_its_lease(changed: World) -> None:
    now = changed.clock.now()
    changed.syncs.save("deals", "deals", {}, now)
    changed.hold("deals", at=now - HOUR, process="elsewhere", weight=2)
    changed.run()
    assert _busiest_second(changed) > 2


@pytest.mark.long
def test_an_unchanged_stream_still_costs_one_request(changed: World) -> None:
    """Two while more records than a page holds changed within an hour: one may stand behind."""
    changed.run()
    changed.clock.advance(2 * HOUR)
    changed.run()
    changed.clock.advance(30 * MINUTE)
    assert changed.run()["requests"] == 1


def test_a_run_that_meets_the_reserve_says_when_the_day_ends(make: MakeWorld) -> None:
    world = make({"contacts": 9_000}, limits=SMALL_DAY).slim(reserve_percent=50)
    answer = world.ingest()
    assert answer["response_code"] == "DAILY_LIMIT_REACHED"
    assert answer["message"].endswith("; HubSpot's day ends at 2026-09-22T05:00:00.000Z")


@pytest.mark.long
def test_on_a_day_that_is_used_up_a_further_run_asks_hubspot_nothing(make: MakeWorld) -> None:
    world = make({"contacts": 9_000}, limits=SMALL_DAY).slim(reserve_percent=50)
    world.ingest()
    world.asked()
    world.clock.advance(HOUR)
    assert world.ingest()["status"] == "STOPPED"
    assert world.asked() == []


def test_the_next_day_a_run_carries_on(make: MakeWorld) -> None:
    world = make({"contacts": 9_000}, limits=SMALL_DAY).slim(reserve_percent=50)
    before = world.ingest()["rows_read"]
    world.clock.advance(DAY)
    assert world.ingest()["rows_read"] > 0
    assert len(world.ids()) > before


@pytest.mark.long
def test_the_budget_tells_what_is_left_and_what_is_held_back(make: MakeWorld) -> None:
    # the view asks Snowflake for the time, to know whether the day is over
    today = HandClock(SystemClock().now())
    world = make({"contacts": 9_000}, clock=today, limits=SMALL_DAY).slim(reserve_percent=50)
    answer = world.ingest()
    told = _budget(world)
    assert told["PORTAL_ID"] == str(world.portal.id)
    assert (told["DAILY_LIMIT"], told["RESERVED"]) == (60, 30)
    assert told["USED_BY_US"] == answer["requests"]
    assert told["USED"] == len(world.asked())


@pytest.mark.long
def test_asking_for_the_usage_counts_as_a_request_of_the_run(make: MakeWorld) -> None:
    world = make({"contacts": 9_000}, limits=SMALL_DAY).slim(reserve_percent=50)
    answer = world.ingest()
    asked = world.asked()
    assert "private-apps" in paths(asked)
    assert answer["requests"] == len(asked)


def test_a_key_that_hubspot_refuses_has_no_limits_of_its_own(make: MakeWorld) -> None:
    """Else the page shows a second portal whose day nobody uses."""
    world = make({"contacts": 3})
    world.token = "pat-na1-mistyped"
    assert world.ingest()["response_code"] == "CREDENTIAL_REJECTED"
    assert world.rows("SELECT * FROM HUBSPOT_INGEST.CORE.BUDGET") == []
    world.token = world.portal.token
    world.clock.advance(MINUTE)
    world.run()
    assert _budget(world)
