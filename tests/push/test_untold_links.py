"""Nothing takes the place of what HubSpot did not tell, or told long ago, of associations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping

import httpx
import pytest

from hubspot_ingest.database.state.push_links import PushLinks
from hubspot_ingest.hubspot.requests import READING_LASTS
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

READS, LABELLED = "contacts/companies/batch/read", "contacts/companies/batch/create"
Instead = Callable[[httpx.Request, httpx.Response], httpx.Response | None]


def not_told(request: httpx.Request, answer: httpx.Response) -> httpx.Response | None:
    """HubSpot cannot read the associations of any record just now, and says so of each."""
    if not request.url.path.endswith(READS):
        return None
    error = {"status": "error", "category": "INTERNAL_ERROR", "message": "internal error"}
    asked = json.loads(request.content)["inputs"]
    errors = [{**error, "context": {"fromObjectId": [one["id"]]}} for one in asked]
    body = {**answer.json(), "results": [], "numErrors": len(errors), "errors": errors}
    return httpx.Response(207, json=body)


def a_customer_with_a_company(make_push: MakePushWorld, **link: object) -> tuple[PushWorld, str]:
    """A customer who is in HubSpot, and the id of a company there."""
    world = make_push({"companies": 1})
    [company] = [record.id for record in world.portal.records("companies")]
    label(world, "Ours", "contacts", "companies")
    world.insert(customer(1))
    configure(world, to="companies", match="hs_object_id", **link)
    world.pushed()
    return world, company


@pytest.mark.long
def test_a_label_of_others_stays_where_a_pair_could_not_be_read(make_push: MakePushWorld) -> None:
    """Labels that are sent replace those there are."""
    world, company = a_customer_with_a_company(make_push)
    contact = record_ids(world)[1]
    theirs = label(world, "Theirs", "contacts", "companies")
    by_hand(world, contact, company, theirs, to_type="companies")
    world.update(1, **{LINKS: {company: "Ours"}})
    world.instead = not_told
    assert world.pushed()["links_added"] == 0
    assert linked(world, contact, "companies") == {company: ["Theirs"]}
    [row] = world.push_rows()
    assert (row["STATE"], row["CODE"]) == ("SYNCED", "OUTCOME_UNKNOWN")
    world.instead = None
    assert world.pushed()["links_added"] == 1
    assert linked(world, contact, "companies") == {company: ["Ours", "Theirs"]}
    assert world.pushed()["rows_changed"] == 0


def test_a_link_that_could_not_be_read_stays_in_the_ledger(make_push: MakePushWorld) -> None:
    world, company = a_customer_with_a_company(make_push)
    world.update(1, **{LINKS: {company: "Ours"}})
    world.pushed()
    contact = record_ids(world)[1]
    world.update(1, **{LINKS: {}})
    world.instead = not_told
    assert world.pushed()["links_removed"] == 0
    assert ledger(world) == [("1", company, "Ours", "MADE")]
    world.instead = None
    assert world.pushed()["links_removed"] == 1
    assert (linked(world, contact, "companies"), ledger(world)) == ({}, [])


@pytest.mark.long
def test_what_a_lost_answer_made_is_not_sent_again_where_it_cannot_be_read(
    make_push: MakePushWorld,
) -> None:
    """What somebody put on the pair meanwhile would be replaced."""
    world, company = a_customer_with_a_company(make_push)
    contact = record_ids(world)[1]
    theirs = label(world, "Theirs", "contacts", "companies")
    world.update(1, **{LINKS: {company: "Ours"}})
    sent: list[str] = []

    def lose(request: httpx.Request, answer: httpx.Response) -> httpx.Response | None:
        if request.url.path.endswith(LABELLED):
            sent.append(request.url.path)
            by_hand(world, contact, company, theirs, to_type="companies")
            return httpx.Response(502)
        return not_told(request, answer) if sent else None

    world.instead = lose
    assert world.pushed()["links_added"] == 0
    assert len(sent) == 1
    world.instead = None
    world.pushed()
    assert linked(world, contact, "companies") == {company: ["Ours", "Theirs"]}


@pytest.mark.long
@pytest.mark.parametrize("wish", ["Ours", None])
def test_what_was_read_long_ago_is_read_again_before_it_is_replaced(
    make_push: MakePushWorld, monkeypatch: pytest.MonkeyPatch, wish: str | None
) -> None:
    """The thread that decides was busy; somebody put a label on the pair meanwhile."""
    world, company = a_customer_with_a_company(make_push)
    contact = record_ids(world)[1]
    theirs = label(world, "Theirs", "contacts", "companies")
    if wish is None:
        world.update(1, **{LINKS: {company: "Ours"}})
        world.pushed()
    world.update(1, **{LINKS: {company: wish} if wish else {}})
    save, is_late = PushLinks.save, [True]

    def save_late(links: PushLinks, rows: Iterable[Mapping[str, object]]) -> None:
        if is_late:
            is_late.clear()
            by_hand(world, contact, company, theirs, to_type="companies")
            world.clock.advance(READING_LASTS + 1)
        save(links, rows)

    monkeypatch.setattr(PushLinks, "save", save_late)
    world.pushed()
    world.pushed()
    assert linked(world, contact, "companies") == {
        company: ["Ours", "Theirs"] if wish else ["Theirs"]
    }
    assert (world.pushed()["rows_changed"], len(ledger(world))) == (0, 1 if wish else 0)
