"""What the page says of syncs and tables is true, and what needs a look comes first."""

from __future__ import annotations

from typing import Any

import pytest

from page import (
    column_labels,
    completeness,
    look,
    options_view,
    push_plan_view,
    push_view,
    sync_list,
    words,
)
from tests.runs.world import CONTACTS
from tests.ui.conftest import Open
from tests.ui.one_sync import opened
from tests.ui.viewing import View

ZERO = {"RESULT": "COMPLETE", "OUTDATED_BY": None, "HUBSPOT_RECORDS": 0, "TABLE_RECORDS": 0}


def sync(name: str, health: str = "HEALTHY", **fields: Any) -> dict[str, Any]:
    """A row of the view SYNCS, as far as its place and its badge go."""
    ran = {"LAST_RUN_STATUS": "SUCCEEDED", "LAST_RUN_AT": None}
    return {"NAME": name, "HEALTH": health, "ENABLED": True, **ran, **fields}


def test_what_needs_a_look_comes_first_and_two_before_ten() -> None:
    syncs = [
        *(sync("sync 10"), sync("sync 2"), sync("late", "DELAYED"), sync("worst", "FAILED")),
        sync("a paused failure", "FAILED", ENABLED=False),
    ]

    names = [row["NAME"] for row in sorted(syncs, key=sync_list._urgency)]

    assert names == ["worst", "late", "a paused failure", "sync 2", "sync 10"]


def test_a_sync_that_ran_and_begins_anew_is_not_called_one_that_never_ran() -> None:
    assert "Not run yet" in look.health(sync("deals", "PENDING"))
    assert "Reads everything next" in look.health(sync("deals", "PENDING", LAST_RUN_AT="2026"))


def test_a_push_that_somebody_stopped_is_not_called_one_whose_rows_need_a_look() -> None:
    stopped = sync("customers_out", "INCOMPLETE", LAST_RUN_STATUS="STOPPED")
    rows = {"ROWS_REJECTED": 0, "ROWS_UNKNOWN": 0, "ROWS_REMARKED": 0, "HOLD": None}

    assert "Continues next run" in push_view.health({**stopped, **rows})
    assert "Rows need a look" in push_view.health({**stopped, **rows, "ROWS_REJECTED": 1})


def test_a_plan_says_of_a_row_that_it_is_gone_from_the_source() -> None:
    assert "gone from the source" in push_plan_view._action({"ACTION": "UPDATE", "IS_GONE": True})
    assert "gone" not in push_plan_view._action({"ACTION": "UPDATE", "IS_GONE": False})


def test_refresh_counts_the_rows_that_were_marked_meanwhile(open_page: Open) -> None:
    view, world = opened(open_page)
    assert "deleted or filtered out" not in view.text
    world.rows(
        f"UPDATE {CONTACTS} SET _DELETED_AT = UPDATED_AT, _DELETE_KIND = 'ARCHIVED' "
        f"WHERE ID = (SELECT MIN(ID) FROM {CONTACTS})"
    )

    view.press("Refresh")

    assert "and 1 deleted or filtered out" in view.text


def test_a_message_tells_its_instants_as_the_rest_of_the_page_does() -> None:
    told = look.sentence("somebody asked it to stop at 2020-11-30T18:05:29.431Z; it carries on")
    example = "'soon' is not an ISO 8601 time, for example 2026-01-31T00:00:00Z."

    assert (
        told
        == f"Somebody asked it to stop at {words.clock('2020-11-30T18:05:29Z')}; it carries on."
    )
    assert look.sentence(example) == example


@pytest.mark.parametrize(
    ("own", "of_all", "expected"),
    [
        (None, None, "Only when I run it"),
        (None, "60 MINUTES", "With all syncs: every hour"),
        ("15 MINUTES", "60 MINUTES", "Every 15 minutes"),
    ],
)
def test_a_sync_without_a_schedule_of_its_own_follows_that_of_all(
    own: str | None, of_all: str | None, expected: str
) -> None:
    assert options_view.schedule_words(own, of_all) == expected


def test_a_sync_tells_that_it_runs_with_all(open_page: Open) -> None:
    _, world = opened(open_page)
    world.call('CALL configure_app(PARSE_JSON(\'{"schedule": "60 MINUTES"}\'))')

    view = View(world).draw().press("Contacts").choose("part-contacts", "Schedule and more")

    assert view.box("Schedule").options[0] == "With all syncs: every hour"
    assert "Only when I run it" not in view.text


def test_rows_of_which_none_could_be_counted_are_not_called_complete() -> None:
    assert completeness.result_label(ZERO, 6) == ("Too fresh to compare", "calm")
    assert completeness.result_label(ZERO, 0) == ("Complete", "good")


def test_events_show_what_happened_when_and_to_what() -> None:
    columns = ["ID", "EVENT_TYPE", "OCCURRED_AT", "OBJECT_TYPE", "OBJECT_ID", "_SYNCED_AT"]

    shown = column_labels.usual_columns(columns, {"HS_URL": {"PROPERTY": "hs_url"}}, {})

    assert shown == ["ID", "EVENT_TYPE", "OCCURRED_AT", "OBJECT_ID"]


def test_the_preview_goes_by_the_time_of_the_change_not_of_the_load(open_page: Open) -> None:
    view, _ = opened(open_page)

    view.press("Data")

    [statement] = [text for text, _ in view.session.sent if "LIMIT 50" in text]
    assert 'ORDER BY "UPDATED_AT" DESC' in statement
    assert "The 12 latest rows by updated at" in view.text


def test_a_second_press_on_the_open_part_leaves_it_open(open_page: Open) -> None:
    view, _ = opened(open_page, "Runs")
    assert "History" in view.text

    view.choose("part-contacts")

    assert "History" in view.text
    [row] = [group for group in view.test.button_group if group.key == "part-contacts"]
    assert "Runs" in str(row.value)


def test_nothing_is_called_complete_as_long_as_a_sync_was_not_read_whole(open_page: Open) -> None:
    view, world = opened(open_page)
    world.call("CALL configure_sync('companies', PARSE_JSON('{}'))")

    view.press("Refresh").press("All syncs")

    assert "Data complete until –1 not read whole yet" in view.text
