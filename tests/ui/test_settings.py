"""Settings: the day's limit, and the whole configuration as a file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from page import configuration
from snowflake_sandbox import Engine
from tests.runs.conftest import APP
from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.viewing import View

SETTINGS = {"associations": [], "properties": ["email"]}


def at_settings(open_page: Open) -> tuple[View, World]:
    """The settings of an app with one sync."""
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call(f"CALL configure_sync('contacts', PARSE_JSON('{json.dumps(SETTINGS)}'))")
    view.draw().press("Settings")
    return view, world


def exported(view: View) -> str:
    """The configuration as the page shows it."""
    return next(str(block.value) for block in view.test.code if "syncs:" in str(block.value))


def test_the_daily_limit_is_told_once_a_run_has_learnt_it(open_page: Open) -> None:
    view, world = at_settings(open_page)
    assert "Nothing is known yet" in view.text

    world.call("CALL ingest_hubspot('contacts')")
    view.press("Syncs").press("Settings")

    assert "Kept free for other apps" in view.text


def test_the_schedule_of_all_and_the_reserve_are_settings(open_page: Open) -> None:
    view, world = at_settings(open_page)

    view.select("Run all of them", "15 MINUTES").count("Keep free for other apps, percent", 35)
    view.press("Save settings")

    [row] = world.rows("SELECT SETTINGS FROM settings")
    assert json.loads(row["SETTINGS"]) == {"schedule": "15 MINUTES", "reserve_percent": 35}


@pytest.mark.long
def test_what_snowflake_would_refuse_is_told_and_not_stored(open_page: Open) -> None:
    view, world = at_settings(open_page)

    view.fill("Integration", "not a name").draw().press("Save settings")

    assert "INVALID_SETTINGS" in view.text
    [row] = world.rows("SELECT SETTINGS FROM settings")
    assert json.loads(row["SETTINGS"]) == {}


def test_the_export_is_the_configuration_and_no_credential(open_page: Open) -> None:
    view, world = at_settings(open_page)

    text = exported(view)

    assert configuration.read(text) == ({"contacts": SETTINGS}, {})
    assert world.portal.token not in text


def test_an_import_shows_what_it_would_change_and_then_does(open_page: Open) -> None:
    view, world = at_settings(open_page)

    view.write(
        "Configuration",
        "app: {schedule: 15 MINUTES}\n"
        "syncs:\n  contacts: {enabled: false}\n  deals: {associations: []}",
    )
    assert len(world.rows("SELECT * FROM syncs")) == 1
    for line in (
        "the app Schedule Only when I run it Every 15 minutes",
        "Contacts Properties to take only email all",
        "Contacts Runs by itself yes no",
        "Deals no sync yet a new sync",
    ):
        assert line in view.text
    view.press("Apply 6 changes")

    [app] = world.rows("SELECT SETTINGS:schedule::VARCHAR AS SCHEDULE FROM settings")
    assert app["SCHEDULE"] == "15 MINUTES"

    rows = world.rows("SELECT NAME, ENABLED, SETTINGS FROM syncs ORDER BY NAME")
    assert [(row["NAME"], row["ENABLED"], json.loads(row["SETTINGS"])) for row in rows] == [
        ("contacts", False, {}),
        ("deals", True, {"associations": []}),
    ]


@pytest.mark.long
def test_an_import_is_told_where_it_was_pressed_and_by_the_names_of_its_text(
    open_page: Open,
) -> None:
    view, _ = at_settings(open_page)

    view.write("Configuration", "syncs:\n  contacts: {fliter_groups: []}")
    assert "did you mean 'filter_groups'" in view.text

    view.write("Configuration", "syncs:\n  contacts: {enabled: false}")
    [apply] = [label for label in view.labels if label.startswith("Apply ")]
    view.press(apply)
    assert view.text.index("1 configured") > view.text.index("Paste a configuration")


@pytest.mark.long
def test_why_settings_are_not_saved_stands_by_the_button_that_saves(open_page: Open) -> None:
    view, _ = at_settings(open_page)

    view.fill("Integration", "NO_SUCH_ONE").draw().press("Save settings")

    where = view.text.index("There is no notification integration")
    assert where > view.text.index("Through a notification integration of your account")


@pytest.mark.long
def test_what_was_exported_changes_nothing_when_imported(open_page: Open) -> None:
    view, _ = at_settings(open_page)
    text = exported(view)

    view.write("Configuration", text)

    assert "Everything is configured like this already" in view.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("syncs: [", "not YAML: line 1, column 9, expected the node content"),
        ("- contacts", 'a mapping "syncs"'),
        ("syncs: {contacts: 1}", "must be a mapping"),
        ("syncs: {}\napps: 1", "unknown: apps"),
        ("syncs: {}\napp: 1", "must be a mapping"),
    ],
)
def test_what_is_no_configuration_is_refused_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        configuration.read(text)


def test_who_changed_what_is_told_newest_first(open_page: Open) -> None:
    view, world = open_page()
    world.call_with("CONFIGURE_SYNC", {"settle_minutes": 5}, "contacts")
    world.call_with("CONFIGURE_SYNC", {"settle_minutes": 7}, "contacts")
    [row] = world.rows("SELECT CURRENT_USER() AS NAME")

    world.call("CALL disable_sync('contacts')")

    view.draw().press("Settings")

    text = view.text[view.text.index("Who changed what") :]
    assert row["NAME"] in text
    lines = (
        "sync Contacts Runs by itself yes no",
        "sync Contacts Settle, minutes 5 7",
        "sync Contacts new",
    )
    assert [*sorted(map(text.index, lines))] == [*map(text.index, lines)]
    assert "{" not in text


@dataclass(frozen=True)
class Installation:
    """An app in a database of another name."""

    session: Any


@pytest.mark.long
def test_statements_to_copy_name_the_app_as_it_was_installed() -> None:
    with Engine(None) as engine:
        engine.install(APP, "ACME_HUBSPOT")
        session = engine.session("ACME_HUBSPOT", "CORE")
        view = View(Installation(session)).draw()
        assert "GRANT APPLICATION ROLE ACME_HUBSPOT.APP_VIEWER TO ROLE" in view.text

        view.press("Settings")

        assert "ON INTEGRATION HUBSPOT_ALERTS TO APPLICATION ACME_HUBSPOT;" in view.text
        session.close()


def test_where_snowflake_tells_nobody_the_page_says_what_would_tell(open_page: Open) -> None:
    view, world = open_page()
    world.call_with("CONFIGURE_SYNC", {"settle_minutes": 5}, "contacts")
    world.rows("UPDATE HUBSPOT_INGEST.STATE.AUDIT_LOG SET CHANGED_BY = NULL")

    view.draw().press("Settings")

    assert "not told" in view.text
    assert "GRANT READ SESSION ON ACCOUNT TO APPLICATION HUBSPOT_INGEST;" in view.text


@pytest.mark.long
def test_an_import_shows_in_the_fields_and_leaves_nothing_to_save(open_page: Open) -> None:
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    view.draw().press("Settings").count("Deadline, minutes", 90).press("Save settings")

    view.write("Configuration", "app:\n  keep_pages_days: 4\nsyncs: {}\n")
    [apply] = [label for label in view.labels if label.startswith("Apply ")]
    view.press(apply)

    fields = {field.label: field.value for field in view.test.number_input}
    assert fields["Keep what HubSpot answered for … days"] == 4
    assert fields["Deadline, minutes"] == 50
    assert "Not saved yet" not in view.text


@pytest.mark.long
def test_recipients_are_picked_one_after_the_other_before_and_after_saving(
    open_page: Open,
) -> None:
    view, world = open_page()
    world.rows("CREATE OR REPLACE NOTIFICATION INTEGRATION MAIL TYPE = EMAIL ENABLED = TRUE")
    world.rows("GRANT USAGE ON INTEGRATION MAIL TO APPLICATION HUBSPOT_INGEST")
    view.draw().press("Settings").fill("Integration", "mail")
    people = ["ada@example.com", "bob@example.com", "cy@example.com"]

    view.pick("Recipients", *people[:1]).pick("Recipients", *people[:2]).press("Save settings")
    box = next(box for box in view.test.multiselect if box.label == "Recipients")
    view.pick("Recipients", *people).press("Save settings")

    [row] = world.rows("SELECT SETTINGS FROM settings")
    assert json.loads(row["SETTINGS"])["notifications"]["recipients"] == people
    assert next(each.id for each in view.test.multiselect if each.label == "Recipients") == box.id


@pytest.mark.long
def test_recipients_without_an_integration_are_said_to_be_not_saved(open_page: Open) -> None:
    view, world = open_page()
    world.rows("CREATE OR REPLACE NOTIFICATION INTEGRATION MAIL TYPE = EMAIL ENABLED = TRUE")
    world.rows("GRANT USAGE ON INTEGRATION MAIL TO APPLICATION HUBSPOT_INGEST")

    view.draw().press("Settings").pick("Recipients", "ada@example.com").press("Save settings")
    assert "Nobody is told without an integration" in view.text
    assert "Not saved yet." in view.text
    view.fill("Integration", "mail").press("Save settings")
    view.fill("Integration", "").press("Save settings")

    [row] = world.rows("SELECT SETTINGS FROM settings")
    assert "notifications" not in json.loads(row["SETTINGS"])
    box = next(box for box in view.test.multiselect if box.label == "Recipients")
    assert (box.value, "All is saved." in view.text) == ([], True)
