"""What a person may undo or load again, and what it cost, without SQL."""

from __future__ import annotations

import re

import pytest

from tests.runs.world import CONTACTS, World
from tests.ui.conftest import Open
from tests.ui.viewing import View


def kept(open_page: Open, days: int) -> tuple[View, World]:
    """The page of the only run of a sync, whose pages are kept for so many days."""
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call(f"CALL configure_app(PARSE_JSON('{{\"keep_pages_days\": {days}}}'))")
    world.call("CALL ingest_hubspot('contacts')")
    view.draw()
    return view, world


def open_run(view: View) -> View:
    """Open the last run."""
    view.press("Runs")
    [run] = [button for button in view.test.button if str(button.key).startswith("run-")][:1]
    return view._after(run.click())


def test_a_run_is_undone_after_a_question(open_page: Open) -> None:
    view, world = kept(open_page, 3)

    open_run(view).press("Undo this run")
    assert "The next run reads the same changes again" in view.text
    assert len(world.ids(CONTACTS)) == 12
    view.press("Undo")

    assert world.ids(CONTACTS) == []
    assert "Undone" in view.text
    assert re.search(rf"What the run of \d\d:\d\d did to {CONTACTS} is undone", view.text)
    assert "Undo this run" not in view.labels


@pytest.mark.long
def test_after_a_run_was_undone_no_part_of_the_page_tells_of_its_rows(open_page: Open) -> None:
    view, _ = kept(open_page, 3)
    assert "Complete 1 of 1 sync" in view.press("Trust").text
    open_run(view).press("Undo this run").press("Undo")

    trust = view.press("Trust").text

    assert "Complete 0 of 1 sync" in trust
    assert "To be compared again A run was undone since: the next run compares again." in trust
    assert "Rows 0 Last run" in view.press("Syncs").text


@pytest.mark.long
def test_a_run_of_which_nothing_is_kept_cannot_be_undone(open_page: Open) -> None:
    view, _ = kept(open_page, 0)

    open_run(view)

    [undo] = [button for button in view.test.button if button.label == "Undo this run"]
    assert undo.disabled
    assert "Settings" in undo.help


@pytest.mark.long
def test_a_dropped_table_is_made_again_from_what_is_kept(open_page: Open) -> None:
    view, world = kept(open_page, 3)
    world.rows(f"DROP TABLE {CONTACTS}")

    view.press("Contacts").press("Load again from what is kept").press("Load again")

    assert len(world.ids(CONTACTS)) == 12


def test_the_credits_of_the_runs_stand_by_sync(open_page: Open) -> None:
    view, world = kept(open_page, 0)

    view.press("Runs")

    [cost] = world.rows("SELECT SUM(CREDITS) AS C FROM costs")
    [label] = [box.label for box in view.test.expander if "cost in Snowflake" in box.label]
    assert f"about {float(cost['C']):.2g} credits" in label
