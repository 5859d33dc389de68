"""Syncs that are to be fresh within a time are run by one task, when their promise asks for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.database.state.stored_state import StoredState, read_stored_state
from hubspot_ingest.errors import DatabaseError
from hubspot_ingest.inbound import configure
from hubspot_ingest.inbound.run import runner
from hubspot_ingest.inbound.run.runner import ingest_all, ingest_fresh
from hubspot_ingest.times import SystemClock
from hubspot_sandbox import Limits
from tests.runs.conftest import MakeWorld
from tests.runs.world import HOUR, MINUTE, SECOND, HandClock, World, on_an_empty_stack

SMALL: dict[str, Any] = {"properties": ["hs_object_id"], "associations": []}


def _fresh(world: World, sync: str, promise: str, **settings: Any) -> None:
    world.configure(sync, {**SMALL, "fresh_within": promise, **settings})


def _pass(world: World) -> list[str]:
    """The syncs that a pass runs, as the task does."""
    answer = on_an_empty_stack(lambda: dict(ingest_fresh(world.context)))
    assert answer["response_code"] == "OK", answer
    return [run["sync"] for run in answer["runs"]]


def _tasks(world: World) -> dict[str, Any]:
    rows = world.rows("SHOW TASKS IN SCHEMA HUBSPOT_INGEST.TASKS")
    return {row["name"]: (row["schedule"], row["state"]) for row in rows}


def test_one_task_serves_all_syncs_with_a_promise(make: MakeWorld) -> None:
    world = make({"contacts": 3, "deals": 3})
    _fresh(world, "deals", "1 HOUR")
    hourly = _tasks(world)
    _fresh(world, "contacts", "5 MINUTES")

    assert hourly == {"FRESH SYNCS": ("14 MINUTES", "started")}
    assert _tasks(world) == {"FRESH SYNCS": ("2 MINUTES", "started")}


def test_the_task_comes_as_often_as_those_that_are_left_need_it(make: MakeWorld) -> None:
    world = make({"contacts": 3, "deals": 3})
    _fresh(world, "deals", "1 HOUR")
    _fresh(world, "contacts", "5 MINUTES")
    configure.enable(world.context, "contacts", enabled=False)
    without_contacts = _tasks(world)
    configure.enable(world.context, "contacts", enabled=True)
    with_contacts = _tasks(world)
    world.configure("contacts", {**SMALL, "schedule": "60 MINUTES"})
    configure.drop(world.context, "deals")

    assert without_contacts == {"FRESH SYNCS": ("14 MINUTES", "started")}
    assert with_contacts == {"FRESH SYNCS": ("2 MINUTES", "started")}
    assert _tasks(world) == {"CONTACTS": ("60 MINUTES", "started")}


@pytest.mark.long
def test_a_pass_runs_what_is_due_and_nothing_else(make: MakeWorld) -> None:
    world = make({"contacts": 3, "deals": 3, "companies": 3})
    _fresh(world, "contacts", "5 MINUTES")
    _fresh(world, "deals", "1 HOUR")
    world.configure("companies", SMALL)
    first = _pass(world)
    passes = []
    for _ in range(15):
        world.clock.advance(2 * MINUTE)
        passes.append(_pass(world))

    assert first == ["contacts", "deals"]
    assert passes[:4] == [[], ["contacts"], [], ["contacts"]]
    assert "deals" not in {sync for ran in passes for sync in ran}
    world.clock.advance(28 * MINUTE)
    assert "deals" in _pass(world)


def test_every_change_is_in_the_table_within_the_promise(make: MakeWorld) -> None:
    world = make({"contacts": 3})
    _fresh(world, "contacts", "5 MINUTES")
    _pass(world)
    record = world.ids()[0]
    ages = []
    for second in range(10, 140, 13):
        world.clock.advance(second * 1000)
        world.portal.update("contacts", record, {"firstname": f"Ada {second}"})
        changed_at = world.clock.now()
        world.clock.advance(2 * MINUTE - second * 1000)
        while not (
            _pass(world)
            and world.landed()[record].get("hs_object_id")
            and world.table("UPDATED_AT", where=f"ID = '{record}'")[0][0]
            >= datetime.fromtimestamp(changed_at / 1000, UTC).replace(tzinfo=None)
        ):
            world.clock.advance(2 * MINUTE)
        ages.append(world.clock.now() - changed_at)

    assert max(ages) <= 5 * MINUTE


@pytest.mark.long
def test_a_sync_that_becomes_due_while_another_reads_is_run_beside_it(make: MakeWorld) -> None:
    world = make({"contacts": 2_500, "deals": 3})
    _fresh(world, "deals", "5 MINUTES")
    _pass(world)
    _fresh(world, "contacts", "1 DAY")

    def take_long(*_: object) -> None:
        world.clock.advance(30 * SECOND)

    world.instead = take_long
    # answers that take time leave turns to others
    world.sandbox.latency_ms = 50
    _pass(world)
    (long_run,) = [run for run in world.runs() if run["SYNC"] == "contacts"]
    beside = [
        run
        for run in world.runs()
        if run["SYNC"] == "deals"
        and long_run["STARTED_AT"]
        < run["STARTED_AT"]
        < run["FINISHED_AT"]
        < long_run["FINISHED_AT"]
    ]

    assert long_run["DURATION_SECONDS"] > 2 * 5 * 60
    assert beside


def test_a_look_that_fails_leaves_no_run_that_goes_on(
    make: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make({"contacts": 3})
    _fresh(world, "contacts", "5 MINUTES")
    looks: list[int] = []

    def look(database: Database, now: int) -> StoredState:
        looks.append(now)
        if len(looks) > 1:
            raise DatabaseError("a statement failed")
        return read_stored_state(database, now)

    def take_long(*_: object) -> None:
        world.clock.advance(2 * MINUTE)

    monkeypatch.setattr(runner, "read_stored_state", look)
    world.instead = take_long

    assert _pass(world) == ["contacts"]
    assert len(looks) > 1
    assert [run["STATUS"] for run in world.runs()] == ["SUCCEEDED"]


def test_the_app_schedule_leaves_out_what_has_a_promise_and_a_call_does_not(
    make: MakeWorld,
) -> None:
    world = make({"contacts": 3, "deals": 3})
    _fresh(world, "contacts", "1 HOUR")
    world.configure("deals", SMALL)

    def ran(*, scheduled: bool) -> list[str]:
        answer = on_an_empty_stack(lambda: dict(ingest_all(world.context, scheduled=scheduled)))
        return [run["sync"] for run in answer["runs"]]

    assert ran(scheduled=False) == ["deals"]
    assert ran(scheduled=True) == ["contacts", "deals"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("minutes_ago", "promise", "health"),
    [(4, "5 MINUTES", "HEALTHY"), (6, "5 MINUTES", "DELAYED"), (59, "1 HOUR", "HEALTHY")],
)
def test_a_sync_is_delayed_as_soon_as_its_promise_is_broken(
    make: MakeWorld, minutes_ago: int, promise: str, health: str
) -> None:
    now = SystemClock().now()
    world = make({"contacts": 3}, clock=HandClock(now - minutes_ago * MINUTE))
    _fresh(world, "contacts", promise)
    _pass(world)
    (row,) = world.rows(
        "SELECT HEALTH, DATEDIFF(MINUTE, LAST_RUN_AT, NEXT_RUN_AT) AS AFTER_MINUTES "
        "FROM HUBSPOT_INGEST.CORE.SYNCS"
    )

    assert row["HEALTH"] == health
    assert row["AFTER_MINUTES"] == {"5 MINUTES": 4, "1 HOUR": 59}[promise]


@pytest.mark.long
def test_the_sweeps_of_a_run_leave_time_for_the_next(make: MakeWorld) -> None:
    world = make({"contacts": 6_000}, limits=Limits(burst=2))
    _fresh(world, "contacts", "5 MINUTES")
    _pass(world)
    world.clock.advance(25 * HOUR)
    _pass(world)
    runs = world.runs()

    assert runs[-1]["STATUS"] == "SUCCEEDED"
    assert runs[-1]["DURATION_SECONDS"] <= 3 * 60 < runs[0]["DURATION_SECONDS"]


def test_the_task_of_the_syncs_ends_after_the_longest_of_them(make: MakeWorld) -> None:
    world = make({"contacts": 3, "deals": 3})
    _fresh(world, "contacts", "5 MINUTES", deadline_minutes=20)
    _fresh(world, "deals", "1 DAY", deadline_minutes=90)

    assert world.limit("FRESH SYNCS") == 100 * MINUTE


def test_a_pass_that_runs_nothing_sends_few_statements(
    make: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make({"contacts": 3})
    _fresh(world, "contacts", "1 DAY")
    _pass(world)
    sent: list[str] = []
    rows = Database.rows

    def counted(database: Database, statement: str, *args: Any) -> list[Row]:
        sent.append(statement)
        return rows(database, statement, *args)

    monkeypatch.setattr(Database, "rows", counted)

    assert _pass(world) == []
    assert len(sent) <= 3


def test_the_task_runs_its_syncs_and_fails_with_them(
    make: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make({"contacts": 3})
    _fresh(world, "contacts", "5 MINUTES")
    with world.sandbox.serve(port=0) as server:
        monkeypatch.setenv("HUBSPOT_BASE_URL", server.url)
        monkeypatch.setenv("HUBSPOT_TOKEN", world.token)
        world.rows('EXECUTE TASK HUBSPOT_INGEST.TASKS."FRESH SYNCS"')
        assert world.engine.background.wait(60)
    (good,) = world.rows("SHOW TASKS IN SCHEMA HUBSPOT_INGEST.TASKS")
    monkeypatch.delenv("HUBSPOT_TOKEN")
    configure.reset(world.context, "contacts")
    world.rows("DELETE FROM HUBSPOT_INGEST.STATE.RUNS")
    world.rows('EXECUTE TASK HUBSPOT_INGEST.TASKS."FRESH SYNCS"')
    assert world.engine.background.wait(60)
    (bad,) = world.rows("SHOW TASKS IN SCHEMA HUBSPOT_INGEST.TASKS")

    assert good["last_error"] is None
    assert world.landed().keys() == world.truth().keys()
    assert "CREDENTIAL_MISSING" in str(bad["last_error"])
