"""The first run of a sync that a call makes: it is not read again, and is alone all the same."""

from __future__ import annotations

import pytest

from tests.runs.conftest import MakeWorld
from tests.runs.meddling import before, meddling
from tests.runs.world import HOUR, World

NAMES = 'MERGE INTO "HUBSPOT_INGEST".STATE.TABLES'
SYNC = 'MERGE INTO "HUBSPOT_INGEST".STATE.SYNCS'
LEASE = 'UPDATE "HUBSPOT_INGEST".STATE.SYNCS'


@pytest.fixture
def person(world: World, make: MakeWorld) -> World:
    """Somebody at another session of the same account."""
    return make(portal=world.portal, clock=world.clock)


@pytest.mark.parametrize("at", [NAMES, SYNC, LEASE])
def test_a_run_that_another_first_run_overtakes_reads_the_sync_anew(
    world: World, person: World, at: str
) -> None:
    with meddling(world, before(at), lambda: person.run()):
        answer = world.run()
    assert (answer["rows_read"], len(world.runs())) == (0, 2)
    assert world.ids() == sorted(world.truth(), key=int)


def test_a_sync_is_configured_while_its_first_call_claims_its_names(
    world: World, person: World
) -> None:
    settings = {"properties": ["email"], "associations": []}
    with meddling(world, before(SYNC), lambda: person.configure("contacts", settings)):
        world.run()
    stored = world.syncs.find("contacts")
    assert stored is not None
    assert stored.settled_through is not None
    assert world.ids() == sorted(world.truth(), key=int)


def test_a_place_that_was_left_of_a_dropped_sync_is_not_taken_for_the_new_ones(
    world: World,
) -> None:
    world.rows(
        "INSERT INTO HUBSPOT_INGEST.STATE.PROGRESS (SYNC, RUN_ID, TURN, NUMBER, VERSION) "
        "VALUES ('contacts', 'earlier', 7, 1, 'DROPPED-1')"
    )
    world.run()
    world.clock.advance(HOUR)
    assert world.run()["rows_read"] == 0
