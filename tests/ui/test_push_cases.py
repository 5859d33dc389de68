"""Further cases of pushes on the page."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from page import words
from tests.ui.conftest import Open
from tests.ui.test_address import address, with_address
from tests.ui.test_pushes import SETTINGS_PART, TABLE, confirmed, filled, sent, stored
from tests.ui.viewing import View

pytestmark = pytest.mark.long


def test_a_plan_of_rows_that_have_no_record_counts_them_and_claims_nothing_else(
    open_page: Open,
) -> None:
    view, _ = filled(open_page, writer=True)
    view.fill("Table or view in Snowflake", TABLE).draw()

    view.select("What is done", "update").press("Save and look at the plan")

    assert re.search(r"Not sent 2\s*for the reasons below", view.text)
    assert "2 rows are not sent, for the reasons below" in view.text
    assert "HubSpot holds what the rows say" not in view.text
    assert "NOT_FOUND" in view.text


def test_what_a_run_sent_is_undone_after_a_question(open_page: Open) -> None:
    view, world = filled(open_page, writer=True)
    view.fill("Table or view in Snowflake", TABLE).draw()
    view.press("Save and look at the plan")
    # somebody else, who finds the push as it is stored
    view = View(world).draw().press("Pushes").press("Contacts out")
    confirmed(view.press("Look at what it would do").press("Send 2 rows to HubSpot"), world)
    assert len(list(world.portal.records("contacts"))) == 2
    view.press("Runs")
    [run] = [button for button in view.test.button if str(button.key).startswith("run-")]

    view._after(run.click()).press("Undo this run")
    assert "records that it created are archived" in view.text
    assert len(list(world.portal.records("contacts"))) == 2
    view.press("Undo")

    assert list(world.portal.records("contacts")) == []
    assert "2 records are as they were before the run of" in view.text
    assert "0 properties" not in view.text
    assert "Undone " in view.text
    assert "Undo this run" not in view.labels
    view.press("Open contacts_out")
    assert "Held: look at its plan" in view.text
    assert re.search(r"The run of [\d:]+ was rolled back", view.text)


def test_a_run_that_sent_not_all_is_no_done_and_a_row_in_doubt_is_settled_in_so_many_words(
    open_page: Open,
) -> None:
    view, world = filled(open_page, writer=True)
    view.fill("Table or view in Snowflake", TABLE).draw()
    view.press("Save and look at the plan")
    world.rows(f"UPDATE {TABLE} SET EMAIL = 'nobody' WHERE CUSTOMER_ID = 2")
    view = sent(world)
    assert "Done in part. 1 created, 1 invalid" in " ".join(view.text.split())

    world.rows(
        "UPDATE HUBSPOT_INGEST.STATE.PUSH_ROWS SET STATE = 'UNKNOWN', CODE = 'OUTCOME_UNKNOWN' "
        "WHERE ROW_KEY = '2'"
    )
    view = View(world).draw().press("Pushes").press("Contacts out")
    view.choose("part-push-contacts_out", "Rows")
    assert "a quarter of an hour later" in view.text
    view.press("Settle")
    assert "Type the id of its record in HubSpot, or say that it is not there" in view.text
    view.fill("Id of its record in HubSpot", "999999").press("Settle")
    assert "HubSpot has no record 999999 among contacts" in view.text
    assert "give the id of one that is there, or say that it is not there" in view.text
    view.select("In HubSpot", "It is not there: make it").press("Settle")
    assert "The row 2 of contacts_out is created by the next run" in view.text


def test_what_is_chosen_for_gone_and_refused_rows_and_stages_is_stored_as_it_is(
    open_page: Open,
) -> None:
    view, world = filled(open_page, writer=True)
    view.fill("Table or view in Snowflake", TABLE).draw()

    view.select("Rows that are gone", "set")
    assert "what is set for rows that are gone" in view.text
    view.pick("Properties that are set", "lifecyclestage", "jobtitle")
    view.select("Lifecyclestage becomes", "customer").fill("Job Title becomes", "gone")
    view.select("Lifecycle stages that go back", "clear_first")
    view.select("Refused rows are sent again", "never")
    view.press("Save and look at the plan")

    settings = stored(world)
    chosen = {"set": {"lifecyclestage": "customer", "jobtitle": "gone"}}
    assert settings["removed_rows"] == chosen
    assert (settings["lifecycle_backward"], settings["retry_rejected"]) == ("clear_first", "never")

    # looked at again, nothing is another
    view = View(world).draw().press("Pushes").press("Contacts out")
    view.choose("part-push-contacts_out", "Settings")
    assert "All is saved" in view.text
    view.select("Rows that are gone", "nothing").press("Save and look at the plan")
    assert "removed_rows" not in stored(world)


def test_a_property_is_filled_by_the_column_that_was_chosen_last_and_the_page_says_so(
    open_page: Open,
) -> None:
    view, world = filled(open_page, writer=True)
    view.fill("Table or view in Snowflake", TABLE).draw()
    assert view.box("Property for FIRST_NAME").value == "firstname"

    view.select("Property for STAGE", "firstname")

    assert view.box("Property for STAGE").value == "firstname"
    assert view.box("Property for FIRST_NAME").value is None
    assert "firstname is filled by STAGE now" in view.text
    view.press("Save and look at the plan")
    assert stored(world)["properties"] == {"email": "EMAIL", "firstname": "STAGE"}


def test_a_row_that_is_left_alone_for_good_is_shown_east_of_greenwich(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "zone", lambda: ZoneInfo("Europe/Berlin"))
    view, world = filled(open_page, writer=True)
    view.fill("Table or view in Snowflake", TABLE).draw()
    view.select("Property for STAGE", "lifecyclestage").press("Save and look at the plan")
    view = sent(world)

    view.pick("Rows", "2").select("Leave alone for", "For good").press("Leave alone")

    assert "1 row is left alone for good" in view.text
    assert "Left alone for good." in view.text


def test_what_a_refused_row_would_have_changed_is_not_told_as_changed(open_page: Open) -> None:
    view, world = filled(open_page, writer=True)
    world.portal.admin_rules.require_when("contacts", "phone", "firstname", ["Ada"])
    view.fill("Table or view in Snowflake", TABLE).draw().press("Save and look at the plan")

    view = sent(world)

    outcomes = view.text[view.text.index("row by row") :]
    assert "ADMIN_RULE" in outcomes
    assert "empty → Bob" in outcomes
    assert "empty → Ada" not in outcomes


def test_links_are_told_where_nothing_else_changed(open_page: Open) -> None:
    view, world = filled(open_page, writer=True)
    view.fill("Table or view in Snowflake", TABLE).draw().press("Save and look at the plan")
    view = sent(world).choose("part-push-contacts_out", "Settings")
    view.select("COMPANIES links to", "companies").select("Keys in COMPANIES are", "erp_code")
    view.press("Save and look at the plan")

    assert "2 links made" in sent(world).text

    world.rows(f"UPDATE {TABLE} SET COMPANIES = OBJECT_CONSTRUCT() WHERE CUSTOMER_ID = 1")
    assert "1 link removed" in sent(world).text


def test_a_refresh_keeps_what_was_chosen_of_a_new_push(open_page: Open) -> None:
    view, world = filled(open_page, writer=True)
    view.fill("Table or view in Snowflake", TABLE).draw()
    view.select("Property for STAGE", "jobtitle").select("Values that somebody changed in HubSpot "
        "since", "keep")  # fmt: skip

    view = with_address(View(world), **address(view))

    assert view.box("Property for STAGE").value == "jobtitle"
    assert view.box("Values that somebody changed in HubSpot since").value == "keep"
    view.press("Save and look at the plan")
    assert stored(world)["properties"]["jobtitle"] == "STAGE"


def test_a_row_whose_link_cannot_be_made_needs_a_look(open_page: Open) -> None:
    view, world = filled(open_page, writer=True)
    world.rows(f"UPDATE {TABLE} SET COMPANIES = OBJECT_CONSTRUCT('NOBODY', 'Decision maker')")
    view.fill("Table or view in Snowflake", TABLE).draw()
    view.select("COMPANIES links to", "companies").select("Keys in COMPANIES are", "erp_code")
    view.press("Save and look at the plan")
    assert "HubSpot does not have is not made" in view.text

    view = sent(world)

    assert re.search(r"Need a look\s*2", view.text)


def test_two_who_change_one_push_lose_nothing(open_page: Open) -> None:
    view, world = filled(open_page, writer=True)
    view.fill("Table or view in Snowflake", TABLE).draw().press("Save and look at the plan")
    mine, theirs = (
        View(world).draw().press("Pushes").press("Contacts out").choose(*SETTINGS_PART)
        for _ in range(2)
    )
    mine.select("Rows that are gone", "clear")
    theirs.select("Empty values of the source", "keep").press("Save and look at the plan")

    mine.press("Save and look at the plan")
    assert "Somebody else saved this push meanwhile" in mine.text
    assert "removed_rows" not in stored(world)

    mine.press("Add mine to theirs").press("Save and look at the plan")
    assert (stored(world)["removed_rows"], stored(world)["nulls"]) == ("clear", "keep")


def test_an_association_leads_to_any_object_of_the_portal(open_page: Open) -> None:
    view, world = filled(open_page, writer=True)
    world.call("CALL discover()")
    view.press("Refresh").fill("Table or view in Snowflake", TABLE).draw()

    view.select("COMPANIES links to", "invoices")

    assert view.box("COMPANIES links to").value == "invoices"
