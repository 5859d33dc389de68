"""Associations follow the OBJECT columns of the source, and nobody else's are touched."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.outbound import safety
from tests.push.push_world import PushWorld

COMPANIES: dict[str, Any] = {
    "associations": {"COMPANIES": {"to": "companies", "match": "erp_code"}},
}
FRIENDS: dict[str, Any] = {
    "associations": {"COMPANIES": {"to": "contacts", "match": "email", "create_labels": True}},
}


def links(
    world: PushWorld, email: str, to: str = "companies"
) -> dict[str, set[tuple[str, str | None]]]:
    """What a contact is associated with: category and label, by the target's id."""
    [record] = [one for one in world.portal.records("contacts") if one.properties["email"] == email]
    kinds = world.portal.associations.links(
        world.portal.object_type("contacts"), world.portal.object_type(to)
    )
    return {
        str(target): {(kind.category, kind.label) for kind in of}
        for target, of in kinds.get(int(record.id), {}).items()
    }


def labels(world: PushWorld, email: str, to: str = "companies") -> list[list[str]]:
    return [
        sorted(label for _, label in kinds if label is not None)
        for _, kinds in sorted(links(world, email, to).items())
    ]


def company(world: PushWorld, code: str) -> str:
    return world.portal.create("companies", {"name": code, "erp_code": code})


def test_links_are_made_with_labels_and_without_and_removed_with_their_row(
    push_world: PushWorld,
) -> None:
    first, second = company(push_world, "A1"), company(push_world, "B2")
    push_world.update(1, COMPANIES={"A1": ["Decision maker"], "B2": None})
    push_world.configure_push(**COMPANIES)
    plan = push_world.plan()
    assert plan["response_code"] == "OK"
    answer = push_world.pushed()
    assert (answer["rows_created"], answer["links_added"]) == (3, 2)
    made = links(push_world, "c1@example.com")
    assert set(made) == {first, second}
    assert ("USER_DEFINED", "Decision maker") in made[first]
    assert push_world.pushed()["rows_changed"] == 0
    push_world.update(1, COMPANIES={"A1": ["Decision maker"]})
    answer = push_world.pushed()
    assert (answer["links_added"], answer["links_removed"]) == (0, 1)
    assert set(links(push_world, "c1@example.com")) == {first}
    push_world.update(1, COMPANIES=None)
    assert push_world.pushed()["links_removed"] == 1
    assert links(push_world, "c1@example.com") == {}
    assert push_world.push_rows("PUSH_LINKS") == []


@pytest.mark.long
def test_a_plan_counts_the_requests_that_its_run_takes(push_world: PushWorld) -> None:
    first = company(push_world, "A1")
    company(push_world, "B2")
    push_world.update(1, COMPANIES={"A1": ["Decision maker"], "B2": None})
    push_world.update(2, COMPANIES={"A1": ["Decision maker"]})
    push_world.configure_push(associations={"COMPANIES": {"to": "companies", "match": "erp_code"}})

    # the targets, the pairs and their labels are read; two labelled pairs and one without are made
    plan, run = push_world.plan()["requests"], push_world.pushed()["requests"]
    assert (plan["links"], sum(plan.values())) == (5, run)
    push_world.update(1, COMPANIES={"B2": None})
    push_world.update(2, COMPANIES=None)
    plan, run = push_world.plan()["requests"], push_world.pushed()["requests"]
    assert (plan["links"], sum(plan.values())) == (4, run)
    assert links(push_world, "c2@example.com") == {}
    assert first not in links(push_world, "c1@example.com")


@pytest.mark.long
def test_somebody_elses_labels_and_links_stay(push_world: PushWorld) -> None:
    target = company(push_world, "A1")
    other = company(push_world, "OTHER")
    contact = push_world.portal.create("contacts", {"email": "c1@example.com"})
    billing = 'Billing "A/P" & más 💶'
    push_world.portal.associate("contacts", contact, "companies", target, 38, "USER_DEFINED")
    push_world.portal.associate("contacts", contact, "companies", other)
    push_world.update(1, COMPANIES={"A1": ["Decision maker"]})
    push_world.configure_push(**COMPANIES)
    push_world.pushed()
    made = links(push_world, "c1@example.com")
    assert {label for _, label in made[target]} >= {billing, "Decision maker"}
    push_world.update(1, COMPANIES={})
    push_world.pushed()
    left = links(push_world, "c1@example.com")
    assert billing in {label for _, label in left[target]}
    assert "Decision maker" not in {label for _, label in left[target]}
    assert other in left


@pytest.mark.long
@pytest.mark.parametrize(("cleanup", "stays"), [("never", True), ("ours", True), ("always", False)])
def test_a_pair_that_was_there_before_is_cleaned_up_only_when_told_to(
    push_world: PushWorld, cleanup: str, stays: bool
) -> None:
    target = company(push_world, "A1")
    contact = push_world.portal.create("contacts", {"email": "c1@example.com"})
    push_world.portal.associate("contacts", contact, "companies", target)
    push_world.update(1, COMPANIES={"A1": ["Decision maker"]})
    association = {**COMPANIES["associations"]["COMPANIES"], "cleanup": cleanup}
    push_world.configure_push(associations={"COMPANIES": association})
    push_world.pushed()
    push_world.update(1, COMPANIES=None)
    push_world.pushed()
    assert (target in links(push_world, "c1@example.com")) is stays
    assert labels(push_world, "c1@example.com") in ([[]], [["Primary"]], [])


def test_friends_of_the_same_object_are_linked_by_e_mail_with_several_labels(
    push_world: PushWorld,
) -> None:
    push_world.update(1, COMPANIES={"C2@example.com": ["Friend", "Neighbour"]})
    push_world.update(2, COMPANIES={"c3@example.com": "Friend", "c2@example.com": "Friend"})
    push_world.configure_push(**FRIENDS)
    answer = push_world.pushed()
    assert answer["links_added"] == 3
    assert labels(push_world, "c1@example.com", "contacts") == [["Friend", "Neighbour"]]
    assert labels(push_world, "c3@example.com", "contacts") == [["Friend"]]
    # the link to itself is refused, and said so
    codes = [row["CODE"] for row in push_world.push_rows("PUSH_LINKS") if row["CODE"]]
    assert codes == ["REFUSED"]


@pytest.mark.long
def test_a_link_waits_for_its_target_though_its_row_does_not_change(
    push_world: PushWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is it a change that would hold a run."""
    monkeypatch.setattr(safety, "SHARES_FROM", 1)
    push_world.update(1, COMPANIES={"LATER": None})
    push_world.configure_push(**COMPANIES, max_change_percent=0)
    answer = push_world.pushed()
    assert (answer["rows_created"], answer["links_added"]) == (3, 0)
    assert [row["STATE"] for row in push_world.push_rows("PUSH_LINKS")] == ["WAITING"]
    assert push_world.pushed()["links_added"] == 0
    target = company(push_world, "LATER")
    assert push_world.pushed()["links_added"] == 1
    assert set(links(push_world, "c1@example.com")) == {target}
    assert push_world.pushed()["rows_changed"] == 0


@pytest.mark.long
def test_a_row_can_wait_as_a_whole_for_its_target(push_world: PushWorld) -> None:
    push_world.update(1, COMPANIES={"LATER": None})
    association = {**COMPANIES["associations"]["COMPANIES"], "unresolved": "reject"}
    push_world.configure_push(associations={"COMPANIES": association})
    assert push_world.pushed()["rows_created"] == 2
    company(push_world, "LATER")
    answer = push_world.pushed()
    assert (answer["rows_created"], answer["links_added"]) == (1, 1)


def test_an_unknown_label_is_told_and_the_row_is_sent(push_world: PushWorld) -> None:
    company(push_world, "A1")
    push_world.update(1, COMPANIES={"A1": "No such label"})
    push_world.configure_push(**COMPANIES)
    assert push_world.pushed()["rows_created"] == 3
    [link] = push_world.push_rows("PUSH_LINKS")
    assert (link["STATE"], link["CODE"]) == ("REJECTED", "LABEL_UNKNOWN")


@pytest.mark.long
def test_links_follow_their_targets_and_leave_what_they_led_to_before(
    push_world: PushWorld,
) -> None:
    """Two companies change their keys: each link moves, and goes with its row's wish."""
    first, second = company(push_world, "A1"), company(push_world, "B2")
    third = company(push_world, "C3")
    push_world.update(1, COMPANIES={"A1": None, "B2": None})
    push_world.configure_push(**COMPANIES)
    push_world.pushed()
    for target, code in ((first, "-"), (second, "A1"), (third, "B2")):
        push_world.portal.update("companies", target, {"erp_code": code})
    push_world.update(1, COMPANIES={"A1": None, "B2": None, "D4": None})
    fourth = company(push_world, "D4")
    push_world.pushed()
    assert set(links(push_world, "c1@example.com")) == {second, third, fourth}
    merged = push_world.portal.merge("companies", fourth, third)
    push_world.update(1, COMPANIES={"A1": None})
    push_world.pushed()
    assert set(links(push_world, "c1@example.com")) == {second}, merged
    assert [row["TO_ID"] for row in push_world.push_rows("PUSH_LINKS")] == [second]
