"""A push that is killed at any statement leaves a state from which the next ends as it should."""

from __future__ import annotations

import pytest

from tests.push import truth
from tests.push.push_world import PushWorld
from tests.runs.dying import Dying, Killed
from tests.runs.world import MINUTE


def killed(world: PushWorld, dies_at: int, *, after: bool) -> bool:
    """Push until the statement; whether the push got that far."""
    alive = world.database
    world.database = Dying(world, dies_at, after=after)
    try:
        world.push()
    except Killed:
        return True
    finally:
        world.database = alive
    return False


@pytest.mark.parametrize(("first", "after"), [(1, False), (2, True)])
def test_killed_at_a_statement_each_row_is_there_once(
    push_world: PushWorld, first: int, after: bool
) -> None:
    """Before every third statement, and after those in between; the lives kill at the others."""
    push_world.configure_push()
    push_world.pushed()
    dies_at, key = first, 10
    while True:
        key += 1
        push_world.insert(
            {
                "CUSTOMER_ID": key,
                "EMAIL": f"c{key}@example.com",
                "FIRST_NAME": f"Name {key}",
                "SCORE": key,
            }
        )
        push_world.update(1, SCORE=key)
        died = killed(push_world, dies_at, after=after)
        push_world.clock.advance(16 * MINUTE)
        push_world.pushed()
        truth.check(push_world)
        if not died:
            break
        dies_at += 3
    assert dies_at > 20
