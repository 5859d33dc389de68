"""The seconds of a procedure are shared among its runs, and none is counted twice."""

from __future__ import annotations

from hubspot_ingest.stopwatch import RunCost
from tests.builders import FakeClock


def test_a_run_alone_has_all_seconds() -> None:
    clock = FakeClock()
    run_cost = RunCost(clock)
    clock.sleep(5)
    run_cost.begin("a")
    clock.sleep(3)

    assert run_cost.seconds("a") == 3


def test_runs_side_by_side_share_and_their_shares_add_up() -> None:
    clock = FakeClock()
    run_cost = RunCost(clock)
    run_cost.begin("a")
    clock.sleep(4)
    run_cost.begin("b")
    clock.sleep(6)
    first = run_cost.seconds("a")
    run_cost.end("a")
    clock.sleep(10)

    assert (first, run_cost.seconds("b")) == (4 + 3, 3 + 10)
    assert first + run_cost.seconds("b") == 20


def test_a_run_that_ended_costs_nothing_more() -> None:
    clock = FakeClock()
    run_cost = RunCost(clock)
    run_cost.begin("a")
    run_cost.end("a")
    clock.sleep(9)

    assert run_cost.seconds("a") == 0
