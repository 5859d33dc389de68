"""EXPLAIN_RUN says where a run's time and requests went."""

from __future__ import annotations

from hubspot_ingest.stopwatch import Activity, Stopwatch
from hubspot_sandbox import Faults, Planned
from tests.builders import FakeClock
from tests.runs.conftest import MakeWorld
from tests.runs.world import Answer, World


def explain(world: World, run_id: str) -> Answer:
    return world.call(f"CALL explain_run('{run_id}')")


def test_the_requests_and_rows_are_those_of_the_run(world: World) -> None:
    answer = world.slim().run()
    explanation = explain(world, answer["run_id"])
    assert (explanation["response_code"], explanation["sync"], explanation["status"]) == (
        "OK",
        "contacts",
        "SUCCEEDED",
    )
    assert sum(request["count"] for request in explanation["requests"]) == answer["requests"]
    assert (explanation["rows"]["read"], explanation["rows"]["inserted"]) == (12, 12)


def test_the_seconds_add_up_to_how_long_the_run_took(make: MakeWorld) -> None:
    world = make({"contacts": 12}, faults=Faults(plan=[Planned("503", 2, times=2)])).slim()
    answer = world.run()
    explanation = explain(world, answer["run_id"])
    assert abs(sum(explanation["seconds"].values()) - answer["duration_seconds"]) < 0.01
    assert explanation["seconds"]["waiting"] > 0
    assert sum(request["retries"] for request in explanation["requests"]) == 2
    assert "2 of them repeated" in explanation["message"]


def test_a_run_that_is_not_there_is_told(world: World) -> None:
    assert explain(world, "nothing")["response_code"] == "UNKNOWN_RUN"


def test_of_what_goes_on_at_once_a_moment_counts_once() -> None:
    clock = FakeClock()
    watch = Stopwatch(clock)
    with watch.during(Activity.LOADING):
        clock.advance(1_000)
        with watch.during(Activity.REQUESTS):
            clock.advance(2_000)
        clock.advance(500)
    clock.advance(9_000)
    assert watch.seconds(Activity.REQUESTS) == 2
    assert watch.seconds(Activity.LOADING) == 1.5
