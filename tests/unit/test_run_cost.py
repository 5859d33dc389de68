"""The seconds of a procedure are shared among its runs, and none is counted twice."""

from __future__ import annotations

from hubspot_ingest.operations.run_cost import Meter
from tests.builders import FakeClock


def test_a_run_alone_has_all_seconds() -> None:
    clock = FakeClock()
    meter = Meter(clock)
    clock.sleep(5)
    meter.begin("a")
    clock.sleep(3)

    assert meter.seconds("a") == 3


def test_runs_side_by_side_share_and_their_shares_add_up() -> None:
    clock = FakeClock()
    meter = Meter(clock)
    meter.begin("a")
    clock.sleep(4)
    meter.begin("b")
    clock.sleep(6)
    first = meter.seconds("a")
    meter.end("a")
    clock.sleep(10)

    assert (first, meter.seconds("b")) == (4 + 3, 3 + 10)
    assert first + meter.seconds("b") == 20


def test_a_run_that_ended_costs_nothing_more() -> None:
    clock = FakeClock()
    meter = Meter(clock)
    meter.begin("a")
    meter.end("a")
    clock.sleep(9)

    assert meter.seconds("a") == 0
