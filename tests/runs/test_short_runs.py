"""Runs with time for hardly more than a page: what does not fit into one is ended by the next."""

from __future__ import annotations

import pytest

from tests.runs.conftest import MakeWorld
from tests.runs.world import DAY_AND_MORE, HOUR, MINUTE, SECOND, World

# Time for one search and three further requests.
DEADLINE_MINUTES = 1.5
REQUEST = 20 * SECOND
FILTER = [{"filters": [{"propertyName": "jobtitle", "operator": "EQ", "value": "Yes"}]}]


def slowly(world: World, runs: int) -> None:
    """So many runs, in which every request takes long."""
    world.sandbox.before_each = lambda _portal, _number: world.clock.advance(REQUEST)
    for _ in range(runs):
        world.ingest()
        world.clock.advance(MINUTE)
    world.sandbox.before_each = None


@pytest.fixture
def short(make: MakeWorld) -> World:
    """Twelve hundred contacts in the table, and from now on a deadline that is always too short."""
    world = make({"contacts": 1_200}).slim()
    for one in world.portal.records("contacts"):
        world.portal.update("contacts", one.id, {"jobtitle": "Yes"})
    world.run()
    return world


def _ids(world: World) -> list[str]:
    return [one.id for one in world.portal.records("contacts")]


@pytest.mark.long
def test_all_archived_records_are_marked_in_the_end(short: World) -> None:
    short.slim(deadline_minutes=DEADLINE_MINUTES)
    for one in _ids(short)[:900]:
        short.portal.archive("contacts", one)
    short.clock.advance(5 * HOUR)
    slowly(short, 12)
    assert len(short.ids(where="_DELETE_KIND = 'ARCHIVED'")) == 900


@pytest.mark.long
def test_all_restored_records_live_again_in_the_end(short: World) -> None:
    gone = _ids(short)[:900]
    for one in gone:
        short.portal.archive("contacts", one)
    short.clock.advance(5 * HOUR)
    short.run()
    short.slim(deadline_minutes=DEADLINE_MINUTES)
    for one in gone[::2]:
        short.portal.restore("contacts", one)
    short.clock.advance(5 * HOUR)
    slowly(short, 30)
    assert len(short.ids(where="_DELETE_KIND = 'ARCHIVED'")) == 450


@pytest.mark.long
def test_all_that_left_the_filter_are_marked_in_the_end(make: MakeWorld) -> None:
    world = make({"contacts": 1_200}).slim(filter_groups=FILTER)
    for one in world.portal.records("contacts"):
        world.portal.update("contacts", one.id, {"jobtitle": "Yes"})
    world.run()
    # the search for those that the filter still takes finds none, and is sent twice
    deadline = DEADLINE_MINUTES + REQUEST / MINUTE
    world.slim(filter_groups=FILTER, deadline_minutes=deadline, include_archived=False)
    world.clock.advance(HOUR)
    for left in _ids(world)[:700]:
        world.portal.update("contacts", left, {"jobtitle": "No"})
    world.clock.advance(5 * HOUR)
    slowly(world, 30)
    assert len(world.ids(where="_DELETE_KIND = 'FILTERED_OUT'")) == 700


@pytest.mark.long
def test_the_rotation_comes_round_in_the_end(short: World) -> None:
    short.slim(deadline_minutes=DEADLINE_MINUTES, include_archived=False)
    for one in _ids(short)[::100]:
        short.portal.gdpr_delete("contacts", one)
    short.clock.advance(DAY_AND_MORE)
    slowly(short, 20)
    assert len(short.ids(where="_DELETE_KIND = 'PURGED'")) == 12
