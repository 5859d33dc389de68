"""Many runs on one minute: each changes the same tables, and the line for a table has an end."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hubspot_sandbox import Portal
from snowflake_sandbox import Engine
from tests.lives import BY_NIGHT
from tests.runs.world import HOUR, SLIM, HandClock, World


@pytest.fixture
def slow_changes(engine: Engine) -> Iterator[Engine]:
    """Each change holds its table for a while, as in Snowflake, so that lines grow."""
    engine.change_seconds = 0.05
    yield engine
    engine.change_seconds = 0.0


@pytest.mark.parametrize("count", [12, pytest.param(40, marks=BY_NIGHT)])
def test_runs_at_once_all_succeed_and_lose_no_lease_and_no_state(
    slow_changes: Engine, count: int
) -> None:
    clock = HandClock()
    portal = Portal(1, clock.now, {"contacts": 0})
    names = [f"sync_{n}" for n in range(count)]
    with World(slow_changes, clock=clock, portal=portal) as world:
        for name in names:
            world.syncs.save(name, "contacts", {**SLIM, "stream": "contacts"}, clock.now())

        def run(name: str) -> str:
            with World(slow_changes, clock=clock, portal=portal) as process:
                return str(process.ingest(name)["status"])

        for turn in (1, 2):
            clock.advance(HOUR)
            with ThreadPoolExecutor(count) as pool:
                assert [*pool.map(run, names)] == ["SUCCEEDED"] * count
            stored = {sync.name: sync for sync in world.syncs.all()}
            assert {sync.turn for sync in stored.values()} == {turn}
            assert {sync.lease_until for sync in stored.values()} == {None}
            assert all(sync.settled_through for sync in stored.values())
            assert len(world.runs()) == turn * count
