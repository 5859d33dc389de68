from __future__ import annotations

from typing import Any

import pytest

from hubspot_sandbox import WriteRules
from tests.sandboxes.hubspot.asking import App, app_with, app_writing

GOOD: dict[str, Any] = {"properties": {"email": "a@b.c"}, "objectWriteTraceId": "1"}
BAD: dict[str, Any] = {"properties": {"email": "d@e.f", "nope": "1"}, "objectWriteTraceId": "2"}


def untraced(item: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key != "objectWriteTraceId"}


def keyed(key: str, text: str, **properties: str) -> dict[str, Any]:
    return {"id": text, "idProperty": key, "properties": properties}


def test_one_bad_input_fails_a_whole_batch() -> None:
    """H85."""
    app = app_with()
    reply = app.batch("create", untraced(GOOD), untraced(BAD))
    assert (reply.status, app.seeded()) == (400, [])


@pytest.mark.parametrize("what", ["create", "upsert"])
def test_trace_ids_let_the_good_inputs_of_a_batch_through(what: str) -> None:
    """H85."""
    app = app_with()
    keys = {"idProperty": "email"} if what == "upsert" else {}
    inputs = [{**item, "id": item["properties"]["email"], **keys} for item in (BAD, GOOD)]
    reply = app.batch(what, *inputs)
    assert reply.ids == app.seeded()
    error = reply.json["errors"][0]
    assert (error["context"], reply.json["numErrors"]) == ({"objectWriteTraceId": ["2"]}, 1)
    assert error["errors"][0]["code"] == "PROPERTY_DOESNT_EXIST"


def test_trace_ids_may_not_help() -> None:
    """H85."""
    app = app_writing(WriteRules(partial="never"))
    assert (app.batch("create", GOOD, BAD).status, app.seeded()) == (400, [])


def test_a_refused_batch_may_have_written_what_came_before_the_bad_input() -> None:
    """H85."""
    app = app_writing(WriteRules(keeps_before_refusal=True))
    reply = app.batch("create", untraced(GOOD), untraced(BAD))
    assert (reply.status, len(app.seeded())) == (400, 1)


def test_two_new_records_of_one_batch_cannot_share_a_unique_value() -> None:
    """H85."""
    app = app_with()
    reply = app.batch("create", untraced(GOOD), untraced(GOOD))
    assert (reply.status, app.seeded()) == (409, [])


def test_a_batch_write_takes_a_hundred_inputs() -> None:
    """H85."""
    assert app_with().batch("create", *[GOOD] * 101).status == 400


@pytest.mark.parametrize(
    ("version", "what", "status"),
    [
        ("2026-09", "create", 201),
        ("2026-03", "create", 207),
        ("v3", "create", 207),
        ("2026-09", "upsert", 200),
        ("v3", "upsert", 207),
    ],
)
def test_a_partial_answer_is_a_207_before_2026_09(version: str, what: str, status: int) -> None:
    """H175."""
    app = app_with()
    inputs = [
        {**item, "id": item["properties"]["email"], "idProperty": "email"} for item in (GOOD, BAD)
    ]
    reply = app.batch(what, *inputs, version=version)
    assert (reply.status, len(reply.json["results"])) == (status, 1)


def test_the_status_of_a_partial_answer_can_be_set() -> None:
    """H175."""
    assert app_writing(WriteRules(partial_status=207)).batch("create", GOOD, BAD).status == 207


def test_results_come_in_another_order_than_the_inputs() -> None:
    """H176."""
    app = app_with(contacts=12)
    sent = [{"id": id_, "properties": {"city": "Cork"}} for id_ in app.seeded()]
    ids = app.batch("update", *sent).ids
    assert (sorted(ids), ids == app.seeded()) == (sorted(app.seeded()), False)


@pytest.mark.parametrize(("echoes", "traces"), [(True, ["1"]), (False, [])])
def test_a_result_may_carry_the_trace_id_of_its_input(echoes: bool, traces: list[str]) -> None:
    """H176."""
    reply = app_writing(WriteRules(echoes_trace_ids=echoes)).batch("create", GOOD)
    (result,) = reply.json["results"]
    assert [result[key] for key in ("objectWriteTraceId",) if key in result] == traces


def test_an_upsert_updates_what_is_there_and_creates_the_rest() -> None:
    """H88."""
    app = app_with()
    first = app.portal.create("contacts", {"email": "a@b.c"})
    reply = app.batch(
        "upsert",
        keyed("email", "A@b.c", city="Cork"),
        keyed("email", "new@b.c", city="Rome"),
    )
    new = {result["id"]: result["new"] for result in reply.json["results"]}
    created = next(id_ for id_ in new if id_ != first)
    assert new == {first: False, created: True}
    assert app.portal.record("contacts", first).properties["city"] == "Cork"
    assert app.portal.record("contacts", created).properties["email"] == "new@b.c"


@pytest.mark.parametrize("trace", [{}, {"objectWriteTraceId": "1"}])
def test_a_key_given_twice_in_a_batch_is_refused(trace: dict[str, str]) -> None:
    """H88."""
    app = app_with(contacts=1)
    (contact,) = app.seeded()
    item = {"id": contact, "properties": {"city": "Cork"}, **trace}
    reply = app.batch("update", item, {**item, "objectWriteTraceId": "2"} if trace else item)
    assert reply.status == 400
    assert reply.json["message"] == (
        f"Duplicate IDs found in batch input: [{contact}]. IDs must be unique"
    )
    assert reply.json["context"] == {"ids": [contact]}


def test_two_keys_of_one_record_are_a_key_given_twice() -> None:
    """H88."""
    app = app_with()
    emails = {"email": "a@b.c", "hs_additional_emails": "old@b.c"}
    app.portal.create("contacts", emails)
    reply = app.batch(
        "upsert", keyed("email", "a@b.c", city="x"), keyed("email", "old@b.c", city="y")
    )
    assert reply.json["message"].startswith("Duplicate IDs")


def test_a_further_email_address_means_its_contact() -> None:
    """H187."""
    app = app_with(contacts=2)
    first, second = app.seeded()
    old = app.portal.record("contacts", second).properties["email"]
    assert old is not None
    survivor = app.portal.merge("contacts", first, second)
    assert app.portal.record("contacts", survivor).properties["hs_additional_emails"] == old
    reply = app.batch("upsert", keyed("email", old.upper(), city="Cork"))
    assert (reply.ids, reply.json["results"][0]["new"]) == ([survivor], False)
    assert app.batch("create", {"properties": {"email": old}}).status == 409


@pytest.mark.parametrize(("counts", "records"), [(False, 1), (True, 2)])
def test_letter_case_may_count_in_a_unique_value(counts: bool, records: int) -> None:
    """H187."""
    app = app_with()
    if counts:
        app.portal.heed_case_of_keys()
    names = {"firstname": "Jane"}
    for key in ("k1", "K1"):
        assert app.batch("upsert", keyed("customer_number", key, **names)).status == 200
    assert len(app.seeded()) == records
    both = [keyed("customer_number", key, **names) for key in ("n1", "N1")]
    assert app.batch("upsert", *both).status == (200 if counts else 400)
    emails = [keyed("email", email, **names) for email in ("a@b.c", "A@B.C")]
    assert app.batch("upsert", *emails).status == 400


def refusal_of(app: App, what: str, item: dict[str, Any], object_type: str = "contacts") -> str:
    reply = app.batch(what, item, object_type=object_type)
    assert (reply.status, reply.json["category"]) == (400, "VALIDATION_ERROR")
    return str(reply.json["message"])


@pytest.mark.parametrize("what", ["update", "upsert"])
@pytest.mark.parametrize("key", ["hs_object_id", "domain", "nope"])
def test_a_property_that_is_not_unique_identifies_no_record(what: str, key: str) -> None:
    """H177."""
    app = app_with(companies=1)
    message = refusal_of(app, what, keyed(key, app.seeded("companies")[0], city="x"), "companies")
    assert message.startswith(
        f"Unable to perform update/upsert by non-unique 0-2 property {key} in portal ID"
    )


def test_contacts_are_upserted_by_email_but_not_updated_in_a_batch() -> None:
    """H177."""
    app = app_with()
    contact = app.portal.create("contacts", {"email": "a@b.c"})
    message = refusal_of(app, "update", keyed("email", "a@b.c", city="x"))
    assert message.startswith("Unable to perform update/upsert by non-unique 0-1 property email")
    body = {"properties": {"city": "Cork"}}
    path = "/crm/objects/2026-09/contacts/a@b.c"
    assert app.ask("PATCH", path, body, idProperty="email").json["id"] == contact


def test_an_email_without_its_property_is_taken_and_does_nothing() -> None:
    """H177."""
    app = app_with()
    contact = app.portal.create("contacts", {"email": "a@b.c"})
    reply = app.batch("update", {"id": "a@b.c", "properties": {"city": "Cork"}})
    assert (reply.status, reply.json["results"], "errors" in reply.json) == (200, [], False)
    assert app.portal.record("contacts", contact).properties["city"] is None


def test_an_id_is_text() -> None:
    """H177."""
    app = app_with(contacts=1)
    item = {"id": int(app.seeded()[0]), "properties": {"city": "x"}}
    assert refusal_of(app, "update", item).startswith("Invalid input JSON")


def test_an_update_of_a_record_that_is_not_there_is_an_error_beside_the_others() -> None:
    """H177."""
    app = app_with(contacts=1)
    (contact,) = app.seeded()
    city = {"city": "Cork"}
    reply = app.batch(
        "update", {"id": "17", "properties": city}, {"id": contact, "properties": city}
    )
    assert reply.ids == [contact]
    error = reply.json["errors"][0]
    assert (error["category"], error["context"]) == ("OBJECT_NOT_FOUND", {"ids": ["17"]})


def test_a_custom_unique_property_identifies_a_record() -> None:
    """H177."""
    app = app_with()
    deal = {"dealname": "x", "pipeline": "default", "dealstage": "closedwon"}
    app.portal.add_property("deals", "erp_id", "string", unique=True)
    ids = [app.batch("upsert", keyed("erp_id", "7", **deal), object_type="deals").ids] * 2
    assert ids[0] == ids[1] == app.seeded("deals")


def test_a_custom_unique_value_of_another_record_is_refused_in_other_words() -> None:
    """H87."""
    app = app_with(companies=2)
    first, second = app.seeded("companies")
    code = app.portal.record("companies", first).properties["erp_code"]
    item = {"id": second, "properties": {"erp_code": code}}
    reply = app.batch("update", item, object_type="companies")
    assert (reply.status, reply.json["category"]) == (400, "VALIDATION_ERROR")
    assert reply.json["errors"][0]["code"] == "CONFLICTING_UNIQUE_VALUE"


def test_an_unknown_id_is_archived_without_a_word() -> None:
    """H186."""
    app = app_with(contacts=1)
    assert app.batch("archive", {"id": "17"}, {"id": app.seeded()[0]}).status == 204
    assert app.seeded() == []
    assert app.batch("archive", {"id": "17"}).body == b""


def test_an_archived_record_cannot_be_restored() -> None:
    """H186."""
    assert app_with().batch("restore", {"id": "17"}).status == 404
