from __future__ import annotations

from typing import Any

import pytest

from hubspot_sandbox import WriteRules
from hubspot_sandbox.schema.validations import RULE_TYPES, Validation
from tests.sandboxes.hubspot.asking import CONTACTS, NOW, App, Reply, app_with, app_writing

JANE = {"email": "jane@b.c"}


def written(app: App, **properties: Any) -> str | None:
    """What is stored of the one property written."""
    made = app.post(CONTACTS, {"properties": JANE | properties})
    assert made.status == 201, made.body
    (name,) = properties
    return app.portal.record("contacts", made.json["id"]).properties[name]


def refused(app: App, name: str, value: Any, version: str = "2026-09") -> tuple[str, str]:
    reply = app.batch("create", {"properties": JANE | {name: value}}, version=version)
    assert (reply.status, reply.json["category"]) == (400, "VALIDATION_ERROR")
    (error,) = reply.json["errors"]
    assert error["context"] == {"propertyName": [name]}
    assert reply.json["message"].startswith('Property values were not valid: [{"isValid":false')
    return error["code"], error["message"]


@pytest.mark.parametrize(
    ("name", "value", "code", "words"),
    [
        ("nope", "1", "PROPERTY_DOESNT_EXIST", 'Property "nope" does not exist'),
        ("loyalty_points", "1,000", "INVALID_INTEGER", "1,000 was not a valid number."),
        ("loyalty_points", "NaN", "INVALID_INTEGER", "NaN was not a valid number."),
        ("signed_up_on", "soon", "INVALID_DATE", "soon was not a valid date."),
        ("signed_up_on", "2026-01-02T10:00:00Z", "INVALID_DATE", "was not a valid date."),
        ("signed_up_on", "1579179660000", "INVALID_DATE", "is at 13:1:0.0 UTC, not midnight!"),
        ("signed_up_at_ms", "soon", "INVALID_DATE", "soon was not a valid date."),
        ("lifecyclestage", "Customer", "INVALID_OPTION", "not one of the allowed options: [subsc"),
        ("lifecyclestage", "lead;customer", "INVALID_OPTION", "lead;customer was not one of"),
        ("interests", "sales;golf", "INVALID_OPTION", "golf was not one of the allowed options: ["),
        ("vip", "Yes", "INVALID_OPTION", "allowed options: [true, false]"),
        ("hubspot_owner_id", "12", "INVALID_OWNER_ID", "12 does not exist"),
        ("email", "nobody@nowhere", "INVALID_EMAIL", "Email address nobody@nowhere is invalid"),
        ("hs_object_id", "5", "READ_ONLY_VALUE", "is a read only property"),
        ("double_points", "5", "READ_ONLY_VALUE", "is a read only property"),
        ("hs_unique_creation_key", "5", "READ_ONLY_VALUE", "is a read only property"),
        ("city", "x" * 65_537, "INVALID_LENGTH", "longer than 65536 characters"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(name: str, value: str, code: str, words: str) -> None:
    """H86."""
    refusal = refused(app_with(), name, value)
    assert refusal[0] == code
    assert words in refusal[1]


def test_read_only_properties_may_be_left_out_instead() -> None:
    """H86."""
    app = app_writing(WriteRules(ignores_read_only=True))
    made = app.post(CONTACTS, {"properties": JANE | {"double_points": "5"}})
    assert made.status == 201
    assert app.portal.record("contacts", made.json["id"]).properties["double_points"] is None


def test_a_property_is_cleared_with_empty_text() -> None:
    """H86."""
    app = app_with()
    contact = app.portal.create("contacts", {"city": "Cork"})
    app.ask("PATCH", f"{CONTACTS}/{contact}", {"properties": {"city": ""}})
    assert app.portal.record("contacts", contact).properties["city"] == ""


def test_null_leaves_the_value_there_is() -> None:
    """H178."""
    app = app_with()
    contact = app.portal.create("contacts", {"city": "Cork"})
    reply = app.ask("PATCH", f"{CONTACTS}/{contact}", {"properties": {"city": None}})
    assert (reply.status, reply.json["properties"]["city"]) == (200, "Cork")


def test_an_update_of_nothing_is_refused() -> None:
    """H178."""
    app = app_with(contacts=1)
    reply = app.batch("update", {"id": app.seeded()[0], "properties": {}})
    assert reply.status == 400
    assert reply.json["message"] == "No properties found to update, please provide at least one."


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("email", "Jane@B.C", "jane@b.c"),
        ("vip", True, "true"),
        ("loyalty_points", 12.5, "12.5"),
        ("signed_up_on", "2026-01-02", "2026-01-02"),
        ("signed_up_on", "1577836800000", "2020-01-01"),
        ("signed_up_at_ms", "1577836800000", "2020-01-01T00:00:00Z"),
        ("signed_up_at_ms", "2026-01-02T10:00:00.25+02:00", "2026-01-02T08:00:00.250Z"),
        ("interests", "sales;cms;sales", "sales;cms"),
        ("interests", "ops;x", "ops;x"),
        ("city", "x" * 65_536, "x" * 65_536),
    ],
)
def test_a_value_is_brought_into_one_form(name: str, value: object, stored: str) -> None:
    """H181."""
    assert written(app_with(), **{name: value}) == stored


def test_a_phone_number_may_be_reformatted() -> None:
    """H181."""
    app = app_writing(WriteRules(reformats_phones=True))
    assert written(app, phone="+1 (617) 555-0100") == "+16175550100"
    assert written(app_with(), phone="+1 (617) 555-0100") == "+1 (617) 555-0100"


def test_a_leading_semicolon_adds_to_what_is_chosen() -> None:
    """H181."""
    app = app_with()
    contact = app.portal.create("contacts", {"interests": "sales"})
    app.ask("PATCH", f"{CONTACTS}/{contact}", {"properties": {"interests": ";cms;sales"}})
    assert app.portal.record("contacts", contact).properties["interests"] == "sales;cms"


def stage_after(app: App, contact: str, *stages: str) -> str | None:
    reply: Reply | None = None
    for stage in stages:
        item = {"id": contact, "properties": {"lifecyclestage": stage}}
        reply = app.batch("update", item)
        assert reply.status == 200
    assert reply is not None
    shown: str | None = reply.json["results"][0]["properties"]["lifecyclestage"]
    return shown


def test_the_lifecycle_stage_moves_forward_only() -> None:
    """H179."""
    app = app_with()
    contact = app.portal.create("contacts", {"lifecyclestage": "customer"})
    assert stage_after(app, contact, "lead") == "customer"
    assert stage_after(app, contact, "evangelist") == "evangelist"
    assert stage_after(app, contact, "", "lead") == "lead"


@pytest.mark.parametrize(
    ("object_type", "properties", "missing"),
    [
        ("contacts", {"city": "Cork"}, ["email or firstname or lastname"]),
        ("companies", {"city": "Cork"}, ["name or domain"]),
        ("deals", {"dealname": "x"}, ["dealstage", "pipeline"]),
        ("notes", {"hs_note_body": "x"}, ["hs_timestamp"]),
    ],
)
def test_a_new_record_needs_some_properties(
    object_type: str, properties: dict[str, str], missing: list[str]
) -> None:
    """H180."""
    reply = app_with().batch("create", {"properties": properties}, object_type=object_type)
    assert (reply.status, reply.json["context"]) == (400, {"properties": missing})
    assert reply.json["message"].endswith("Some required properties were not set.")


def test_a_portal_can_need_none() -> None:
    """H180."""
    app = app_writing(WriteRules(required={}))
    assert app.batch("create", {"properties": {"city": "Cork"}}).status == 201


@pytest.mark.parametrize(("version", "status"), [("2026-09", 400), ("2026-03", 201), ("v3", 201)])
def test_format_rules_of_admins_hold_from_2026_09_on(version: str, status: int) -> None:
    """H182."""
    app = app_with()
    app.portal.admin_rules.validate("contacts", "zip", "ALPHANUMERIC", "NUMERIC_ONLY")
    item = {"properties": JANE | {"zip": "D02"}}
    assert app.batch("create", item, version=version).status == status


def test_a_broken_format_rule_is_named() -> None:
    """H182."""
    app = app_with()
    app.portal.admin_rules.validate("contacts", "zip", "REGEX", "[0-9]+", "Digits only")
    assert refused(app, "zip", "D02") == ("REGEX", "Digits only")


RULES = {
    "ALPHANUMERIC": (("ALPHA_ONLY",), "abc", "ab1"),
    "REGEX": (("[A-Z]+", "Must be upper case"), "ABC", "abc"),
    "MIN_LENGTH": (("2",), "ab", "a"),
    "MAX_LENGTH": (("2",), "ab", "abc"),
    "MIN_NUMBER": (("-10.5",), "-10.5", "-11"),
    "MAX_NUMBER": (("99.99",), "99.99", "100"),
    "DECIMAL": (("2",), "1.25", "1.255"),
    "EMAIL": ((), "a@b.c", "a@b"),
    "EMAIL_ALLOWED_DOMAINS": (("b.c",), "a@b.c", "a@d.e"),
    "EMAIL_BLOCKED_DOMAINS": (("b.c",), "a@d.e", "a@b.c"),
    "URL": ((), "https://b.c/d", "b c"),
    "URL_ALLOWED_DOMAINS": (("b.c",), "https://b.c/d", "https://d.e"),
    "URL_BLOCKED_DOMAINS": (("b.c",), "https://d.e", "https://b.c/d"),
    "DOMAIN": ((), "b.c", "https://b.c"),
    "FORMAT": (("UPPER",), "ABC", "Abc"),
    "WHITESPACE": (("TRIM",), "a b", " a"),
    "SPECIAL_CHARACTERS": (("NOT_ALLOWED",), "a b", "a&b"),
    "PHONE_NUMBER_WITH_EXPLICIT_COUNTRY_CODE": ((), "+353 1 555 0100", "01 555 0100"),
    "START_DATE": (("1640995200000",), "2022-01-01", "2021-12-31"),
    "END_DATE": (("1640995200000",), "2022-01-01", "2022-01-02"),
    "START_DATETIME": (("1640995200000",), "2022-01-01T00:00:00Z", "2021-12-31T23:59:59Z"),
    "END_DATETIME": (("1640995200000",), "2022-01-01T00:00:00Z", "2022-01-01T00:00:01Z"),
    "BEFORE_DURATION": (("P30D",), "2026-08-01", "2026-09-20"),
    "AFTER_DURATION": (("P7D",), "2026-10-01", "2026-09-22"),
    "BEFORE_DATETIME_DURATION": (("P1M",), "2026-08-01T00:00:00Z", "2026-09-20T00:00:00Z"),
    "AFTER_DATETIME_DURATION": (("P1Y",), "2027-10-01T00:00:00Z", "2026-10-01T00:00:00Z"),
    "DAYS_OF_WEEK": (("MONDAY", "FRIDAY"), "2026-09-21", "2026-09-22"),
}


@pytest.mark.parametrize("rule_type", RULE_TYPES)
def test_every_format_rule_tells_good_values_from_bad_ones(rule_type: str) -> None:
    """H182."""
    arguments, good, bad = RULES[rule_type]
    rule = Validation(rule_type, arguments)
    assert (rule.allows(good, NOW), rule.allows(bad, NOW)) == (True, False)


@pytest.mark.parametrize(("version", "status"), [("2026-09", 400), ("v3", 201)])
def test_the_create_form_asks_for_properties_from_2026_09_on(version: str, status: int) -> None:
    """H183."""
    app = app_with()
    app.portal.admin_rules.require_on_create("contacts", "zip")
    reply = app.batch("create", {"properties": JANE}, version=version)
    assert reply.status == status
    if status == 400:
        assert reply.json["errors"] == [
            {
                "message": "A value for zip must be provided",
                "code": "MISSING_REQUIRED_PROPERTY",
                "context": {"propertyName": ["zip"]},
            }
        ]


@pytest.mark.parametrize(("version", "status"), [("2026-09", 400), ("2026-03", 200)])
def test_a_value_can_make_another_property_required(version: str, status: int) -> None:
    """H183."""
    app = app_with()
    app.portal.admin_rules.require_when("contacts", "zip", "country", ["Ireland"])
    contact = app.portal.create("contacts", {})
    properties = {"country": "Ireland"}
    item = {"id": contact, "properties": properties}
    reply = app.batch("update", item, version=version)
    assert reply.status == status
    if status == 400:
        (error,) = reply.json["errors"]
        assert error["code"] == "MISSING_CONDITIONAL_REQUIRED_PROPERTY"
        assert error["message"].endswith("conditional property rule based on [country]")
        properties["zip"] = "D02"
        assert app.batch("update", item, version=version).status == 200


@pytest.mark.parametrize(("modifies", "moved"), [(False, False), (True, True)])
def test_writing_the_value_there_is_may_modify_the_record(modifies: bool, moved: bool) -> None:
    """H184."""
    app = app_writing(WriteRules(equal_values_modify=modifies), contacts=1)
    (contact,) = app.seeded()
    before = app.portal.record("contacts", contact)
    item = {"id": contact, "properties": {"city": before.properties["city"] or ""}}
    assert app.batch("update", item).status == 200
    assert (app.portal.record("contacts", contact).updated_at != before.updated_at) is moved


def test_a_record_names_the_app_that_made_it() -> None:
    """H185."""
    app = app_with()
    made = app.post(CONTACTS, {"properties": JANE}).json["id"]
    properties = app.portal.record("contacts", made).properties
    assert properties["hs_object_source"] == properties["hs_object_source_label"] == "INTEGRATION"
    assert properties["hs_object_source_id"]


def test_the_history_of_a_value_names_the_app_that_wrote_it() -> None:
    """H185."""
    app = app_with()
    contact = app.portal.create("contacts", {"city": "Cork"}, at=NOW - 1)
    app.batch("update", {"id": contact, "properties": {"city": "Rome"}})
    record = app.get(f"{CONTACTS}/{contact}", propertiesWithHistory="city").json
    newest, oldest = record["propertiesWithHistory"]["city"]
    assert (newest["value"], newest["sourceType"]) == ("Rome", "INTEGRATION")
    assert (oldest["sourceType"], newest["sourceId"] != oldest["sourceId"]) == ("CRM_UI", True)
