"""Associations: ids on the record, and a table of links with category, type and label."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from hubspot_ingest.inbound.deletions import left_links
from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from tests.runs.conftest import MakeWorld
from tests.runs.world import CONTACTS, HOUR, World, on_an_empty_stack

DAY = 24 * HOUR
LINKS = "HUBSPOT_DATA.CRM.CONTACTS_COMPANIES"


@pytest.fixture
def linked(make: MakeWorld) -> World:
    """Contacts and companies without a link, and a sync that reads links with every change."""
    world = make({"contacts": 12, "companies": 5})
    for contact in _ids(world, "contacts"):
        for company in _ids(world, "companies"):
            world.portal.disassociate("contacts", contact, "companies", company)
    return world.slim(associations=["companies"])


def _ids(world: World, object_type: str) -> list[str]:
    return [record.id for record in world.portal.records(object_type)]


def _array(world: World, record_id: str) -> Any:
    (row,) = world.rows(f"SELECT COMPANIES_IDS AS IDS FROM {CONTACTS} WHERE ID = '{record_id}'")
    return None if row["IDS"] is None else json.loads(row["IDS"])


def _links(world: World, record_id: str) -> list[dict[str, Any]]:
    return world.rows(
        f"SELECT * FROM {LINKS} WHERE FROM_ID = '{record_id}' ORDER BY TO_ID, TYPE_ID"
    )


def test_a_record_carries_the_ids_it_is_associated_with(linked: World) -> None:
    contact = _ids(linked, "contacts")[0]
    first, second = _ids(linked, "companies")[:2]
    linked.portal.associate("contacts", contact, "companies", second)
    linked.portal.associate("contacts", contact, "companies", first)

    linked.run()

    assert _array(linked, contact) == [first, second]


@pytest.mark.long
@pytest.mark.parametrize(
    "said",
    [
        lambda body: {**body, "results": [{"from": each["from"]} for each in body["results"]]},
        lambda _: {"status": "PENDING", "results": []},
    ],
    ids=["no_list", "unfinished"],
)
def test_what_an_answer_does_not_tell_stays_and_is_asked_again(
    linked: World, said: Callable[[Any], Any]
) -> None:
    contact, company = _ids(linked, "contacts")[0], _ids(linked, "companies")[0]
    linked.portal.associate("contacts", contact, "companies", company)
    linked.run()
    linked.portal.update("contacts", contact, {"jobtitle": "New"})
    linked.clock.advance(HOUR)
    linked.instead = lambda request, response: (
        httpx.Response(200, json=said(response.json()))
        if "/associations/" in request.url.path
        else None
    )

    run = linked.run()

    assert "HubSpot did not tell the associations with companies of 1" in run["message"]
    assert _array(linked, contact) == [company]
    assert [link["_REMOVED_AT"] for link in _links(linked, contact)] == [None]


def test_fetched_and_none_is_an_empty_array(linked: World) -> None:
    linked.run()

    assert _array(linked, _ids(linked, "contacts")[0]) == []


def test_not_fetched_is_null(make: MakeWorld) -> None:
    world = make({"contacts": 5}).slim(associations=None)
    world.run()
    world.clock.advance(HOUR)
    new_id = world.portal.create("contacts", {"email": "new@example.com"})

    world.run()

    assert _array(world, new_id) is None


def test_each_type_of_association_is_a_link_with_its_label(linked: World) -> None:
    contact, company = _ids(linked, "contacts")[0], _ids(linked, "companies")[0]
    linked.portal.associate(
        "contacts", contact, "companies", company, type_id=36, category="USER_DEFINED",
        label="Billing contact",
    )  # fmt: skip
    linked.run()

    labels = {(row["CATEGORY"], row["LABEL"]) for row in _links(linked, contact)}
    assert ("USER_DEFINED", "Billing contact") in labels
    assert _array(linked, contact) == [company]


def test_a_removed_association_is_marked_and_leaves_the_array(linked: World) -> None:
    contact, company = _ids(linked, "contacts")[0], _ids(linked, "companies")[0]
    linked.portal.associate("contacts", contact, "companies", company)
    linked.run()
    linked.clock.advance(HOUR)
    linked.portal.disassociate("contacts", contact, "companies", company)
    linked.portal.update("contacts", contact, {"jobtitle": "Free"})

    linked.run()

    assert _array(linked, contact) == []
    assert all(row["_REMOVED_AT"] is not None for row in _links(linked, contact))


@pytest.mark.long
def test_an_association_that_changes_no_record_comes_in_with_the_rotation(linked: World) -> None:
    linked.run()
    contact, company = _ids(linked, "contacts")[0], _ids(linked, "companies")[0]
    linked.portal.associate("contacts", contact, "companies", company)
    linked.clock.advance(DAY)

    linked.run()

    assert _array(linked, contact) == [company]


@pytest.mark.long
def test_records_that_came_after_the_first_run_get_their_links(make: MakeWorld) -> None:
    world = make({"companies": 1}).slim(associations=None)
    world.run()
    world.clock.advance(2 * DAY)
    contact, (company,) = world.portal.create("contacts", {}), _ids(world, "companies")
    world.portal.associate("contacts", contact, "companies", company)
    world.clock.advance(HOUR)

    world.run()

    assert _array(world, contact) == [company]
    assert [row["TO_ID"] for row in _links(world, contact)] == [company]


@pytest.mark.long
def test_a_thousand_ids_are_one_request(make: MakeWorld) -> None:
    world = make({"contacts": 2_300, "companies": 3}).slim(associations=["companies"])
    world.run()

    asked = [request for request in world.asked() if "/associations/" in request.path]
    assert len(asked) == 3


def test_an_association_that_may_not_be_read_is_told_and_not_taken_for_none(
    make: MakeWorld,
) -> None:
    world = make({"contacts": 5, "companies": 3}).slim(associations=["companies"])
    token = "pat-na1-00000000-0000-4000-8000-000000000002"
    world.portal.grant(token, ["crm.objects.contacts.read"])
    world.token = token

    answer = world.run()

    assert "associations with companies were not read" in answer["message"]
    assert _array(world, _ids(world, "contacts")[0]) is None
    assert [row["CODE"] for row in world.errors()] == ["SCOPE_MISSING"]


@pytest.mark.long
def test_associations_that_are_not_told_of_one_record_are_named_and_stay(linked: World) -> None:
    contact = _ids(linked, "contacts")[0]
    first, second = _ids(linked, "companies")[:2]
    linked.portal.associate("contacts", contact, "companies", first)
    linked.run()
    linked.portal.associate("contacts", contact, "companies", second)
    linked.portal.update("contacts", contact, {"jobtitle": "New"})

    def withhold(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if "/associations/" not in request.url.path:
            return None
        body = response.json()
        told = [one for one in body["results"] if one["from"]["id"] != contact]
        error = {"category": "INTERNAL_ERROR", "context": {"fromObjectId": [contact]}}
        errors = [*body.get("errors", ()), error]
        return httpx.Response(207, json={**body, "results": told, "errors": errors})

    linked.instead = withhold
    answer = linked.run()

    assert f"associations with companies of 1 of the records read ({contact})" in answer["message"]
    assert _array(linked, contact) == [first]


@pytest.mark.long
@pytest.mark.parametrize("status", [500, 403])
def test_records_land_while_hubspot_never_answers_for_their_associations(
    linked: World, status: int
) -> None:
    contact, company = _ids(linked, "contacts")[0], _ids(linked, "companies")[0]
    linked.portal.associate("contacts", contact, "companies", company)
    asked: list[str] = []

    def break_links(request: httpx.Request, _answer: httpx.Response) -> httpx.Response | None:
        if "/associations/" not in request.url.path:
            return None
        asked.append(request.url.path)
        return httpx.Response(status, text="<html>")

    linked.instead = break_links

    answer = linked.run()

    assert (answer["rows_inserted"], _array(linked, contact)) == (12, None)
    assert (len(asked) < 20, answer["duration_seconds"] < 200) == (True, True)
    assert "did not tell the associations with companies of 12" in answer["message"]
    (certificate,) = linked.rows("SELECT METHOD FROM HUBSPOT_INGEST.CORE.COMPLETENESS")
    assert "the associations of 12 records" in certificate["METHOD"]

    linked.instead = None
    linked.clock.advance(HOUR)
    assert "associations" not in linked.run()["message"]
    assert _array(linked, contact) == [company]


@pytest.mark.long
@pytest.mark.parametrize("compares", [False, True], ids=["run", "reconcile"])
def test_what_hubspot_does_not_tell_of_a_row_that_is_brought_back_is_asked_again(
    linked: World, compares: bool
) -> None:
    contact, company = _ids(linked, "contacts")[0], _ids(linked, "companies")[0]
    linked.portal.associate("contacts", contact, "companies", company)
    linked.run()
    linked.rows(f"DELETE FROM {CONTACTS} WHERE ID = ?", [contact])
    linked.clock.advance(HOUR)
    linked.instead = lambda request, _: (
        httpx.Response(500, text="") if "/associations/" in request.url.path else None
    )
    if compares:
        on_an_empty_stack(lambda: dict(reconcile(linked.context, "contacts")))
    else:
        linked.run()
    assert _array(linked, contact) is None
    linked.instead = None
    linked.clock.advance(HOUR)

    linked.run()

    assert _array(linked, contact) == [company]


@pytest.mark.long
def test_associations_of_more_records_than_are_remembered_come_with_a_reading_of_all(
    linked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(left_links, "MOST", 5)
    contact, company = _ids(linked, "contacts")[0], _ids(linked, "companies")[0]
    linked.portal.associate("contacts", contact, "companies", company)
    linked.instead = lambda request, _: (
        httpx.Response(500, text="") if "/associations/" in request.url.path else None
    )
    linked.run()
    linked.instead = None
    linked.clock.advance(HOUR)

    linked.run()

    assert _array(linked, contact) == [company]


@pytest.mark.long
def test_links_outlive_neither_their_records_nor_a_table_dropped_by_hand(linked: World) -> None:
    gone, stays = _ids(linked, "contacts")[:2]
    company = _ids(linked, "companies")[0]
    for contact in (gone, stays):
        linked.portal.associate("contacts", contact, "companies", company)
    linked.run()
    linked.rows(f"DROP TABLE {CONTACTS}")
    linked.portal.purge("contacts", gone)
    linked.clock.advance(HOUR)

    linked.run()

    assert {row["_REMOVED_AT"] is None for row in _links(linked, gone)} == {False}
    assert {row["_REMOVED_AT"] is None for row in _links(linked, stays)} == {True}


@pytest.mark.long
def test_a_table_of_links_of_an_earlier_version_gets_the_column_it_lacks(linked: World) -> None:
    contact, company = _ids(linked, "contacts")[0], _ids(linked, "companies")[0]
    linked.run()
    # as version 0.1.0 made it
    linked.engine.sql(f"ALTER TABLE {LINKS} DROP COLUMN _SYNCED_AT")
    linked.portal.associate("contacts", contact, "companies", company)
    linked.portal.update("contacts", contact, {"firstname": "Ada"})
    linked.clock.advance(HOUR)

    linked.run()

    [link] = _links(linked, contact)
    assert link["_SYNCED_AT"] == link["_FIRST_SEEN_AT"]
