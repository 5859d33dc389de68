"""INGEST_ALL: every enabled sync in one process, side by side."""

from __future__ import annotations

from typing import Any

from hubspot_ingest.inbound.configure import enable
from hubspot_ingest.inbound.run.runner import ingest_all
from hubspot_sandbox import Faults
from tests.runs.conftest import MakeWorld
from tests.runs.world import World, on_an_empty_stack

SMALL = {"properties": ["hs_object_id"], "associations": []}


def _all(world: World) -> dict[str, Any]:
    return on_an_empty_stack(lambda: dict(ingest_all(world.context)))


def _three(make: MakeWorld, **options: Any) -> World:
    world = make({"contacts": 30, "companies": 20, "deals": 10}, **options)
    for name in ("contacts", "companies", "deals"):
        world.configure(name, SMALL)
    return world


def _counts(world: World, *tables: str) -> list[int]:
    return [len(world.ids(f"HUBSPOT_DATA.CRM.{table}")) for table in tables]


def test_every_enabled_sync_runs(make: MakeWorld) -> None:
    world = _three(make)

    answer = _all(world)

    assert answer["response_code"] == "OK"
    assert answer["message"] == "3 of 3 syncs ran well"
    assert [run["sync"] for run in answer["runs"]] == ["companies", "contacts", "deals"]
    assert _counts(world, "CONTACTS", "COMPANIES", "DEALS") == [30, 20, 10]


def test_a_disabled_sync_stays_as_it_is(make: MakeWorld) -> None:
    world = _three(make)
    enable(world.context, "deals", enabled=False)

    answer = _all(world)

    assert [run["sync"] for run in answer["runs"]] == ["companies", "contacts"]
    assert not world.exists("HUBSPOT_DATA.CRM.DEALS")


def test_one_that_may_not_be_read_does_not_keep_the_others(make: MakeWorld) -> None:
    world = _three(make)
    token = "pat-na1-00000000-0000-4000-8000-000000000002"
    world.portal.grant(token, ["crm.objects.contacts.read", "crm.objects.companies.read"])
    world.token = token

    answer = _all(world)

    status = {run["sync"]: run["status"] for run in answer["runs"]}
    assert status == {"companies": "SUCCEEDED", "contacts": "SUCCEEDED", "deals": "SKIPPED"}
    assert answer["response_code"] == "SCOPE_MISSING"
    assert "2 of 3" in answer["message"]
    assert _counts(world, "CONTACTS", "COMPANIES") == [30, 20]


def test_runs_that_meet_faults_end_with_all_rows_all_the_same(make: MakeWorld) -> None:
    world = _three(make, faults=Faults(rate=0.2, seed=5))

    answer = _all(world)

    assert answer["response_code"] == "OK", answer
    assert _counts(world, "CONTACTS", "COMPANIES", "DEALS") == [30, 20, 10]


def test_with_no_sync_at_all_it_says_what_to_do(world: World) -> None:
    answer = _all(world)

    assert answer["response_code"] == "OK"
    assert answer["message"] == "no sync is enabled; configure one first"
