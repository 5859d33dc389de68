"""Pushes: mapped side by side, planned as a difference, sent, and mended row by row."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from page import mapping_checks, push_draft, push_draft_kept
from page.row_cures import ROW_CURES
from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.test_address import address, with_address
from tests.ui.viewing import View

TABLE = "MARTS.CRM.CUSTOMERS"
SETTINGS_PART = ("part-push-contacts_out", "Settings")
PUSH_PAGE = Path(__file__).parents[2] / "docs" / "PUSH.md"


def filled(open_page: Open, *, writer: bool = False) -> tuple[View, World]:
    """The page of new pushes, over a portal with a company and a table of customers."""
    view, world = open_page({"contacts": 0})
    world.portal.create("companies", {"name": "Acme", "erp_code": "ACME-1"})
    world.call(f"CALL set_token('{world.portal.token}')")
    for statement in (
        "CREATE DATABASE IF NOT EXISTS MARTS",
        "CREATE SCHEMA IF NOT EXISTS MARTS.CRM",
        "USE SCHEMA HUBSPOT_INGEST.CORE",
        f"CREATE OR REPLACE TABLE {TABLE} AS SELECT COLUMN1 AS CUSTOMER_ID, COLUMN2 AS EMAIL, "
        "COLUMN3 AS FIRST_NAME, COLUMN4 AS STAGE, OBJECT_CONSTRUCT('ACME-1', 'Decision maker') "
        "AS COMPANIES FROM VALUES (1, 'ada@example.com', 'Ada', 'lead'), "
        "(2, 'bob@example.com', 'Bob', 'led')",
        "GRANT USAGE ON DATABASE MARTS TO APPLICATION HUBSPOT_INGEST",
        "GRANT USAGE ON SCHEMA MARTS.CRM TO APPLICATION HUBSPOT_INGEST",
        f"GRANT SELECT ON TABLE {TABLE} TO APPLICATION HUBSPOT_INGEST",
    ):
        world.rows(statement)
    if writer:
        credential = {"token": world.portal.token, "writes": True}
        world.call_with("CONFIGURE_CONNECTION", credential, "writer")
    view.draw().press("Pushes").press("New push")
    return view, world


def stored(world: World) -> dict[str, Any]:
    [push] = world.rows("SELECT SETTINGS FROM HUBSPOT_INGEST.CORE.PUSHES")
    return dict(json.loads(push["SETTINGS"]))


def sent(world: World) -> View:
    """The page of somebody else, who finds the push as it is stored, looks and sends."""
    view = View(world).draw().press("Pushes").press("Contacts out")
    view.press("Look at what it would do")
    [send] = [button for button in view.test.button if button.label.startswith("Send ")]
    return confirmed(view.press(send.label), world)


def confirmed(view: View, world: World) -> View:
    """The page once a plan that is confirmed was carried out, as it shows itself."""
    view.press("Send")
    assert world.engine.background.wait(60)
    return view.draw()


def test_a_push_goes_from_the_key_to_records_in_hubspot_and_its_refused_row_is_mended(
    open_page: Open,
) -> None:
    view, world = filled(open_page)

    assert "The key that syncs read with stays read-only" in view.text
    view.fill("Service key that may write", world.portal.token).press("Store it as “writer”")
    view.fill("Table or view in Snowflake", TABLE).draw()

    assert "2 columns of 5 mapped" in view.text
    assert view.box("Property for FIRST_NAME").value == "firstname"
    view.select("Property for STAGE", "lifecyclestage")
    assert "1 of 2 values is no option, such as “led”" in view.text
    view.select("COMPANIES links to", "companies").select("Keys in COMPANIES are", "erp_code")
    view.press("Save and look at the plan")

    assert stored(world)["match"] == {"email": "EMAIL"}
    assert "no option of lifecyclestage (did you mean 'lead'?)" in view.text
    assert "firstname: empty → Ada" in view.text
    assert "+ link companies: ACME-1 as Decision maker" in view.text
    assert list(world.portal.records("contacts")) == []

    # somebody else, who finds the push as it is stored
    view = View(world).draw().press("Pushes").press("Contacts out")
    view.press("Look at what it would do").press("Send 1 row to HubSpot")
    assert "1 to create in HubSpot’s contacts" in view.text
    confirmed(view, world)

    assert [record.properties["email"] for record in world.portal.records("contacts")] == [
        "ada@example.com"
    ]
    assert "The property has no such option" in view.text
    view.choose("part-push-contacts_out", "Plan").press("Look at what it would do")
    assert "HubSpot holds what the other rows say; 1 row needs a look, under Rows" in view.text
    view.choose("part-push-contacts_out", "Rows")
    world.rows(f"UPDATE {TABLE} SET STAGE = 'customer' WHERE CUSTOMER_ID = 2")
    view.press("Send all refused again")
    assert "Every row that was sent is in HubSpot" in view.text
    assert len(list(world.portal.records("contacts"))) == 2
    view.choose("part-push-contacts_out", "Settings")
    assert "All is saved" in view.text

    # a refresh stays there
    assert "All is saved" in with_address(View(world), **address(view)).text


def test_a_source_that_the_app_may_not_read_tells_the_grants(open_page: Open) -> None:
    view, _ = filled(open_page, writer=True)

    view.fill("Table or view in Snowflake", "marts.crm.nobody").draw()

    assert "SOURCE_UNREADABLE" in view.text
    assert 'GRANT SELECT ON TABLE "MARTS"."CRM"."NOBODY"' in view.text


def test_values_for_gone_rows_that_nobody_changed_keep_their_type() -> None:
    settings = {"removed_rows": {"set": {"loyalty_points": 0, "active": True}}}
    assert push_draft.removal_of(settings) == ("set", {"loyalty_points": 0, "active": True})
    assert [push_draft.same_text(value) for value in (0, True, "x")] == ["0", "true", "x"]
    assert push_draft.lacking({"key": ["ID"], "properties": {"a": "B"}, **settings}) == []


STAGE = {
    "name": "stage", "type": "enumeration", "rules": [],
    "options": [["lead", "A lead"], ["won", "Won"]],
}  # fmt: skip
FILLS = {"number": ["TEXT", "NUMBER"], "enumeration": ["TEXT"], "date": ["TEXT", "DATE"]}


@pytest.mark.parametrize(
    ("prop", "kind", "values", "tone", "says"),
    [
        (STAGE, "TEXT", ["lead", "lead;won"], "good", "an option"),
        (STAGE, "TEXT", ["a lead", "Won"], "good", "the label of an option"),
        (STAGE, "TEXT", ["lead", "lost"], "warn", "1 of 2 values is no option, such as “lost”"),
        ({"type": "number"}, "TEXT", ["1", "1,5", "x"], "warn", "2 of 3 values are no number"),
        ({"type": "number"}, "BOOLEAN", ["true"], "bad", "cast the column"),
        ({"type": "date"}, "TEXT", ["2026-09-21 10:00"], "warn", "no day"),
        ({"type": "date"}, "TEXT", ["2026-13-01"], "warn", "no day"),
        ({"type": "datetime"}, "TEXT", ["2026-02-30T10:00:00Z"], "warn", "no time"),
        ({"type": "date"}, "DATE", ["2026-09-21"], "good", "day"),
        ({"type": "number", "rules": ["MAX_NUMBER (9)"]}, "NUMBER", ["1"], "good", "MAX_NUMBER"),
        ({"type": "number"}, "NUMBER", [], "warn", "empty"),
    ],
)  # fmt: skip
def test_values_are_checked_while_one_maps(
    prop: dict[str, Any], kind: str, values: list[str], tone: str, says: str
) -> None:
    result = mapping_checks.check(prop, kind, FILLS, values)
    assert (result.tone, says in result.text or result.text) == (tone, True)
    assert result.by_label == ("label" in says)


def test_a_column_fills_one_property_and_names_are_spelled_as_snowflake_needs() -> None:
    settings: dict[str, Any] = {"properties": {"city": {"column": "A", "nulls": "keep"}}}
    push_draft.map_column(settings, "A", "city", "set_if_empty")
    push_draft.map_column(settings, "Mixed", "zip")
    assert settings["properties"] == {
        "city": {"column": "A", "write": "set_if_empty", "nulls": "keep"},
        "zip": '"Mixed"',
    }
    push_draft.map_column(settings, "A", "state")
    push_draft.map_column(settings, "Mixed", None)
    assert settings["properties"] == {"state": "A"}
    assert push_draft.mapped_columns(settings) == {"A": "state"}


def test_what_nobody_changed_of_a_mapping_stays_as_it_is_stored() -> None:
    stored = {"city": "a", "state": {"column": "A", "by": "label", "write": "append"}}
    settings: dict[str, Any] = {"properties": dict(stored)}
    push_draft.map_column(settings, "A", "state", "append")
    assert settings["properties"] == stored
    push_draft.map_column(settings, "A", "city")
    assert settings["properties"] == {"city": "a"}


def test_the_cures_of_rows_are_those_of_the_page_about_pushes() -> None:
    text = PUSH_PAGE.read_text()
    listed = re.findall(
        r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|$", text[text.index("| code of a row |") :], re.M
    )
    assert {code: (a.replace("`", ""), b.replace("`", "")) for code, a, b in listed} == ROW_CURES


def test_a_list_is_not_told_to_be_empty() -> None:
    prop = {"type": "enumeration", "options": [["lead", "A lead"]]}

    result = mapping_checks.check(prop, "JSON", {"enumeration": ["TEXT", "JSON"]}, [])

    assert (result.tone, "empty" in result.text) == ("good", False)


@pytest.mark.parametrize("text", ["", "x", "eJw=", "W10="])
def test_an_address_that_nothing_packed_begins_no_push(text: str) -> None:
    assert push_draft_kept.unpacked(text) == {}


def test_an_address_has_the_choices_of_a_push_but_no_values_for_gone_rows() -> None:
    settings = {"source": {"table": "T"}, "conflicts": "keep", "removed_rows": {"set": {"a": "b"}}}
    del (kept := dict(settings))["removed_rows"]

    assert push_draft_kept.unpacked(push_draft_kept.packed(settings)) == kept


def test_a_push_to_a_custom_object_is_told_by_its_label(open_page: Open) -> None:
    view, world = filled(open_page, writer=True)
    view.fill("Table or view in Snowflake", TABLE).draw().press("Save and look at the plan")
    world.rows("UPDATE HUBSPOT_INGEST.STATE.PUSHES SET OBJECT = '2-3456789'")
    world.rows(
        "INSERT INTO HUBSPOT_INGEST.STATE.STREAMS (NAME, OBJECT_TYPE, LABEL) "
        "SELECT 'p1_pump', '2-3456789', 'Pumps'"
    )

    view = View(world).draw().press("Pushes").press("Contacts out")

    assert "to pumps" in view.text
