"""Runs that end early, stopped or killed: the next run carries on where their rows end."""

from __future__ import annotations

import pytest

from hubspot_ingest.errors import SyncBusy
from hubspot_sandbox import Limits
from tests.nights import pairs
from tests.runs.conftest import MakeWorld
from tests.runs.dying import killed
from tests.runs.world import HOUR, MINUTE, HandClock, World

DAY = 24 * HOUR


def _lists(world: World) -> int:
    """Pages of the list asked for since this was last asked."""
    return sum(
        request.method == "GET" and "limit=100" in request.query for request in world.asked()
    )


# -- the deadline --------------------------------------------------------------------------------


@pytest.fixture
def slow(make: MakeWorld) -> World:
    """2,500 contacts behind a HubSpot that takes ten seconds for each answer."""
    world = make({"contacts": 2_500})
    world.sandbox.latency_ms = 10_000
    return world.slim(deadline_minutes=3)


def test_a_run_stops_at_its_deadline_and_says_so(slow: World) -> None:
    answer = slow.ingest()

    assert (answer["status"], answer["response_code"]) == ("STOPPED", "DEADLINE_REACHED")
    assert 170 < answer["duration_seconds"] < 200
    assert "carries on" in answer["message"]
    assert slow.runs()[0]["STATUS"] == "STOPPED"
    assert slow.errors()[0]["CODE"] == "DEADLINE_REACHED"
    assert slow.sync()["HEALTH"] == "INCOMPLETE"


def test_what_a_stopped_run_read_is_merged(slow: World) -> None:
    answer = slow.ingest()

    truth = slow.truth()
    landed = slow.landed()
    assert 0 < answer["rows_read"] == len(landed) < 2_500
    assert {record_id: truth[record_id] for record_id in landed} == landed


@pytest.mark.long
def test_stopped_runs_resume_until_all_is_read_and_no_page_is_read_twice(slow: World) -> None:
    answers = [slow.ingest()]
    while answers[-1]["status"] == "STOPPED":
        slow.clock.advance(MINUTE)
        answers.append(slow.ingest())
        assert len(answers) < 6

    assert answers[-1]["status"] == "SUCCEEDED"
    assert slow.landed() == slow.truth()
    assert sum(row["rows_inserted"] for row in answers) == 2_500
    assert _lists(slow) <= 25 + len(answers)
    assert slow.sync()["HEALTH"] == "HEALTHY"


@pytest.mark.long
def test_what_changes_while_a_backfill_is_stopped_comes_in_afterwards(slow: World) -> None:
    assert slow.ingest()["status"] == "STOPPED"
    slow.clock.advance(HOUR)
    ids = [record.id for record in slow.portal.records("contacts")]
    for record_id in (ids[0], ids[-1]):
        slow.portal.update("contacts", record_id, {"jobtitle": "Meanwhile"})
    new_id = slow.portal.create("contacts", {"email": "meanwhile@example.com"})
    slow.sandbox.latency_ms = 0
    slow.run()
    slow.clock.advance(MINUTE)

    slow.run()

    assert new_id in slow.ids()
    assert slow.landed() == slow.truth()


@pytest.mark.long
def test_settings_that_read_otherwise_drop_the_checkpoint(slow: World) -> None:
    slow.ingest()
    slow.sandbox.latency_ms = 0
    slow.asked()
    slow.only = ("email",)
    slow.configure("contacts", {"properties": ["email"], "associations": []})

    assert slow.run()["rows_read"] == 2_500
    assert slow.landed() == slow.truth()


# -- the day's limit -----------------------------------------------------------------------------


@pytest.mark.long
def test_the_days_limit_stops_a_run_and_the_next_day_carries_on(make: MakeWorld) -> None:
    world = make({"contacts": 2_500}, limits=Limits(burst=190, daily=20)).slim(reserve_percent=0)
    answers = [world.ingest()]
    assert (answers[0]["status"], answers[0]["response_code"]) == ("STOPPED", "DAILY_LIMIT_REACHED")
    assert 0 < answers[0]["rows_read"] == len(world.ids()) < 2_500
    assert world.errors()[0]["CODE"] == "DAILY_LIMIT_REACHED"

    while answers[-1]["status"] == "STOPPED":
        world.clock.advance(DAY)
        answers.append(world.ingest())
        assert len(answers) < 6

    assert world.landed() == world.truth()


@pytest.mark.long
def test_the_share_of_other_apps_is_left_alone(make: MakeWorld) -> None:
    world = make({"contacts": 9_000}, limits=Limits(burst=190, daily=60)).slim(reserve_percent=50)

    answer = world.ingest()

    assert answer["response_code"] == "DAILY_LIMIT_REACHED"
    assert 24 <= len(world.sandbox.requests) <= 32


# -- killed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dies_at", "after"), pairs(range(6, 35, 4), (False, True)))
def test_a_run_killed_at_any_statement_is_made_good_by_the_next(
    make: MakeWorld, dies_at: int, after: bool
) -> None:
    world = make({"contacts": 6}).slim()
    died = killed(world, dies_at, after=after)
    world.clock.advance(HOUR)

    world.run()

    assert world.landed() == world.truth()
    assert len(world.ids()) == 6
    # one that was killed before it wrote its row of RUNS has none
    *killed_runs, last_run = world.runs()
    assert last_run["STATUS"] == "SUCCEEDED"
    assert len(killed_runs) <= 1
    if died and any(row["STATUS"] != "SUCCEEDED" for row in killed_runs):
        assert killed_runs[0]["RESPONSE_CODE"] == "INTERRUPTED"
        assert [row["CODE"] for row in world.errors()] == ["INTERRUPTED"]


@pytest.mark.long
def test_a_killed_increment_loses_no_change(world: World) -> None:
    world.slim()
    world.run()
    world.clock.advance(HOUR)
    for record_id in world.ids()[:4]:
        world.portal.update("contacts", record_id, {"jobtitle": "Changed"})
    assert killed(world, 6, after=True)
    world.clock.advance(HOUR)

    world.run()

    assert world.landed() == world.truth()


def test_a_killed_run_keeps_others_out_until_its_lease_is_over(world: World) -> None:
    world.slim()
    assert killed(world, 10, after=False)

    with pytest.raises(SyncBusy):
        world.ingest()
    world.clock.advance(16 * MINUTE)

    assert world.run()["rows_inserted"] == 12


def test_where_no_run_can_be_alive_a_killed_one_is_ended_at_once(world: World) -> None:
    world.slim()
    assert killed(world, 10, after=False)

    world.leases.recover(world.clock.now())

    assert world.runs()[0]["RESPONSE_CODE"] == "INTERRUPTED"
    assert world.sync()["HEALTH"] == "FAILED"
    assert world.run()["rows_inserted"] == 12


@pytest.mark.long
def test_a_clock_that_moves_by_itself_is_all_a_waiting_run_needs(make: MakeWorld) -> None:
    clock = HandClock()
    world = make({"contacts": 900}, clock=clock, limits=Limits(burst=4)).slim()
    started = clock.now()

    assert world.run()["rows_inserted"] == 900
    assert clock.now() - started > 10_000
