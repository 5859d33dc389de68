"""A run whose first search found no change goes on for whatever else there is to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hubspot_ingest.catalog.registry import RECORD_STREAMS
from hubspot_ingest.database.state.syncs import ColumnsToFill, CountDifference
from hubspot_ingest.inbound.opening.opening import read_sync
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from hubspot_ingest.times import DAY
from tests.runs.conftest import MakeWorld
from tests.runs.world import CONTACTS, HOUR, World

RECORDS = 5


@pytest.fixture
def idle(make: MakeWorld) -> World:
    """Contacts that were read, of which none has changed since."""
    world = make({"contacts": RECORDS}).slim()
    world.run()
    world.clock.advance(HOUR)
    return world


def state_of(world: World) -> SyncState:
    return read_sync(world.context, "contacts")


def ends_early(world: World, state: SyncState, total: int | None = RECORDS) -> bool:
    now = world.clock.now()
    reading = state.reading(RECORD_STREAMS["contacts"], state.properties, now)
    return state.has_nothing_due(reading, total, now)


def test_it_ends_where_as_many_are_counted_as_there_are_rows_and_nothing_is_due(
    idle: World,
) -> None:
    assert ends_early(idle, state_of(idle))
    # of so many that the search does not count them
    assert ends_early(idle, state_of(idle), total=None)


@pytest.mark.parametrize("total", [RECORDS - 1, RECORDS + 1])
def test_it_goes_on_where_another_number_is_counted(idle: World, total: int) -> None:
    assert not ends_early(idle, state_of(idle), total)


@pytest.mark.long
@pytest.mark.parametrize(
    "open_ends",
    [
        {"archived_at": 0},
        {"rotated_at": 0},
        {"rotating": True},
        {"compare_from": 1},
        {"refill": ColumnsToFill(("email",), "3")},
        {"count": CountDifference(6, 5, 1)},
    ],
    ids=lambda open_ends: next(iter(open_ends)),
)
def test_it_goes_on_where_a_sweep_or_a_comparison_is_due_or_was_left_open(
    idle: World, open_ends: dict[str, Any]
) -> None:
    state = state_of(idle)
    assert not ends_early(idle, replace(state, sweeps=replace(state.sweeps, **open_ends)))


@pytest.mark.long
def test_a_column_that_somebody_added_is_in_the_views_after_the_next_run(idle: World) -> None:
    idle.rows(f"ALTER TABLE {CONTACTS} ADD COLUMN MINE VARCHAR")
    assert not ends_early(idle, state_of(idle))

    assert idle.run()["rows_read"] == 0

    assert "MINE" in idle.columns(f"{CONTACTS}_CURRENT")
    assert ends_early(idle, state_of(idle))


def test_it_goes_on_where_a_column_was_dropped(idle: World) -> None:
    state = state_of(idle)
    types = {
        column: kind
        for column, kind in state.existing_table.types.items()
        if column != "PROPERTIES_EMAIL"
    }
    table = replace(state.existing_table, types=types)
    assert not ends_early(idle, replace(state, tables=replace(state.tables, existing_table=table)))


@pytest.mark.long
def test_it_ends_as_early_after_a_comparison_as_before(idle: World) -> None:
    assert reconcile(idle.context, "contacts")["response_code"] == "OK"

    assert ends_early(idle, state_of(idle))


def test_it_goes_on_where_the_settings_take_other_properties(idle: World) -> None:
    state = state_of(idle)
    settings = state.settings.model_copy(update={"properties": ("lastname",)})
    assert not ends_early(idle, replace(state, settings=settings))


def test_it_goes_on_where_nothing_was_read_before(idle: World) -> None:
    assert not ends_early(idle, state_of(idle).without_state("it was reset"))


@pytest.mark.long
def test_what_is_due_is_done_though_no_record_changed(idle: World) -> None:
    before = state_of(idle).sweeps
    idle.clock.advance(DAY)

    answer = idle.run()

    assert answer["rows_read"] == 0
    assert (state_of(idle).sweeps.rotated_at or 0) > (before.rotated_at or 0)


@pytest.mark.long
def test_it_goes_on_where_a_column_was_dropped_while_the_run_before_went_on(idle: World) -> None:
    idle.portal.update("contacts", idle.ids()[0], {"firstname": "Grete"})
    idle.clock.advance(HOUR)
    run = idle.begin()
    for _ in run.steps:
        came = idle.ids(where="PROPERTIES_FIRSTNAME = 'Grete'")
        if came and "PROPERTIES_EMAIL" in idle.columns():
            idle.rows(f"ALTER TABLE {CONTACTS} DROP COLUMN PROPERTIES_EMAIL")
    idle.end(run)
    assert run.ending.log.status == "SUCCEEDED"
    assert "PROPERTIES_EMAIL" not in idle.columns()
    idle.clock.advance(HOUR)

    idle.run()

    assert "PROPERTIES_EMAIL" in idle.columns()
