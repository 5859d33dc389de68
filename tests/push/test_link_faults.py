"""Whatever becomes of requests, answers and processes, links end up as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import httpx
import pytest

from hubspot_ingest.database.connection import Row
from hubspot_sandbox import Faults, Planned, Portal
from hubspot_sandbox.write_rules import WriteRules
from tests.nights import few_by_day
from tests.push.conftest import MakePushWorld
from tests.push.push_world import PushWorld
from tests.push.test_link_labels import (
    LINKS,
    by_hand,
    configure,
    customer,
    label,
    ledger,
    linked,
    record_ids,
)
from tests.runs.dying import Dying, Killed
from tests.runs.world import MINUTE

ROWS = 4


class Recorded(Faults):
    """Faults that say which of them struck."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.struck: list[str] = []

    def draw(self, number: int, endpoint: str, request: tuple[str, str, str, bytes]) -> str | None:
        kind = super().draw(number, endpoint, request)
        self.struck += [kind] if kind else []
        return kind


def circle(make_push: MakePushWorld, **options: Any) -> PushWorld:
    """Customers of whom each asks for the next one as a friend, without a label for the last."""
    world = make_push(**options)
    label(world, "Friend")
    for key in range(1, ROWS + 1):
        text = None if key == ROWS else "Friend"
        world.insert(customer(key, {f"c{key % ROWS + 1}@example.com": text}))
    configure(world)
    return world


def check_circle(world: PushWorld) -> None:
    ids = record_ids(world)
    for key in range(1, ROWS + 1):
        friend, before = ids[key % ROWS + 1], ids[(key - 2) % ROWS + 1]
        expected = {
            friend: [] if key == ROWS else ["Friend"],
            before: [] if key == 1 else ["Friend"],
        }
        assert linked(world, ids[key], "contacts") == expected
    assert {state for _, _, _, state in ledger(world)} == {"MADE"}
    assert not any(row["PAIR_EXISTED_BEFORE"] for row in world.push_rows("PUSH_LINKS"))


LABELLED, UNLABELLED = "/contacts/contacts/batch/create", "/batch/associate/default"


@pytest.mark.parametrize(
    ("kind", "endpoint"),
    few_by_day(
        [
            ("dropped", LABELLED),
            ("nothing", UNLABELLED),
            ("half", LABELLED),
            ("nothing", LABELLED),
            ("409", LABELLED),
            ("502-done", UNLABELLED),
        ],
        2,
    ),
)
def test_a_lost_or_refused_answer_loses_no_link(
    make_push: MakePushWorld, kind: str, endpoint: str
) -> None:
    faults = Recorded(plan=[Planned(kind, endpoint=endpoint)])
    world = circle(make_push, faults=faults)
    world.pushed()
    assert faults.struck == [kind]
    world.pushed()
    check_circle(world)
    assert world.pushed()["rows_changed"] == 0


@pytest.mark.long
def test_a_refused_request_takes_no_link_out_of_the_ledger(make_push: MakePushWorld) -> None:
    world = make_push()
    label(world, "Friend")
    label(world, "Boss")
    world.insert(customer(1, {"c2@example.com": "Friend"}))
    world.insert(customer(2))
    configure(world)
    world.pushed()
    ids = record_ids(world)
    refusals = (
        Planned("409", endpoint=LABELLED),
        Planned("409", endpoint="/contacts/batch/archive"),
    )
    world.sandbox.faults = faults = Recorded(plan=refusals)
    world.update(1, **{LINKS: {"c2@example.com": ["Friend", "Boss"]}})
    world.pushed()
    states = {row["LABEL"]: row["STATE"] for row in world.push_rows("PUSH_LINKS")}
    assert states == {"Friend": "MADE", "Boss": "REJECTED"}
    world.update(1, **{LINKS: {}})
    assert world.pushed()["links_removed"] == 0
    assert linked(world, ids[1], "contacts") == {ids[2]: ["Friend"]}
    # though nothing changed
    world.pushed()
    assert linked(world, ids[1], "contacts") == {}
    assert faults.struck == ["409", "409"]


@pytest.mark.long
def test_a_label_that_was_made_is_ours_though_the_one_before_could_not_be_taken_off(
    make_push: MakePushWorld,
) -> None:
    world = make_push()
    for text in ("Friend", "Boss"):
        label(world, text)
    world.insert(customer(1, {"c2@example.com": "Friend"}))
    world.insert(customer(2))
    configure(world)
    world.pushed()
    world.sandbox.faults = Recorded(plan=[Planned("409", endpoint="/labels/archive")])
    world.update(1, **{LINKS: {"c2@example.com": "Boss"}})
    world.pushed()
    states = {row["LABEL"]: row["STATE"] for row in world.push_rows("PUSH_LINKS")}
    assert states == {"Friend": "MADE", "Boss": "MADE"}
    for wish in ({"c2@example.com": "Boss"}, {}):
        world.update(1, **{LINKS: wish})
        world.pushed()
    assert (linked(world, record_ids(world)[1], "contacts"), ledger(world)) == ({}, [])


def test_a_limit_of_the_portal_is_the_links_outcome_and_the_record_is_written(
    make_push: MakePushWorld,
) -> None:
    world = make_push({"companies": 2})
    first, second = (record.id for record in world.portal.records("companies"))
    ends = (world.portal.object_type("contacts"), world.portal.object_type("companies"))
    kind = world.portal.associations.types(*ends)[0]
    limits = {(kind.category, kind.type_id): 1}
    world.portal.associations.limits["contacts", "companies"] = limits
    world.insert(customer(1, {first: None, second: None}))
    configure(world, to="companies", match="hs_object_id")
    answer = world.pushed()
    assert (answer["rows_created"], answer["links_added"]) == (1, 1)
    [row] = world.push_rows()
    assert (row["STATE"], row["CODE"]) == ("SYNCED", "LINK_LIMIT")
    del world.portal.associations.limits["contacts", "companies"]
    assert world.pushed()["links_added"] == 1
    assert set(linked(world, row["RECORD_ID"], "companies")) == {first, second}


@pytest.mark.long
@pytest.mark.parametrize(("whole", "code"), [(False, "TARGET_NOT_FOUND"), (True, "REFUSED")])
def test_a_target_that_is_archived_meanwhile_fails_alone(
    make_push: MakePushWorld, whole: bool, code: str
) -> None:
    world = make_push({"companies": 2})
    first, second = (record.id for record in world.portal.records("companies"))
    world.sandbox.writes = WriteRules(dead_ids_fail_links=whole)
    world.insert(customer(1, {first: None, second: None}))
    configure(world, to="companies", match="hs_object_id")

    def archive(portal: Portal, *_: int) -> None:
        sent = world.asked()
        if sent and sent[-1].path.endswith("contacts/companies/batch/read"):
            portal.archive("companies", second)

    world.sandbox.before_each = archive
    assert world.pushed()["links_added"] == 1
    [row] = world.push_rows()
    assert set(linked(world, row["RECORD_ID"], "companies")) == {first}
    assert (row["STATE"], row["CODE"]) == ("SYNCED", code)


class DyingAtLinks(Dying):
    """A process that is killed after its n-th statement from the first that writes links."""

    def __init__(self, world: PushWorld, dies_at: int) -> None:
        super().__init__(world, dies_at, after=True)
        self._writes_links = False

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[Row]:
        if "MERGE INTO" in statement and "PUSH_LINKS" in statement:
            self._writes_links = True
        return (
            super().rows(statement, params)
            if self._writes_links
            else self._alive.rows(statement, params)
        )


@pytest.mark.long
def test_killed_at_any_statement_of_the_links_the_next_run_ends_them(
    make_push: MakePushWorld,
) -> None:
    world = make_push()
    configure(world)
    world.insert(customer(1))
    world.pushed()
    for dies_at in count(1):
        world.insert(customer(dies_at + 1, {"c1@example.com": None}))
        alive = world.database
        world.database = DyingAtLinks(world, dies_at)
        try:
            world.push()
            died = False
        except Killed:
            died = True
        finally:
            world.database = alive
        world.clock.advance(16 * MINUTE)
        world.pushed()
        ids = record_ids(world)
        assert set(linked(world, ids[1], "contacts")) == set(ids.values()) - {ids[1]}
        links = world.push_rows("PUSH_LINKS")
        assert {(link["STATE"], link["PAIR_EXISTED_BEFORE"]) for link in links} == {("MADE", False)}
        assert len(links) == dies_at
        if not died:
            break
    assert dies_at > 4


@pytest.mark.long
def test_labels_of_a_person_between_any_two_requests_stay(make_push: MakePushWorld) -> None:
    """But for the moment between the last look at a pair and its writing, which is one request."""
    world = make_push()
    label(world, "Friend")
    theirs, _ = label(world, "Neighbour"), label(world, "Boss")
    world.insert(customer(0))
    for key in range(1, 13):
        world.insert(customer(key, {"c0@example.com": "Friend"}))
    configure(world)
    world.pushed()
    ids = record_ids(world)
    for key in range(1, 13):
        world.update(key, **{LINKS: {"c0@example.com": "Boss"}})
    numbers = count(1)

    def edit(portal: Portal, *_: int) -> None:
        """Before each request somebody labels the pair of another customer."""
        key = next(numbers)
        if key < 13:
            contacts = portal.object_type("contacts")
            links = portal.associations.links(contacts, contacts)
            present = links[int(ids[key])][int(ids[0])]
            pair = (contacts, int(ids[key]), contacts, int(ids[0]))
            portal.associations.add(*pair, (*present, theirs))

    world.asked()
    world.sandbox.before_each = edit
    world.pushed()
    world.sandbox.before_each = None
    paths = [sent.path for sent in world.asked()]
    assert 6 < len(paths) < 13
    for key in range(1, 13):
        labels = linked(world, ids[key], "contacts")[ids[0]]
        last_moment = key <= len(paths) and paths[key - 1].endswith(
            "contacts/contacts/batch/create"
        )
        edited = key <= len(paths) and not last_moment
        assert labels == (["Boss", "Neighbour"] if edited else ["Boss"])


# A lost answer, and two that ask to wait: for as long as that, a person may do anything.
WAITS = pytest.mark.parametrize("status", [502, 423, 429])


@pytest.mark.long
@WAITS
def test_a_label_that_a_person_adds_before_a_request_is_sent_again_stays(
    make_push: MakePushWorld, status: int
) -> None:
    """What is sent again is what there is then, and ours."""
    world = make_push()
    theirs, _ = label(world, "Neighbour"), label(world, "Boss")
    for key in (1, 2):
        world.insert(customer(key))
    configure(world)
    world.pushed()
    ids = record_ids(world)
    world.update(1, **{LINKS: {"c2@example.com": "Boss"}})
    lost: list[httpx.Request] = []

    def lose(request: httpx.Request, _answer: httpx.Response) -> httpx.Response | None:
        if lost or not request.url.path.endswith("contacts/contacts/batch/create"):
            return None
        lost.append(request)
        # what was sent is lost before HubSpot did it; meanwhile somebody links the two
        contacts = world.portal.object_type("contacts")
        world.portal.associations.remove(contacts, int(ids[1]), contacts, int(ids[2]))
        by_hand(world, ids[1], ids[2], theirs)
        return httpx.Response(status, json={"message": "wait"})

    world.instead = lose
    assert world.pushed()["links_added"] == 1
    assert linked(world, ids[1], "contacts") == {ids[2]: ["Boss", "Neighbour"]}
    assert [state for *_, state in ledger(world)] == ["MADE"]


@pytest.mark.long
@WAITS
def test_a_label_that_a_person_adds_before_a_link_is_ended_again_keeps_the_pair(
    make_push: MakePushWorld, status: int
) -> None:
    world = make_push()
    theirs = label(world, "Neighbour")
    world.insert(customer(1, {"c2@example.com": None}))
    world.insert(customer(2))
    configure(world)
    world.pushed()
    ids = record_ids(world)
    world.update(1, **{LINKS: None})
    lost: list[httpx.Request] = []

    def lose(request: httpx.Request, _answer: httpx.Response) -> httpx.Response | None:
        if lost or not request.url.path.endswith("contacts/contacts/batch/archive"):
            return None
        lost.append(request)
        by_hand(world, ids[1], ids[2], theirs)
        return httpx.Response(status, json={"message": "wait"})

    world.instead = lose
    world.pushed()
    world.pushed()
    assert linked(world, ids[1], "contacts") == {ids[2]: ["Neighbour"]}
    [row] = [row for row in world.push_rows() if row["ROW_KEY"] == "1"]
    assert (row["CODE"], ledger(world)) == ("FOREIGN_LABELS_KEPT", [])


@pytest.mark.long
@pytest.mark.parametrize("dies", [False, True])
def test_links_go_with_a_row_that_is_gone(make_push: MakePushWorld, dies: bool) -> None:
    world = make_push()
    label(world, "Friend")
    world.insert(customer(1, {"c2@example.com": "Friend"}))
    world.insert(customer(2))
    world.configure_push(
        properties={"firstname": "FIRST_NAME"},
        associations={LINKS: {"to": "contacts", "match": "email"}},
        removed_rows="clear",
    )
    world.pushed()
    ids = record_ids(world)
    world.delete(1)
    if dies:
        world.instead = killed_at_archive
        with pytest.raises(Killed):
            world.push()
        world.instead = None
        world.clock.advance(16 * MINUTE)
    answer = world.pushed()
    # HubSpot had done both before the process ended
    assert (answer["rows_cleared"], answer["links_removed"]) == (int(not dies), int(not dies))
    assert (linked(world, ids[1], "contacts"), ledger(world)) == ({}, [])
    assert world.pushed()["rows_changed"] == 0


def killed_at_archive(request: httpx.Request, _answer: httpx.Response) -> None:
    """The process ends while it waits for HubSpot to take links away."""
    if request.url.path.endswith("contacts/contacts/batch/archive"):
        raise Killed
