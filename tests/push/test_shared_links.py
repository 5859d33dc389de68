"""An association that several rows or pushes ask for is there until the last of them lets it go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from hubspot_ingest.database.state.link_leases import LinkLeases
from tests.push.conftest import MakePushWorld
from tests.push.push_world import PushWorld
from tests.push.test_link_labels import LINKS, configure, customer, label, linked, record_ids
from tests.runs.dying import Killed
from tests.runs.world import MINUTE

FIRM: Mapping[str, Any] = {"to": "companies", "match": "erp_code"}
FRIEND: Mapping[str, Any] = {"to": "contacts", "match": "email"}


def two_pushes(world: PushWorld, mapping: Mapping[str, Any]) -> None:
    """The first one makes the links of one column, the second one those of another."""
    world.configure_push(
        "first", properties={"firstname": "FIRST_NAME"}, associations={LINKS: mapping}
    )
    world.configure_push(
        "second", properties={"lastname": "STAGE"}, associations={"FRIENDS": mapping}
    )


def a_firm(world: PushWorld) -> str:
    """A company, and a label for its advisers."""
    label(world, "Adviser", to_type="companies")
    return world.portal.create("companies", {"name": "Firm", "erp_code": "A0"})


def test_two_rows_that_ask_for_each_other_keep_the_link_until_both_are_done(
    make_push: MakePushWorld,
) -> None:
    world = make_push()
    label(world, "Friend")
    world.insert(customer(1, {"c2@example.com": "Friend"}))
    world.insert(customer(2, {"c1@example.com": "Friend"}))
    configure(world)
    world.pushed()
    ids = record_ids(world)
    assert linked(world, ids[1], "contacts") == {ids[2]: ["Friend"]}
    world.update(1, **{LINKS: {}})
    world.pushed()
    assert linked(world, ids[2], "contacts") == {ids[1]: ["Friend"]}
    world.update(2, **{LINKS: {}})
    world.pushed()
    assert linked(world, ids[2], "contacts") == {}


@pytest.mark.long
@pytest.mark.parametrize("text", [None, "Friend"])
@pytest.mark.parametrize(("maker", "heir"), [(1, 2), (2, 1)])
def test_a_link_that_passes_to_the_other_row_goes_with_that_row(
    make_push: MakePushWorld, maker: int, heir: int, text: str | None
) -> None:
    world = make_push()
    label(world, "Friend")
    [to_heir, to_maker] = [{f"c{other}@example.com": text} for other in (heir, maker)]
    world.insert(customer(maker, to_heir))
    world.insert(customer(heir, {}))
    configure(world)
    world.pushed()
    world.update(maker, **{LINKS: {}})
    world.update(heir, **{LINKS: to_maker})
    world.pushed()
    ids = record_ids(world)
    assert linked(world, ids[heir], "contacts") == {ids[maker]: [text] if text else []}
    world.update(heir, **{LINKS: {}})
    world.pushed()
    assert linked(world, ids[heir], "contacts") == {}


@pytest.mark.long
@pytest.mark.parametrize(("keeps", "lets_go"), [(1, 2), (2, 1)])
def test_an_end_of_a_paired_label_stays_where_both_ends_go_from_the_other_record(
    make_push: MakePushWorld, keeps: int, lets_go: int
) -> None:
    """Both records show the same two types then, and neither shows which end is whose."""
    world = make_push()
    contacts = world.portal.object_type("contacts")
    world.portal.associations.add_label(contacts, contacts, "Manager", "Employee")
    world.insert(customer(keeps, {f"c{lets_go}@example.com": "Manager"}))
    world.insert(customer(lets_go, {f"c{keeps}@example.com": ["Manager", "Employee"]}))
    configure(world)
    world.pushed()
    world.update(lets_go, **{LINKS: {}})
    world.pushed()
    ids = record_ids(world)
    assert "Manager" in linked(world, ids[keeps], "contacts")[ids[lets_go]]


@pytest.mark.long
@pytest.mark.parametrize(("labels", "pair"), [(1, 2), (2, 1)])
def test_nothing_is_left_of_a_pair_that_both_rows_let_go_at_once(
    make_push: MakePushWorld, labels: int, pair: int
) -> None:
    world = make_push()
    contacts = world.portal.object_type("contacts")
    world.portal.associations.add_label(contacts, contacts, "Manager", "Employee")
    world.insert(customer(labels, {f"c{pair}@example.com": ["Manager", "Employee"]}))
    world.insert(customer(pair, {f"c{labels}@example.com": None}))
    configure(world)
    world.pushed()
    for key in (labels, pair):
        world.update(key, **{LINKS: {}})
    world.pushed()
    assert linked(world, record_ids(world)[pair], "contacts") == {}


@pytest.mark.parametrize("text", [None, "Adviser"])
def test_a_link_of_two_pushes_goes_with_the_last_of_them(
    make_push: MakePushWorld, text: str | None
) -> None:
    world = make_push()
    company = a_firm(world)
    world.insert(customer(1, {"A0": text}, FRIENDS={"A0": text}))
    two_pushes(world, FIRM)
    for name in ("first", "second"):
        world.pushed(name)
    contact = record_ids(world)[1]
    world.update(1, **{LINKS: {}})
    world.pushed("first")
    assert linked(world, contact, "companies") == {company: [text] if text else []}
    world.update(1, FRIENDS={})
    world.pushed("second")
    assert linked(world, contact, "companies") == {}


@pytest.mark.long
def test_a_link_that_another_push_asks_for_from_the_other_record_stays(
    make_push: MakePushWorld,
) -> None:
    world = make_push()
    firm = {"name": "Firm", "erp_code": "A0"}
    company = world.portal.create("companies", firm)
    world.insert(customer(1, {"A0": None}, FRIENDS={"c1@example.com": None}, STAGE="A0"))
    by_code = {"to": "companies", "match": "erp_code"}
    world.configure_push(
        "first", properties={"firstname": "FIRST_NAME"}, associations={LINKS: by_code}
    )
    world.configure_push(
        "second",
        object="companies",
        match={"erp_code": "STAGE"},
        properties={"name": "FIRST_NAME"},
        associations={"FRIENDS": {"to": "contacts", "match": "email"}},
    )
    for name in ("first", "second"):
        world.pushed(name)
    [contact] = [row["RECORD_ID"] for row in world.push_rows() if row["PUSH"] == "first"]
    world.update(1, **{LINKS: {}})
    world.pushed("first")
    assert linked(world, contact, "companies") == {company: []}


@pytest.mark.long
@pytest.mark.parametrize("text", [None, "Adviser"])
def test_a_link_that_is_handed_over_to_a_run_that_waits_for_its_turn_goes_with_it(
    make_push: MakePushWorld, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    """What the ledger says of links counts as it is once the run may write them."""
    world = make_push()
    a_firm(world)
    world.insert(customer(1, {"A0": text}, FRIENDS={"A0": text}, STAGE="before"))
    two_pushes(world, FIRM)
    for name in ("first", "second"):
        world.pushed(name)
    [push] = world.rows("SELECT DISTINCT PORTAL_ID FROM HUBSPOT_INGEST.STATE.PUSHES")
    another = LinkLeases(world.database, push["PORTAL_ID"], "another")
    assert another.take(world.clock.now())
    world.update(1, **{LINKS: {}}, FRIENDS={}, STAGE="after")
    sleep = world.clock.sleep

    def let_go_meanwhile(seconds: float) -> None:
        monkeypatch.setattr(world.clock, "sleep", sleep)
        another.release()
        assert world.pushed("first")["links_removed"] == 0
        sleep(seconds)

    monkeypatch.setattr(world.clock, "sleep", let_go_meanwhile)
    world.pushed("second")
    assert linked(world, record_ids(world)[1], "companies") == {}


@pytest.mark.long
@pytest.mark.parametrize(("asks", "made"), [(1, 2), (2, 1)])
def test_a_label_that_another_push_asks_for_stays_though_the_other_row_that_made_it_lets_go(
    make_push: MakePushWorld, asks: int, made: int
) -> None:
    world = make_push()
    label(world, "Friend")
    to_asks, to_made = (f"c{key}@example.com" for key in (asks, made))
    world.insert(customer(asks, {}, FRIENDS={to_made: "Friend"}))
    world.insert(customer(made, {to_asks: "Friend"}))
    two_pushes(world, FRIEND)
    for name in ("first", "second"):
        world.pushed(name)
    ids = record_ids(world)
    world.update(made, **{LINKS: {}})
    world.update(asks, **{LINKS: {to_made: None}})
    world.pushed("first")
    assert linked(world, ids[asks], "contacts") == {ids[made]: ["Friend"]}
    world.update(asks, **{LINKS: {}})
    world.pushed("first")
    assert linked(world, ids[asks], "contacts") == {ids[made]: ["Friend"]}
    world.update(asks, FRIENDS={})
    world.pushed("second")
    assert linked(world, ids[asks], "contacts") == {}


@pytest.mark.long
def test_a_label_of_a_run_that_was_killed_goes_with_the_other_push_that_asks_for_it(
    make_push: MakePushWorld,
) -> None:
    world = make_push()
    company = a_firm(world)
    world.insert(customer(1, {"A0": "Adviser"}, FRIENDS={"A0": "Adviser"}))
    two_pushes(world, FIRM)

    def killed_at_links(request: httpx.Request, _answer: httpx.Response) -> None:
        if request.url.path.endswith("contacts/companies/batch/create"):
            raise Killed

    world.instead = killed_at_links
    with pytest.raises(Killed):
        world.push("first")
    world.instead = None
    world.clock.advance(16 * MINUTE)
    world.pushed("second")
    world.update(1, **{LINKS: {}})
    world.pushed("first")
    contact = record_ids(world)[1]
    assert linked(world, contact, "companies") == {company: ["Adviser"]}
    world.update(1, FRIENDS={})
    world.pushed("second")
    assert linked(world, contact, "companies") == {}


@pytest.mark.long
@pytest.mark.parametrize("text", [None, "Adviser"])
@pytest.mark.parametrize("merged", ["contacts", "companies"])
def test_a_link_that_another_push_asks_for_stays_though_one_of_its_records_was_merged(
    make_push: MakePushWorld, merged: str, text: str | None
) -> None:
    """Somebody merges a record of the link; the ledger of the other push has its old id."""
    world = make_push()
    company = a_firm(world)
    world.insert(customer(1, {"A0": text}, FRIENDS={"A0": text}))
    two_pushes(world, FIRM)
    for name in ("first", "second"):
        world.pushed(name)
    old_ids = {"contacts": record_ids(world)[1], "companies": company}
    ids = {
        **old_ids,
        merged: world.portal.merge(merged, world.portal.create(merged, {}), old_ids[merged]),
    }
    there = {ids["companies"]: [text] if text else []}
    assert linked(world, ids["contacts"], "companies") == there
    world.update(1, **{LINKS: {}})
    world.pushed("first")
    assert linked(world, ids["contacts"], "companies") == there
    world.update(1, FRIENDS={})
    world.pushed("second")
    assert linked(world, ids["contacts"], "companies") == {}
