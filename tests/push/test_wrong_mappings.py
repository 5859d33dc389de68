"""Everything that can be wrong with a mapping is refused before anything is sent, with a cure."""

from __future__ import annotations

import json
from typing import Any

from hubspot_ingest.errors import IngestError
from tests.push.push_world import SOURCE, PushWorld

DEALS: dict[str, Any] = {"match": ..., "object": "deals", "properties": {"dealname": "EMAIL"}}
# What is wrong, the settings that say so, the code of the refusal, and words of its cure.
WRONG_SETTINGS: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown property": (
        {"properties": {"firstnam": "FIRST_NAME"}}, "PROPERTY_UNKNOWN", "mean 'firstname'",
    ),
    "read-only property": (
        {"properties": {"createdate": "SINCE"}}, "PROPERTY_READ_ONLY", "take it out",
    ),
    "wrong type": (
        {"properties": {"loyalty_points": "ACTIVE"}}, "INVALID_SETTINGS", "cast it in a view",
    ),
    "bad option": (
        {"removed_rows": {"set": {"lifecyclestage": "led"}}}, "INVALID_SETTINGS", "mean 'lead'",
    ),
    "bad number": (
        {"removed_rows": {"set": {"loyalty_points": "1,5"}}}, "INVALID_SETTINGS", "without commas",
    ),
    "missing key": ({"key": "CUSTOMER"}, "KEY_MISSING", "'CUSTOMER_ID'"),
    "missing column": (
        {"properties": {"firstname": "FIRST_NAM"}}, "INVALID_SETTINGS", "'FIRST_NAME'",
    ),
    "record id as a property": (
        {"properties": {"hs_object_id": "CUSTOMER_ID"}}, "INVALID_SETTINGS", "'match'",
    ),
    "no properties": ({"properties": ...}, "INVALID_SETTINGS", "'properties'"),
    "match that is not unique": (
        {"match": {"firstname": "FIRST_NAME"}}, "MATCH_NOT_UNIQUE", "customer_number",
    ),
    "nothing to match by": (DEALS, "EXTERNAL_ID_MISSING", "create_external_id('deals')"),
    "create without an external id": (
        {"strategy": "create"}, "EXTERNAL_ID_MISSING", "create_external_id",
    ),
    "duplicates possible": ({"external_id": None}, "INVALID_SETTINGS", "duplicates_possible"),
    "external id that is not unique": (
        {"external_id": "firstname"}, "EXTERNAL_ID_MISSING", "firstname",
    ),
    "unreadable source": (
        {"source": {**SOURCE, "table": "NOBODY"}}, "SOURCE_UNREADABLE", "GRANT SELECT ON TABLE",
    ),
    "no write right": ({"connection": ...}, "WRITES_NOT_ALLOWED", '"writes": true'),
    "unknown connection": ({"connection": "nobody"}, "UNKNOWN_CONNECTION", "nobody"),
    "contested property": (
        {"properties": {"city": "FIRST_NAME"}}, "PROPERTY_CONTESTED", "take it out of one",
    ),
    "no CRM object": ({"object": "owners"}, "UNKNOWN_STREAM", "no CRM object"),
    "unknown setting": ({"colour": "red"}, "INVALID_SETTINGS", "unknown setting 'colour'"),
    "unknown choice": ({"conflicts": "shout"}, "INVALID_SETTINGS", "'conflicts'"),
    "links from a text": (
        {"associations": {"EMAIL": {"to": "companies"}}}, "INVALID_SETTINGS", "OBJECT",
    ),
    "no schedule": ({"schedule": "now and then"}, "INVALID_SETTINGS", "schedule"),
}  # fmt: skip


def refusal(world: PushWorld, changes: dict[str, Any]) -> tuple[str, str]:
    """The code and the words with which settings are refused."""
    try:
        return "OK", str(world.configure_push("wrong", **changes))
    except IngestError as error:
        return error.response_code, error.message


def test_each_wrong_setting_is_refused_with_its_code_and_cure(push_world: PushWorld) -> None:
    push_world.configure_push("other", properties={"city": "EMAIL"})
    before = push_world.stored()
    outcomes = {}
    for what, (changes, _, words) in WRONG_SETTINGS.items():
        code, message = refusal(push_world, changes)
        outcomes[what] = (code, words in message or message)
    assert outcomes == {what: (code, True) for what, (_, code, _) in WRONG_SETTINGS.items()}
    assert {**push_world.stored(), "PORTALS": []} == {**before, "PORTALS": []}
    assert push_world.truth() == {}


def test_a_credential_without_the_scope_to_write_is_refused(push_world: PushWorld) -> None:
    push_world.portal.grant("pat-na1-reader", ["crm.objects.contacts.read"])
    push_world.token = "pat-na1-reader"
    code, message = refusal(push_world, {})
    assert (code, "crm.objects.contacts.write" in message or message) == ("SCOPE_MISSING", True)


# What is wrong with a row: its values, the code, the property, and words of the message.
WRONG_ROWS: dict[str, tuple[dict[str, Any], str, str | None, str]] = {
    "wrong type": ({"FIRST_NAME": "1,5"}, "NOT_A_NUMBER", "loyalty_points", "without commas"),
    "bad option": ({"STAGE": "led"}, "NOT_AN_OPTION", "lifecyclestage", "did you mean 'lead'"),
    "several options": ({"STAGE": "lead;customer"}, "NOT_AN_OPTION", "lifecyclestage", "one"),
    "broken rule": ({"SCORE": 12345}, "BROKE_RULE", "zip", "12345' breaks a rule of zip: MAX_LE"),
    "no match": ({"EMAIL": None}, "MATCH_NULL", "email", "EMAIL"),
    "no e-mail address": ({"EMAIL": "nobody"}, "EMAIL_INVALID", "email", "nobody"),
    "twins": ({"EMAIL": "C9@example.com"}, "AMBIGUOUS_MATCH", "email", "2 rows"),
    "null key": ({"CUSTOMER_ID": None}, "KEY_NULL", None, "key"),
    "duplicate key": ({"CUSTOMER_ID": 99}, "KEY_DUPLICATE", None, "2 rows"),
    "too long": ({"STAGE": "lead", "EMAIL": f"{'x' * 65_536}@b.org"}, "TOO_LONG", "email", "65542"),
}  # fmt: skip


def test_each_wrong_row_is_named_by_its_reason_and_the_others_are_sent(
    push_world: PushWorld,
) -> None:
    push_world.portal.admin_rules.validate("contacts", "zip", "MAX_LENGTH", "4")
    push_world.configure_push(
        properties={"loyalty_points": "FIRST_NAME", "lifecyclestage": "STAGE", "zip": "SCORE"}
    )
    push_world.database.rows("DELETE FROM MARTS.CRM.CUSTOMERS")
    good = {"FIRST_NAME": "12.50", "SCORE": 1}
    rows = [{"CUSTOMER_ID": 9, "EMAIL": "c9@example.com"}, {"CUSTOMER_ID": 99, "EMAIL": "x@b.org"}]
    expected: dict[str, tuple[str, str | None, bool | str]] = {}
    for number, (what, (values, code, name, _)) in enumerate(WRONG_ROWS.items()):
        row = {"CUSTOMER_ID": 100 + number, "EMAIL": f"c{100 + number}@example.com", **values}
        rows.append(row)
        expected[what] = (code, name, True)
    for row in [*rows, {"CUSTOMER_ID": 1, "EMAIL": "c1@example.com", "STAGE": "lead"}]:
        push_world.insert({**good, **row})
    plan = push_world.plan()
    codes = [code for code, _, _ in expected.values()] + ["AMBIGUOUS_MATCH"]
    assert plan["invalid"] == {code: codes.count(code) for code in set(codes)}
    planned = {row["ROW_KEY"]: row for row in push_world.push_rows("PUSH_PLAN_ROWS")}
    outcomes = {}
    for number, (what, (values, _, _, words)) in enumerate(WRONG_ROWS.items()):
        key = values.get("CUSTOMER_ID", 100 + number)
        row = planned[None if key is None else str(key)]
        message = str(row["MESSAGE"])
        outcomes[what] = (row["CODE"], row["PROPERTY"], words in message or message)
    assert outcomes == expected
    assert push_world.truth() == {}
    run = push_world.pushed()
    assert (run["rows_created"], run["rows_invalid"]) == (1, len(codes))
    assert push_world.record_of("c1@example.com")["loyalty_points"] == "12.5"
    again = push_world.pushed()
    # the row without a key is nobody's, and is told each time
    assert (again["rows_changed"], again["rows_invalid"]) == (1, 1)


def test_a_value_that_is_not_sent_breaks_no_rule(push_world: PushWorld) -> None:
    push_world.portal.create("contacts", {"email": "c1@example.com", "zip": "10"})
    push_world.portal.admin_rules.validate("contacts", "zip", "MIN_LENGTH", "5")
    push_world.database.rows("DELETE FROM MARTS.CRM.CUSTOMERS WHERE CUSTOMER_ID > 1")
    push_world.configure_push(properties={"zip": "SCORE", "firstname": "FIRST_NAME"})
    assert push_world.plan()["invalid"] == {}
    [row] = push_world.push_rows("PUSH_PLAN_ROWS")
    assert json.loads(row["CHANGED"]) == {"firstname": [None, "Name 1"]}


def test_a_row_that_broke_a_rule_is_looked_at_again_once_the_rule_changed(
    push_world: PushWorld,
) -> None:
    push_world.portal.admin_rules.validate("contacts", "zip", "MAX_LENGTH", "2")
    push_world.configure_push(properties={"zip": "EMAIL"})
    assert push_world.pushed()["rows_invalid"] == 3
    assert push_world.pushed()["rows_changed"] == 0
    push_world.portal.admin_rules.validate("contacts", "zip", "MAX_LENGTH", "20")
    assert push_world.pushed()["rows_created"] == 3
