"""The seconds of a procedure are shared among its runs, and none is counted twice."""

from __future__ import annotations

from hubspot_ingest.inbound.meter import Meter
from tests.runs.world import SECOND, HandClock


def test_a_run_alone_has_all_seconds() -> None:
    clock = HandClock()
    meter = Meter(clock)
    clock.advance(5 * SECOND)
    meter.begin("a")
    clock.advance(3 * SECOND)

    assert meter.seconds("a") == 3


def test_runs_side_by_side_share_and_their_shares_add_up() -> None:
    clock = HandClock()
    meter = Meter(clock)
    meter.begin("a")
    clock.advance(4 * SECOND)
    meter.begin("b")
    clock.advance(6 * SECOND)
    first = meter.seconds("a")
    meter.end("a")
    clock.advance(10 * SECOND)

    assert (first, meter.seconds("b")) == (4 + 3, 3 + 10)
    assert first + meter.seconds("b") == 20


def test_a_run_that_ended_costs_nothing_more() -> None:
    clock = HandClock()
    meter = Meter(clock)
    meter.begin("a")
    meter.end("a")
    clock.advance(9 * SECOND)

    assert meter.seconds("a") == 0
