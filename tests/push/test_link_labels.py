"""Each setting of an OBJECT column does what it says, and labels of other people's stay."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.push.conftest import MakePushWorld
from tests.push.push_world import PushWorld
from tests.runs.world import Answer

LINKS = "COMPANIES"
"""The OBJECT column of the source."""


def linked(world: PushWorld, from_id: str, to_type: str, from_type: str = "contacts") -> Any:
    """The labels, without None for an unlabelled one, of each record that a record is linked to."""
    portal = world.portal
    ends = (portal.object_type(from_type), portal.object_type(to_type))
    return {
        str(to_id): sorted(kind.label for kind in kinds if kind.label and kind.label != "Primary")
        for to_id, kinds in portal.associations.links(*ends).get(int(from_id), {}).items()
    }


def label(
    world: PushWorld, text: str, from_type: str = "contacts", to_type: str = "contacts"
) -> Any:
    """Make a label in the portal."""
    portal = world.portal
    ends = (portal.object_type(from_type), portal.object_type(to_type))
    return portal.associations.add_label(*ends, text)


def by_hand(
    world: PushWorld, from_id: str, to_id: str, *kinds: Any, to_type: str = "contacts"
) -> None:
    """Somebody links two records in HubSpot's own pages."""
    portal = world.portal
    ends = (portal.object_type("contacts"), portal.object_type(to_type))
    present = portal.associations.links(*ends).get(int(from_id), {}).get(int(to_id), ())
    ends_of_pair = (ends[0], int(from_id), ends[1], int(to_id))
    portal.associations.add(*ends_of_pair, (*present, *kinds))


def customer(key: int, links: Any = None, **values: Any) -> Answer:
    row = {"CUSTOMER_ID": key, "EMAIL": f"c{key}@example.com", "FIRST_NAME": f"Name {key}"}
    return {**row, **({} if links is None else {LINKS: links}), **values}


def record_ids(world: PushWorld) -> dict[int, str]:
    return {int(row["ROW_KEY"]): row["RECORD_ID"] for row in world.push_rows()}


def configure(world: PushWorld, **link: Any) -> None:
    mapping = {"to": "contacts", "match": "email", **link}
    world.configure_push(properties={"firstname": "FIRST_NAME"}, associations={LINKS: mapping})


def ledger(world: PushWorld) -> list[tuple[str, str, str | None, str]]:
    return sorted(
        (row["ROW_KEY"], row["TO_KEY"], row["LABEL"], row["STATE"])
        for row in world.push_rows("PUSH_LINKS")
    )


def requests_of(world: PushWorld) -> list[str]:
    return [
        seen.path.split("/associations/")[-1]
        for seen in world.asked()
        if "/associations/" in seen.path
    ]


def test_friends_are_linked_by_e_mail_in_the_run_that_makes_them(
    make_push: MakePushWorld,
) -> None:
    world = make_push()
    world.insert(customer(1, {"C2@example.com": None, "c3@example.com": None}))
    world.insert(customer(2))
    world.insert(customer(3))
    configure(world)
    answer = world.pushed()
    ids = record_ids(world)
    assert linked(world, ids[1], "contacts") == {ids[2]: [], ids[3]: []}
    assert (answer["links_added"], answer["links_removed"]) == (2, 0)
    assert ledger(world) == [
        ("1", "c2@example.com", None, "MADE"),
        ("1", "c3@example.com", None, "MADE"),
    ]
    world.asked()
    assert world.pushed()["rows_changed"] == 0
    assert requests_of(world) == []


@pytest.mark.long
def test_friends_are_linked_by_number(make_push: MakePushWorld) -> None:
    world = make_push({"contacts": 3})
    [friend, other, *_] = [record.id for record in world.portal.records("contacts")]
    world.insert(customer(1, {friend: None, other: None}))
    configure(world, match="hs_object_id")
    world.pushed()
    assert set(linked(world, record_ids(world)[1], "contacts")) == {friend, other}


def test_employees_are_linked_by_e_mail_with_labels(make_push: MakePushWorld) -> None:
    world = make_push()
    for text in ("Works at", "Advises"):
        label(world, text, "companies", "contacts")
    ana, ben = (world.portal.create("contacts", {"email": f"{n}@acme.com"}) for n in ("ana", "ben"))
    wishes = {"ana@acme.com": ["Works at", "Advises"], "ben@acme.com": "Works at"}
    world.insert({"CUSTOMER_ID": 1, "FIRST_NAME": "Acme", LINKS: wishes})
    world.create_external_id("companies")
    world.configure_push(
        object="companies",
        match=...,
        properties={"name": "FIRST_NAME"},
        associations={LINKS: {"to": "contacts", "match": "email"}},
    )
    world.pushed()
    [company_id] = record_ids(world).values()
    assert linked(world, company_id, "contacts", "companies") == {
        ana: ["Advises", "Works at"],
        ben: ["Works at"],
    }
    world.update(1, **{LINKS: {"ana@acme.com": "Advises"}})
    answer = world.pushed()
    assert linked(world, company_id, "contacts", "companies") == {ana: ["Advises"]}
    assert (answer["links_added"], answer["links_removed"]) == (0, 2)
    [push_row] = world.push_rows()
    assert (push_row["STATE"], push_row["CODE"]) == ("SYNCED", None)


def two_friends(make_push: MakePushWorld, **link: Any) -> tuple[PushWorld, dict[int, str]]:
    """A run that linked the first customer to the second as a friend."""
    world = make_push()
    label(world, "Friend")
    world.insert(customer(1, {"c2@example.com": "Friend"}))
    world.insert(customer(2))
    configure(world, **link)
    world.pushed()
    ids = record_ids(world)
    assert linked(world, ids[1], "contacts") == {ids[2]: ["Friend"]}
    return world, ids


@pytest.mark.long
@pytest.mark.parametrize(
    ("cleanup", "remaining"), [("ours", False), ("always", False), ("never", True)]
)
def test_a_link_that_is_no_longer_asked_for_is_removed(
    make_push: MakePushWorld, cleanup: str, remaining: bool
) -> None:
    world, ids = two_friends(make_push, cleanup=cleanup)
    world.update(1, **{LINKS: None})
    answer = world.pushed()
    assert linked(world, ids[1], "contacts") == ({ids[2]: []} if remaining else {})
    assert (answer["links_removed"], ledger(world)) == (1, [])


@pytest.mark.long
@pytest.mark.parametrize(("cleanup", "remaining"), [("ours", True), ("always", False)])
def test_a_pair_that_was_there_before_is_left_as_it_was_unless_all_are_cleaned_up(
    make_push: MakePushWorld, cleanup: str, remaining: bool
) -> None:
    world = make_push()
    friend = label(world, "Friend")
    first, second = (
        world.portal.create("contacts", {"email": f"c{key}@example.com"}) for key in (1, 2)
    )
    by_hand(world, first, second)
    world.insert(customer(1, {"c2@example.com": friend.label}))
    configure(world, cleanup=cleanup)
    world.pushed()
    assert linked(world, first, "contacts") == {second: ["Friend"]}
    world.update(1, **{LINKS: {}})
    world.pushed()
    assert linked(world, first, "contacts") == ({second: []} if remaining else {})


@pytest.mark.long
def test_labels_that_a_person_added_are_kept_when_ours_come_and_go(
    make_push: MakePushWorld,
) -> None:
    world, ids = two_friends(make_push)
    theirs = label(world, "Neighbour")
    label(world, "Boss")
    by_hand(world, ids[1], ids[2], theirs)
    world.update(1, **{LINKS: {"c2@example.com": "Boss"}})
    world.pushed()
    assert linked(world, ids[1], "contacts") == {ids[2]: ["Boss", "Neighbour"]}
    world.update(1, **{LINKS: {}})
    world.pushed()
    assert linked(world, ids[1], "contacts") == {ids[2]: ["Neighbour"]}
    outcomes = world.push_rows("PUSH_OUTCOMES")
    assert [row["ROW_KEY"] for row in outcomes if row["CODE"] == "FOREIGN_LABELS_KEPT"] == ["1"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("labels", "remaining"), [("replace", ["Boss"]), ("merge", ["Boss", "Neighbour"])]
)
def test_labels_of_others_are_replaced_only_where_the_settings_say_so(
    make_push: MakePushWorld, labels: str, remaining: list[str]
) -> None:
    world, ids = two_friends(make_push, labels=labels)
    theirs, _ = label(world, "Neighbour"), label(world, "Boss")
    by_hand(world, ids[1], ids[2], theirs)
    world.update(1, **{LINKS: {"c2@example.com": "Boss"}})
    world.pushed()
    assert linked(world, ids[1], "contacts") == {ids[2]: remaining}


@pytest.mark.long
def test_a_link_waits_for_its_target_and_is_made_once_that_is_there(
    make_push: MakePushWorld,
) -> None:
    world = make_push()
    world.insert(customer(1, {"late@example.com": None}))
    configure(world)
    answer = world.pushed()
    assert (answer["rows_created"], answer["links_added"]) == (1, 0)
    assert ledger(world) == [("1", "late@example.com", None, "WAITING")]
    world.pushed()
    assert [row["OUTCOME"] for row in world.push_rows("PUSH_OUTCOMES")][-1] == "WAITING"
    late = world.portal.create("contacts", {"email": "late@example.com"})
    assert world.pushed()["links_added"] == 1
    assert set(linked(world, record_ids(world)[1], "contacts")) == {late}
    assert world.pushed()["rows_changed"] == 0


@pytest.mark.long
def test_a_row_waits_whole_where_its_targets_are_needed(make_push: MakePushWorld) -> None:
    world = make_push()
    world.insert(customer(1, {"late@example.com": None}))
    configure(world, unresolved="reject")
    world.pushed()
    assert list(world.portal.records("contacts")) == []
    world.portal.create("contacts", {"email": "late@example.com"})
    answer = world.pushed()
    assert (answer["rows_created"], answer["links_added"]) == (1, 1)


@pytest.mark.long
def test_a_missing_target_is_left_out_where_it_does_not_matter(make_push: MakePushWorld) -> None:
    world = make_push()
    world.insert(customer(1, {"late@example.com": None}))
    configure(world, unresolved="skip")
    world.pushed()
    [row] = world.push_rows()
    assert (row["STATE"], row["CODE"]) == ("SYNCED", "TARGET_NOT_FOUND")
    assert world.pushed()["rows_changed"] == 0


@pytest.mark.long
def test_an_unknown_label_is_tried_again_until_somebody_makes_it(
    make_push: MakePushWorld,
) -> None:
    world = make_push()
    world.insert(customer(1, {"c2@example.com": "Pal"}))
    world.insert(customer(2))
    configure(world)
    world.pushed()
    rows = {row["ROW_KEY"]: (row["STATE"], row["CODE"]) for row in world.push_rows()}
    assert rows == {"1": ("SYNCED", "LABEL_UNKNOWN"), "2": ("SYNCED", None)}
    label(world, "Pal")
    assert world.pushed()["links_added"] == 1
    ids = record_ids(world)
    assert linked(world, ids[1], "contacts") == {ids[2]: ["Pal"]}


def test_a_missing_label_is_made_where_the_settings_say_so(make_push: MakePushWorld) -> None:
    world = make_push()
    world.insert(customer(1, {"c2@example.com": "Pen-pal 2"}))
    world.insert(customer(2))
    configure(world, create_labels=True)
    world.pushed()
    ids = record_ids(world)
    assert linked(world, ids[1], "contacts") == {ids[2]: ["Pen-pal 2"]}


def test_a_plan_shows_links_and_changes_nothing(make_push: MakePushWorld) -> None:
    world, ids = two_friends(make_push)
    label(world, "Boss")
    world.update(1, **{LINKS: {"c2@example.com": "Boss"}})
    plan = world.plan()
    assert plan["counts"]["LINK"] == 1
    [row] = world.push_rows("PUSH_PLAN_ROWS")
    place = {"column": LINKS, "to": "c2@example.com"}
    assert json.loads(row["LINKS_ADDED"]) == [{**place, "label": "Boss"}]
    assert json.loads(row["LINKS_REMOVED"]) == [{**place, "label": "Friend"}]
    assert linked(world, ids[1], "contacts") == {ids[2]: ["Friend"]}
    assert world.push(plan_hash=plan["plan_hash"])["status"] == "SUCCEEDED"
    assert linked(world, ids[1], "contacts") == {ids[2]: ["Boss"]}


@pytest.mark.long
def test_a_label_goes_though_the_other_row_asks_for_the_other_end_of_a_paired_one(
    make_push: MakePushWorld,
) -> None:
    """Each end of a paired label has a type of its own: seen from both ends it shows which."""
    world = make_push()
    label(world, "Friend")
    contacts = world.portal.object_type("contacts")
    world.portal.associations.add_label(contacts, contacts, "Manager", "Employee")
    world.insert(customer(1, {"c2@example.com": ["Manager", "Friend"]}))
    world.insert(customer(2, {"c1@example.com": "Employee"}))
    configure(world)
    world.pushed()
    ids = record_ids(world)
    assert linked(world, ids[2], "contacts") == {ids[1]: ["Employee", "Friend"]}
    world.update(1, **{LINKS: {"c2@example.com": "Manager"}})
    world.pushed()
    assert linked(world, ids[1], "contacts") == {ids[2]: ["Manager"]}
    world.update(1, **{LINKS: {}})
    world.pushed()
    assert linked(world, ids[2], "contacts") == {ids[1]: ["Employee"]}
    world.update(2, **{LINKS: {}})
    world.pushed()
    assert linked(world, ids[2], "contacts") == {}


@pytest.mark.long
def test_a_pair_that_only_one_of_its_records_shows_keeps_what_may_be_the_other_rows(
    make_push: MakePushWorld,
) -> None:
    """HubSpot may leave a record out of an answer, or show a new link at one end first."""
    world = make_push()
    contacts = world.portal.object_type("contacts")
    world.portal.associations.add_label(contacts, contacts, "Manager", "Employee")
    world.insert(customer(1, {"c2@example.com": "Manager"}))
    world.insert(customer(2, {"c1@example.com": "Employee"}))
    configure(world)
    world.pushed()
    ids = record_ids(world)
    world.update(1, **{LINKS: {}})

    def leave_out(request: httpx.Request, answer: httpx.Response) -> httpx.Response | None:
        if not request.url.path.endswith("contacts/contacts/batch/read"):
            return None
        body = answer.json()
        shown = [result for result in body["results"] if result["from"]["id"] != ids[2]]
        return httpx.Response(answer.status_code, json={**body, "results": shown})

    world.instead = leave_out
    world.pushed()
    assert linked(world, ids[2], "contacts") == {ids[1]: ["Employee"]}


@pytest.mark.long
def test_the_other_record_of_a_pair_is_read_where_a_label_may_be_a_paired_one_alone(
    make_push: MakePushWorld,
) -> None:
    """What two rows ask for is told apart by what one record shows, as a rule."""
    world = make_push()
    label(world, "Friend")
    read: list[str] = []

    def count(request: httpx.Request, _answer: httpx.Response) -> None:
        if request.url.path.endswith("contacts/contacts/batch/read"):
            read.extend(each["id"] for each in json.loads(request.content)["inputs"])

    world.instead = count
    world.insert(customer(1, {"c2@example.com": "Friend"}))
    world.insert(customer(2, {"c1@example.com": "Friend"}))
    configure(world)
    world.pushed()
    assert sorted(read) == sorted(record_ids(world).values())
    read.clear()
    world.update(1, **{LINKS: {}})
    world.pushed()
    assert read == [record_ids(world)[1]]
    assert linked(world, record_ids(world)[2], "contacts") == {record_ids(world)[1]: ["Friend"]}
