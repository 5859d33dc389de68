"""A replay or a rollback that is killed anywhere ends in the same table once it is called again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from hubspot_ingest.errors import Refusal
from tests.runs.conftest import MakeWorld
from tests.runs.dying import Dying, Killed
from tests.runs.replay.living import drop_tables, keep, replayed, rolled_back, tables
from tests.runs.world import HOUR, MINUTE, Answer, World

LEASE = 16 * MINUTE


def _killed(world: World, dies_at: int, call: Callable[[], Answer]) -> bool:
    """Call until a statement; whether it got that far."""
    alive = world.database
    world.database = Dying(world, dies_at, after=dies_at % 2 == 0)
    try:
        call()
    except (Killed, Refusal):
        return True
    finally:
        world.database = alive
    return False


def _world(make: MakeWorld) -> World:
    world = make({"contacts": 4, "companies": 2}).slim(
        associations=["companies"], history=["jobtitle"]
    )
    keep(world)
    world.run()
    return world


def _lead(world: World, step: int) -> str:
    """Something of every kind happens, and is read."""
    ids = [record.id for record in world.portal.records("contacts")]
    companies = [record.id for record in world.portal.records("companies")]
    world.clock.advance(HOUR)
    world.portal.associate("contacts", ids[step % 4], "companies", companies[step % 2])
    world.portal.update("contacts", ids[step % 4], {"jobtitle": f"Title {step}"})
    world.portal.create("contacts", {"email": f"new{step}@example.com"})
    return str(world.run()["run_id"])


@pytest.mark.parametrize("begin", [1, pytest.param(2, marks=pytest.mark.nightly)])
def test_a_replay_that_was_killed_is_done_by_the_next(make: MakeWorld, begin: int) -> None:
    world = _world(make)
    _lead(world, 1)
    before = tables(world)
    reached = True
    dies_at = begin
    while reached:
        drop_tables(world)
        reached = _killed(world, dies_at, lambda: replayed(world))
        world.clock.advance(LEASE)
        replayed(world)

        assert tables(world) == before, dies_at
        dies_at += 31
    assert dies_at > 60
    left = world.rows(
        "SELECT TABLE_NAME FROM HUBSPOT_INGEST.INFORMATION_SCHEMA.TABLES "
        "WHERE TABLE_SCHEMA = 'STAGING'"
    )
    assert left == []


@pytest.mark.parametrize("begin", [1, pytest.param(2, marks=pytest.mark.nightly)])
def test_a_rollback_that_was_killed_is_done_by_the_next(make: MakeWorld, begin: int) -> None:
    world = _world(make)
    reached = True
    dies_at = begin
    while reached:
        before = tables(world)
        run = _lead(world, dies_at)
        reached = _killed(world, dies_at, partial(rolled_back, world, run))
        world.clock.advance(LEASE)
        with suppress(Refusal):
            # it had come to its end
            rolled_back(world, run)

        assert tables(world) == before, dies_at
        dies_at += 17
    assert dies_at > 20
