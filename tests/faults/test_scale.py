"""Too many records for one page, one thread or one run, and all of them changed at once."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from hubspot_sandbox import Faults, Portal
from snowflake_sandbox import Engine
from tests.faults.portals import NOTE
from tests.faults.scenarios import DAY, HOUR, Played, Scenario, Step

MANY = 50_000


@pytest.mark.nightly
def test_fifty_thousand_records_of_one_millisecond_come_in_whole_and_change_whole(
    installed: Engine,
) -> None:
    played = Played(installed, Scenario(count=MANY, together=MANY))
    played.end_trouble()
    with played.world:
        moments = {one.updated_at for one in played.portal.records("contacts")}
        assert len(moments) == 1
        played.settle()
        assert played.differences() == []

        played.clock.advance(HOUR)
        for one in list(played.portal.table("contacts").live):
            played.portal.update("contacts", str(one), {NOTE: "all at once"})
        answer = played.world.run()

        assert answer["rows_updated"] == MANY
        assert played.differences() == []


@pytest.mark.nightly
def test_ranges_read_side_by_side_lose_nothing_while_records_come_and_go(
    installed: Engine,
) -> None:
    """Searches and lists long enough to be cut, with faults, deadlines, changes and a kill."""
    scenario = Scenario(
        seed=7,
        count=30_000,
        associations=("companies",),
        faults=0.05,
        happens=0.5,
        takes_ms=400,
        deadline_minutes=1.0,
        lag_minutes=15,
        steps=(Step(), Step(20, 30), Step(20, 30, killed_at=35), Step(300, 30)),
    )
    played = Played(installed, scenario)
    with played.world:
        played.play()
        assert played.differences() == []

        # a search of everything, cut into ranges
        played.world.sandbox.faults = Faults(0.05, 7)
        random = Random(7)
        for one in list(played.portal.table("contacts").live):
            if random.random() < 0.8:
                played.portal.update("contacts", str(one), {NOTE: "changed"})
        played.world.sandbox.before_each = _meanwhile(played)
        played.settle()
        played.end_trouble()
        for _ in range(2):
            played.clock.advance(DAY + HOUR)
            played.settle()
        assert played.differences() == []


def _meanwhile(played: Played) -> Callable[[Portal, int], None]:
    def happen(_portal: Portal, _number: int) -> None:
        played.clock.advance(100)
        played.life.goes_on(1)

    return happen
