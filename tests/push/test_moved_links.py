"""Links stay true where records, keys or settings are others than when they were made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from tests.push.conftest import MakePushWorld
from tests.push.push_world import PushWorld
from tests.push.test_link_labels import (
    LINKS,
    by_hand,
    customer,
    label,
    ledger,
    linked,
    record_ids,
    requests_of,
)
from tests.runs.dying import Killed
from tests.runs.world import MINUTE

pytestmark = pytest.mark.long

FIRM: Mapping[str, Any] = {"to": "companies", "match": "erp_code"}
NUMBER: Mapping[str, Any] = {"to": "companies", "match": "hs_object_id"}


def firm(world: PushWorld, code: str) -> str:
    return world.portal.create("companies", {"name": code, "erp_code": code})


def linking(world: PushWorld, **columns: Mapping[str, Any]) -> None:
    """Configure the push with these columns of associations."""
    world.configure_push(properties={"firstname": "FIRST_NAME"}, associations=columns)


def an_advised_firm(make_push: MakePushWorld) -> tuple[PushWorld, str, Any]:
    """A customer whom the push made an adviser of the company A0."""
    world = make_push()
    adviser = label(world, "Adviser", to_type="companies")
    company = firm(world, "A0")
    world.insert(customer(1, {"A0": "Adviser"}))
    linking(world, **{LINKS: FIRM})
    world.pushed()
    return world, company, adviser


def test_a_link_of_the_record_that_takes_the_place_of_an_archived_one_is_not_ours(
    make_push: MakePushWorld,
) -> None:
    world, company, adviser = an_advised_firm(make_push)
    world.portal.archive("contacts", record_ids(world)[1])
    contact = world.portal.create("contacts", {"email": "c1@example.com"})
    by_hand(world, contact, company, adviser, to_type="companies")
    world.update(1, FIRST_NAME="Again")
    world.pushed()
    assert (record_ids(world)[1], ledger(world)[0][-1]) == (contact, "EXISTED")
    world.update(1, **{LINKS: {}})
    world.pushed()
    assert linked(world, contact, "companies") == {company: ["Adviser"]}


def test_a_link_goes_with_its_wish_though_its_record_was_merged_into_another(
    make_push: MakePushWorld,
) -> None:
    world, company, _adviser = an_advised_firm(make_push)
    other = world.portal.create("contacts", {"email": "other@example.com"})
    world.portal.merge("contacts", other, record_ids(world)[1])
    [survivor] = world.portal.records("contacts")
    assert linked(world, survivor.id, "companies") == {company: ["Adviser"]}
    world.update(1, **{LINKS: {}})
    world.pushed()
    assert record_ids(world)[1] == survivor.id
    assert linked(world, survivor.id, "companies") == {}


def test_a_link_to_what_a_key_means_by_now_is_not_ours_where_nothing_was_merged(
    make_push: MakePushWorld,
) -> None:
    """A person gives the key to another company, and moves the link there."""
    world, company, adviser = an_advised_firm(make_push)
    [contact] = record_ids(world).values()
    other = firm(world, "A1")
    world.portal.update("companies", company, {"erp_code": "old"})
    world.portal.update("companies", other, {"erp_code": "A0"})
    ends = (world.portal.object_type("contacts"), world.portal.object_type("companies"))
    world.portal.associations.remove(ends[0], int(contact), ends[1], int(company))
    by_hand(world, contact, other, adviser, to_type="companies")
    world.update(1, **{LINKS: {}})
    world.pushed()
    assert linked(world, contact, "companies") == {other: ["Adviser"]}


def test_links_of_a_column_that_is_no_association_any_more_stay(make_push: MakePushWorld) -> None:
    world = make_push()
    label(world, "Adviser", to_type="companies")
    company = firm(world, "A0")
    firm(world, "A1")
    world.insert(customer(1, {"A0": "Adviser"}, FRIENDS={"A1": None}))
    linking(world, **{LINKS: FIRM, "FRIENDS": FIRM})
    world.pushed()
    [contact] = record_ids(world).values()
    linking(world, FRIENDS=FIRM)
    assert world.pushed()["links_removed"] == 0
    world.update(1, FRIENDS={})
    assert world.pushed()["links_removed"] == 1
    assert linked(world, contact, "companies") == {company: ["Adviser"]}
    assert ledger(world) == [("1", "A0", "Adviser", "MADE")]
    linking(world, **{LINKS: FIRM, "FRIENDS": FIRM})
    world.update(1, **{LINKS: {}})
    world.pushed()
    assert (linked(world, contact, "companies"), ledger(world)) == ({}, [])


def test_links_of_a_column_that_leads_to_another_object_by_now_stay_and_the_new_ones_are_made(
    make_push: MakePushWorld,
) -> None:
    world = make_push()
    company = firm(world, "A0")
    deal = world.portal.create("deals", {"dealname": "Deal"})
    world.insert(customer(1, {company: None}))
    linking(world, **{LINKS: NUMBER})
    world.pushed()
    [contact] = record_ids(world).values()
    linking(world, **{LINKS: {"to": "deals", "match": "hs_object_id"}})
    world.update(1, **{LINKS: {deal: None}})
    answer = world.pushed()
    assert (answer["links_added"], answer["links_removed"]) == (1, 0)
    assert linked(world, contact, "companies") == {company: []}
    assert linked(world, contact, "deals") == {deal: []}
    assert {row["TO_TYPE"] for row in world.push_rows("PUSH_LINKS")} == {"companies", "deals"}


def test_a_target_that_an_answer_leaves_out_is_asked_for_once_more(
    make_push: MakePushWorld,
) -> None:
    world, company, _adviser = an_advised_firm(make_push)
    other = firm(world, "A1")
    world.update(1, **{LINKS: {"A0": "Adviser", "A1": None}})
    left_out: list[str] = []

    def leave_out(request: httpx.Request, answer: httpx.Response) -> httpx.Response | None:
        if left_out or not request.url.path.endswith("objects/2026-09/companies/batch/read"):
            return None
        left_out.append(company)
        body = answer.json()
        shown = [result for result in body["results"] if result["id"] not in left_out]
        return httpx.Response(answer.status_code, json={**body, "results": shown})

    world.instead = leave_out
    assert world.pushed()["links_removed"] == 0
    assert left_out
    contact = record_ids(world)[1]
    assert linked(world, contact, "companies") == {company: ["Adviser"], other: []}


@pytest.mark.parametrize("leaves", [["Boss"], []])
def test_what_an_answer_refuses_without_saying_of_which_pair_is_looked_at_again(
    make_push: MakePushWorld, leaves: list[str]
) -> None:
    """One label of two, or the whole pair, is to go."""
    world = make_push()
    kinds = [label(world, text, to_type="companies") for text in ("Friend", "Boss")]
    company = firm(world, "A0")
    world.insert(customer(1, {"A0": ["Friend", "Boss"]}))
    linking(world, **{LINKS: FIRM})
    world.pushed()
    [contact] = record_ids(world).values()
    world.update(1, **{LINKS: {"A0": leaves} if leaves else {}})
    refused: list[str] = []

    def refuse(request: httpx.Request, _answer: httpx.Response) -> httpx.Response | None:
        if refused or not request.url.path.endswith("/archive"):
            return None
        refused.append(request.url.path)
        by_hand(world, contact, company, *kinds, to_type="companies")
        error = {"status": "error", "category": "INTERNAL_ERROR", "message": "no", "context": {}}
        body = {"status": "COMPLETE", "results": [], "numErrors": 1, "errors": [error]}
        return httpx.Response(207, json=body)

    world.instead = refuse
    world.pushed()
    assert refused
    assert linked(world, contact, "companies") == ({company: leaves} if leaves else {})
    assert len(ledger(world)) == len(leaves)


@pytest.mark.parametrize("text", [None, "Adviser"])
@pytest.mark.parametrize(("keeps", "is_killed"), [(True, False), (True, True), (False, False)])
def test_a_link_is_that_of_the_row_that_has_the_record_of_one_that_is_gone(
    make_push: MakePushWorld, *, keeps: bool, text: str | None, is_killed: bool
) -> None:
    """A customer gets another number."""
    world = make_push()
    label(world, "Adviser", to_type="companies")
    company = firm(world, "A0")
    world.insert(customer(1, {"A0": text}))
    world.configure_push(
        properties={"firstname": "FIRST_NAME"},
        associations={LINKS: FIRM},
        removed_rows="clear",
    )
    world.pushed()
    [contact] = record_ids(world).values()
    world.update(1, CUSTOMER_ID=7, **{LINKS: {"A0": text} if keeps else {}})
    if is_killed:
        world.instead = killed_at_links
        with pytest.raises(Killed):
            world.push()
        world.instead = None
        world.clock.advance(16 * MINUTE)
    world.pushed()
    if keeps:
        assert linked(world, contact, "companies") == {company: [text] if text else []}
        assert ledger(world) == [("7", "A0", text, "MADE")]
        world.update(7, **{LINKS: {}})
    world.pushed()
    assert (linked(world, contact, "companies"), ledger(world)) == ({}, [])
    world.pushed()
    assert world.pushed()["rows_changed"] == 0


def killed_at_links(request: httpx.Request, _answer: httpx.Response) -> None:
    """The process ends while it reads what is linked, or finds what to link to."""
    if "/associations/" in request.url.path or request.url.path.endswith("companies/batch/read"):
        raise Killed


def merged_away(world: PushWorld) -> str:
    """The record in which the customer's survives, whom somebody merged into another contact."""
    other = world.portal.create("contacts", {"email": "other@example.com"})
    return world.portal.merge("contacts", other, record_ids(world)[1])


def test_a_link_goes_with_its_wish_though_an_answer_leaves_the_survivor_of_a_merge_out(
    make_push: MakePushWorld,
) -> None:
    world, _company, _adviser = an_advised_firm(make_push)
    survivor = merged_away(world)
    left_out: list[str] = []

    def leave_out(request: httpx.Request, answer: httpx.Response) -> httpx.Response | None:
        if left_out or not request.url.path.endswith("objects/2026-09/contacts/batch/read"):
            return None
        body = answer.json()
        left_out.extend(result["id"] for result in body["results"])
        return (
            httpx.Response(answer.status_code, json={**body, "results": []}) if left_out else None
        )

    world.instead = leave_out
    world.update(1, **{LINKS: {}})
    world.pushed()
    assert left_out == [survivor]
    assert linked(world, survivor, "companies") == {}


def test_a_link_goes_with_its_wish_though_its_record_was_merged_again_and_again(
    make_push: MakePushWorld,
) -> None:
    world, company, _adviser = an_advised_firm(make_push)
    world.portal.lists_chained_merges = False
    other = world.portal.create("contacts", {"email": "another@example.com"})
    survivor = world.portal.merge("contacts", other, merged_away(world))
    assert linked(world, survivor, "companies") == {company: ["Adviser"]}
    world.update(1, **{LINKS: {}})
    world.pushed()
    assert record_ids(world)[1] == survivor
    assert linked(world, survivor, "companies") == {}


def test_a_link_to_a_record_that_was_merged_stays_as_it_is_while_its_row_asks_for_it(
    make_push: MakePushWorld,
) -> None:
    world, company, _adviser = an_advised_firm(make_push)
    other = firm(world, "A1")
    survivor = world.portal.merge("companies", company, world.portal.create("companies", {}))
    world.asked()
    world.update(1, **{LINKS: {"A0": "Adviser", "A1": None}})
    assert world.pushed()["links_removed"] == 0
    assert not [path for path in requests_of(world) if path.endswith("archive")]
    assert linked(world, record_ids(world)[1], "companies") == {survivor: ["Adviser"], other: []}
    world.update(1, **{LINKS: {}})
    world.pushed()
    assert (linked(world, record_ids(world)[1], "companies"), ledger(world)) == ({}, [])


def test_a_label_of_a_column_that_is_no_association_any_more_stays_though_the_other_row_lets_go(
    make_push: MakePushWorld,
) -> None:
    world = make_push()
    for text in ("Friend", "Boss"):
        label(world, text)
    world.insert(customer(1, {"c2@example.com": "Friend"}))
    world.insert(customer(2, {"c3@example.com": None}, FRIENDS={"c1@example.com": "Boss"}))
    world.insert(customer(3))
    person = {"to": "contacts", "match": "email"}
    linking(world, **{LINKS: person, "FRIENDS": person})
    world.pushed()
    linking(world, **{LINKS: person})
    for key in (1, 2):
        world.update(key, **{LINKS: {}})
    world.pushed()
    ids = record_ids(world)
    assert linked(world, ids[1], "contacts") == {ids[2]: ["Boss"]}


@pytest.mark.parametrize("goes_too", [False, True])
@pytest.mark.parametrize("is_first", [False, True])
def test_a_link_of_a_row_that_is_gone_goes_from_the_record_that_its_own_was_merged_into(
    make_push: MakePushWorld, *, goes_too: bool, is_first: bool
) -> None:
    """The record that survives is another row's."""
    world = make_push()
    label(world, "Adviser", to_type="companies")
    firm(world, "A0")
    other = firm(world, "A1")
    world.insert(customer(1, {"A0": "Adviser"}))
    world.insert(customer(2, {"A1": None}))
    world.insert(customer(3))
    associations = {LINKS: FIRM}
    world.configure_push(
        properties={"firstname": "FIRST_NAME"}, associations=associations, removed_rows="clear"
    )
    world.pushed()
    ids = record_ids(world)
    pair = (ids[2], ids[1]) if is_first else (ids[1], ids[2])
    survivor = world.portal.merge("contacts", *pair)
    world.delete(1)
    if goes_too:
        world.delete(2)
    for _ in range(2):
        # the row that has the record is looked at by the next run
        world.pushed()
    assert linked(world, survivor, "companies") == ({} if goes_too else {other: []})
    assert ledger(world) == ([] if goes_too else [("2", "A1", None, "MADE")])
    assert world.pushed()["rows_changed"] == 0


@pytest.mark.parametrize("lists_chains", [True, False])
@pytest.mark.parametrize("match", ["erp_code", "hs_object_id"])
def test_a_link_goes_with_its_wish_though_what_it_leads_to_was_merged_again_and_again(
    make_push: MakePushWorld, match: str, *, lists_chains: bool
) -> None:
    """By a key that leads nowhere any more, and by the id of a record that was merged away."""
    world = make_push()
    label(world, "Adviser", to_type="companies")
    company = firm(world, "A0")
    target = company if match == "hs_object_id" else "A0"
    world.insert(customer(1, {target: "Adviser"}))
    linking(world, **{LINKS: {"to": "companies", "match": match}})
    world.pushed()
    contact = record_ids(world)[1]
    world.portal.lists_chained_merges = lists_chains
    for _ in range(2):
        company = world.portal.merge("companies", world.portal.create("companies", {}), company)
    world.update(1, FIRST_NAME="Again")
    world.pushed()
    assert linked(world, contact, "companies") == {company: ["Adviser"]}
    world.update(1, **{LINKS: {}})
    world.pushed()
    assert (linked(world, contact, "companies"), ledger(world)) == ({}, [])


def test_a_record_is_linked_to_by_an_id_that_was_merged_away(make_push: MakePushWorld) -> None:
    world = make_push()
    company = firm(world, "A0")
    survivor = world.portal.merge("companies", firm(world, "A1"), company)
    world.insert(customer(1, {company: None}))
    linking(world, **{LINKS: NUMBER})
    world.pushed()
    assert linked(world, record_ids(world)[1], "companies") == {survivor: []}


def test_a_link_is_not_forgotten_where_its_column_leads_to_another_object_of_the_same_id(
    make_push: MakePushWorld,
) -> None:
    world = make_push()
    deal = world.portal.create("deals", {"dealname": "Deal"})
    company = firm(world, deal)
    world.insert(customer(1, {deal: None}))
    linking(world, **{LINKS: FIRM})
    world.pushed()
    [contact] = record_ids(world).values()
    linking(world, **{LINKS: {"to": "deals", "match": "hs_object_id"}})
    world.pushed()
    assert linked(world, contact, "companies") == {company: []}
    linking(world, **{LINKS: FIRM})
    world.update(1, **{LINKS: {}})
    world.pushed()
    assert linked(world, contact, "deals") == {deal: []}
    assert linked(world, contact, "companies") == {}
