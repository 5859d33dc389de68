"""Other filters are saved once it is said how many rows of the table they let go."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from tests.runs.world import CONTACTS
from tests.ui.conftest import Open
from tests.ui.one_sync import opened, stored

NOBODY: list[Any] = [
    {"filters": [{"propertyName": "email", "operator": "EQ", "value": "nobody@example.com"}]}
]
EVERYBODY: list[Any] = [{"filters": [{"propertyName": "hs_object_id", "operator": "HAS_PROPERTY"}]}]


def test_saving_says_how_many_rows_are_lost_and_asks(open_page: Open) -> None:
    view, world = opened(open_page, "Filters", associations=[])

    view.use_json(json.dumps(NOBODY)).press("Save changes")
    assert "You lose 12 rows" in view.text
    assert "0 records of HubSpot match" in view.text
    assert stored(world) == {"associations": []}
    view.press("Save all the same")

    assert stored(world)["filter_groups"] == NOBODY
    assert "Not saved yet" not in view.text


def test_saving_asks_nothing_where_no_row_is_lost(open_page: Open) -> None:
    view, world = opened(open_page, "Filters", associations=[])

    view.use_json(json.dumps(EVERYBODY)).press("Save changes")

    assert "You lose" not in view.text
    assert stored(world)["filter_groups"] == EVERYBODY


def test_a_day_before_which_nothing_is_read_lets_no_row_go(open_page: Open) -> None:
    view, world = opened(open_page, "Schedule and more", associations=[])
    [day] = view.test.date_input

    view._after(day.set_value(date(2100, 1, 1))).press("Save changes")
    world.call("CALL ingest_hubspot('contacts')")

    assert "You lose" not in view.text
    assert stored(world)["updated_after"].startswith("2100-01-01")
    [row] = world.rows(f"SELECT COUNT(*) AS N FROM {CONTACTS} WHERE _DELETED_AT IS NULL")
    assert row["N"] == 12


def test_the_rows_at_the_top_are_those_that_are_live(open_page: Open) -> None:
    view, world = opened(open_page, associations=[])
    world.configure("contacts", {"associations": [], "filter_groups": NOBODY})
    world.call("CALL ingest_hubspot('contacts')")

    # a press that changes something has everything read again
    view.press("Syncs").press("Contacts").press("Pause")

    assert "and 12 deleted or filtered out" in view.text
