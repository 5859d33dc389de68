"""Of several that ask for one table at the same time exactly one gets it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from hubspot_ingest.errors import Refusal
from tests.runs.conftest import MakeWorld
from tests.runs.meddling import before, meddling
from tests.runs.world import SLIM, World

PEOPLE = {**SLIM, "stream": "contacts", "destination": {"table": "PEOPLE"}}
OWNERS = (
    "SELECT DISTINCT SYNC FROM HUBSPOT_INGEST.STATE.TABLES "
    "WHERE TABLE_NAME IN ('PEOPLE', 'PEOPLE_CURRENT', 'PEOPLE_SETTLED')"
)
CLAIM = before('MERGE INTO "HUBSPOT_INGEST".STATE.TABLES')


@pytest.fixture
def person(world: World, make: MakeWorld) -> World:
    """Somebody at another session of the same account."""
    return make(portal=world.portal, clock=world.clock)


def test_who_is_slower_between_the_look_and_the_claim_is_told_who_was_faster(
    world: World, person: World
) -> None:
    with (
        meddling(world, CLAIM, lambda: person.configure("faster", PEOPLE)),
        pytest.raises(Refusal, match="belongs to the sync faster") as refusal,
    ):
        world.configure("slower", PEOPLE)

    assert refusal.value.response_code == "TABLE_TAKEN"
    assert world.syncs.names() == ["faster"]
    assert world.rows(OWNERS) == [{"SYNC": "faster"}]


def test_who_is_slower_keeps_the_table_it_had(world: World, person: World) -> None:
    world.configure("slower", {**PEOPLE, "destination": {"table": "OTHERS"}})
    with (
        meddling(world, CLAIM, lambda: person.configure("faster", PEOPLE)),
        pytest.raises(Refusal, match="belongs to the sync faster"),
    ):
        world.configure("slower", PEOPLE)

    assert world.run("slower")["destination"] == "HUBSPOT_DATA.CRM.OTHERS"
    with pytest.raises(Refusal, match="belongs to the sync slower"):
        world.configure("third", {**PEOPLE, "destination": {"table": "OTHERS"}})


def test_of_six_that_configure_one_table_at_once_one_gets_it(world: World) -> None:
    def configure(name: str) -> str:
        with World(world.engine, clock=world.clock, portal=world.portal) as process:
            try:
                return str(process.configure(name, PEOPLE)["response_code"])
            except Refusal as refusal:
                return refusal.response_code

    with ThreadPoolExecutor(6) as pool:
        codes = [*pool.map(configure, [f"sync_{n}" for n in range(6)])]

    assert sorted(codes) == ["OK", *["TABLE_TAKEN"] * 5]
    [winner] = world.syncs.names()
    assert world.rows(OWNERS) == [{"SYNC": winner}]
