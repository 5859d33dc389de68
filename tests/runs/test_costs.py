"""What a run costs, and how far it is, stand in RUNS; what a day cost stands in COSTS."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.inbound.run.runner import begin, ingest_all
from tests.runs.conftest import MakeWorld
from tests.runs.world import World, on_an_empty_stack

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
    _, steps = begin("contacts", slow.context)
    seen = []
    for _ in steps:
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
