"""Further cases of what can be done with one sync, and of its filters and settings."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from hubspot_ingest.times import SystemClock
from hubspot_sandbox import Portal
from tests.ui.conftest import Open
from tests.ui.one_sync import opened, stored
from tests.ui.viewing import View

pytestmark = pytest.mark.long


def test_times_have_utc_on_hover(open_page: Open) -> None:
    view, _ = opened(open_page)

    times = [
        element.proto.body for element in view.test.get("html") if "<time" in element.proto.body
    ]

    assert times
    assert all(' UTC">' in time for time in times)


def test_a_run_that_ends_while_it_is_looked_for_is_told(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, world = opened(open_page)
    world.portal.create("contacts", {"email": "new@example.com"})
    send = view.session.sql

    def send_once_the_run_has_ended(text: str, params: Any = None) -> Any:
        if "STATUS = 'RUNNING'" in text:
            assert world.engine.background.wait(60)
        return send(text, params)

    monkeypatch.setattr(view.session, "sql", send_once_the_run_has_ended)
    view.press("Run now")

    assert world.sync()["LAST_MESSAGE"] in view.text


def test_what_cannot_be_started_is_told(open_page: Open) -> None:
    view, world = opened(open_page)
    world.rows(
        "UPDATE HUBSPOT_INGEST.STATE.SYNCS SET "
        "TURN = TURN + 1, LEASE_UNTIL = DATEADD(HOUR, 1, SYSDATE())"
    )

    view.press("Run now")

    assert "SYNC_BUSY" in view.text


def test_a_sync_that_runs_is_not_said_to_have_had_no_run(open_page: Open) -> None:
    view, world = opened(open_page)
    world.hold(at=SystemClock().now())

    view.press("All syncs").press("Contacts")

    assert "Running" in view.text
    assert "None yet" not in view.text


def test_a_copy_takes_no_other_syncs_place(open_page: Open) -> None:
    view, world = opened(open_page, lookback_minutes=30)

    view.press("Copy").fill("Name", "contacts").press("Make it")

    assert "Give a name that no sync has yet" in view.text
    assert stored(world) == {"lookback_minutes": 30}


def test_cancelling_changes_nothing(open_page: Open) -> None:
    view, world = opened(open_page)

    view.press("Remove").press("Cancel")

    assert world.sync()


def test_the_operators_and_values_fit_the_propertys_type(open_page: Open) -> None:
    view, _ = opened(open_page, "Filters")

    view.press("Add a filter").select("Property", "lifecyclestage")

    condition = view.box("Condition")
    assert "is any of" in condition.options
    assert "is less than" not in condition.options
    view.select("Condition", "EQ")
    assert "Customer" in view.box("Value").options


def test_a_new_filter_of_options_lacks_nothing_but_the_pick(open_page: Open) -> None:
    view, world = opened(open_page, "Filters")
    view.press("Add a filter")
    assert "A filter lacks its value" in view.text
    assert "Takes all records" not in view.text

    view.pick("Values", "customer").press("Save changes").press("Save all the same")

    [group] = stored(world)["filter_groups"]
    assert group["filters"] == [
        {"propertyName": "lifecyclestage", "operator": "IN", "values": ["customer"]}
    ]


def test_json_and_builder_follow_each_other(open_page: Open) -> None:
    view, _ = opened(open_page, "Filters")

    view.use_json(
        '[{"filters": [{"propertyName": "email", "operator": "CONTAINS_TOKEN", "value": "x"}]}]',
    )
    assert view.box("Property").value == "email"
    assert "contains the word" in view.text
    view.select("Condition", "HAS_PROPERTY")

    assert '"operator": "HAS_PROPERTY"' in view.written("As HubSpot takes it (JSON)")


def test_json_that_is_none_is_told_in_one_line_and_nothing_is_lost(open_page: Open) -> None:
    view, _ = opened(open_page, "Filters")

    view.press("Add a filter").use_json("[{")

    assert "This is not JSON" in view.text
    assert view.box("Property").value == "lifecyclestage"


def test_associations_history_and_schedule_are_settings(open_page: Open) -> None:
    view, world = opened(open_page, "Related")

    view.switch("The usual ones for this object", on=False).pick("Associated with", "deals")
    view.pick("Keep the history of", "lifecyclestage")
    view.choose("part-contacts", "Schedule and more").select("Schedule", "60 MINUTES")
    view.switch("Follow deletions", on=False).press("Save changes")

    assert stored(world) == {
        "associations": ["deals"],
        "history": ["lifecyclestage"],
        "schedule": "60 MINUTES",
        "include_archived": False,
    }


@pytest.mark.parametrize(
    ("before", "chosen", "after"),
    [
        ({"schedule": "60 MINUTES"}, "FRESH WITHIN 15 MINUTES", {"fresh_within": "15 MINUTES"}),
        ({"fresh_within": "2 HOURS"}, "FRESH WITHIN 1 DAY", {"fresh_within": "1 DAY"}),
        ({"fresh_within": "2 HOURS"}, "60 MINUTES", {"schedule": "60 MINUTES"}),
    ],
)
def test_a_promise_of_freshness_takes_the_place_of_a_schedule_and_back(
    open_page: Open, before: dict[str, str], chosen: str, after: dict[str, str]
) -> None:
    _, world = opened(open_page)
    world.configure("contacts", before)

    view = View(world).draw().press("Contacts").choose("part-contacts", "Schedule and more")
    view.select("Schedule", chosen).press("Save changes")

    assert stored(world) == after


def test_the_usual_associations_are_there_when_others_are_chosen(open_page: Open) -> None:
    view, world = opened(open_page, "Related")

    view.switch("The usual ones for this object", on=False)
    [box] = [box for box in view.test.multiselect if box.label == "Associated with"]
    assert box.value == ["companies"]
    view.pick("Associated with", "companies", "deals").press("Save changes")

    assert stored(world)["associations"] == ["companies", "deals"]


def test_they_are_there_before_the_first_run_too(open_page: Open) -> None:
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL discover()")
    world.configure("contacts", {})

    view.draw().press("Contacts").choose("part-contacts", "Related")
    view.switch("The usual ones for this object", on=False).press("Save changes")

    assert stored(world)["associations"] == ["companies"]


def test_event_types_are_picked_from_those_of_the_portal(open_page: Open) -> None:
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    world.configure("events", {})
    world.call("CALL ingest_hubspot('event_types')")

    view.draw().press("Events").choose("part-events", "Related")

    [box] = [box for box in view.test.multiselect if box.label == "Take"]
    names = [row["NAME"] for row in world.rows("SELECT NAME FROM HUBSPOT_DATA.CRM.EVENT_TYPES")]
    assert names
    assert set(names) <= set(box.options)


@pytest.mark.parametrize(
    ("zone", "kept"),
    [("US/Eastern", "2026-07-01T00:00:00-04:00"), ("Asia/Tokyo", "2026-07-01T00:00:00+09:00")],
)
def test_nothing_before_a_day_begins_with_the_portals_day(
    open_page: Open, zone: str, kept: str
) -> None:
    view, world = open_page(portal=Portal(1, records={"contacts": 3}, time_zone=zone))
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL test_connection()")
    world.configure("contacts", {})
    view.draw().press("Contacts").choose("part-contacts", "Schedule and more")

    [box] = [box for box in view.test.date_input if box.label == "Nothing last changed before"]
    view._after(box.set_value(date(2026, 7, 1))).press("Save changes")

    assert stored(world) == {"updated_after": kept}
    view = View(world).draw().press("Contacts").choose("part-contacts", "Schedule and more")
    [box] = [box for box in view.test.date_input if box.label == "Nothing last changed before"]
    assert box.value == date(2026, 7, 1)
    assert "Not saved yet" not in view.text


def test_the_types_of_events_are_a_setting(open_page: Open) -> None:
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    world.configure("events", {})
    view.draw().press("Events").choose("part-events", "Related")

    view.pick("Take", "e_visited_page").press("Save changes")

    [row] = world.rows("SELECT SETTINGS FROM syncs")
    assert json.loads(row["SETTINGS"]) == {"event_types": ["e_visited_page"]}


def test_what_set_up_stored_is_no_change(open_page: Open) -> None:
    destination = {"database": "HUBSPOT_DATA", "schema": "CRM"}
    view, _ = opened(open_page, "Schedule and more", destination=destination)

    assert "Not saved yet" not in view.text


def test_discarding_goes_back_to_what_is_stored(open_page: Open) -> None:
    view, world = opened(open_page, "Filters")

    view.press("Add a filter").press("Discard")

    assert "Takes all records" in view.text
    assert stored(world) == {}


def test_a_sync_of_a_custom_object_is_called_by_its_label(open_page: Open) -> None:
    view, world = open_page({"machines": 2})
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL discover()")
    [row] = world.rows("SELECT STREAM FROM streams WHERE OBJECT_TYPE LIKE '2-%'")
    world.rows(
        "UPDATE HUBSPOT_INGEST.STATE.STREAMS SET LABEL = 'Rented out' WHERE NAME = ?",
        (row["STREAM"],),
    )
    world.configure(str(row["STREAM"]), {})

    view.draw()
    assert "Rented out" in view.labels
    view.press("Rented out")

    assert "Rented out" in view.text
