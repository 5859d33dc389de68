from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from hubspot_sandbox import Faults, Person, Planned, Sandbox, WriteRules
from hubspot_sandbox.faults import WRITE_KINDS
from hubspot_sandbox.person import ACTIONS
from tests.sandboxes.hubspot.asking import CONTACTS, SECOND, App, SetClock, app_writing, portal_with


def failing(*kinds: str) -> App:
    return App(Sandbox(portal_with(), faults=Faults(plan=[Planned(kind) for kind in kinds])))


def people(count: int) -> list[dict[str, Any]]:
    return [{"properties": {"email": f"p{n}@b.c"}} for n in range(count)]


def test_a_batch_can_be_written_though_a_proxy_answers() -> None:
    """H199."""
    app = failing("502-done")
    reply = app.batch("create", *people(3))
    assert (reply.status, reply.headers["Content-Type"]) == (502, "text/html; charset=UTF-8")
    assert len(app.seeded()) == 3


def test_a_batch_can_be_written_though_nobody_answers() -> None:
    """H199."""
    app = failing("silent")
    request = httpx.Request(
        "POST",
        f"https://api.hubapi.com{CONTACTS}/batch/create",
        headers={"Authorization": f"Bearer {app.token}"},
        content=json.dumps({"inputs": people(3)}),
        extensions={"timeout": {"read": 30}},
    )
    with pytest.raises(httpx.ReadTimeout):
        app.sandbox.respond(request)
    assert len(app.seeded()) == 3


def test_half_of_a_batch_can_be_written_before_an_error() -> None:
    """H199."""
    app = failing("half")
    assert (app.batch("create", *people(5)).status, len(app.seeded())) == (500, 2)


@pytest.mark.parametrize(("what", "status"), [("create", 201), ("archive", 204)])
def test_a_success_can_have_done_nothing(what: str, status: int) -> None:
    """H199."""
    app = failing("nothing")
    contact = app.portal.create("contacts", {"email": "p0@b.c"})
    reply = app.batch(what, *[item | {"id": contact} for item in people(1)])
    assert (reply.status, app.seeded()) == (status, [contact])
    if reply.body:
        assert (reply.json["results"], "errors" in reply.json) == ([], False)


def test_a_whole_batch_can_be_a_conflict() -> None:
    """H199."""
    app = failing("409")
    assert (app.batch("create", *people(3)).status, app.seeded()) == (409, [])


def test_these_faults_strike_batches_that_write_only() -> None:
    """H199."""
    app = failing(*WRITE_KINDS)
    for _ in range(5):
        assert app.get(CONTACTS).status == 200
        assert app.post(f"{CONTACTS}/batch/read", {"inputs": []}).status == 200
    by_chance = App(Sandbox(portal_with(), faults=Faults(1.0, kinds=WRITE_KINDS)))
    assert by_chance.get(CONTACTS).status == 200


def test_a_refused_batch_stays_refused_through_a_fault() -> None:
    """H199."""
    app = failing("502-done")
    assert app.batch("create", {"properties": {"nope": "1"}}).status == 400


def test_a_portal_written_to_too_quickly_is_locked_for_a_while() -> None:
    """H198."""
    clock = SetClock()
    app = app_writing(WriteRules(writes_per_second=100), clock)
    assert app.batch("create", *people(100)).status == 201
    reply = app.batch("update", *[{"id": id_, "properties": {"city": "x"}} for id_ in app.seeded()])
    assert (reply.status, reply.json["category"]) == (423, "LOCKED")
    clock.advance(SECOND)
    assert app.post(CONTACTS, {"properties": {"email": "x@y.z"}}).status == 423
    assert app.get(CONTACTS).status == 200
    clock.advance(SECOND)
    assert app.post(CONTACTS, {"properties": {"email": "x@y.z"}}).status == 201


def sent_until_answered(app: App, what: str, inputs: list[dict[str, Any]]) -> None:
    for _ in range(20):
        reply = app.batch(what, *inputs)
        if reply.status < 300 and len(reply.json["results"]) == len(inputs):
            return
    raise AssertionError("never answered")


@pytest.mark.parametrize("seed", range(10))
def test_an_upsert_sent_until_it_is_answered_makes_each_record_once(seed: int) -> None:
    """H199."""
    faults = Faults(0.7, seed, kinds=(*WRITE_KINDS, "dropped", "500"))
    app = App(Sandbox(portal_with(), faults=faults))
    for start in range(0, 50, 10):
        emails = [f"p{n}@b.c" for n in range(start, start + 10)]
        inputs = [
            {"id": email, "idProperty": "email", "properties": {"city": email}} for email in emails
        ]
        sent_until_answered(app, "upsert", inputs)
    records = [record.properties for record in app.portal.records("contacts")]
    assert sorted(str(values["city"]) for values in records) == sorted(
        str(values["email"]) for values in records
    )
    assert len(records) == len({values["email"] for values in records}) == 50


def test_a_create_without_a_key_sent_again_makes_a_second_record() -> None:
    """H199."""
    app = failing("502-done")
    sent_until_answered(app, "create", [{"properties": {"firstname": "Jane"}}])
    assert len(app.seeded()) == 2


@pytest.mark.parametrize("action", ACTIONS)
def test_a_person_edits_records(action: str) -> None:
    """H200."""
    portal = portal_with(contacts=6, companies=6)
    person = Person(seed=3, object_types=("contacts", "companies"))
    edit = person.act(portal, action)
    assert edit is not None
    links = portal.associations.links(
        portal.object_type(edit.object_type), portal.object_type(edit.to_type or "contacts")
    )
    pair = links.get(int(edit.id), {})
    match action:
        case "change":
            assert edit.property is not None
            record = portal.record(edit.object_type, edit.id)
            assert record.properties[edit.property] == edit.value
        case "link" | "label":
            labels = {kind.label for kind in pair[int(edit.to_id or "")]}
            assert None in labels
            assert ("By hand" in labels) is (action == "label")
        case "unlink":
            assert int(edit.to_id or "") not in pair
        case "archive":
            assert portal.record(edit.object_type, edit.id).archived
        case "merge":
            merged = portal.record(edit.object_type, edit.survivor or "").properties
            assert edit.id in (merged["hs_merged_object_ids"] or "").split(";")


def test_a_label_put_on_by_hand_leaves_the_others() -> None:
    """H200."""
    portal = portal_with()
    first, second = (portal.create("contacts", {}) for _ in range(2))
    portal.associate("contacts", first, "contacts", second, label="Friend")
    portal.associate("contacts", second, "contacts", first, label="Friend")
    Person(seed=1, object_types=("contacts",)).act(portal, "label")
    kind = portal.object_type("contacts")
    kinds = portal.associations.links(kind, kind)[int(first)][int(second)]
    assert {link.label for link in kinds} == {None, "Friend", "By hand"}


def test_a_person_edits_between_any_two_requests() -> None:
    """H200."""
    person = Person(seed=1, share=1.0, actions=("change",), properties={"contacts": ("city",)},
                    object_types=("contacts",))  # fmt: skip
    app = App(Sandbox(portal_with(contacts=3), before_each=person))
    for _ in range(4):
        app.get(CONTACTS)
    assert [(edit.request, edit.property) for edit in person.edits] == [
        (number, "city") for number in range(1, 5)
    ]


def test_a_person_does_nothing_to_no_records() -> None:
    """H200."""
    portal = portal_with()
    person = Person(seed=1)
    assert [person.act(portal, action) for action in ACTIONS] == [None] * len(ACTIONS)
    assert person.edits == []
