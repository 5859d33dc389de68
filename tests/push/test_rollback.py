"""A push's run is undone: what it wrote goes back, and what others changed since stays."""

from __future__ import annotations

from functools import partial

import httpx
import pytest

from hubspot_ingest.errors import Refusal
from hubspot_ingest.outbound import push_configuration
from hubspot_ingest.outbound.push_rollback import rollback_push
from tests.push.conftest import MakePushWorld
from tests.push.push_world import PushWorld
from tests.push.test_link_labels import LINKS, by_hand, label, linked
from tests.push.test_links import COMPANIES, company, links
from tests.push.test_untold_links import a_customer_with_a_company, not_told
from tests.runs.dying import Killed
from tests.runs.world import MINUTE, Answer, on_an_empty_stack

TAKEN = {"customer_number": "77"}


def rolled_back(world: PushWorld, run_id: str) -> Answer:
    return on_an_empty_stack(lambda: dict(rollback_push(world.context, "customers_out", run_id)))


def test_created_records_are_archived_and_values_go_back(push_world: PushWorld) -> None:
    push_world.portal.create(
        "contacts", {"email": "c1@example.com", "firstname": "Anna", "loyalty_points": "5"}
    )
    push_world.configure_push()
    run_id = push_world.pushed()["run_id"]
    record = push_world.record_of("c1@example.com")
    push_world.portal.update("contacts", str(record["hs_object_id"]), {"loyalty_points": "77"})
    answer = rolled_back(push_world, run_id)
    assert (answer["rows_rolled_back"], answer["properties_kept"]) == (3, 1)
    [left] = push_world.truth().values()
    assert (left["firstname"], left["loyalty_points"]) == ("Anna", "77")
    # what was replaced is forgotten with the push
    push_configuration.drop(push_world.context, "customers_out")
    assert push_world.push_rows("PUSH_IMAGES") == []


@pytest.mark.long
def test_what_is_not_mapped_any_more_goes_back_and_rows_that_fail_are_named(
    push_world: PushWorld,
) -> None:
    before = {"email": "c1@example.com", "loyalty_points": "5", "customer_number": "77"}
    push_world.portal.create("contacts", before)
    push_world.update(1, STAGE="78")
    push_world.configure_push(properties={"loyalty_points": "SCORE", "customer_number": "STAGE"})
    run_id = push_world.pushed()["run_id"]
    push_world.configure_push(properties={"firstname": "FIRST_NAME"})
    other = push_world.portal.create("contacts", {"email": "x@example.com"} | TAKEN)
    assert rolled_back(push_world, run_id)["rows_failed"] == ["1"]
    push_world.portal.update("contacts", other, {"customer_number": "79"})
    answer = rolled_back(push_world, run_id)
    assert (answer["rows_failed"], answer["properties_kept"]) == ([], 0)
    record = push_world.record_of("c1@example.com")
    assert (record["loyalty_points"], record["customer_number"]) == ("5", "77")


@pytest.mark.long
def test_an_address_that_is_a_contacts_second_finds_it_without_reading(
    push_world: PushWorld,
) -> None:
    """And what was there before is not known, so that it cannot be put back."""
    push_world.portal.create(
        "contacts",
        {"email": "main@example.com", "hs_additional_emails": "c1@example.com"},
    )
    push_world.configure_push(read_before_write=False)
    run = push_world.pushed()
    assert (run["rows_created"], run["rows_updated"]) == (2, 1)
    assert push_world.record_of("main@example.com")["firstname"] == "Name 1"
    before = push_world.truth()
    with pytest.raises(Refusal, match="did not read"):
        rolled_back(push_world, run["run_id"])
    assert push_world.truth() == before
    assert push_world.pushed()["rows_changed"] == 0


@pytest.mark.long
def test_the_next_run_is_held_until_it_is_confirmed(push_world: PushWorld) -> None:
    push_world.configure_push()
    run_id = push_world.pushed()["run_id"]
    rolled_back(push_world, run_id)
    assert push_world.truth() == {}
    held = push_world.push()
    assert (held["status"], held["response_code"]) == ("HELD", "SAFETY_LIMIT")
    assert push_world.truth() == {}
    assert push_world.push(plan_hash=held["plan_hash"])["rows_created"] == 3
    assert push_world.pushed()["rows_changed"] == 0


def test_the_newest_run_is_rolled_back_first_and_each_once(push_world: PushWorld) -> None:
    push_world.configure_push()
    first = push_world.pushed()["run_id"]
    push_world.clock.advance(1000)
    push_world.update(2, FIRST_NAME="Berta")
    second = push_world.pushed()["run_id"]
    with pytest.raises(Refusal, match=second):
        rolled_back(push_world, first)
    rolled_back(push_world, second)
    assert push_world.record_of("c2@example.com")["firstname"] == "Name 2"
    with pytest.raises(Refusal, match="before"):
        rolled_back(push_world, second)
    rolled_back(push_world, first)
    assert push_world.truth() == {}


@pytest.mark.long
def test_what_was_archived_is_told(push_world: PushWorld) -> None:
    push_world.configure_push(removed_rows="archive")
    push_world.pushed()
    push_world.clock.advance(1000)
    archived = str(push_world.record_of("c3@example.com")["hs_object_id"])
    push_world.delete(3)
    run_id = push_world.pushed()["run_id"]
    answer = rolled_back(push_world, run_id)
    assert answer["not_restorable"] == [archived]
    assert "NOT_RESTORABLE" in answer["message"]


@pytest.mark.long
def test_what_a_run_that_was_killed_archived_is_told(push_world: PushWorld) -> None:
    push_world.configure_push(removed_rows="archive")
    push_world.pushed()
    push_world.clock.advance(1000)
    archived = str(push_world.record_of("c3@example.com")["hs_object_id"])
    push_world.delete(3)
    push_world.instead = partial(killed_after, "archive")
    with pytest.raises(Killed):
        push_world.push()
    push_world.instead = None
    push_world.clock.advance(16 * MINUTE)
    run_id = push_world.runs()[-1]["RUN_ID"]
    answer = rolled_back(push_world, run_id)
    assert answer["not_restorable"] == [archived]
    assert "NOT_RESTORABLE" in answer["message"]


def test_links_that_the_run_made_are_removed_and_those_that_it_removed_made_again(
    push_world: PushWorld,
) -> None:
    first, _, third = (company(push_world, code) for code in ("A1", "B2", "C3"))
    push_world.update(1, COMPANIES={"A1": "Decision maker", "C3": None})
    push_world.configure_push(**COMPANIES)
    push_world.pushed()
    push_world.clock.advance(1000)
    push_world.update(1, COMPANIES={"B2": "Decision maker"})
    run_id = push_world.pushed()["run_id"]
    push_world.portal.archive("companies", third)
    answer = rolled_back(push_world, run_id)
    assert (answer["links_removed"], answer["links_restored"]) == (1, 1)
    assert answer["links_missing"] == ["1 COMPANIES: C3"]
    restored = links(push_world, "c1@example.com")
    assert set(restored) == {first}
    assert ("USER_DEFINED", "Decision maker") in restored[first]


@pytest.mark.long
def test_links_of_a_row_that_is_gone_since_are_made_again(push_world: PushWorld) -> None:
    first = company(push_world, "A1")
    push_world.update(1, COMPANIES={"A1": "Decision maker"})
    push_world.configure_push(**COMPANIES, removed_rows="clear")
    push_world.pushed()
    push_world.clock.advance(1000)
    push_world.delete(1)
    run = push_world.pushed()
    assert (run["rows_cleared"], run["links_removed"]) == (1, 1)
    assert links(push_world, "c1@example.com") == {}
    answer = rolled_back(push_world, run["run_id"])
    assert (answer["links_restored"], answer["links_missing"]) == (1, [])
    assert ("USER_DEFINED", "Decision maker") in links(push_world, "c1@example.com")[first]
    assert push_world.record_of("c1@example.com")["firstname"] == "Name 1"
    # it is gone from the source still: the next run would take it away again
    held = push_world.push()
    assert held["status"] == "HELD"
    assert push_world.push(plan_hash=held["plan_hash"])["links_removed"] == 1


@pytest.mark.long
@pytest.mark.parametrize("how", [{"labels": "replace"}, {"cleanup": "always"}])
def test_what_a_run_took_from_others_is_given_back(
    push_world: PushWorld, how: dict[str, str]
) -> None:
    """A label that a person put on a pair, and a pair that a person made."""
    first = company(push_world, "A1")
    contact = push_world.portal.create("contacts", {"email": "c1@example.com"})
    theirs = label(push_world, "Owner", "contacts", "companies") if "labels" in how else None
    by_hand(push_world, contact, first, *([theirs] if theirs else []), to_type="companies")
    before = linked(push_world, contact, "companies")
    push_world.update(1, COMPANIES={"A1": "Decision maker"})
    mapping = {"to": "companies", "match": "erp_code", **how}
    push_world.configure_push(associations={"COMPANIES": mapping})
    run = push_world.pushed()
    if "cleanup" in how:
        push_world.clock.advance(1000)
        push_world.update(1, COMPANIES=None)
        run = push_world.pushed()
    assert linked(push_world, contact, "companies") != before
    answer = rolled_back(push_world, run["run_id"])
    assert answer["links_missing"] == []
    restored = linked(push_world, contact, "companies")
    assert restored == before if theirs else restored.keys() == before.keys()


@pytest.mark.long
def test_a_rollback_that_is_killed_is_called_again_and_ends(push_world: PushWorld) -> None:
    push_world.portal.create("contacts", {"email": "c1@example.com", "firstname": "Anna"})
    push_world.configure_push()
    run_id = push_world.pushed()["run_id"]
    for kind in ("update", "archive"):
        push_world.instead = partial(killed_after, kind)
        with pytest.raises(Killed):
            rolled_back(push_world, run_id)
        push_world.clock.advance(16 * MINUTE)
    push_world.instead = None
    answer = rolled_back(push_world, run_id)
    assert (answer["rows_rolled_back"], answer["properties_kept"]) == (3, 0)
    assert [record["firstname"] for record in push_world.truth().values()] == ["Anna"]
    # the ledger says so too: what is gone is made again, what is back is written again
    held = push_world.push()
    confirmed = push_world.push(plan_hash=held["plan_hash"])
    assert (confirmed["rows_created"], confirmed["rows_updated"]) == (2, 1)


def killed_after(kind: str, request: httpx.Request, _answer: httpx.Response) -> None:
    """The process ends while it waits for an answer to a batch that HubSpot carried out."""
    if request.url.path.endswith(f"contacts/batch/{kind}"):
        raise Killed


@pytest.mark.long
def test_a_link_that_could_not_be_taken_away_is_named_and_goes_when_called_again(
    make_push: MakePushWorld,
) -> None:
    world, company_id = a_customer_with_a_company(make_push)
    world.update(1, COMPANIES={company_id: "Ours"})
    run_id = world.pushed()["run_id"]
    [contact] = [str(row["RECORD_ID"]) for row in world.push_rows()]
    world.instead = not_told
    answer = rolled_back(world, run_id)
    assert (answer["rows_failed"], answer["links_removed"]) == (["1"], 0)
    world.instead = None
    answer = rolled_back(world, run_id)
    assert (answer["rows_failed"], answer["links_removed"]) == ([], 1)
    assert linked(world, contact, "companies") == {}


@pytest.mark.long
@pytest.mark.parametrize("to", ["deals", "companies"])
def test_a_link_is_not_made_again_where_its_key_means_another_record_by_now(
    make_push: MakePushWorld, to: str
) -> None:
    world = make_push()
    there = "dealname" if to == "deals" else "name"
    other = world.portal.create(to, {there: "Other"})
    world.portal.create("companies", {"name": "Own", "erp_code": other})
    world.insert({"CUSTOMER_ID": 1, "EMAIL": "c1@example.com", LINKS: {other: None}})
    properties = {"firstname": "FIRST_NAME"}
    own = {LINKS: {"to": "companies", "match": "erp_code"}}
    world.configure_push(properties=properties, associations=own)
    world.pushed()
    contact = str(world.record_of("c1@example.com")["hs_object_id"])
    world.clock.advance(1000)
    world.update(1, COMPANIES={})
    run_id = world.pushed()["run_id"]
    world.configure_push(properties=properties, associations={LINKS: {"to": to}})
    answer = rolled_back(world, run_id)
    assert (answer["links_restored"], answer["links_missing"]) == (0, [f"1 COMPANIES: {other}"])
    assert linked(world, contact, to) == {}
