"""The first use of the product in a real browser, from the key to rows in a table."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubspot_sandbox import Portal, Sandbox
from tests.browser.driving import NARROW, Browser, browsing, page_of
from tests.laptop.process import Laptop, Running, served

pytestmark = pytest.mark.browser


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[tuple[Laptop, str]]:
    """A laptop whose HubSpot is ``hubspot-ingest sandbox``, and that HubSpot's token."""
    plain = Laptop(tmp_path / "sandbox")
    with plain.running("sandbox") as sandbox:
        environment = _environment(sandbox)
        yield (
            Laptop(tmp_path / "home", HUBSPOT_BASE_URL=environment["HUBSPOT_BASE_URL"]),
            environment["HUBSPOT_TOKEN"],
        )


def _environment(sandbox: Running) -> dict[str, str]:
    lines = sandbox.reads("HUBSPOT_TOKEN=").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_from_the_key_to_rows_in_a_table(laptop: tuple[Laptop, str]) -> None:
    machine, token = laptop
    with page_of(machine) as address:
        with browsing(address) as browser:
            _set_up(browser, token)
            _look_around(browser, machine)
        for dark, suffix in ((True, "dark"), (False, "narrow")):
            size = {} if dark else NARROW
            with browsing(address, dark=dark, **size) as browser:
                _look(browser, suffix, height=900 if dark else 1100)
        counted = machine.sql("SELECT COUNT(*) AS N FROM HUBSPOT_DATA.CRM.CONTACTS")
        filtered = machine.sql(
            "SELECT COUNT(*) AS N FROM HUBSPOT_DATA.CRM.CONTACTS "
            "WHERE PROPERTIES_LIFECYCLESTAGE = 'customer'"
        )
    assert counted.rows[0]["N"] == filtered.rows[0]["N"] > 100


def _set_up(browser: Browser, token: str) -> None:
    browser.sees("What is needed")
    browser.shoot("set-up-needs")
    browser.press("Continue")
    browser.connect(token)
    browser.sees("can be read with this key")
    browser.shoot("set-up-connection")
    browser.press("Continue")
    browser.sees("Contacts will be in")
    browser.press("Continue")
    browser.press("Recommended")
    browser.shoot("set-up-objects", 1100)
    browser.select("Object", "Contacts")
    browser.press("Add a filter")
    browser.select("Condition", "is")
    browser.select("Value", "Customer")
    browser.sees("Lifecycle")
    browser.press("How many match now")
    browser.sees("149 records")
    browser.press("Continue")
    browser.sees("of the daily limit")
    browser.sees("filters are for HubSpot's search")
    browser.shoot("set-up-plan", 1150)
    browser.press("Continue")
    browser.sees("1 filter")
    browser.shoot("set-up-start", 1000)
    browser.press("Start ")


def _look_around(browser: Browser, machine: Laptop) -> None:
    browser.sees_all_healthy()
    browser.shoot("syncs")
    browser.press("Contacts")
    browser.switch("Filters")
    browser.shoot("sync-filters", 1000)
    browser.switch("Properties")
    browser.shoot("sync-properties", 1200)
    browser.switch("Next run")
    browser.sees("Only what changed since")
    browser.shoot("sync-next-run", 1000)
    _look_for_barriers(browser, "Related", "Schedule and more", "Runs")
    browser.go("Runs")
    browser.sees("Requests to HubSpot")
    browser.shoot("runs")
    browser.press("Contacts ")
    browser.sees("Most of it")
    browser.shoot("run")
    _look_at_trust(browser, machine)
    browser.go("Data")
    browser.select("Table", "Contacts")
    browser.sees("latest rows by")
    browser.shoot("data")
    _look_for_barriers(browser, "Columns", "Queries", "Explain a row")
    [contact] = machine.sql("SELECT MIN(ID) AS ID FROM HUBSPOT_DATA.CRM.CONTACTS").rows
    browser.page.get_by_label("Address, id or e-mail").fill(contact["ID"])
    browser.press("Explain")
    browser.sees("as HubSpot has it")
    browser.shoot("row")
    browser.switch("Diagram")
    browser.page.locator("svg .node").first.wait_for()
    browser.shoot("diagram")
    browser.go("Settings")
    browser.sees("Daily limit")
    browser.shoot("settings")
    browser.shows_no_trace()


def _look_for_barriers(browser: Browser, *parts: str) -> None:
    for part in parts:
        browser.switch(part)
        browser.look_for_barriers(part)


def _look_at_trust(browser: Browser, machine: Laptop) -> None:
    machine.sql(
        "UPDATE HUBSPOT_DATA.CRM.DEALS SET UPDATED_AT = DATEADD(DAY, -9, UPDATED_AT) "
        "WHERE ENDSWITH(ID, '7')"
    )
    browser.go("Trust")
    browser.sees("Completeness")
    for sync in ("Contacts", "Deals"):
        browser.page.get_by_role("button", name=sync, exact=True).click()
        browser.settle()
        browser.press("Check now")
        browser.sees("ten at most")
        browser.press("Compare and repair")
        browser.sees("Comparisons so far")
        if sync == "Deals":
            browser.sees("that were out of date are refreshed")
            browser.shoot("trust-differed")
        browser.press("All of Trust")
    browser.press("Look now")
    browser.sees("found nothing")
    browser.shoot("trust", 1250)


def _look(browser: Browser, suffix: str, height: int) -> None:
    browser.sees_all_healthy()
    browser.shoot(f"syncs-{suffix}", height)
    browser.press("Contacts")
    browser.switch("Filters")
    browser.shoot(f"sync-filters-{suffix}", height)
    browser.switch("Next run")
    browser.sees("Only what changed since")
    browser.shoot(f"sync-next-run-{suffix}", height)
    browser.go("Runs")
    browser.shoot(f"runs-{suffix}", height)
    browser.go("Trust")
    browser.sees("Repaired")
    browser.shoot(f"trust-{suffix}", height)
    browser.shows_no_trace()


def test_a_wrong_key_a_missing_scope_and_a_failed_run_are_environment(tmp_path: Path) -> None:
    portal = Portal(1, records={"contacts": 30})
    portal.grant("pat-na1-few", ["crm.objects.contacts.read", "oauth"])
    sandbox = Sandbox(portal)
    with sandbox.serve() as server:
        machine = Laptop(tmp_path / "home", HUBSPOT_BASE_URL=server.url)
        with page_of(machine) as address, browsing(address) as browser:
            browser.press("Continue")
            browser.connect("pat-na1-wrong")
            browser.sees("CREDENTIAL_REJECTED")
            assert browser.button("Continue").is_disabled()
            browser.connect("pat-na1-few")
            browser.sees("cannot be read yet")
            browser.page.get_by_text("cannot be read yet").click()
            browser.sees("crm.objects.companies.read")
            assert browser.page.get_by_label("Service key").first.input_value() == ""
            machine.sql("CALL configure_sync('contacts', PARSE_JSON('{}'))")
            portal.expire("pat-na1-few")
            browser.go("Syncs")
            browser.press("Contacts")
            browser.press("Run now")
            browser.sees("HubSpot does not accept the credential")
            browser.press("Open the last run")
            browser.sees("CREDENTIAL_REJECTED")
            browser.go("Runs")
            browser.sees("Cure: copy it again")
            browser.shoot("runs-failed", 1150)
            browser.shows_no_trace()


def test_an_empty_portal_says_so_and_what_comes_next(tmp_path: Path) -> None:
    portal = Portal(1, records={})
    laptop = served(Sandbox(portal), tmp_path / "home")
    with laptop as machine, page_of(machine) as address, browsing(address) as browser:
        browser.press("Continue")
        browser.connect(machine.environment["HUBSPOT_TOKEN"])
        for _ in range(2):
            browser.press("Continue")
        browser.tick("Contacts")
        for _ in range(2):
            browser.press("Continue")
        browser.press("Start ")
        browser.sees("Data complete until")
        browser.go("Data")
        browser.sees("has landed yet")
        browser.go("Runs")
        browser.sees("Succeeded")
        if "SCREENSHOTS" in os.environ:
            # a minute for three pictures: what it shows tests/ui holds
            send_customers(browser, machine, portal)
        browser.shows_no_trace()


def send_customers(browser: Browser, machine: Laptop, portal: Portal) -> None:
    """Map a table of customers in the page, look at the plan, send it and mend a refused row."""
    portal.create("companies", {"name": "Acme", "erp_code": "ACME-1"})
    for statement in (
        "CREATE DATABASE MARTS",
        "CREATE SCHEMA MARTS.CRM",
        "CREATE TABLE MARTS.CRM.CUSTOMERS AS SELECT COLUMN1 AS CUSTOMER_ID, COLUMN2 AS EMAIL, "
        "COLUMN3 AS FIRST_NAME, COLUMN4 AS STAGE, COLUMN5 AS CITY, "
        "OBJECT_CONSTRUCT('ACME-1', 'Decision maker') AS COMPANIES FROM VALUES "
        "(1, 'ada@example.com', 'Ada', 'lead', 'Cork'), (2, 'b@example.com', 'Bob', 'led', 'Bern')",
        "GRANT USAGE ON DATABASE MARTS TO APPLICATION HUBSPOT_INGEST",
        "GRANT USAGE ON SCHEMA MARTS.CRM TO APPLICATION HUBSPOT_INGEST",
        "GRANT SELECT ON TABLE MARTS.CRM.CUSTOMERS TO APPLICATION HUBSPOT_INGEST",
    ):
        ended = machine.sql(statement)
        assert ended.status == 0, ended.err
    browser.go("Pushes")
    browser.press("New push")
    browser.sees("A key that may write")
    browser.page.get_by_label("Service key that may write").fill(portal.token)
    browser.press("Store it as")
    browser.page.get_by_label("Table or view in Snowflake").fill("MARTS.CRM.CUSTOMERS")
    browser.page.keyboard.press("Enter")
    browser.sees("of 6 mapped")
    browser.settle()
    browser.select("Property for STAGE", "Lifecycle")
    browser.sees("1 of 2 values is no option")
    browser.select("COMPANIES links to", "Companies")
    browser.select("Keys in COMPANIES are", "erp_code")
    browser.shoot("push-mapping", 1500)
    browser.press("Save and look at the plan")
    browser.sees("Row by row")
    browser.shoot("push-plan", 1100)
    browser.press("Send 1 row")
    browser.sees("This plan is carried out and nothing else")
    browser.page.get_by_role("dialog").get_by_role("button", name="Send", exact=True).click()
    browser.sees("Rows that need a look")
    browser.settle()
    browser.shoot("push-rows", 1100)
    browser.shows_no_trace()
