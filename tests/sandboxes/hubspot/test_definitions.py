from __future__ import annotations

from typing import Any

from hubspot_sandbox import Sandbox
from tests.sandboxes.hubspot.asking import CONTACTS, NOW, App, app_with, portal_with, where

PROPERTIES = "/crm/properties/2026-09/contacts"


def by_name(app: App, **query: Any) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in app.get(PROPERTIES, **query).json["results"]}


def test_properties_of_every_type_come_all_at_once() -> None:
    """H60."""
    types = {row["type"] for row in by_name(app_with()).values()}
    assert types == {
        "string", "number", "date", "datetime", "enumeration", "bool", "phone_number",
        "object_coordinates", "json",
    }  # fmt: skip


def test_contacts_have_more_than_sixty_properties() -> None:
    """H60."""
    assert len(by_name(app_with())) > 60


def test_the_field_type_does_not_tell_the_type() -> None:
    """H60."""
    row = by_name(app_with())["createdate"]
    assert (row["type"], row["fieldType"]) == ("datetime", "date")


def test_owner_ids_are_an_enumeration_without_options() -> None:
    """H60."""
    row = by_name(app_with())["hubspot_owner_id"]
    assert (row["options"], row["referencedObjectType"]) == ([], "OWNER")


def test_an_identifier_can_be_declared_a_number() -> None:
    """H60."""
    row = by_name(app_with())["associatedcompanyid"]
    assert (row["type"], row["referencedObjectType"]) == ("number", "COMPANY")


def test_a_deleted_property_is_listed_only_among_the_archived() -> None:
    """H61."""
    app = app_with(contacts=1)
    app.portal.archive_property("contacts", "vip")
    assert "vip" not in by_name(app)
    assert by_name(app, archived="true")["vip"]["archived"] is True


def test_a_deleted_property_asked_for_is_ignored() -> None:
    """H61."""
    app = app_with(contacts=1)
    app.portal.archive_property("contacts", "vip")
    assert "vip" not in app.get(CONTACTS, properties="vip").json["results"][0]["properties"]


def test_sensitive_properties_are_listed_on_request_only() -> None:
    """H62."""
    app = app_with()
    assert "passport_number" not in by_name(app)
    assert set(by_name(app, dataSensitivity="sensitive")) == {"passport_number"}
    assert set(by_name(app, dataSensitivity="highly_sensitive")) == {"bank_account"}


def test_sensitive_values_need_their_own_scope() -> None:
    """H62."""
    portal = portal_with()
    portal.create("contacts", {"passport_number": "X1"})
    portal.grant("pat-na1-limited", ["crm.objects.contacts.read"])
    limited = App(Sandbox(portal), "pat-na1-limited")
    full = App(Sandbox(portal))
    values = [
        app.get(CONTACTS, properties="passport_number").json["results"][0]["properties"]
        for app in (limited, full)
    ]
    assert [value["passport_number"] for value in values] == [None, "X1"]


def test_highly_sensitive_properties_cannot_be_searched() -> None:
    """H62."""
    assert app_with().search(where("bank_account", "HAS_PROPERTY")).status == 400


def test_the_content_of_emails_needs_its_own_scope() -> None:
    """H62."""
    portal = portal_with(emails=1)
    portal.grant("pat-na1-limited", ["crm.objects.contacts.read"])
    app = App(Sandbox(portal), "pat-na1-limited")
    reply = app.get("/crm/objects/2026-09/emails", properties="hs_email_html")
    assert reply.json["results"][0]["properties"]["hs_email_html"] is None


def test_a_recalculated_property_leaves_the_modification_time() -> None:
    """H63."""
    app = app_with(contacts=1)
    first = app.seeded()[0]
    before = app.portal.record("contacts", first).updated_at
    app.portal.recalculate("contacts", first, {"double_points": "88"})
    after = app.portal.record("contacts", first)
    assert (after.updated_at, after.properties["double_points"]) == (before, "88")
    assert app.search(where("lastmodifieddate", "GTE", NOW)).ids == []


def test_creating_an_archived_name_restores_the_property_with_its_values() -> None:
    """H64."""
    app = app_with()
    app.portal.create("contacts", {"vip": "Yes"})
    app.ask("DELETE", f"{PROPERTIES}/vip")
    reply = app.post(PROPERTIES, {"name": "vip", "type": "bool", "fieldType": "booleancheckbox"})
    record = app.get(CONTACTS, properties="vip").json["results"][0]
    assert (reply.status, record["properties"]["vip"]) == (201, "Yes")


def test_creating_a_name_that_exists_is_a_conflict() -> None:
    """H64."""
    reply = app_with().post(PROPERTIES, {"name": "email", "type": "string", "fieldType": "text"})
    assert (reply.status, reply.json["category"]) == (409, "OBJECT_ALREADY_EXISTS")
    assert reply.json["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"


def test_names_of_new_properties_are_lower_case() -> None:
    """H65."""
    reply = app_with().post(PROPERTIES, {"name": "Big", "type": "string", "fieldType": "text"})
    assert reply.status == 400


def test_old_portals_hold_names_that_could_not_be_made_today() -> None:
    """H65."""
    assert "2nd_choice-old" in by_name(app_with())


def test_a_property_added_is_empty_on_every_record() -> None:
    """H61."""
    app = app_with(contacts=2)
    app.portal.add_property("contacts", "shoe_size", "number", label="Shoe size")
    assert by_name(app)["shoe_size"]["label"] == "Shoe size"
    assert {record.properties["shoe_size"] for record in app.portal.records("contacts")} == {None}


def test_schemas_can_be_read_with_the_schema_scope_alone() -> None:
    """H8."""
    portal = portal_with()
    portal.grant("pat-na1-schemas", ["crm.schemas.contacts.read"])
    assert App(Sandbox(portal), "pat-na1-schemas").get(PROPERTIES).status == 200
