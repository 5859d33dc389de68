from __future__ import annotations

from typing import Any

import pytest

from hubspot_sandbox import Sandbox, WriteRules
from tests.sandboxes.hubspot.asking import CONTACTS, App, Reply, app_with, portal_with

PROPERTIES = "/crm/properties/2026-09/deals"
VALIDATIONS = "/crm/property-validations/2026-09"


def definition(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "label": name.title(),
        "type": "string",
        "fieldType": "text",
        "groupName": "dealinformation",
    } | more


def test_a_unique_property_is_unique_from_the_start_and_for_good() -> None:
    """H197."""
    app = app_with()
    reply = app.post(PROPERTIES, definition("erp_id", hasUniqueValue=True))
    assert (reply.status, reply.json["hasUniqueValue"]) == (201, True)
    change = {"hasUniqueValue": False, "label": "ERP"}
    assert app.ask("PATCH", f"{PROPERTIES}/erp_id", change).status == 400
    assert app.ask("PATCH", f"{PROPERTIES}/erp_id", {"label": "ERP"}).json["label"] == "ERP"
    assert app.ask("PATCH", f"{PROPERTIES}/dealname", {"hasUniqueValue": True}).status == 400


def test_an_object_type_has_ten_unique_properties_at_most() -> None:
    """H197."""
    app = app_with()
    statuses = [
        app.post(PROPERTIES, definition(f"key_{n}", hasUniqueValue=True)).status for n in range(11)
    ]
    assert statuses == [201] * 10 + [400]
    assert app.post(PROPERTIES, definition("no_key")).status == 201


@pytest.mark.parametrize("field", ["label", "fieldType", "groupName"])
def test_a_new_property_needs_its_fields(field: str) -> None:
    """H197."""
    body = definition("erp_id")
    del body[field]
    assert app_with().post(PROPERTIES, body).status == 400


def test_properties_are_made_in_batches() -> None:
    """H197."""
    app = app_with()
    inputs = [definition("first_new"), definition("dealname"), definition("second_new")]
    reply = app.post(f"{PROPERTIES}/batch/create", {"inputs": inputs})
    names = [row["name"] for row in reply.json["results"]]
    assert (names, reply.json["numErrors"]) == (["first_new", "second_new"], 1)


def asked_with(scopes: list[str], object_type: str, shape: str | None = None) -> Reply:
    app = App(Sandbox(portal_with(), scope_refusals=shape), token="pat-na1-writer")
    app.portal.grant(app.token, scopes)
    return app.post(f"/crm/properties/2026-09/{object_type}", definition("erp_id"))


@pytest.mark.parametrize(
    ("object_type", "scope"),
    [
        ("deals", "crm.schemas.deals.write"),
        ("tickets", "tickets"),
        ("products", "e-commerce"),
        ("2-3456789", "crm.schemas.custom.write"),
    ],
)
def test_a_property_needs_the_scope_of_schemas(object_type: str, scope: str) -> None:
    """H197."""
    assert asked_with(["crm.objects.deals.write"], object_type).status == 403
    assert asked_with([scope], object_type).status == 201


@pytest.mark.parametrize("shape", ["errors", "top"])
def test_a_write_without_its_scope_is_refused_in_one_of_two_shapes(shape: str) -> None:
    """H8, H166."""
    app = App(Sandbox(portal_with(), scope_refusals=shape), token="pat-na1-reader")
    app.portal.grant(app.token, ["crm.objects.contacts.read"])
    for reply in (app.batch("create"), asked_with([], "contacts", shape)):
        assert (reply.status, reply.json["category"]) == (403, "MISSING_SCOPES")
        place = reply.json if shape == "top" else reply.json["errors"][0]
        (scope,) = place["context"]["requiredGranularScopes"]
        assert scope in ("crm.objects.contacts.write", "crm.schemas.contacts.write")


def test_format_rules_can_be_read() -> None:
    """H182."""
    app = app_with()
    app.portal.admin_rules.validate("contacts", "zip", "ALPHANUMERIC", "NUMERIC_ONLY")
    rule = {
        "ruleType": "ALPHANUMERIC",
        "ruleArguments": ["NUMERIC_ONLY"],
        "shouldApplyNormalization": False,
    }
    assert app.get(f"{VALIDATIONS}/0-1").json["results"] == [
        {"propertyName": "zip", "propertyValidationRules": [rule]}
    ]
    assert app.get(f"{VALIDATIONS}/0-1/zip").json["results"] == [rule]
    assert app.get(f"{VALIDATIONS}/0-1/zip/rule-type/ALPHANUMERIC").json == rule
    assert app.get(f"{VALIDATIONS}/0-2").json["results"] == []


def test_a_format_rule_takes_the_place_of_one_of_its_type() -> None:
    """H182."""
    app = app_with()
    for least in ("1", "3"):
        path = f"{VALIDATIONS}/0-1/zip/rule-type/MIN_LENGTH"
        assert app.ask("PUT", path, {"ruleArguments": [least]}).status == 204
    (rule,) = app.get(f"{VALIDATIONS}/0-1/zip").json["results"]
    assert rule["ruleArguments"] == ["3"]
    reply = app.post(CONTACTS, {"properties": {"email": "a@b.c", "zip": "12"}})
    assert reply.json["errors"][0]["code"] == "MIN_LENGTH"


def test_the_creation_key_can_be_made_writable() -> None:
    """H197."""
    app = App(Sandbox(portal_with(), writes=WriteRules(partial="never")))
    app.portal.change_property("deals", "hs_unique_creation_key", read_only=False)
    row = app.get(f"{PROPERTIES}/hs_unique_creation_key").json
    assert (row["hasUniqueValue"], row["modificationMetadata"]["readOnlyValue"]) == (True, False)
    properties = {"dealname": "x", "pipeline": "default", "dealstage": "closedwon"}
    item = {"id": "k1", "idProperty": "hs_unique_creation_key", "properties": properties}
    ids = {tuple(app.batch("upsert", item, object_type="deals").ids) for _ in range(2)}
    assert ids == {tuple(app.seeded("deals"))}


@pytest.mark.parametrize(
    ("object_type", "unique"),
    [
        ("contacts", {"email", "customer_number", "hs_unique_creation_key"}),
        ("companies", {"erp_code", "hs_unique_creation_key"}),
        ("products", {"hs_sku", "hs_unique_creation_key"}),
        ("line_items", {"hs_external_id", "hs_unique_creation_key"}),
        ("tickets", {"hs_external_object_ids", "hs_unique_creation_key"}),
        ("deals", {"hs_unique_creation_key"}),
    ],
)
def test_few_properties_of_hubspots_own_are_unique(object_type: str, unique: set[str]) -> None:
    """H197."""
    rows = app_with().get(f"/crm/properties/2026-09/{object_type}").json["results"]
    assert {row["name"] for row in rows if row["hasUniqueValue"]} == unique
