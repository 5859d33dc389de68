from __future__ import annotations

from typing import Any

from hubspot_sandbox.times import iso
from tests.sandboxes.hubspot.asking import CONTACTS, NOW, App, app_with


def history(app: App, id_: str, name: str, object_type: str = "contacts") -> list[dict[str, Any]]:
    reply = app.get(f"/crm/objects/2026-09/{object_type}/{id_}", propertiesWithHistory=name)
    revisions: list[dict[str, Any]] = reply.json["propertiesWithHistory"][name]
    return revisions


def test_history_comes_newest_first() -> None:
    """H53."""
    app = app_with(contacts=1)
    first = app.seeded()[0]
    for n in range(2):
        app.portal.update("contacts", first, {"city": f"city {n}"}, at=NOW + n)
    revisions = history(app, first, "city")
    assert [revision["value"] for revision in revisions[:2]] == ["city 1", "city 0"]
    assert revisions[0]["timestamp"] == iso(NOW + 1)
    assert revisions[0]["sourceType"] == "CRM_UI"


def test_history_keeps_forty_five_revisions_of_a_contact_and_twenty_of_others() -> None:
    """H53."""
    app = app_with(contacts=1, companies=1)
    contact, company = app.seeded()[0], app.seeded("companies")[0]
    for n in range(60):
        app.portal.update("contacts", contact, {"city": f"city {n}"}, at=NOW + n)
        app.portal.update("companies", company, {"city": f"city {n}"}, at=NOW + n)
    assert len(history(app, contact, "city")) == 45
    assert len(history(app, company, "city", "companies")) == 20


def test_setting_a_property_to_what_it_was_is_no_revision() -> None:
    """H53."""
    app = app_with()
    made = app.portal.create("contacts", {"city": "Cork"})
    app.portal.update("contacts", made, {"city": "Cork"}, at=NOW + 5)
    assert len(history(app, made, "city")) == 1


def test_a_recalculated_property_has_a_fresh_revision() -> None:
    """H53, H63."""
    app = app_with(contacts=1)
    first = app.seeded()[0]
    app.portal.recalculate("contacts", first, {"double_points": "88"}, at=NOW)
    assert history(app, first, "double_points")[0]["timestamp"] == iso(NOW)


def test_the_newest_revision_is_the_present_value() -> None:
    """H53."""
    app = app_with(contacts=40)
    reply = app.get(
        CONTACTS, limit=50, properties="lifecyclestage", propertiesWithHistory="lifecyclestage"
    )
    for record in reply.json["results"]:
        value = record["properties"]["lifecyclestage"]
        if value is not None:
            assert record["propertiesWithHistory"]["lifecyclestage"][0]["value"] == value


def test_a_batch_read_answers_history_too() -> None:
    """H54."""
    app = app_with(contacts=1)
    body = {"inputs": [{"id": app.seeded()[0]}], "propertiesWithHistory": ["email"]}
    record = app.post(f"{CONTACTS}/batch/read", body).json["results"][0]
    assert record["propertiesWithHistory"]["email"][0]["value"] == "person0@example0.com"
