from __future__ import annotations

from hubspot_sandbox import Portal
from tests.sandboxes.hubspot.asking import CONTACTS, App, app_with

READ = "/crm/associations/2026-09/{}/{}/batch/read"


def company_with_contacts(count: int) -> tuple[App, str]:
    app = app_with()
    company = app.portal.create("companies", {"name": "Big"})
    for _ in range(count):
        app.portal.associate("companies", company, "contacts", app.portal.create("contacts", {}))
    return app, company


def test_an_association_read_takes_a_thousand_ids() -> None:
    """H25."""
    app = app_with(contacts=1001)
    inputs = [{"id": id_} for id_ in app.seeded()]
    path = READ.format("contacts", "companies")
    assert app.post(path, {"inputs": inputs[:1000]}).status in (200, 207)
    assert app.post(path, {"inputs": inputs}).status == 400


def test_a_record_without_associations_is_an_error_of_a_207() -> None:
    """H25."""
    app = app_with(companies=1)
    lonely = app.portal.create("contacts", {"email": "lonely@example.com"})
    reply = app.post(READ.format("contacts", "companies"), {"inputs": [{"id": lonely}]})
    error = reply.json["errors"][0]
    assert (reply.status, reply.json["results"]) == (207, [])
    assert error["subCategory"] == "crm.associations.NO_ASSOCIATIONS_FOUND"
    assert error["context"]["fromObjectId"] == [lonely]


def test_a_pair_comes_once_with_all_its_types() -> None:
    """H30."""
    app = app_with(contacts=1, companies=1)
    reply = app.post(READ.format("contacts", "companies"), {"inputs": [{"id": app.seeded()[0]}]})
    types = reply.json["results"][0]["to"][0]["associationTypes"]
    assert [(kind["typeId"], kind["label"]) for kind in types] == [
        (279, None),
        (1, "Primary"),
        (36, "Decision maker"),
    ]


def test_inline_associations_stop_at_a_hundred_with_a_link_to_the_rest() -> None:
    """H26."""
    app, company = company_with_contacts(120)
    record = app.get(f"/crm/objects/2026-09/companies/{company}", associations="contacts").json
    inline = record["associations"]["contacts"]
    after = inline["paging"]["next"]["after"]
    rest = app.get(
        f"/crm/objects/2026-09/companies/{company}/associations/contacts", after=after
    ).json["results"]
    ids = {entry["id"] for entry in inline["results"]} | {entry["toObjectId"] for entry in rest}
    assert (len({entry["id"] for entry in inline["results"]}), len(ids)) == (100, 120)


def test_inline_associations_to_line_items_have_a_key_with_a_space() -> None:
    """H26."""
    app = app_with(deals=1, line_items=5)
    page = app.get("/crm/objects/2026-09/deals", associations="line_items").json
    assert set(page["results"][0]["associations"]) == {"line items"}


def test_an_associated_id_comes_twice_inline_when_it_is_primary() -> None:
    """H27."""
    app = app_with(contacts=1, companies=1)
    page = app.get(CONTACTS, associations="companies").json
    entries = page["results"][0]["associations"]["companies"]["results"]
    assert len({entry["id"] for entry in entries}) == 1
    assert [entry["type"] for entry in entries] == [
        "contact_to_company",
        "contact_to_company_unlabeled",
    ]


def test_inline_associations_come_type_by_type() -> None:
    """H27."""
    app = app_with(contacts=1, companies=2)
    (contact,) = app.seeded()
    for company in app.seeded("companies"):
        app.portal.associate("contacts", contact, "companies", company, 1)
    page = app.get(CONTACTS, associations="companies").json
    entries = page["results"][0]["associations"]["companies"]["results"]
    assert [entry["id"] for entry in entries] == app.seeded("companies") * 2
    assert [entry["type"] for entry in entries][1:3] == [
        "contact_to_company",
        "contact_to_company_unlabeled",
    ]


def test_a_record_without_associations_has_no_associations_key() -> None:
    """H26."""
    app = app_with(companies=1)
    app.portal.create("contacts", {})
    assert "associations" not in app.get(CONTACTS, associations="companies").json["results"][0]


def test_an_association_read_pages_each_record_at_five_hundred() -> None:
    """H28."""
    app, company = company_with_contacts(620)
    path = READ.format("companies", "contacts")
    first = app.post(path, {"inputs": [{"id": company}]}).json["results"][0]
    after = first["paging"]["next"]["after"]
    second = app.post(path, {"inputs": [{"id": company, "after": after}]}).json["results"][0]
    ids = {link["toObjectId"] for link in first["to"] + second["to"]}
    assert (len(first["to"]), len(ids)) == (500, 620)
    assert "paging" not in second


def test_one_dead_id_fails_a_whole_association_read() -> None:
    """H29."""
    app = app_with(contacts=3, companies=1)
    ids = app.seeded()
    app.portal.archive("contacts", ids[1])
    reply = app.post(READ.format("contacts", "companies"), {"inputs": [{"id": id_} for id_ in ids]})
    assert reply.status == 400


def test_labels_of_a_pair_name_category_and_type() -> None:
    """H30."""
    reply = app_with().get("/crm/associations/2026-09/contacts/companies/labels")
    assert {"category": "USER_DEFINED", "typeId": 36, "label": "Decision maker"} in reply.json[
        "results"
    ]


def test_labels_written_replace_those_there_were() -> None:
    """H30."""
    app = app_with(contacts=1, companies=1)
    contact, company = app.seeded()[0], app.seeded("companies")[0]
    types = [{"associationCategory": "USER_DEFINED", "associationTypeId": 38}]
    body = {"inputs": [{"from": {"id": contact}, "to": {"id": company}, "types": types}]}
    assert app.post("/crm/associations/2026-09/contacts/companies/batch/create", body).status == 200
    reply = app.post(READ.format("contacts", "companies"), {"inputs": [{"id": contact}]})
    found = reply.json["results"][0]["to"][0]["associationTypes"]
    assert [kind["typeId"] for kind in found] == [279, 38]


def test_the_old_association_read_takes_a_hundred_ids_and_ignores_after() -> None:
    """H31."""
    app, company = company_with_contacts(150)
    path = "/crm/v3/associations/companies/contacts/batch/read"
    first = app.post(path, {"inputs": [{"id": company}]}).json["results"][0]
    again = app.post(path, {"inputs": [{"id": company, "after": first["paging"]["next"]["after"]}]})
    assert again.json["results"][0]["to"] == first["to"]
    assert app.post(path, {"inputs": [{"id": company}] * 101}).status == 400


def test_an_association_changed_leaves_the_modification_time() -> None:
    """H32."""
    portal = Portal(records={"contacts": 1, "companies": 1})
    contact = next(iter(portal.records("contacts")))
    company = next(iter(portal.records("companies")))
    portal.associate("contacts", contact.id, "companies", company.id, label="Advisor")
    portal.disassociate("contacts", contact.id, "companies", company.id)
    assert portal.record("contacts", contact.id).updated_at == contact.updated_at


def test_an_association_is_there_in_both_directions() -> None:
    """H30."""
    app = app_with(contacts=5, companies=2)
    forward = {
        (result["from"]["id"], link["toObjectId"])
        for result in app.post(
            READ.format("contacts", "companies"),
            {"inputs": [{"id": id_} for id_ in app.seeded()]},
        ).json["results"]
        for link in result["to"]
    }
    back = {
        (link["toObjectId"], result["from"]["id"])
        for result in app.post(
            READ.format("companies", "contacts"),
            {"inputs": [{"id": id_} for id_ in app.seeded("companies")]},
        ).json["results"]
        for link in result["to"]
    }
    assert forward == back != set()


def test_associations_to_archived_records_are_not_shown() -> None:
    """H55."""
    app = app_with(contacts=1, companies=1)
    app.portal.archive("companies", app.seeded("companies")[0])
    reply = app.post(READ.format("contacts", "companies"), {"inputs": [{"id": app.seeded()[0]}]})
    assert reply.json["results"] == []
