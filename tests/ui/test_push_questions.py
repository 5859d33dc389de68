"""What the page says of a plan before it is sent, and of one that was replaced."""

from __future__ import annotations

from page.push_plan_view import question
from tests.ui.conftest import Open
from tests.ui.test_pushes import TABLE, filled
from tests.ui.viewing import View


def test_a_plan_that_archives_says_that_its_records_are_restored_in_hubspot_alone() -> None:
    told = question("contacts", {"ARCHIVE": 3}, held=False)

    assert "**3** to archive in HubSpot’s contacts." in told
    assert "Archived records are not brought back by that" in told
    assert "restored in HubSpot’s own pages alone" in told


def test_a_plan_that_archives_nothing_tells_of_no_archived_records() -> None:
    told = question("contacts", {"UPDATE": 2, "ARCHIVE": 0}, held=False)

    assert "can be rolled back" in told
    assert "rchived records" not in told


def test_a_plan_that_takes_links_away_is_not_told_to_link() -> None:
    told = question("contacts", {"CLEAR": 1, "LINK": 2}, held=False)

    assert "**1** to clear, **2** to change links in HubSpot’s contacts." in told


def test_only_the_plan_of_a_held_run_passes_over_the_limits() -> None:
    assert "limits are passed over" in question("contacts", {"UPDATE": 2}, held=True)
    assert "limits are passed over" not in question("contacts", {"UPDATE": 2}, held=False)


def test_figures_of_a_plan_do_not_stand_above_the_rows_of_a_newer_one(open_page: Open) -> None:
    view, world = filled(open_page, writer=True)
    view.fill("Table or view in Snowflake", TABLE).draw()
    view.press("Save and look at the plan")
    view = View(world).draw().press("Pushes").press("Contacts out")
    view.press("Look at what it would do")
    assert "Send 2 rows to HubSpot" in view.labels

    world.rows(f"INSERT INTO {TABLE} SELECT 3, 'cy@example.com', 'Cy', 'lead', NULL")
    world.call("CALL plan_push('contacts_out')")
    view.press("Refresh")

    assert "This plan is out of date" in view.text
    assert "Send 2 rows to HubSpot" not in view.labels
    assert "cy@example.com" not in view.text
    view.press("Look again")
    assert "Send 3 rows to HubSpot" in view.labels
