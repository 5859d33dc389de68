"""What goes wrong outside: one clear line, a stable code, a row in RUNS and ERRORS, tables as they
were, and the next run carries on.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

import httpx
import pytest

from hubspot_sandbox import Faults, Limits, Planned, Portal
from tests.nights import few_by_day
from tests.runs.conftest import MakeWorld
from tests.runs.world import CONTACTS, HOUR, SECOND, Answer, HandClock, World

SCOPE = "crm.objects.contacts.read"


def _assert_reported(world: World, answer: Answer, code: str, status: str = "FAILED") -> None:
    """The answer, RUNS and ERRORS tell the same, in one line."""
    assert (answer["response_code"], answer["status"]) == (code, status)
    assert answer["message"]
    assert "\n" not in answer["message"]
    run = world.runs()[-1]
    assert (run["RUN_ID"], run["STATUS"], run["RESPONSE_CODE"], run["MESSAGE"]) == (
        answer["run_id"],
        status,
        code,
        answer["message"],
    )
    assert run["FINISHED_AT"] is not None
    error = world.errors()[-1]
    assert (error["RUN_ID"], error["CODE"], error["MESSAGE"]) == (
        answer["run_id"],
        code,
        answer["message"],
    )


def _fails_and_carries_on(
    world: World, code: str, *, breaks: Callable[[], None], mends: Callable[[], None]
) -> Answer:
    """A good run, a change, a broken run that loses nothing, a good run."""
    world.slim()
    world.run()
    before = world.table("*")
    world.clock.advance(HOUR)
    record_id = world.ids()[0]
    world.portal.update("contacts", record_id, {"jobtitle": "Changed"})
    breaks()

    answer = world.ingest()

    _assert_reported(world, answer, code, answer["status"])
    assert world.table("*") == before
    mends()
    world.clock.advance(1_000)
    assert world.run()["rows_updated"] == 1
    assert world.landed() == world.truth()
    assert world.sync()["HEALTH"] == "HEALTHY"
    return answer


# -- the credential ------------------------------------------------------------------------------


def test_a_wrong_token_ends_the_run_and_a_right_one_carries_on(world: World) -> None:
    def breaks() -> None:
        world.token = "pat-na1-00000000-wrong"

    def mends() -> None:
        world.token = world.portal.token

    answer = _fails_and_carries_on(world, "CREDENTIAL_REJECTED", breaks=breaks, mends=mends)

    assert answer["status"] == "FAILED"
    assert "set_token" in answer["message"]
    assert world.token not in answer["message"]


def test_a_first_run_with_a_wrong_token_makes_no_table(make: MakeWorld) -> None:
    world = make({"contacts": 3}, token="nonsense")

    _assert_reported(world, world.ingest(), "CREDENTIAL_REJECTED")

    assert not world.exists()
    assert world.sync()["HEALTH"] == "FAILED"


def test_no_token_at_all_is_told(served: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUBSPOT_TOKEN")

    _assert_reported(served, served.call("CALL ingest_hubspot('contacts')"), "CREDENTIAL_MISSING")

    assert served.asked() == []


def test_a_missing_scope_skips_the_run_and_names_the_scope(world: World) -> None:
    limited = "pat-na1-limited-0001"
    world.portal.grant(limited, ["oauth"])

    def breaks() -> None:
        world.token = limited

    def mends() -> None:
        world.portal.grant(limited, ["oauth", SCOPE])

    answer = _fails_and_carries_on(world, "SCOPE_MISSING", breaks=breaks, mends=mends)

    assert answer["status"] == "SKIPPED"
    assert SCOPE in answer["message"]


def test_a_skipped_sync_says_so(make: MakeWorld) -> None:
    world = make({"deals": 3}, token="pat-na1-limited-0002")
    world.portal.grant(world.token, ["oauth", SCOPE])

    answer = world.ingest("deals")

    _assert_reported(world, answer, "SCOPE_MISSING", "SKIPPED")
    assert "crm.objects.deals.read" in answer["message"]
    assert world.sync("deals")["HEALTH"] == "SKIPPED"


# -- HubSpot -------------------------------------------------------------------------------------


def test_hubspot_down_is_told_within_seconds(world: World) -> None:
    def refuse(_request: httpx.Request, _answer: httpx.Response) -> None:
        raise httpx.ConnectError("connection refused")

    world.instead = refuse
    started = world.clock.now()

    answer = world.ingest()

    assert world.clock.now() - started < 20 * SECOND
    assert answer["response_code"] == "HUBSPOT_UNAVAILABLE"


def test_a_closed_port_is_told_as_what_it_is(
    served: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("HUBSPOT_BASE_URL", f"http://127.0.0.1:{port}")

    answer = served.call("CALL ingest_hubspot('contacts')")

    _assert_reported(served, answer, "HUBSPOT_UNAVAILABLE")
    assert "ConnectError" in answer["message"]
    assert not served.exists()


@pytest.mark.long
def test_hubspot_failing_for_long_fails_the_run_and_the_next_carries_on(world: World) -> None:
    def breaks() -> None:
        world.sandbox.faults = Faults(plan=[Planned("503", times=1_000)])

    def mends() -> None:
        world.sandbox.faults = None

    _fails_and_carries_on(world, "HUBSPOT_UNAVAILABLE", breaks=breaks, mends=mends)


@pytest.mark.parametrize(
    "kind",
    few_by_day(["429", "503", "dropped", "not-json", "429-retry-after", "500", "502", "504", "524",
                "423", "477", "truncated", "html"], 4),
)  # fmt: skip
def test_a_fault_that_passes_is_survived(make: MakeWorld, kind: str) -> None:
    faults = Faults(plan=[Planned(kind, endpoint="/contacts", times=3)])
    world = make({"contacts": 12}, faults=faults).slim()

    answer = world.run()

    assert world.landed() == world.truth()
    retries = world.rows("SELECT SUM(RETRIES) AS N FROM HUBSPOT_INGEST.CORE.REQUESTS")[0]["N"]
    assert retries == 3
    assert answer["requests"] == len(world.sandbox.requests)


@pytest.mark.long
def test_faults_all_along_a_backfill_lose_nothing(make: MakeWorld) -> None:
    world = make({"contacts": 2_500}, faults=Faults(0.2, seed=3)).slim()

    assert world.run()["rows_inserted"] == 2_500
    assert world.landed() == world.truth()


@pytest.mark.long
def test_a_limit_that_others_use_up_is_waited_for(make: MakeWorld) -> None:
    clock = HandClock()
    limits = Limits(burst=12, taken_by_others=lambda now: 9 if now < clock.now() + 1 else 0)
    world = make({"contacts": 1_500}, clock=clock, limits=limits).slim()

    assert world.run()["rows_inserted"] == 1_500


# -- the database --------------------------------------------------------------------------------


@pytest.mark.long
def test_a_database_error_in_the_middle_loses_nothing(world: World) -> None:
    world.slim()
    world.run()
    world.clock.advance(HOUR)
    record_id = world.ids()[0]
    world.portal.update("contacts", record_id, {"jobtitle": "Changed"})
    world.rows(f"ALTER TABLE {CONTACTS} DROP COLUMN _RUN_ID")
    world.rows(f"ALTER TABLE {CONTACTS} ADD COLUMN _RUN_ID NUMBER(38,0)")

    answer = world.ingest()

    _assert_reported(world, answer, "DATABASE_ERROR")
    assert world.sync()["SETTLED_THROUGH"] == world.runs()[0]["SETTLED_THROUGH"]
    world.rows(f"ALTER TABLE {CONTACTS} DROP COLUMN _RUN_ID")
    assert world.run()["rows_updated"] == 1
    assert world.landed() == world.truth()


def test_a_destination_that_may_not_be_made_is_told(world: World) -> None:
    world.rows("CREATE DATABASE IF NOT EXISTS SOMEBODYS")
    world.configure("contacts", {"destination": {"database": "SOMEBODYS"}})

    answer = world.ingest()

    assert answer["status"] == "FAILED"
    _assert_reported(world, answer, answer["response_code"])
    assert answer["response_code"] in ("DATABASE_ERROR", "GRANT_MISSING")


def test_a_failed_run_leaves_nothing_in_staging(world: World) -> None:
    world.rows("CREATE DATABASE IF NOT EXISTS SOMEBODYS")
    world.configure("contacts", {"destination": {"database": "SOMEBODYS"}})
    assert world.ingest()["status"] == "FAILED"

    left = world.rows(
        "SELECT TABLE_NAME FROM HUBSPOT_INGEST.INFORMATION_SCHEMA.TABLES "
        "WHERE TABLE_SCHEMA = 'STAGING'"
    )
    assert left == []


@pytest.mark.long
def test_a_lively_portal_with_everything_lands(make: MakeWorld) -> None:
    clock = HandClock()
    world = make(clock=clock, portal=Portal.demo(2, clock.now))

    assert world.run("companies")["rows_inserted"] == 150
    assert world.landed("HUBSPOT_DATA.CRM.COMPANIES") == world.truth("companies")
