"""What a run costs, and how far it is, stand in RUNS; what a day cost stands in COSTS."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.inbound.preview import preview
from hubspot_ingest.inbound.run.runner import ingest_all
from hubspot_ingest.operations.credits import DailyWork
from tests.runs.conftest import MakeWorld
from tests.runs.world import MINUTE, World, on_an_empty_stack

SMALL: dict[str, Any] = {"properties": ["hs_object_id"], "associations": []}


@pytest.fixture
def slow(make: MakeWorld) -> World:
    """Contacts behind a HubSpot that takes four seconds for each answer."""
    world = make({"contacts": 900, "companies": 120})
    world.sandbox.latency_ms = 4_000
    return world.slim()


def test_a_run_tells_its_seconds_requests_and_bytes(slow: World) -> None:
    answer = slow.run()
    (run,) = slow.runs()

    assert run["REQUESTS"] == answer["requests"] > 0
    assert run["WAREHOUSE_SECONDS"] == pytest.approx(answer["duration_seconds"])
    assert run["BYTES"] > run["STAGED_BYTES"] > 1_000


def test_a_stream_of_fixed_columns_tells_what_it_staged(world: World) -> None:
    world.run("owners")

    assert world.runs()[0]["STAGED_BYTES"] > 0


def test_runs_side_by_side_cost_the_seconds_of_one_procedure(slow: World) -> None:
    slow.configure("companies", SMALL)
    before = slow.clock.now()
    on_an_empty_stack(lambda: dict(ingest_all(slow.context)))
    seconds = (slow.clock.now() - before) / 1000

    assert sum(run["WAREHOUSE_SECONDS"] for run in slow.runs()) == pytest.approx(seconds, abs=0.1)


def test_a_run_that_has_merged_nothing_yet_tells_its_requests(slow: World) -> None:
    going = slow.begin()
    seen = []
    for _ in going.steps:
        (run,) = slow.runs()
        if run["STATUS"] == "RUNNING" and run["REQUESTS"]:
            seen.append((run["REQUESTS"], run["ROWS_READ"]))

    assert seen[0][1] == 0
    assert seen[0][0] > 0
    assert sorted(seen) == seen


def test_the_costs_of_a_day_are_those_of_its_runs(slow: World) -> None:
    slow.run()
    slow.portal.update("contacts", slow.ids()[0], {"firstname": "Ada"})
    slow.run()
    (day,) = slow.rows("SELECT * FROM HUBSPOT_INGEST.CORE.COSTS")
    runs = slow.runs()

    assert (day["SYNC"], day["RUNS"]) == ("contacts", 2)
    assert day["ROWS_CHANGED"] == 901
    for column in ("REQUESTS", "ROWS_READ", "BYTES", "STAGED_BYTES"):
        assert day[column] == sum(run[column] for run in runs)
    assert day["WAREHOUSE_SECONDS"] == pytest.approx(sum(r["WAREHOUSE_SECONDS"] for r in runs))


@pytest.mark.long
def test_the_costs_of_a_day_are_told_in_credits(slow: World) -> None:
    slow.run()
    (day,) = slow.rows("SELECT WAREHOUSE_SECONDS, CREDITS FROM HUBSPOT_INGEST.CORE.COSTS")

    assert day["CREDITS"] == pytest.approx(day["WAREHOUSE_SECONDS"] * 0.9 / 3600, abs=1e-6)


def _planned(world: World, sync: str = "contacts") -> dict[str, Any]:
    answer = on_an_empty_stack(lambda: dict(preview.plan_ingest(world.context, sync)))
    credits: dict[str, Any] = answer["credits"]
    return credits


@pytest.mark.long
def test_a_plan_tells_what_the_run_and_a_day_would_cost(slow: World) -> None:
    first = _planned(slow)
    slow.run()
    for _ in range(3):
        slow.clock.advance(5 * MINUTE)
        slow.run()
    later = _planned(slow)
    idle = [run["WAREHOUSE_SECONDS"] for run in slow.runs()][1:]

    assert (first["estimate"], first["basis"]) == (True, "assumptions")
    assert first["run"] > later["run"] > 0
    assert later["basis"] == "runs of the last days"
    assert len(set(idle)) == 1
    work = DailyWork(idle[0], 8, 0.0, measured=True)
    assert later["day"] == {
        f"{every} MINUTES": pytest.approx(work.on_serverless(every), abs=1e-4)
        for every in (5, 15, 60)
    }
    assert later["day_on_warehouse"]["5 MINUTES"] > 3 * later["day"]["5 MINUTES"]


def test_a_plan_tells_what_the_sync_costs_as_it_is_configured(slow: World) -> None:
    unscheduled = _planned(slow)["as_configured"]
    slow.slim(schedule="60 MINUTES")
    hourly = _planned(slow)
    slow.slim(fresh_within="5 MINUTES")
    promised = _planned(slow)

    assert unscheduled is None
    assert hourly["as_configured"] == hourly["day"]["60 MINUTES"]
    assert promised["as_configured"] > promised["day"]["5 MINUTES"]


def test_the_plan_of_all_tells_what_a_day_of_all_would_cost(slow: World) -> None:
    slow.configure("companies", SMALL)
    answer = on_an_empty_stack(lambda: dict(preview.plan_ingest_all(slow.context)))
    credits: dict[str, Any] = answer["credits"]
    alone = [_planned(slow, sync)["day"]["5 MINUTES"] for sync in ("contacts", "companies")]

    assert max(alone) < credits["day"]["5 MINUTES"] < sum(alone)
