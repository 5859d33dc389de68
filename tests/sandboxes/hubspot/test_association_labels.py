from __future__ import annotations

from typing import Any

import pytest

from hubspot_sandbox import Limits, Sandbox
from tests.sandboxes.hubspot.asking import App, app_with, portal_with

LABELS = "/crm/associations/2026-09/{}/labels"
CONFIGURATIONS = "/crm/associations/2026-09/definitions/configurations"


def new_label(app: App, pair: str, label: str, **more: str) -> list[dict[str, Any]]:
    body = {"label": label, "name": label.lower().replace(" ", "_"), **more}
    reply = app.post(LABELS.format(pair), body)
    assert reply.status == 200, reply.body
    results: list[dict[str, Any]] = reply.json["results"]
    return results


def labels_of(app: App, pair: str) -> dict[str, int]:
    results = app.get(LABELS.format(pair)).json["results"]
    return {row["label"]: row["typeId"] for row in results if row["category"] == "USER_DEFINED"}


def link(app: App, pair: str, source: str, target: str, type_id: int) -> Any:
    types = [{"associationCategory": "USER_DEFINED", "associationTypeId": type_id}]
    item = {"from": {"id": source}, "to": {"id": target}, "types": types}
    return app.post(f"/crm/associations/2026-09/{pair}/batch/create", {"inputs": [item]})


def linked_by(app: App, object_type: str, id_: str, other: str) -> set[str | None]:
    path = f"/crm/objects/2026-09/{object_type}/{id_}/associations/{other}"
    rows = app.get(path).json["results"]
    return {kind["label"] for row in rows for kind in row["associationTypes"]}


def test_a_label_is_one_type_in_each_direction() -> None:
    """H192."""
    app = app_with(contacts=1)
    deal = app.portal.create("deals", {})
    (row,) = new_label(app, "contacts/deals", "Champion")
    assert labels_of(app, "contacts/deals")["Champion"] == row["typeId"]
    assert link(app, "contacts/deals", app.seeded()[0], deal, row["typeId"]).status == 200
    assert linked_by(app, "deals", deal, "contacts") == {None, "Champion"}


def test_a_pair_of_labels_comes_as_two_types_in_any_order() -> None:
    """H192."""
    app = app_with(contacts=2)
    boss, clerk = app.seeded()
    rows = new_label(app, "contacts/contacts", "Manager", inverseLabel="Employee")
    assert {row["label"] for row in rows} == {"Manager", "Employee"}
    manager = labels_of(app, "contacts/contacts")["Manager"]
    link(app, "contacts/contacts", clerk, boss, manager)
    assert linked_by(app, "contacts", clerk, "contacts") == {None, "Manager"}
    assert linked_by(app, "contacts", boss, "contacts") == {None, "Employee"}


def test_a_symmetric_label_is_the_same_from_both_ends() -> None:
    """H192."""
    app = app_with(contacts=2)
    first, second = app.seeded()
    (row,) = new_label(app, "contacts/contacts", "Friend")
    link(app, "contacts/contacts", first, second, row["typeId"])
    assert linked_by(app, "contacts", second, "contacts") == {None, "Friend"}


@pytest.mark.parametrize("name", ["2nd", "a-b", "decision_maker"])
def test_the_name_of_a_label_can_be_refused(name: str) -> None:
    """H192."""
    body = {"label": "Other", "name": name}
    assert app_with().post(LABELS.format("contacts/companies"), body).status == 400


def test_a_renamed_label_keeps_its_number_and_its_pairs() -> None:
    """H192."""
    app = app_with(contacts=2)
    first, second = app.seeded()
    new_label(app, "contacts/contacts", "Manager", inverseLabel="Employee")
    number = labels_of(app, "contacts/contacts")["Manager"]
    link(app, "contacts/contacts", first, second, number)
    body = {"associationTypeId": number, "label": "Boss", "inverseLabel": "Clerk"}
    assert app.ask("PUT", LABELS.format("contacts/contacts"), body).status == 204
    assert labels_of(app, "contacts/contacts")["Boss"] == number
    assert linked_by(app, "contacts", first, "contacts") == {None, "Boss"}
    assert linked_by(app, "contacts", second, "contacts") == {None, "Clerk"}


def test_a_label_in_use_cannot_be_deleted() -> None:
    """H192."""
    app = app_with(contacts=1)
    deal = app.portal.create("deals", {})
    (row,) = new_label(app, "contacts/deals", "Champion")
    link(app, "contacts/deals", app.seeded()[0], deal, row["typeId"])
    path = f"{LABELS.format('contacts/deals')}/{row['typeId']}"
    assert app.ask("DELETE", path).status == 400
    app.portal.disassociate("contacts", app.seeded()[0], "deals", deal)
    assert app.ask("DELETE", path).status == 204
    assert "Champion" not in labels_of(app, "contacts/deals")
    assert "Champion" not in labels_of(app, "deals/contacts")


def test_a_pair_has_fifty_labels_at_most() -> None:
    """H193."""
    app = app_with()
    for number in range(50):
        new_label(app, "contacts/deals", f"Label {number}")
    body = {"label": "One more", "name": "one_more"}
    assert app.post(LABELS.format("contacts/deals"), body).status == 400
    rows = app.get("/crm/limits/2026-09/associations/labels", fromObjectTypeId="0-1").json
    counts = {row["toObjectType"]["objectTypeId"]: row for row in rows["results"]}
    assert (counts["0-3"]["usage"], counts["0-3"]["limit"]) == (50, 50)


def test_an_admin_limits_how_many_records_another_may_have() -> None:
    """H193."""
    app = app_with(contacts=1)
    (contact,) = app.seeded()
    deals = [app.portal.create("deals", {}) for _ in range(3)]
    limit = {"category": "HUBSPOT_DEFINED", "typeId": 4, "maxToObjectIds": 2}
    path = f"{CONFIGURATIONS}/contacts/deals"
    assert app.post(f"{path}/batch/create", {"inputs": [limit]}).status == 200
    rows = app.get(path).json["results"]
    assert {row["typeId"]: row.get("userEnforcedMaxToObjectIds") for row in rows}[4] == 2
    assert [row["typeId"] for row in app.get(f"{CONFIGURATIONS}/all").json["results"]] == [4]
    inputs = [{"from": {"id": contact}, "to": {"id": deal}} for deal in deals]
    body = {"inputs": inputs}
    default = "/crm/associations/2026-09/contacts/deals/batch/associate/default"
    reply = app.post(default, body)
    assert (len(reply.json["results"]), reply.json["numErrors"]) == (2, 1)
    error = reply.json["errors"][0]
    assert error["subCategory"] == "crm.associations.ASSOCIATION_LIMIT_EXCEEDED"
    near = app.get("/crm/limits/2026-09/associations/records/0-1/0-3").json
    assert (near["limit"], near["totalRecordsAtLimit"]) == (2, 1)
    assert near["atLimitFromRecordSamples"][0]["objectId"] == int(contact)
    types = app.get("/crm/limits/2026-09/associations/records/from").json["results"]
    assert [(row["objectTypeId"], row["hasRecordsAtLimit"]) for row in types] == [("0-1", True)]
    assert app.post(f"{path}/batch/purge", {"inputs": [limit]}).status == 200
    assert app.post(default, body).status == 200


def test_association_writes_count_against_their_own_limit() -> None:
    """H77."""
    app = App(Sandbox(portal_with(contacts=1), Limits(burst=0, associations=1)))
    body = {"label": "Champion", "name": "champion"}
    assert app.post(LABELS.format("contacts/deals"), body).status == 200
    assert app.post(LABELS.format("contacts/deals"), body).status == 429
