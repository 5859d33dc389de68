"""A push's run is undone: what it wrote goes back, and what others changed since stays."""

from __future__ import annotations

import pytest

from hubspot_ingest.errors import Refusal
from hubspot_ingest.outbound.push_rollback import rollback_push
from tests.push.push_world import PushWorld
from tests.push.test_links import COMPANIES, company, links
from tests.runs.world import Answer, on_an_empty_stack


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


def test_links_that_the_run_made_are_removed(push_world: PushWorld) -> None:
    first, _ = company(push_world, "A1"), company(push_world, "B2")
    push_world.update(1, COMPANIES={"A1": None})
    push_world.configure_push(**COMPANIES)
    push_world.pushed()
    push_world.clock.advance(1000)
    push_world.update(1, COMPANIES={"A1": None, "B2": "Decision maker"})
    run_id = push_world.pushed()["run_id"]
    answer = rolled_back(push_world, run_id)
    assert answer["links_removed"] == 1
    assert set(links(push_world, "c1@example.com")) == {first}
