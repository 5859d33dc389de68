"""An association that several rows or pushes ask for is there until the last of them lets it go."""

from __future__ import annotations

import pytest

from tests.push.conftest import MakePushWorld
from tests.push.test_link_labels import LINKS, configure, customer, label, linked, record_ids


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
    label(world, "Adviser", to_type="companies")
    company = world.portal.create("companies", {"name": "Firm", "erp_code": "A0"})
    world.insert(customer(1, {"A0": text}, FRIENDS={"A0": text}))
    firm = {"to": "companies", "match": "erp_code"}
    world.configure_push(
        "first", properties={"firstname": "FIRST_NAME"}, associations={LINKS: firm}
    )
    world.configure_push("second", properties={"lastname": "STAGE"}, associations={"FRIENDS": firm})
    for name in ("first", "second"):
        world.pushed(name)
    contact = record_ids(world)[1]
    world.update(1, **{LINKS: {}})
    world.pushed("first")
    assert linked(world, contact, "companies") == {company: [text] if text else []}
    world.update(1, FRIENDS={})
    world.pushed("second")
    assert linked(world, contact, "companies") == {}


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
