"""A certificate says when it no longer speaks of the table as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.runs.conftest import MakeWorld
from tests.runs.replay.living import keep, replayed, rolled_back
from tests.runs.world import CONTACTS, HOUR, World

FILTER = [{"filters": [{"propertyName": "jobtitle", "operator": "HAS_PROPERTY"}]}]


def certificates(world: World) -> list[tuple[str, str | None]]:
    """Result and what outdated it, of each certificate, the latest first."""
    rows = world.rows(
        "SELECT RESULT, OUTDATED_BY FROM HUBSPOT_INGEST.CORE.COMPLETENESS "
        "WHERE SYNC = 'contacts' ORDER BY CHECKED_AT DESC"
    )
    return [(row["RESULT"], row["OUTDATED_BY"]) for row in rows]


def compared(make: MakeWorld) -> tuple[World, str]:
    """Eight contacts landed, were compared with HubSpot, and runs keep their pages."""
    world = make({"contacts": 8}).slim()
    keep(world)
    run = world.run()
    world.clock.advance(HOUR)
    return world, str(run["run_id"])


def _roll_back(world: World, run_id: str) -> object:
    return rolled_back(world, run_id)


def _replay_without_rows(world: World, _: str) -> object:
    world.rows(f"DELETE FROM {CONTACTS} WHERE ID = '{world.ids()[0]}'")
    return replayed(world)


def _set_other_filters(world: World, _: str) -> object:
    answer = world.configure("contacts", {"filter_groups": FILTER})
    assert answer["response_code"] == "OK", answer
    return answer


CHANGES: dict[str, Callable[[World, str], Any]] = {
    "ROLLBACK_RUN": _roll_back,
    "REPLAY": _replay_without_rows,
    "RESET_SYNC": lambda world, _: world.call("CALL reset_sync('contacts')"),
    "CONFIGURE_SYNC": _set_other_filters,
    "DROP_SYNC": lambda world, _: world.call("CALL drop_sync('contacts')"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_certificate_tells_what_came_after_it(make: MakeWorld, change: str) -> None:
    world, run_id = compared(make)
    assert certificates(world) == [("COMPLETE", None)]

    CHANGES[change](world, run_id)

    assert certificates(world) == [("COMPLETE", change)]


@pytest.mark.long
@pytest.mark.parametrize("change", ["ROLLBACK_RUN", "REPLAY", "RESET_SYNC", "CONFIGURE_SYNC"])
def test_the_next_run_compares_what_was_changed(make: MakeWorld, change: str) -> None:
    world, run_id = compared(make)
    CHANGES[change](world, run_id)
    world.clock.advance(HOUR)

    world.run()

    latest, before = certificates(world)
    assert latest[1] is None
    assert before[1] is not None


@pytest.mark.long
def test_the_next_run_compares_where_the_undone_one_was_no_backfill(make: MakeWorld) -> None:
    world, _ = compared(make)
    world.portal.update("contacts", world.ids()[0], {"jobtitle": "Clerk"})
    later = world.run()
    world.clock.advance(HOUR)
    rolled_back(world, later["run_id"])
    assert certificates(world) == [("COMPLETE", "ROLLBACK_RUN")]
    world.clock.advance(HOUR)

    world.run()

    assert certificates(world)[0] == ("COMPLETE", None)


@pytest.mark.long
def test_a_run_that_changes_rows_leaves_a_certificate_as_it_is(make: MakeWorld) -> None:
    world, _ = compared(make)
    world.portal.update("contacts", world.ids()[0], {"jobtitle": "Clerk"})

    world.run()

    assert certificates(world) == [("COMPLETE", None)]


@pytest.mark.long
def test_a_replay_that_changes_nothing_leaves_a_certificate_as_it_is(make: MakeWorld) -> None:
    world, _ = compared(make)

    assert replayed(world)["rows_inserted"] == 0

    assert certificates(world) == [("COMPLETE", None)]


@pytest.mark.long
def test_the_doctor_says_that_a_certificate_no_longer_holds(make: MakeWorld) -> None:
    world, run_id = compared(make)
    rolled_back(world, run_id)

    [finding] = [
        finding
        for finding in world.call("CALL doctor()")["findings"]
        if finding["check"] == "COMPLETENESS"
    ]

    assert finding["severity"] == "NOTICE"
    assert "ROLLBACK_RUN came after it" in finding["finding"]
