from __future__ import annotations

from typing import Any

from hubspot_sandbox import Sandbox
from hubspot_sandbox.times import envelope_iso
from tests.sandboxes.hubspot.asking import CONTACTS, NOW, App, app_with, portal_with


def all_pages(app: App, **query: Any) -> list[str]:
    found: list[str] = []
    after: str | None = "0"
    while after is not None:
        page = app.get(CONTACTS, after=after, **query).json
        found += [record["id"] for record in page["results"]]
        after = page.get("paging", {}).get("next", {}).get("after")
    return found


def test_a_list_page_holds_at_most_a_hundred_records() -> None:
    """H12."""
    app = app_with(contacts=150)
    assert len(app.get(CONTACTS, limit=100).ids) == 100
    assert app.get(CONTACTS, limit=101).status == 400


def test_a_list_page_with_history_holds_at_most_fifty_records() -> None:
    """H12."""
    app = app_with(contacts=60)
    assert len(app.get(CONTACTS, limit=50, propertiesWithHistory="email").ids) == 50
    assert app.get(CONTACTS, limit=51, propertiesWithHistory="email").status == 400


def test_the_page_token_of_a_list_is_the_last_id_plus_one() -> None:
    """H13."""
    app = app_with(contacts=5)
    page = app.get(CONTACTS, limit=2)
    assert page.json["paging"]["next"]["after"] == str(int(app.seeded()[1]) + 1)


def test_a_list_page_that_ends_with_the_last_record_has_no_token() -> None:
    """H13."""
    app = app_with(contacts=4)
    second = app.get(CONTACTS, limit=2, after=app.seeded()[2])
    assert (second.ids, "paging" in second.json) == (app.seeded()[2:], False)


def test_a_list_starts_at_any_id_given_even_one_no_record_has() -> None:
    """H13."""
    app = app_with(contacts=5)
    ids = app.seeded()
    assert app.get(CONTACTS, after=int(ids[1]) + 1).ids == ids[2:]


def test_a_list_reaches_every_record_in_ascending_order_of_ids() -> None:
    """H14."""
    app = app_with(contacts=250)
    found = all_pages(app, limit=100)
    assert found == sorted(app.seeded(), key=int)


def test_a_list_shows_a_write_at_once_though_search_lags() -> None:
    """H14."""
    app = App(Sandbox(portal_with(contacts=2), search_lag_ms=60_000))
    made = app.portal.create("contacts", {"email": "new@example.com"})
    assert made in app.get(CONTACTS).ids


def test_three_properties_always_come() -> None:
    """H15."""
    record = app_with(contacts=1).get(CONTACTS, properties="city").json["results"][0]
    assert set(record["properties"]) == {
        "city",
        "createdate",
        "hs_object_id",
        "lastmodifieddate",
    }


def test_other_objects_name_their_modification_time_differently() -> None:
    """H15."""
    app = app_with(tasks=1)
    record = app.get("/crm/objects/2026-09/tasks", properties="none").json["results"][0]
    assert set(record["properties"]) == {"hs_createdate", "hs_lastmodifieddate", "hs_object_id"}


def test_a_property_asked_for_but_empty_is_null() -> None:
    """H15."""
    app = app_with()
    app.portal.create("contacts", {"email": "a@b.c"})
    record = app.get(CONTACTS, properties="phone").json["results"][0]
    assert record["properties"]["phone"] is None


def test_unknown_names_among_the_properties_are_ignored() -> None:
    """H15."""
    record = app_with(contacts=1).get(CONTACTS, properties="nope").json["results"][0]
    assert "nope" not in record["properties"]


def test_the_envelope_leaves_out_the_fraction_of_a_whole_second() -> None:
    """H16."""
    assert envelope_iso(NOW) == "2026-09-21T14:13:20Z"
    assert envelope_iso(NOW + 5) == "2026-09-21T14:13:20.005Z"


def test_every_value_is_text_or_null() -> None:
    """H17."""
    app = app_with(contacts=100)
    names = ",".join(app.portal.table("contacts").columns)
    for record in app.get(CONTACTS, limit=100, properties=names).json["results"]:
        for value in record["properties"].values():
            assert value is None or isinstance(value, str)


def test_values_hold_what_breaks_careless_code() -> None:
    """H17."""
    app = app_with(contacts=400)
    records = list(app.portal.records("contacts"))
    texts = {record.properties["free_text"] for record in records}
    numbers = {record.properties["odd_number"] for record in records}
    dates = {record.properties["odd_date"] for record in records}
    assert {"", None, "literal \\u0041 \\n \\\\ and \\u0000"} <= texts
    assert {"1.5E7", "123456789012345678", ""} <= numbers
    assert {"-62135596800000", "22026-01-05", "2024-02-29", "1709164800000"} <= dates
    assert "1234;5678;9098" in {record.properties["hs_hd_ticket_ids"] for record in records}


def test_what_arrives_is_what_the_portal_holds_to_the_letter() -> None:
    """H17."""
    app = app_with(contacts=100)
    names = list(app.portal.table("contacts").columns)
    page = app.get(CONTACTS, limit=100, properties=",".join(names)).json["results"]
    assert [record["properties"] for record in page] == [
        record.properties for record in app.portal.records("contacts")
    ]


def test_changed_records_arrive_to_the_letter_too() -> None:
    """H17."""
    app = app_with(contacts=3)
    first = app.seeded()[0]
    app.portal.update("contacts", first, {"firstname": 'a "quote"', "city": ""})
    names = list(app.portal.table("contacts").columns)
    record = app.get(f"{CONTACTS}/{first}", properties=",".join(names)).json
    assert record["properties"] == app.portal.record("contacts", first).properties


def test_archived_true_lists_only_archived_records() -> None:
    """H18."""
    app = app_with(contacts=3)
    ids = app.seeded()
    app.portal.archive("contacts", ids[1])
    assert app.get(CONTACTS).ids == [ids[0], ids[2]]
    archived = app.get(CONTACTS, archived="true").json["results"]
    assert [(record["id"], record["archived"]) for record in archived] == [(ids[1], True)]
    assert archived[0]["archivedAt"] == envelope_iso(NOW)


def test_archived_records_of_some_types_are_not_listed() -> None:
    """H18."""
    app = app_with(meetings=1)
    reply = app.get("/crm/objects/2026-09/meetings", archived="true")
    assert reply.status == 400
    assert reply.json["message"] == (
        "Paging through deleted objects is not yet supported for object type 0-47 (MEETING_EVENT)"
    )


def test_one_record_can_be_read_by_a_unique_property() -> None:
    """H19."""
    app = app_with(contacts=3)
    email = app.portal.record("contacts", app.seeded()[1]).properties["email"]
    assert app.get(f"{CONTACTS}/{email}", idProperty="email").json["id"] == app.seeded()[1]


def test_the_id_of_a_merged_away_record_reads_the_survivor() -> None:
    """H19."""
    app = app_with(contacts=3)
    ids = app.seeded()
    survivor = app.portal.merge("contacts", ids[0], ids[1])
    assert app.get(f"{CONTACTS}/{ids[0]}").json["id"] == survivor


def test_a_record_that_is_not_there_is_not_found() -> None:
    """H19, H167."""
    reply = app_with(contacts=1).get(f"{CONTACTS}/999999")
    assert (reply.status, reply.headers["Content-Type"]) == (404, "text/html;charset=iso-8859-1")


def test_an_id_that_is_no_number_is_refused_in_json() -> None:
    """H167."""
    reply = app_with(contacts=1).get(f"{CONTACTS}/abc")
    assert (reply.status, reply.json["context"]) == (404, {"id": ["abc"]})


def test_a_batch_read_takes_a_hundred_ids() -> None:
    """H20."""
    app = app_with(contacts=101)
    inputs = [{"id": id_} for id_ in app.seeded()]
    assert len(app.post(f"{CONTACTS}/batch/read", {"inputs": inputs[:100]}).ids) == 100
    assert app.post(f"{CONTACTS}/batch/read", {"inputs": inputs}).status == 400


def test_a_batch_read_with_history_takes_fifty_ids() -> None:
    """H20."""
    app = app_with(contacts=51)
    body: dict[str, Any] = {"inputs": [{"id": id_} for id_ in app.seeded()]}
    body["propertiesWithHistory"] = ["email"]
    assert app.post(f"{CONTACTS}/batch/read", body).status == 400


def test_missing_ids_of_a_batch_read_are_among_the_errors() -> None:
    """H20."""
    app = app_with(contacts=2)
    ids = app.seeded()
    reply = app.post(f"{CONTACTS}/batch/read", {"inputs": [{"id": "9"}, {"id": ids[0]}]})
    assert (reply.status, reply.ids) == (207, [ids[0]])
    assert reply.json["errors"][0]["context"] == {"ids": ["9"]}


def test_an_id_that_may_not_be_read_is_no_missing_one() -> None:
    """H20."""
    app = app_with(contacts=3)
    ids = app.seeded()
    app.portal.table("contacts").withheld = {ids[1]: "FORBIDDEN"}
    body = {"inputs": [{"id": id_} for id_ in [*ids, "9"]]}
    reply = app.post(f"{CONTACTS}/batch/read", body)
    assert (reply.status, reply.ids) == (207, [ids[0], ids[2]])
    assert {error["category"]: error["context"]["ids"] for error in reply.json["errors"]} == {
        "FORBIDDEN": [ids[1]],
        "OBJECT_NOT_FOUND": ["9"],
    }


def test_a_batch_read_does_not_keep_the_order_of_its_inputs() -> None:
    """H20."""
    app = app_with(contacts=3)
    inputs = [{"id": id_} for id_ in reversed(app.seeded())]
    assert app.post(f"{CONTACTS}/batch/read", {"inputs": inputs}).ids == app.seeded()


def test_a_batch_read_finds_records_by_a_unique_property() -> None:
    """H21."""
    app = app_with(contacts=3)
    email = app.portal.record("contacts", app.seeded()[2]).properties["email"]
    body = {"inputs": [{"id": email}], "idProperty": "email"}
    assert app.post(f"{CONTACTS}/batch/read", body).ids == [app.seeded()[2]]
