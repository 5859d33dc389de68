"""Syncs: their health at a glance, and everything that can be done with one."""

from __future__ import annotations

import json

from tests.runs.world import CONTACTS
from tests.ui.conftest import Open
from tests.ui.one_sync import opened, stored


def test_without_syncs_the_page_leads_to_set_up(open_page: Open) -> None:
    view, _ = open_page()

    view.draw().press("Syncs")

    assert "No syncs yet" in view.text
    assert "Set up the first one" in view.labels


def test_the_list_tells_health_freshness_and_rows(open_page: Open) -> None:
    view, _ = opened(open_page)

    view.press("All syncs")

    assert "Healthy" in view.text
    assert "Data complete until" in view.text
    assert "12" in view.text


def test_a_sync_runs_now(open_page: Open) -> None:
    view, world = opened(open_page)
    world.portal.create("contacts", {"email": "new@example.com"})

    view.press("Run now")
    assert world.engine.background.wait(60)

    assert len(world.ids(CONTACTS)) == 13


def test_pausing_and_resuming(open_page: Open) -> None:
    view, world = opened(open_page)

    view.press("Pause")
    paused = world.sync()["ENABLED"]
    assert "Paused" in view.text
    view.press("Resume")

    assert (paused, world.sync()["ENABLED"]) == (False, True)


def test_a_backfill_says_what_it_does_and_asks(open_page: Open) -> None:
    view, world = opened(open_page)

    view.press("Reload everything")
    assert "reads every record again" in view.text
    assert world.sync()["SETTLED_THROUGH"] is not None
    view.press_last("Reload everything")

    assert world.sync()["SETTLED_THROUGH"] is None


def test_removing_asks_first_and_leaves_the_table(open_page: Open) -> None:
    view, world = opened(open_page)

    view.press("Remove")
    assert "Its table stays" in view.text
    assert world.sync()
    view.press("Remove sync")

    assert world.rows("SELECT NAME FROM syncs") == []
    assert world.exists(CONTACTS)


def test_a_second_sync_of_the_same_object_is_made_by_its_name(open_page: Open) -> None:
    view, world = opened(open_page, lookback_minutes=30, destination={"table": "PEOPLE"})

    view.press("Copy").fill("Name", "contacts_emea").press("Make it")

    assert "Contacts emea" in view.text
    settings = json.loads(world.sync("contacts_emea")["SETTINGS"])
    assert (settings["stream"], settings["lookback_minutes"]) == ("contacts", 30)
    assert "table" not in settings.get("destination", {})


def test_a_filter_is_built_from_the_portals_properties(open_page: Open) -> None:
    view, world = opened(open_page, "Filters")

    view.press("Add a filter")
    view.select("Property", "lifecyclestage").select("Condition", "EQ").select("Value", "customer")
    view.press("Save changes").press("Save all the same")

    [group] = stored(world)["filter_groups"]
    assert group["filters"] == [
        {"propertyName": "lifecyclestage", "operator": "EQ", "value": "customer"}
    ]


def test_what_hubspot_would_refuse_is_not_stored(open_page: Open) -> None:
    view, world = opened(open_page, "Filters")

    view.use_json(
        '[{"filters": [{"propertyName": "no_such", "operator": "HAS_PROPERTY"}]}]',
    ).press("Save changes")

    assert "INVALID_FILTER" in view.text
    assert stored(world) == {}
