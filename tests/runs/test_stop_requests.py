"""STOP_SYNC: a second session ends a run in the middle, and nothing is lost by that."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import httpx
import pytest

from hubspot_ingest.database.connection import Database
from hubspot_ingest.errors import Refusal
from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from hubspot_ingest.inbound.run.runner import ingest_all, stop
from snowflake_sandbox.session import LocalSession
from tests.runs.conftest import MakeWorld
from tests.runs.dying import Killed
from tests.runs.statement_counts import statements_of_run
from tests.runs.world import CONTACTS, HANDLERS, HOUR, MINUTE, Answer, World

NOTICED_WITHIN = 20.0


class SecondSession:
    """Somebody else in the account, who asks for a stop once HubSpot was asked so often.

    Requests to paths that end otherwise do not count.
    HubSpot's answer to that request comes once the run has noticed, a minute later.
    """

    def __init__(self, world: World, sync: str = "contacts", *, after: int, path: str = "") -> None:
        self.answers: list[Answer] = []
        self._world, self._sync, self._after, self._path = world, sync, after, path
        self._requests, self._lock = 0, threading.Lock()
        session = world.engine.session("HUBSPOT_INGEST", "CORE", owner=HANDLERS)
        self._context = replace(world.context, database=Database(session))
        self._noticed = threading.Event()
        world.instead = self._count

    def _count(self, request: httpx.Request, *_: object) -> httpx.Response | None:
        if not request.url.path.endswith(self._path):
            return None
        with self._lock:
            self._requests += 1
            is_time = self._requests == self._after
        if is_time:
            LocalSession.listeners.append(self._hear)
            self.answers.append(stop(self._sync, self._context))
            self._world.clock.advance(MINUTE)
            assert self._noticed.wait(NOTICED_WITHIN)
            LocalSession.listeners.remove(self._hear)
        return None

    def _hear(self, _: LocalSession, statement: str) -> None:
        if _LOOKS_WHY in statement:
            self._noticed.set()


_LOOKS_WHY = "STOP_REQUESTS WHERE RUN_ID = ? ORDER BY"


@pytest.fixture(autouse=True)
def _short_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubspot_ingest.inbound.run.records.PATIENT_TICK", 0.02)
    monkeypatch.setattr("hubspot_ingest.inbound.reconcile.reconciliation.TICK", 0.02)


@pytest.fixture
def slow(make: MakeWorld) -> World:
    """2,500 contacts behind a HubSpot that takes ten seconds for each answer."""
    world = make({"contacts": 2_500})
    world.sandbox.latency_ms = 10_000
    return world.slim()


def _code_of_stop(world: World, sync: str = "contacts") -> str:
    try:
        stop(sync, world.context)
    except Refusal as refusal:
        return refusal.response_code
    return "OK"


def test_a_run_that_is_asked_to_stop_ends_and_says_who_asked(slow: World) -> None:
    second = SecondSession(slow, after=8)

    answer = slow.ingest()

    assert second.answers[0]["response_code"] == "OK"
    assert second.answers[0]["run_id"] == answer["run_id"]
    assert (answer["status"], answer["response_code"]) == ("STOPPED", "STOP_REQUESTED")
    [run] = slow.runs()
    assert run["STATUS"] == "STOPPED"
    assert run["STOP_REQUESTED_BY"] is not None
    assert run["STOP_REQUESTED_BY"] in answer["message"]
    assert slow.sync()["HEALTH"] == "INCOMPLETE"
    assert not slow.is_held()


@pytest.mark.long
def test_what_was_merged_stays_and_the_next_run_reads_the_rest(slow: World) -> None:
    SecondSession(slow, after=12)

    stopped = slow.ingest()
    landed = slow.landed()
    slow.clock.advance(MINUTE)
    again = slow.run()

    assert 0 < stopped["rows_read"] == len(landed) < 2_500
    assert again["rows_inserted"] == 2_500 - len(landed)
    assert slow.landed() == slow.truth()


# the last of them is well before the end, whichever of the threads comes first
@pytest.mark.long
@pytest.mark.parametrize("after", range(1, 8, 3))
def test_a_run_stopped_anywhere_is_made_good_by_the_next(make: MakeWorld, after: int) -> None:
    world = make({"contacts": 600}).slim()
    world.run()
    world.clock.advance(25 * HOUR)
    ids = [record.id for record in world.portal.records("contacts")]
    for record_id in ids[:250]:
        world.portal.update("contacts", record_id, {"jobtitle": "Changed"})
    world.portal.archive("contacts", ids[-1])
    world.clock.advance(HOUR)
    SecondSession(world, after=after)

    stopped = world.ingest()
    world.instead = None
    world.clock.advance(HOUR)
    world.run()

    assert stopped["status"] == "STOPPED"
    landed = world.landed()
    assert {record_id: landed[record_id] for record_id in ids[:-1]} == world.truth()
    assert world.ids(where="_DELETED_AT IS NOT NULL") == [ids[-1]]


@pytest.mark.long
def test_a_run_that_is_killed_between_the_request_and_its_end_loses_nothing(slow: World) -> None:
    second = SecondSession(slow, after=8)
    alive = slow.database

    class DiesWhenRefused(Database):
        """Its process ends as soon as it looks why a write was refused."""

        def __init__(self) -> None:
            self.__dict__.update(alive.__dict__)

        def rows(self, statement: str, params: Any = ()) -> Any:
            found = super().rows(statement, params)
            if _LOOKS_WHY in statement:
                raise Killed
            return found

    slow.database = DiesWhenRefused()
    with pytest.raises(Killed):
        slow.ingest()
    slow.database = alive
    slow.instead = None
    slow.sandbox.latency_ms = 0

    assert second.answers
    assert slow.is_held()
    slow.clock.advance(HOUR)
    slow.run()

    assert slow.landed() == slow.truth()
    assert [row["RESPONSE_CODE"] for row in slow.runs()] == ["INTERRUPTED", "OK"]


def test_where_nothing_runs_the_call_says_so_and_stores_nothing(world: World) -> None:
    world.slim()
    world.run()
    before = world.stored()

    assert _code_of_stop(world) == "NOTHING_RUNS"
    assert world.stored() == before


def test_an_unknown_sync_is_named(world: World) -> None:
    assert _code_of_stop(world, "contatcs") == "UNKNOWN_SYNC"


@pytest.mark.long
def test_a_stop_of_one_run_does_not_stop_a_later_one(world: World) -> None:
    world.slim()
    world.run()
    world.hold()
    stop("contacts", world.context)
    world.clock.advance(HOUR)

    assert _code_of_stop(world) == "NOTHING_RUNS"
    assert world.run()["response_code"] == "OK"


def test_who_asks_twice_is_told_that_it_was_asked(world: World) -> None:
    world.slim()
    world.run()
    world.hold()
    stop("contacts", world.context)

    assert "was asked before" in str(stop("contacts", world.context)["message"])
    assert len(world.rows("SELECT * FROM HUBSPOT_INGEST.STATE.STOP_REQUESTS")) == 1


def test_of_a_run_that_gives_no_sign_of_life_the_answer_says_when_the_lease_ends(
    world: World,
) -> None:
    world.slim()
    world.run()
    world.hold()
    alive = stop("contacts", world.context)
    world.clock.advance(5 * MINUTE)

    silent = stop("contacts", world.context)

    assert "may be dead" not in str(alive["message"])
    assert "may be dead" in str(silent["message"])
    assert str(silent["lease_until"]) in str(silent["message"])
    world.clock.advance(11 * MINUTE)
    with pytest.raises(Refusal, match="was killed"):
        stop("contacts", world.context)


@pytest.mark.long
def test_the_others_of_a_pass_go_on(make: MakeWorld) -> None:
    world = make({"contacts": 2_500, "companies": 2_500})
    world.sandbox.latency_ms = 10_000
    world.slim()
    world.configure("companies", {"properties": ["name"], "associations": []})
    SecondSession(world, after=5, path="/contacts")

    answers = ingest_all(world.context)

    runs = {str(run["sync"]): run for run in _listed(answers["runs"])}
    assert runs["contacts"]["response_code"] == "STOP_REQUESTED"
    assert runs["companies"]["status"] == "SUCCEEDED"
    assert len(world.ids("HUBSPOT_DATA.CRM.COMPANIES")) == 2_500
    assert len(world.ids()) < 2_500
    world.instead = None
    world.run()
    assert world.landed() == world.truth()


def _listed(runs: object) -> list[Answer]:
    assert isinstance(runs, list)
    return runs


def living(world: World) -> list[dict[str, Any]]:
    """The pipelines that are not marked as deleted."""
    table = "HUBSPOT_DATA.CRM.PIPELINES"
    return world.rows(f"SELECT ID FROM {table} WHERE _DELETED_AT IS NULL ORDER BY ID")


@pytest.mark.long
def test_a_stopped_run_of_items_takes_nothing_for_deleted(make: MakeWorld) -> None:
    world = make({"contacts": 1})
    world.configure("pipelines", {})
    world.run("pipelines")
    before = living(world)
    world.clock.advance(HOUR)
    SecondSession(world, "pipelines", after=2)

    answer = world.ingest("pipelines")

    assert answer["response_code"] == "STOP_REQUESTED"
    assert len(before) > 1
    assert living(world) == before


@pytest.mark.long
def test_a_comparison_can_be_stopped_and_certifies_nothing(make: MakeWorld) -> None:
    world = make({"contacts": 2_500}).slim()
    world.run()
    # a difference takes further requests to be found
    world.rows(f"DELETE FROM {CONTACTS} WHERE ID = ?", (world.ids()[7],))
    world.clock.advance(HOUR)
    SecondSession(world, after=1, path="/search")

    answer = reconcile(world.context, "contacts")

    assert (answer["response_code"], answer["result"]) == ("STOP_REQUESTED", "INCOMPLETE")
    assert not world.is_held()


def test_a_request_costs_a_run_that_nobody_stops_no_statement(world: World) -> None:
    world.slim()
    world.run()
    world.clock.advance(HOUR)

    assert not [
        each
        for each in statements_of_run(world)
        if "FROM" in each and "STOP_REQUESTS WHERE" in each
    ]
