"""What was chosen by real presses of mouse and keys is what is stored, at any pace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from hubspot_sandbox import Portal, Sandbox
from tests.browser.driving import Browser, browsing, page_of
from tests.laptop.process import served

pytestmark = pytest.mark.browser

FAST, HUMAN = 10, 320
"""Milliseconds between two picks."""

PEOPLE = [f"{name}@example.com" for name in ("ada", "bob", "cy", "dan")]


def test_what_was_chosen_is_what_is_stored(tmp_path: Path) -> None:
    portal = Portal(1, records={"contacts": 20}, time_zone="America/New_York")
    laptop = served(Sandbox(portal), tmp_path / "home")
    with laptop as machine, page_of(machine) as address:
        machine.sql("CALL test_connection()")
        machine.sql("CALL discover()")
        machine.sql("CALL configure_sync('contacts', PARSE_JSON('{}'))")
        machine.sql("CREATE NOTIFICATION INTEGRATION MAIL TYPE = EMAIL ENABLED = TRUE")
        machine.sql("GRANT USAGE ON INTEGRATION MAIL TO APPLICATION HUBSPOT_INGEST")
        with browsing(address) as browser:
            browser.press("Contacts")
            _choose_properties(browser)
            _choose_history(browser)
            _choose_filters(browser)
            _save_what_is_being_typed(browser)
            _pick_while_a_note_goes(browser)
            _set_up_elsewhere(browser)
        [app] = machine.sql("SELECT SETTINGS FROM core.settings").rows
        [row] = machine.sql("SELECT SETTINGS FROM core.syncs").rows
    settings = _json(row["SETTINGS"])

    assert settings["properties"] == ["zip", "email", "city"]
    assert settings["history"] == ["email", "city", "phone"]
    assert settings["lookback_minutes"] == 45
    assert settings["deadline_minutes"] == 120
    assert _json(app["SETTINGS"])["keep_pages_days"] == 3
    assert _json(app["SETTINGS"])["notifications"]["recipients"] == PEOPLE
    towns, points, created = settings["filter_groups"][0]["filters"]
    assert towns["values"] == ["Paris", "Rome", "Oslo", "Bern"]
    assert (points["operator"], points["value"]) == ("GTE", 42)
    assert (created["operator"], created["value"]) == ("LTE", "2026-07-01T23:59:59.999-04:00")


def _json(stored: Any) -> dict[str, Any]:
    settings: dict[str, Any] = json.loads(stored) if isinstance(stored, str) else stored
    return settings


def _save(browser: Browser) -> None:
    # wherever one edits, it is in sight
    expect(browser.button("Save changes")).to_be_in_viewport()
    browser.press_as_people_do(browser.button("Save changes"))
    browser.sees("is configured")
    browser.settle()


def _choose_properties(browser: Browser) -> None:
    browser.switch("Properties")
    browser.switch("Only some")
    browser.pick_by_keys("Take", ["zip", "email", "city"], FAST)
    _save(browser)


def _choose_history(browser: Browser) -> None:
    browser.switch("Related")
    # the list opens upwards here, and lies under the pointer whenever it grows
    browser.pick_by_keys("Keep the history of", ["email", "city", "phone"], HUMAN)
    _save(browser)


def _choose_filters(browser: Browser) -> None:
    browser.switch("Filters")
    browser.press("Add a filter")
    browser.select("Property", "city")
    browser.select("Condition", "is any of")
    browser.pick_by_keys("Values", ["Paris", "Rome", "Oslo", "Bern"], FAST)
    browser.settle()
    for property_, condition in (("loyalty_points", "is at least"), ("createdate", "is on or be")):
        browser.press_as_people_do(browser.page.get_by_role("button", name="And").last)
        browser.settle()
        for label, choice in (("Property", property_), ("Condition", condition)):
            box = browser.page.get_by_role("combobox", name=label).last
            box.click()
            box.fill(choice)
            browser.page.get_by_role("option").first.click()
            browser.settle()
        _shows_whole_conditions(browser)
        field = browser.page.locator("[data-testid=stNumberInput] input")
        if property_ == "createdate":
            field = browser.page.locator("[data-testid=stDateInput] input")
        browser.type_into(field.last, "42" if property_ == "loyalty_points" else "2026-07-01")
    # neither Enter nor a press beside it: the value counts with the press that saves it
    _save(browser)


def _save_what_is_being_typed(browser: Browser) -> None:
    """Save with the press that leaves the only field that is changed: fast, then as people do."""
    browser.switch("Schedule and more")
    field = browser.page.get_by_label("Look back, minutes")
    field.fill("45")
    browser.button("Save changes").click()
    browser.sees("is configured")
    browser.settle()
    browser.type_into(browser.page.get_by_label("Deadline, minutes"), "120")
    _save(browser)
    browser.go("Settings")
    browser.type_into(browser.page.get_by_label("Keep what HubSpot answered for"), "3")
    browser.press_as_people_do(browser.button("Save settings"))
    browser.sees("The app is configured")
    browser.settle()


def _pick_while_a_note_goes(browser: Browser) -> None:
    """Pick in the moment in which what the last save told goes away above.

    The press that leads to the box leaves a field, which has the page drawn anew without the note.
    """
    browser.type_into(browser.page.get_by_label("Integration", exact=True), "mail")
    browser.pick_by_keys("Recipients", PEOPLE, FAST)
    browser.settle()
    browser.press_as_people_do(browser.button("Save settings"))
    browser.sees("The app is configured")
    browser.settle()


def _shows_whole_conditions(browser: Browser) -> None:
    """See that no condition is cut off: those about days differ at their ends."""
    browser.page.get_by_role("combobox", name="Condition").last.click()
    options = browser.page.get_by_role("option")
    options.first.wait_for()
    cut = options.evaluate_all(
        "options => options.filter(option => [option, ...option.querySelectorAll('*')]"
        ".some(part => part.scrollWidth > part.clientWidth + 1 && part.clientWidth))"
        ".map(option => option.innerText)"
    )
    browser.page.keyboard.press("Escape")
    assert cut == []


def _set_up_elsewhere(browser: Browser) -> None:
    browser.go("Set up")
    for _ in range(2):
        browser.press("Continue")
    field = browser.page.get_by_label("Schema", exact=True)
    browser.type_into(field, "sales")
    browser.press_as_people_do(browser.button("Continue"))
    browser.sees("What to keep in Snowflake")
    browser.settle()
    browser.press("Back")
    browser.sees("Contacts will be in")
    assert field.input_value() == "SALES"
