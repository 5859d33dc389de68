from __future__ import annotations

from tests.sandboxes.hubspot.asking import CONTACTS, NOW, app_with


def test_a_created_record_can_be_read() -> None:
    """H85."""
    app = app_with()
    made = app.post(CONTACTS, {"properties": {"email": "a@b.c", "vip": True}})
    assert made.status == 201
    assert app.portal.record("contacts", made.json["id"]).properties["vip"] == "true"


def test_an_update_moves_the_modification_time() -> None:
    """H85."""
    app = app_with(contacts=1)
    path = f"{CONTACTS}/{app.seeded()[0]}"
    reply = app.ask("PATCH", path, {"properties": {"city": "Cork"}})
    assert (reply.json["properties"]["city"], reply.json["updatedAt"]) == (
        "Cork",
        "2026-09-21T14:13:20Z",
    )


def test_an_email_that_exists_is_a_conflict_naming_the_other_record() -> None:
    """H87."""
    app = app_with()
    first = app.portal.create("contacts", {"email": "a@b.c"})
    reply = app.post(CONTACTS, {"properties": {"email": "A@B.C"}})
    assert (reply.status, reply.json["category"]) == (409, "CONFLICT")
    assert reply.json["message"] == f"Contact already exists. Existing ID: {first}"


def test_a_batch_update_refuses_the_id_of_a_merged_away_record() -> None:
    """H57."""
    app = app_with(contacts=2)
    first, second = app.seeded()
    merged = app.post(f"{CONTACTS}/merge", {"primaryObjectId": first, "objectIdToMerge": second})
    assert merged.status == 200
    reply = app.batch("update", {"id": first, "properties": {"city": "x"}})
    assert reply.json["errors"][0]["context"] == {"ids": [first]}
    single = app.ask("PATCH", f"{CONTACTS}/{first}", {"properties": {"city": "x"}})
    assert single.json["id"] == merged.json["id"]


def test_records_are_archived_by_request() -> None:
    """H55."""
    app = app_with(contacts=3)
    first, second, third = app.seeded()
    assert app.ask("DELETE", f"{CONTACTS}/{first}").status == 204
    assert app.batch("archive", {"id": second}).status == 204
    assert app.seeded() == [third]
    assert app.portal.record("contacts", first).archived_at == NOW


def test_a_gdpr_delete_by_email_leaves_nothing() -> None:
    """H58."""
    app = app_with()
    app.portal.create("contacts", {"email": "a@b.c"})
    body = {"objectId": "a@b.c", "idProperty": "email"}
    assert app.post(f"{CONTACTS}/gdpr-delete", body).status == 204
    assert app.get(CONTACTS).ids == app.get(CONTACTS, archived="true").ids == []


def test_a_record_can_be_created_with_its_associations() -> None:
    """H89."""
    app = app_with(companies=1)
    company = app.seeded("companies")[0]
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]
    made = app.post(
        CONTACTS,
        {
            "properties": {"email": "a@b.c"},
            "associations": [{"to": {"id": company}, "types": types}],
        },
    )
    links = app.get(f"{CONTACTS}/{made.json['id']}/associations/companies").json["results"]
    assert [link["toObjectId"] for link in links] == [company]


def test_removing_the_unlabelled_type_removes_all() -> None:
    """H89."""
    app = app_with(contacts=1, companies=1)
    contact, company = app.seeded()[0], app.seeded("companies")[0]
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 279}]
    body = {"inputs": [{"from": {"id": contact}, "to": {"id": company}, "types": types}]}
    path = "/crm/associations/2026-09/contacts/companies/batch/labels/archive"
    assert app.post(path, body).status == 200
    assert app.get(f"{CONTACTS}/{contact}/associations/companies").json["results"] == []


def test_writes_need_the_write_scope() -> None:
    """H8."""
    app = app_with()
    app.portal.grant("pat-na1-reader", ["crm.objects.contacts.read"])
    app.token = "pat-na1-reader"
    assert app.post(CONTACTS, {"properties": {}}).status == 403
