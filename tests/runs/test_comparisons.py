"""Runs compare what they brought in with HubSpot: after a backfill, and by the schedule."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NoReturn

import httpx
import pytest

from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.database.state.certificates import Certificates
from hubspot_ingest.database.state.syncs import SweepsState
from hubspot_ingest.errors import DatabaseError
from hubspot_ingest.inbound.reconcile import bisection, comparison
from hubspot_ingest.inbound.run.runner import ingest_all
from hubspot_sandbox import Faults, Limits, Portal
from tests.runs.conftest import MakeWorld
from tests.runs.world import (
    CONTACTS,
    DAY_AND_MORE,
    HOUR,
    MINUTE,
    Answer,
    World,
    bodies,
    on_an_empty_stack,
    paths,
)

SEARCH = "/crm/objects/2026-09/contacts/search"


def certificates(world: World) -> list[Answer]:
    return world.rows("SELECT * FROM HUBSPOT_INGEST.CORE.COMPLETENESS ORDER BY CHECKED_AT")


def every(world: World, days: int) -> None:
    world.call_with("CONFIGURE_APP", {"reconcile_every_days": days})


def test_a_backfill_is_certified_within_its_run(served: World) -> None:
    run = served.call("CALL ingest_hubspot('contacts')")
    (certificate,) = certificates(served)
    assert (certificate["SYNC"], certificate["RESULT"], certificate["RUN_ID"]) == (
        "contacts",
        "COMPLETE",
        run["run_id"],
    )
    assert (certificate["HUBSPOT_RECORDS"], certificate["REQUESTS"]) == (
        certificate["TABLE_RECORDS"],
        1,
    )
    spent = served.rows(
        "SELECT ENDPOINT, COUNT FROM HUBSPOT_INGEST.CORE.REQUESTS WHERE RUN_ID = ?",
        (run["run_id"],),
    )
    assert {"ENDPOINT": SEARCH, "COUNT": 1} in spent
    assert served.runs()[0]["REQUESTS"] == run["requests"] == sum(row["COUNT"] for row in spent)


def test_rows_lost_on_the_way_are_back_before_the_run_ends(make: MakeWorld) -> None:
    world = make({"contacts": 300}).slim()
    lost = [record.id for record in world.portal.records("contacts")][10:300:50]
    world.lost = lost
    run = world.run()
    (certificate,) = certificates(world)
    assert (certificate["RESULT"], certificate["MISSING"], certificate["REPAIRED"]) == (
        "REPAIRED",
        6,
        6,
    )
    assert run["rows_inserted"] == 300
    assert "6 rows of contacts differed from HubSpot and were repaired: 6 missing" in run["message"]
    assert world.landed() == world.truth()
    assert {*world.table("_RUN_ID")} == {(run["run_id"],)}


@pytest.mark.long
def test_ordinary_runs_compare_nothing_unless_they_are_told_to(world: World) -> None:
    world.slim().run()
    for _ in range(3):
        world.clock.advance(40 * 24 * HOUR)
        world.run()
    assert len(certificates(world)) == 1


@pytest.mark.long
def test_a_run_compares_when_the_last_certificate_is_old_enough(world: World) -> None:
    world.slim().run()
    every(world, 2)
    compared = []
    for _ in range(5):
        world.clock.advance(DAY_AND_MORE)
        world.run()
        compared.append(len(certificates(world)))
    assert compared == [1, 2, 2, 3, 3]


def test_a_comparison_on_request_counts_for_the_schedule(served: World) -> None:
    served.call("CALL ingest_hubspot('contacts')")
    every(served, 1)
    (sync,) = served.syncs.all()
    with served.state_of() as writer:
        writer.keep_sweeps(replace(sync.sweeps, compared_at=0))
    assert served.call("CALL reconcile('contacts')")["result"] == "COMPLETE"
    served.call("CALL ingest_hubspot('contacts')")
    assert len(certificates(served)) == 2


@pytest.mark.long
def test_a_reset_is_a_backfill_and_certified_again(served: World) -> None:
    for _ in range(2):
        served.call("CALL ingest_hubspot('contacts')")
        served.call("CALL reset_sync('contacts')")
    assert [row["RESULT"] for row in certificates(served)] == ["COMPLETE", "COMPLETE"]


def test_an_empty_portal_has_nothing_to_compare(make: MakeWorld) -> None:
    world = make({})
    world.run()
    assert certificates(world) == []
    assert "search" not in paths(world.asked())


def test_a_stream_that_is_read_whole_compares_itself(world: World) -> None:
    world.run("owners")
    world.clock.advance(DAY_AND_MORE)
    every(world, 1)
    world.run("owners")
    assert certificates(world) == []


# -- when it cannot be done ------------------------------------------------------------------------


def test_a_comparison_that_fails_does_not_fail_the_run(make: MakeWorld) -> None:
    world = make({"contacts": 12}).slim()
    world.closed = [SEARCH]
    run = world.run()
    assert (run["rows_inserted"], run["response_code"]) == (12, "OK")
    assert "could not be compared with HubSpot" in run["message"]
    assert [row["CODE"] for row in world.errors()] == ["SCOPE_MISSING"]
    (certificate,) = certificates(world)
    assert (certificate["RESULT"], certificate["RUN_ID"]) == ("INCOMPLETE", run["run_id"])


def test_a_comparison_whose_certificate_is_not_stored_is_made_again(
    make: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> NoReturn:
        raise DatabaseError("a statement failed")

    world = make({"contacts": 3}).slim()
    monkeypatch.setattr(Certificates, "save", failing)
    assert "could not be compared with HubSpot" in world.run()["message"]
    sync = world.syncs.find("contacts")
    assert sync is not None
    assert sync.sweeps.compare_from == world.clock.now() + HOUR


def test_a_day_that_ends_in_the_comparison_ends_no_run(make: MakeWorld) -> None:
    world = make({"contacts": 12}, limits=Limits(daily=3)).slim(reserve_percent=0)
    run = world.run()
    assert (run["rows_inserted"], run["status"]) == (12, "SUCCEEDED")
    assert certificates(world)[0]["RESULT"] == "INCOMPLETE"
    assert "did not come to its end" in run["message"]


@pytest.mark.long
def test_what_came_to_no_end_is_health_and_alert_until_a_run_makes_it_anew(world: World) -> None:
    world.slim()
    world.closed = [SEARCH]
    world.run()
    assert world.sync()["HEALTH"] == "INCOMPLETE"
    world.closed = []

    world.clock.advance(30 * MINUTE)
    world.run()
    assert len(certificates(world)) == 1

    world.clock.advance(40 * MINUTE)
    world.run()
    assert [row["RESULT"] for row in certificates(world)] == ["INCOMPLETE", "COMPLETE"]
    assert world.sync()["HEALTH"] == "HEALTHY"


@pytest.mark.long
def test_a_run_killed_before_its_comparison_leaves_it_to_the_next(world: World) -> None:
    world.slim().run()
    world.rows("DELETE FROM HUBSPOT_INGEST.STATE.COMPLETENESS")
    with world.state_of() as writer:
        writer.keep_sweeps(SweepsState(compare_from=world.clock.now()))
    world.clock.advance(MINUTE)
    run = world.run()
    assert [row["RUN_ID"] for row in certificates(world)] == [run["run_id"]]


def test_syncs_side_by_side_are_each_certified(make: MakeWorld) -> None:
    world = make({"contacts": 30, "companies": 40}).slim()
    world.configure("companies", {"properties": ["name"], "associations": []})
    answer = on_an_empty_stack(lambda: dict(ingest_all(world.context)))
    assert answer["response_code"] == "OK"
    assert {row["SYNC"]: row["TABLE_RECORDS"] for row in certificates(world)} == {
        "contacts": 30,
        "companies": 40,
    }


# -- what it costs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("records", [40_000, 50_000, 99_000, 100_000, 5_000_000])
def test_an_agreeing_table_costs_one_percent_of_a_full_load(records: int) -> None:
    assert comparison.cost(records, searched=False) <= 0.01 * records / 100
    assert comparison.cost(2 * records, searched=True) <= 0.01 * 2 * records / 200


@pytest.mark.parametrize(("records", "requests"), [(0, 1), (200, 1), (201, 2), (2_000, 10)])
def test_few_rows_are_compared_one_by_one(records: int, requests: int) -> None:
    assert comparison.cost(records, searched=False) == requests


@pytest.mark.long
def test_more_rows_cost_four_requests_at_least(make: MakeWorld) -> None:
    world = make({"contacts": 2_100}).slim()
    world.run()
    assert certificates(world)[0]["REQUESTS"] == bisection.FEWEST
    assert len(bodies(world.asked())) == bisection.FEWEST


@pytest.mark.parametrize("records", [30, 300, 2_100])
def test_lost_answers_and_refusals_change_nothing(make: MakeWorld, records: int) -> None:
    world = make({"contacts": records}, faults=Faults(0.2, 3)).slim()
    world.run()
    assert certificates(world)[0]["RESULT"] == "COMPLETE"


@pytest.mark.long
def test_changes_during_a_backfill_are_no_difference(make: MakeWorld) -> None:
    world = make({"contacts": 2_100}).slim()
    ids = [record.id for record in world.portal.records("contacts")]

    def meanwhile(portal: Portal, number: int) -> None:
        portal.update("contacts", ids[number * 7], {"jobtitle": str(number)})
        world.clock.advance(1_000)

    world.sandbox.before_each = meanwhile
    world.run()
    (certificate,) = certificates(world)
    assert (
        certificate["RESULT"],
        certificate["MISSING"] + certificate["EXTRA"] + certificate["STALE"],
    ) == ("COMPLETE", 0)
    assert world.ids(CONTACTS) == [*world.truth()]


# -- while it is still read ------------------------------------------------------------------------


def before_the_last_page(
    world: World, monkeypatch: pytest.MonkeyPatch, then: Callable[[], object]
) -> list[bool]:
    """Keeps the last page back until HubSpot was asked to count, and does ``then``.

    Returns whether it was asked, for each time the last page was.
    """
    world.sandbox.latency_ms = 300
    counted, through, seen = threading.Event(), world._respond, list[bool]()
    last = [int(record.id) for record in world.portal.records("contacts")][-101]

    def respond(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and int(request.url.params.get("after", 0)) >= last:
            seen.append(counted.wait(timeout=30))
            then()
        answer = through(request)
        if request.url.path == SEARCH and json.loads(request.content)["limit"] == 1:
            counted.set()
        return answer

    monkeypatch.setattr(world, "_respond", respond)
    return seen


@pytest.mark.long
def test_hubspot_counts_while_the_last_pages_are_read(
    make: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make({"contacts": 11_000}).slim()
    seen = before_the_last_page(world, monkeypatch, lambda: None)
    run = world.run()
    assert seen == [True]
    (certificate,) = certificates(world)
    assert (
        certificate["RESULT"],
        certificate["HUBSPOT_RECORDS"],
        certificate["TABLE_RECORDS"],
    ) == (
        "COMPLETE",
        11_000,
        11_000,
    )
    # one search told how many pages there are
    assert certificate["REQUESTS"] == len(bodies(world.asked())) - 1 == bisection.FEWEST
    assert run["rows_inserted"] == 11_000


@pytest.mark.long
def test_what_changes_after_it_was_counted_is_no_difference(
    make: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make({"contacts": 11_000}).slim()
    ids = [record.id for record in world.portal.records("contacts")]

    def change() -> None:
        for id in (ids[5], ids[-5]):
            world.portal.update("contacts", id, {"jobtitle": "changed"})

    seen = before_the_last_page(world, monkeypatch, change)
    run = world.run()
    assert seen == [True]
    (certificate,) = certificates(world)
    # what had been read before it changed is brought up to date
    assert certificate["RESULT"] == "COMPLETE"
    assert certificate["CHANGED_MEANWHILE"] == run["rows_updated"] >= 1
    assert world.landed() == world.truth()
    assert certificate["MISSING"] + certificate["EXTRA"] + certificate["STALE"] == 0


@pytest.mark.long
def test_what_was_lost_is_found_though_it_was_counted_beforehand(
    make: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make({"contacts": 11_000}).slim()
    world.lost = [record.id for record in world.portal.records("contacts")][10:11_000:2_000]
    seen = before_the_last_page(world, monkeypatch, lambda: None)
    world.run()
    assert seen == [True]
    (certificate,) = certificates(world)
    assert (certificate["RESULT"], certificate["MISSING"], certificate["REPAIRED"]) == (
        "REPAIRED",
        6,
        6,
    )
    assert world.landed() == world.truth()


@pytest.mark.long
def test_what_has_changed_until_all_was_read_is_asked_for_beside_the_last_merge(
    make: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make({"contacts": 11_000}).slim()
    is_last = threading.Event()
    before_the_last_page(world, monkeypatch, is_last.set)
    asked, through, rows = threading.Event(), world._respond, Database.rows
    asked_by_then: list[bool] = []

    def respond(request: httpx.Request) -> httpx.Response:
        answer = through(request)
        if is_last.is_set() and request.url.path == SEARCH:
            asked.set()
        return answer

    def run_statement(self: Database, statement: str, params: Sequence[object] = ()) -> list[Row]:
        if is_last.is_set() and statement.startswith("MERGE") and "CONTACTS" in statement:
            asked_by_then.append(asked.wait(timeout=5))
        return rows(self, statement, params)

    monkeypatch.setattr(world, "_respond", respond)
    monkeypatch.setattr(Database, "rows", run_statement)
    world.run()
    assert asked_by_then[-1]
    (certificate,) = certificates(world)
    assert (certificate["RESULT"], certificate["TABLE_RECORDS"]) == ("COMPLETE", 11_000)
