"""Whatever happens in a portal: replays and rollbacks keep what they promise."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st

from snowflake_sandbox import Engine
from tests.lives import bounded, by_night
from tests.runs.replay.lives import lived, snapshot, unlike, without
from tests.runs.replay.living import drop_tables, replayed, rolled_back


def outcome(engine: Engine, number: int) -> list[str]:
    """What is not as promised in the life of that number."""
    with lived(engine, number) as life:
        world = life.world
        around = zip(life.run_ids, life.snapshots, life.snapshots[1:], strict=False)
        # nothing is kept of a run that changed nothing, and it is refused to undo it
        changed = [run_id for run_id, before, after in around if unlike(after, before)]
        undone = changed[(1 + number % 3) % len(changed)]
        drop_tables(world)
        world.asked()
        replayed(world)
        wrong = [
            f"replayed: {difference}" for difference in unlike(snapshot(world), life.snapshots[-1])
        ]
        wrong += [f"asked {request.path}" for request in world.asked()]
        replayed(world)
        wrong += [
            f"again: {difference}" for difference in unlike(snapshot(world), life.snapshots[-1])
        ]
        rolled_back(world, undone)
        wrong += [
            f"undone: {difference}" for difference in unlike(snapshot(world), without(life, undone))
        ]
        left = snapshot(world)
        drop_tables(world)
        replayed(world)
        wrong += [f"undone, replayed: {difference}" for difference in unlike(snapshot(world), left)]
        return wrong


@seed(20260923)
@settings(max_examples=1, database=None, phases=[Phase.generate], deadline=None)
@given(number=st.integers(0, 10**6))
def test_replays_and_rollbacks_keep_their_promise(installed: Engine, number: int) -> None:
    assert outcome(installed, number) == []


@by_night
@pytest.mark.parametrize("number", range(bounded(60, one_in=10)))
def test_replays_and_rollbacks_keep_their_promise_in_many_lives(
    installed: Engine, number: int
) -> None:
    assert outcome(installed, number) == []
