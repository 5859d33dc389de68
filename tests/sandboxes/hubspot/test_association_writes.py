from __future__ import annotations

from typing import Any

import pytest

from hubspot_sandbox import WriteRules
from tests.sandboxes.hubspot.asking import App, app_with, app_writing

DEFAULT, PRIMARY, DECISION_MAKER, BILLING = 279, 1, 36, 38
LABELS = {DECISION_MAKER, BILLING}


def place(version: str = "2026-09", pair: str = "contacts/companies") -> str:
    style = {"v3": "v3/associations", "v4": "v4/associations"}
    return f"/crm/{style.get(version, f'associations/{version}')}/{pair}"


def ends(source: str, target: str, *types: int) -> dict[str, Any]:
    item: dict[str, Any] = {"from": {"id": source}, "to": {"id": target}}
    if types:
        item["types"] = [
            {
                "associationCategory": "USER_DEFINED" if kind in LABELS else "HUBSPOT_DEFINED",
                "associationTypeId": kind,
            }
            for kind in types
        ]
    return item


class Pair:
    """A contact and some companies that nothing links yet."""

    def __init__(self, rules: WriteRules | None = None, companies: int = 1) -> None:
        self.app: App = app_writing(rules)
        self.contact = self.app.portal.create("contacts", {"email": "a@b.c"})
        self.companies = [
            self.app.portal.create("companies", {"name": str(n)}) for n in range(companies)
        ]

    def send(self, what: str, *inputs: dict[str, Any], version: str = "2026-09") -> Any:
        return self.app.post(f"{place(version)}/batch/{what}", {"inputs": list(inputs)})

    def create(self, company: str, *types: int) -> None:
        assert self.send("create", ends(self.contact, company, *types)).status == 200

    def types(self, company: str) -> list[int]:
        body = {"inputs": [{"id": self.contact}]}
        results = self.app.post(f"{place()}/batch/read", body).json["results"]
        links = {link["toObjectId"]: link for result in results for link in result["to"]}
        kinds = links.get(company, {"associationTypes": []})["associationTypes"]
        return [kind["typeId"] for kind in kinds]


@pytest.mark.parametrize(
    ("version", "what", "status"),
    [
        ("2026-09", "create", 200),
        ("2026-03", "create", 201),
        ("v4", "create", 201),
        ("2026-09", "associate/default", 200),
        ("v4", "associate/default", 200),
        ("2026-09", "labels/archive", 200),
        ("2026-03", "archive", 200),
        ("v4", "labels/archive", 204),
        ("v4", "archive", 204),
    ],
)
def test_association_batches_answer_by_version(version: str, what: str, status: int) -> None:
    """H188."""
    pair = Pair()
    item = ends(pair.contact, pair.companies[0], BILLING)
    if what == "archive":
        item["to"] = [item["to"]]
    reply = pair.send(what, item, version=version)
    assert (reply.status, bool(reply.body)) == (status, status != 204)


def test_a_created_association_tells_its_labels() -> None:
    """H188."""
    pair = Pair()
    reply = pair.send("create", ends(pair.contact, pair.companies[0], DEFAULT, BILLING))
    assert reply.json["results"] == [
        {
            "fromObjectTypeId": "0-1",
            "fromObjectId": pair.contact,
            "toObjectTypeId": "0-2",
            "toObjectId": pair.companies[0],
            "labels": ['Billing "A/P" & más 💶'],
        }
    ]


def test_one_pair_can_be_associated_alone() -> None:
    """H188."""
    pair = Pair()
    path = f"/crm/objects/2026-09/contacts/{pair.contact}/associations"
    (company,) = pair.companies
    types = ends("", "", DECISION_MAKER)["types"]
    assert pair.app.ask("PUT", f"{path}/companies/{company}", types).status == 201
    assert DECISION_MAKER in pair.types(company)
    assert pair.app.ask("DELETE", f"{path}/companies/{company}").status == 204
    assert pair.types(company) == []
    assert pair.app.ask("PUT", f"{path}/default/companies/{company}").status == 200
    assert DEFAULT in pair.types(company)


def test_the_default_association_leaves_labels_alone() -> None:
    """H189."""
    pair = Pair()
    (company,) = pair.companies
    pair.create(company, BILLING)
    reply = pair.send("associate/default", ends(pair.contact, company))
    assert reply.json["results"] == [
        {
            "from": {"id": pair.contact},
            "to": {"id": company},
            "associationSpec": {
                "associationCategory": "HUBSPOT_DEFINED",
                "associationTypeId": DEFAULT,
            },
        }
    ]
    assert BILLING in pair.types(company)


@pytest.mark.parametrize(("version", "status"), [("2026-09", 200), ("v4", 207)])
def test_a_dead_id_is_an_error_beside_the_others(version: str, status: int) -> None:
    """H190."""
    pair = Pair()
    (company,) = pair.companies
    inputs = [ends("17", "18", BILLING), ends(pair.contact, company, BILLING)]
    reply = pair.send("create", *inputs, version=version)
    assert (reply.status, len(reply.json["results"]), reply.json["numErrors"]) == (status, 1, 2)
    first, second = reply.json["errors"]
    assert first["subCategory"] == "crm.associations.FROM_OBJECT_NOT_FOUND"
    assert first["context"] == {"objectType": ["contact"], "id": ["17"]}
    assert second["message"] == "No company with ID 18 exists"


def test_a_dead_id_may_refuse_the_whole_batch() -> None:
    """H190."""
    pair = Pair(WriteRules(dead_ids_fail_links=True))
    (company,) = pair.companies
    inputs = [ends(pair.contact, company, BILLING), ends(pair.contact, "18", BILLING)]
    assert (pair.send("create", *inputs).status, pair.types(company)) == (400, [])


def test_a_dead_id_fails_a_new_record_with_its_associations() -> None:
    """H190."""
    app = app_with()
    link = {"to": {"id": "18"}, "types": ends("", "", DEFAULT)["types"]}
    reply = app.batch("create", {"properties": {"email": "a@b.c"}, "associations": [link]})
    assert (reply.status, app.seeded()) == (404, [])


def test_the_first_company_becomes_the_primary_one_by_itself() -> None:
    """H191."""
    pair = Pair(companies=2)
    first, second = pair.companies
    pair.create(first, BILLING)
    pair.create(second, BILLING)
    assert pair.types(first) == [DEFAULT, BILLING, PRIMARY]
    assert pair.types(second) == [DEFAULT, BILLING]


def test_seen_from_the_company_it_is_the_same() -> None:
    """H191."""
    pair = Pair()
    (company,) = pair.companies
    body = {"inputs": [ends(company, pair.contact)]}
    path = f"{place(pair='companies/contacts')}/batch/associate/default"
    assert pair.app.post(path, body).status == 200
    assert pair.types(company) == [DEFAULT, PRIMARY]


def test_only_one_company_is_primary() -> None:
    """H191."""
    pair = Pair(companies=2)
    first, second = pair.companies
    pair.create(first, DEFAULT)
    pair.create(second, PRIMARY)
    assert (pair.types(first), pair.types(second)) == ([DEFAULT], [DEFAULT, PRIMARY])


def test_a_portal_may_make_no_company_primary() -> None:
    """H191."""
    pair = Pair(WriteRules(primary_for=frozenset()))
    pair.create(pair.companies[0], DEFAULT)
    assert pair.types(pair.companies[0]) == [DEFAULT]


def test_a_label_removed_leaves_the_unlabelled_association() -> None:
    """H89."""
    pair = Pair()
    (company,) = pair.companies
    pair.create(company, BILLING, DECISION_MAKER)
    assert pair.send("labels/archive", ends(pair.contact, company, BILLING)).status == 200
    assert pair.types(company) == [DEFAULT, DECISION_MAKER, PRIMARY]


def test_an_association_archived_is_gone_with_its_labels() -> None:
    """H89."""
    pair = Pair()
    (company,) = pair.companies
    pair.create(company, BILLING)
    item = {"from": {"id": pair.contact}, "to": [{"id": company}, {"id": "18"}]}
    assert pair.send("archive", item).status == 200
    assert pair.types(company) == []


@pytest.mark.parametrize(
    ("what", "most"),
    [
        ("create", 2_000),
        ("associate/default", 1_000),
        ("archive", 1_000),
        ("labels/archive", 1_000),
    ],
)
def test_association_batches_have_a_most(what: str, most: int) -> None:
    """H194."""
    pair = Pair()
    item = ends(pair.contact, pair.companies[0], BILLING)
    assert pair.send(what, *[item] * most).status == 200
    assert pair.send(what, *[item] * (most + 1)).status == 400


def test_products_are_associated_with_nothing() -> None:
    """H195."""
    app = app_with(products=1, deals=1)
    body = {"inputs": [ends(app.seeded("deals")[0], app.seeded("products")[0])]}
    path = f"{place(pair='deals/products')}/batch/associate/default"
    assert app.post(path, body).status == 400


def test_an_archived_quote_takes_its_line_items_along() -> None:
    """H195."""
    app = app_with(quotes=1, line_items=2)
    first, second = app.seeded("line_items")
    (quote,) = app.seeded("quotes")
    app.portal.associate("quotes", quote, "line_items", first)
    assert app.batch("archive", {"id": quote}, object_type="quotes").status == 204
    assert app.seeded("line_items") == [second]


def test_a_new_contact_may_get_the_company_of_its_domain() -> None:
    """H196."""
    app = app_with()
    company = app.portal.create("companies", {"domain": "b.c"})
    app.portal.links_companies_by_domain = True
    inputs = [{"properties": {"email": email}} for email in ("a@b.c", "x@new.example")]
    ids = app.batch("create", *inputs).ids
    assert len(app.seeded("companies")) == 2
    records = {app.portal.record("contacts", id_).properties["email"]: id_ for id_ in ids}
    path = f"/crm/objects/2026-09/contacts/{records['a@b.c']}/associations/companies"
    (link,) = app.get(path).json["results"]
    assert link["toObjectId"] == company


def test_associations_need_the_write_scopes_of_both_objects() -> None:
    """H8."""
    pair = Pair()
    pair.app.portal.grant("pat-na1-writer", ["crm.objects.contacts.write"])
    pair.app.token = "pat-na1-writer"
    reply = pair.send("associate/default", ends(pair.contact, pair.companies[0]))
    assert reply.status == 403
    assert "crm.objects.companies.write" in reply.body.decode()


def test_a_merge_keeps_labels_and_one_primary_company() -> None:
    """H57, H191."""
    pair = Pair(companies=2)
    first, second = pair.companies
    other = pair.app.portal.create("contacts", {"email": "d@e.f"})
    pair.create(first, PRIMARY, BILLING)
    for company, types in ((second, (PRIMARY,)), (first, (DECISION_MAKER,))):
        assert pair.send("create", ends(other, company, *types)).status == 200
    pair.contact = pair.app.portal.merge("contacts", pair.contact, other)
    assert sorted(pair.types(first)) == [PRIMARY, DECISION_MAKER, BILLING, DEFAULT]
    assert pair.types(second) == [DEFAULT]


def test_merged_companies_leave_a_contact_its_labels() -> None:
    """H57."""
    pair = Pair(companies=2)
    first, second = pair.companies
    pair.create(first, PRIMARY, BILLING)
    pair.create(second, DECISION_MAKER)
    survivor = pair.app.portal.merge("companies", first, second)
    assert sorted(pair.types(survivor)) == [PRIMARY, DECISION_MAKER, BILLING, DEFAULT]
