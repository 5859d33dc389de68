from __future__ import annotations

from typing import Any

import pytest

from tests.sandboxes.hubspot.asking import CONTACTS, NOW, App, app_with


def batch(app: App, what: str, *inputs: dict[str, Any]) -> Any:
    return app.post(f"{CONTACTS}/batch/{what}", {"inputs": list(inputs)})


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


def test_one_bad_input_fails_a_whole_batch() -> None:
    """H85."""
    app = app_with()
    reply = batch(app, "create", {"properties": {"email": "a@b.c"}}, {"properties": {"nope": "1"}})
    assert (reply.status, app.seeded()) == (400, [])


def test_trace_ids_let_the_good_inputs_of_a_batch_through() -> None:
    """H85."""
    app = app_with()
    reply = batch(
        app,
        "create",
        {"properties": {"email": "a@b.c"}, "objectWriteTraceId": "1"},
        {"properties": {"nope": "1"}, "objectWriteTraceId": "2"},
    )
    assert (reply.status, reply.ids) == (207, app.seeded())
    assert reply.json["errors"][0]["context"] == {"objectWriteTraceId": ["2"]}


def test_a_batch_write_takes_a_hundred_inputs() -> None:
    """H85."""
    inputs = [{"properties": {"city": "x"}}] * 101
    assert batch(app_with(), "create", *inputs).status == 400


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"nope": "1"}, "PROPERTY_DOESNT_EXIST"),
        ({"loyalty_points": "1,000"}, "INVALID_INTEGER"),
        ({"signed_up_on": "soon"}, "INVALID_DATE"),
        ({"lifecyclestage": "Customer"}, "INVALID_OPTION"),
        ({"hs_object_id": "5"}, "READ_ONLY_VALUE"),
        ({"double_points": "5"}, "READ_ONLY_VALUE"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(properties: dict[str, str], code: str) -> None:
    """H86."""
    reply = app_with().post(CONTACTS, {"properties": properties})
    assert (reply.status, reply.json["category"]) == (400, "VALIDATION_ERROR")
    assert reply.json["errors"][0]["code"] == code


def test_a_property_is_cleared_with_empty_text() -> None:
    """H86."""
    app = app_with()
    made = app.portal.create("contacts", {"city": "Cork"})
    app.ask("PATCH", f"{CONTACTS}/{made}", {"properties": {"city": ""}})
    assert app.portal.record("contacts", made).properties["city"] == ""


def test_an_email_that_exists_is_a_conflict_naming_the_other_record() -> None:
    """H87."""
    app = app_with()
    first = app.portal.create("contacts", {"email": "a@b.c"})
    reply = app.post(CONTACTS, {"properties": {"email": "A@B.C"}})
    assert (reply.status, reply.json["category"]) == (409, "CONFLICT")
    assert reply.json["message"] == f"Contact already exists. Existing ID: {first}"


def test_an_upsert_updates_what_is_there_and_creates_the_rest() -> None:
    """H88."""
    app = app_with()
    first = app.portal.create("contacts", {"email": "a@b.c"})
    reply = batch(
        app,
        "upsert",
        {"id": "a@b.c", "idProperty": "email", "properties": {"city": "Cork"}},
        {"id": "new@b.c", "idProperty": "email", "properties": {"city": "Rome"}},
    )
    assert [result["new"] for result in reply.json["results"]] == [False, True]
    assert app.portal.record("contacts", first).properties["city"] == "Cork"
    assert app.portal.record("contacts", reply.ids[1]).properties["email"] == "new@b.c"


def test_a_key_given_twice_in_a_batch_is_refused() -> None:
    """H88."""
    one = {"id": "a@b.c", "idProperty": "email", "properties": {}}
    assert batch(app_with(), "upsert", one, one).status == 400


def test_a_batch_update_refuses_the_id_of_a_merged_away_record() -> None:
    """H57."""
    app = app_with(contacts=2)
    first, second = app.seeded()
    merged = app.post(f"{CONTACTS}/merge", {"primaryObjectId": first, "objectIdToMerge": second})
    assert merged.status == 200
    reply = batch(app, "update", {"id": first, "properties": {"city": "x"}})
    assert reply.status == 404
    single = app.ask("PATCH", f"{CONTACTS}/{first}", {"properties": {"city": "x"}})
    assert single.json["id"] == merged.json["id"]


def test_records_are_archived_by_request() -> None:
    """H55."""
    app = app_with(contacts=3)
    first, second, third = app.seeded()
    assert app.ask("DELETE", f"{CONTACTS}/{first}").status == 204
    assert batch(app, "archive", {"id": second}).status == 204
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
    assert app.post(path, body).status == 204
    assert app.get(f"{CONTACTS}/{contact}/associations/companies").json["results"] == []


def test_writes_need_the_write_scope() -> None:
    """H8."""
    app = app_with()
    app.portal.grant("pat-na1-reader", ["crm.objects.contacts.read"])
    app.token = "pat-na1-reader"
    assert app.post(CONTACTS, {"properties": {}}).status == 403
