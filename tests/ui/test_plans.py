"""Plans show what runs will take, before anything is stored or read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hubspot_sandbox import Portal
from page import plans, words
from tests.runs.world import CONTACTS, World
from tests.ui.conftest import Open
from tests.ui.viewing import View

EMAIL: list[Any] = [{"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}]}]


def at_objects(open_page: Open, portal: Portal | None = None) -> tuple[View, World]:
    """Set up, where objects are chosen: the contacts are."""
    view, world = open_page({"contacts": 1200}, portal=portal)
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL discover()")
    view.draw()
    for _ in range(3):
        view.press("Continue")
    return view.tick("Contacts"), world


def of_contacts(open_page: Open, **settings: Any) -> tuple[View, World]:
    """The page of the sync of contacts, which never ran."""
    view, world = open_page({"contacts": 30})
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL discover()")
    world.configure("contacts", settings)
    view.draw().press("Contacts")
    return view, world


def test_the_plan_tells_what_the_first_runs_take_and_stores_nothing(open_page: Open) -> None:
    view, world = at_objects(open_page)

    view.press("Continue")

    assert "Rows 1,200" in view.text
    assert "Takes under a minute" in view.text
    assert "New tables 2" in view.text
    assert "of the daily limit" in view.text
    assert "HubSpot's list has all records as they are, 100 a page" in view.text
    assert world.rows("SELECT * FROM syncs") == []
    assert not world.exists(CONTACTS)


@pytest.mark.long
def test_the_plan_tells_what_a_day_costs_by_how_often_the_syncs_run(open_page: Open) -> None:
    view, _ = at_objects(open_page)
    view.press("Continue")

    assert "Credits a day" in view.text
    assert all(f"{every} minutes" in view.text for every in (5, 15, 60))
    assert "by assumptions" in view.text


@pytest.mark.long
def test_a_plan_is_asked_for_once_and_kept(open_page: Open) -> None:
    view, _ = at_objects(open_page)

    view.press("Continue")
    assert max(view.session.sent.values()) == 1
    view.draw()
    assert not any("PLAN_INGEST" in text for text, _ in view.session.sent)
    view.press("Look again")

    assert sum("PLAN_INGEST" in text for text, _ in view.session.sent) == 1


@pytest.mark.long
def test_the_plan_shows_the_columns_and_statements_to_come(open_page: Open) -> None:
    view, _ = at_objects(open_page)

    view.press("Continue")

    [table] = view.test.dataframe
    assert "PROPERTIES_EMAIL" in set(table.value["Column"])
    assert "CREATE TABLE" in view.text


@pytest.mark.long
def test_the_plan_is_that_of_the_filters_given(open_page: Open) -> None:
    view, _ = at_objects(open_page)

    view.use_json(json.dumps(EMAIL)).press("Continue")

    assert "by search" in view.text
    assert '"propertyName": "email"' in view.text


@pytest.mark.long
def test_what_the_run_follows_comes_true(open_page: Open) -> None:
    view, world = at_objects(open_page)

    view.press("Continue").press("Continue").press("Start 1 sync")
    assert world.engine.background.wait(60)

    assert len(world.ids(CONTACTS)) == 1200


@pytest.mark.long
def test_scopes_that_a_run_lacks_are_there_to_copy(open_page: Open) -> None:
    portal = Portal(1, records={"contacts": 3})
    view, world = at_objects(open_page, portal)
    portal.grant("pat-na1-few", ["crm.objects.contacts.read", "crm.schemas.contacts.read"])
    world.call("CALL set_token('pat-na1-few')")

    view.press("Continue")

    assert "Scopes are missing." in view.text
    assert "crm.objects.companies.read" in view.text


@pytest.mark.long
def test_a_plan_that_cannot_be_made_is_told_beside_its_object(open_page: Open) -> None:
    view, world = at_objects(open_page)
    world.portal.expire(world.portal.token)

    view.press("Continue")

    assert "CREDENTIAL_REJECTED" in view.text


def test_a_sync_tells_what_its_next_run_would_do(open_page: Open) -> None:
    view, _ = of_contacts(open_page)

    view.choose("part-contacts", "Next run")

    assert "Rows 30" in view.text
    assert "all records, page by page" in view.text


@pytest.mark.long
def test_a_sync_tells_what_running_every_5_15_and_60_minutes_would_cost(open_page: Open) -> None:
    view, world = of_contacts(open_page)
    planned = world.call("CALL plan_ingest('contacts')")

    text = view.choose("part-contacts", "Next run").text.replace("\n", " ")

    assert [*planned["credits"]["day"]] == ["5 MINUTES", "15 MINUTES", "60 MINUTES"]
    for every, credits_a_day in planned["credits"]["day"].items():
        assert f"{every.lower()} {words.credits(credits_a_day)} " in text


@pytest.mark.long
def test_changes_that_are_not_saved_are_planned_too(open_page: Open) -> None:
    view, world = of_contacts(open_page)

    view.choose("part-contacts", "Filters").use_json(json.dumps(EMAIL))
    view.choose("part-contacts", "Next run")

    assert "With your changes, which are not saved yet" in view.text
    assert "Only what the filters take is read" in view.text
    assert json.loads(world.sync()["SETTINGS"]) == {}


def test_the_records_that_match_are_counted_before_anything_is_saved(open_page: Open) -> None:
    view, world = of_contacts(open_page)
    world.portal.create("contacts", {"email": "a@b.example", "firstname": "Nobody else"})
    groups = [
        {"filters": [{"propertyName": "firstname", "operator": "EQ", "value": "Nobody else"}]}
    ]

    view.choose("part-contacts", "Filters").press("How many match now")
    assert "31 records match now" in view.text
    view.use_json(json.dumps(groups))
    assert "match now" not in view.text
    view.press("How many match now")

    assert "1 record matches now" in view.text


@pytest.mark.long
def test_a_filter_that_lacks_its_value_is_not_counted_as_if_it_were_none(open_page: Open) -> None:
    view, _ = of_contacts(open_page)

    view.choose("part-contacts", "Filters").press("Add a filter").press("How many match now")

    assert "A filter lacks its value" in view.text
    assert "match now" not in view.text


@pytest.mark.long
def test_a_filter_that_hubspot_refuses_is_told_by_the_count(open_page: Open) -> None:
    view, _ = of_contacts(open_page)
    wrong = [{"filters": [{"propertyName": "no_such", "operator": "HAS_PROPERTY"}]}]

    view.choose("part-contacts", "Filters").use_json(json.dumps(wrong))
    view.press("How many match now")

    assert "no_such" in view.text
    assert "INVALID_FILTER" in view.text


def planned(**changes: Any) -> dict[str, Any]:
    """What PLAN_INGEST answers of a run of a minute with 100 requests."""
    return {
        "response_code": "OK",
        "message": "a run of contacts would read about 9 contacts",
        "requests_total": 100,
        "at_least": False,
        "minutes": 1.0,
        "rows": 9,
        "daily": {"limit": 1000, "used": 300, "remaining": 600, "share_percent": 10.0},
        "columns": [],
        "ddl": [],
        "scopes_missing": [],
        **changes,
    }


def test_plans_add_up_to_what_the_day_has_left() -> None:
    other = planned(rows=None, at_least=True, minutes=30.0)

    total = plans.added([planned(), other, {"response_code": "INVALID_SETTINGS"}])

    assert (total.requests, total.share, total.left, total.rows) == (200, 20.0, 500, 9)
    assert total.at_least
    assert plans.lasting(total.least, total.most) == "30 min to 31 min"


def test_a_table_that_several_runs_make_counts_once() -> None:
    plan = planned(
        ddl=[f'CREATE TABLE IF NOT EXISTS "A"."B"."{name}" (' for name in ("T", "_FRESHNESS")]
    )

    assert plans.added([plan, plan]).tables == 1


def test_what_parts_a_run_is_told_beside_it() -> None:
    warning = "its deadline parts it into about 3 runs"

    assert (
        plans.warning(planned(message=f"a run of contacts would read much; {warning}")) == warning
    )
    assert plans.warning(planned()) == ""


def test_the_credits_of_plans_add_up() -> None:
    one = {"day": {"5 MINUTES": 0.5, "60 MINUTES": 0.1}, "basis": "runs of the last days"}
    other = {
        "day": {"5 MINUTES": 0.25, "60 MINUTES": 0.2},
        "basis": "assumptions",
    }
    both = [planned(credits=one), planned(credits=other), {"response_code": "INVALID_SETTINGS"}]

    assert plans.credits_a_day(both) == pytest.approx({"5 MINUTES": 0.75, "60 MINUTES": 0.3})
    assert plans.basis(both) == "runs of the last days, and assumptions"
    assert plans.basis(both[:1]) == "runs of the last days"
    assert plans.credits_a_day([]) == {}
