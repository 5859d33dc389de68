"""Whoever has no mouse sets the product up, and uses it, by keys alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubspot_sandbox import Portal, Sandbox
from tests.browser.driving import Browser, browsing, page_of
from tests.laptop.process import served

pytestmark = pytest.mark.browser


def test_keys_alone_lead_from_the_token_to_rows(tmp_path: Path) -> None:
    portal = Portal(1, records={"contacts": 40, "companies": 5})
    with served(Sandbox(portal), tmp_path / "home") as machine, page_of(machine) as address:
        with browsing(address) as browser:
            _connect(browser, portal.token)
            _choose(browser)
            _start(browser)
            _ask_and_escape(browser)
            browser.shows_no_trace()
        stages = machine.sql(
            "SELECT DISTINCT PROPERTIES_LIFECYCLESTAGE AS STAGE FROM HUBSPOT_DATA.CRM.CONTACTS"
        ).rows

    assert stages == [{"STAGE": "customer"}]


def _connect(browser: Browser, token: str) -> None:
    browser.focus("Continue")
    browser.strike("Enter")
    browser.focus("Service key")
    browser.page.keyboard.type(token)
    browser.focus("Store and test")
    browser.strike("Enter")
    browser.sees("can be read with this key")
    browser.settle()
    browser.focus("Continue")
    browser.strike("Enter")
    browser.sees("Contacts will be in")
    browser.focus("Continue")
    browser.strike("Enter")


def _choose(browser: Browser) -> None:
    browser.focus("Contacts")
    browser.strike("Space")
    browser.sees("1 object chosen")
    browser.focus("Add a filter")
    browser.strike("Enter")
    for label, choice in (("Condition", "is any of"), ("Values", "Customer")):
        _pick(browser, label, choice)
    browser.focus("Continue")
    browser.strike("Enter")
    browser.sees("of the daily limit")
    browser.settle()


def _pick(browser: Browser, label: str, choice: str) -> None:
    """Choose in a box."""
    browser.focus(label)
    browser.page.keyboard.type(choice)
    browser.strike("Enter")


def _start(browser: Browser) -> None:
    browser.focus("Continue")
    browser.strike("Enter")
    browser.sees("1 filter")
    browser.focus("Start 1 sync")
    browser.strike("Enter")
    browser.sees_all_healthy()


def _ask_and_escape(browser: Browser) -> None:
    browser.focus("Contacts")
    browser.strike("Enter")
    browser.focus("Filters")
    browser.strike("Space")
    browser.sees("Records of which all of these hold")
    browser.focus("Reload everything")
    browser.strike("Enter")
    browser.page.get_by_role("dialog").wait_for()
    browser.strike("Escape")
    browser.page.get_by_role("dialog").wait_for(state="hidden")
