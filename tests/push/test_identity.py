"""A record stays that of its row, whatever settings change and whichever records are merged."""

from __future__ import annotations

import pytest

from hubspot_ingest.errors import Refusal
from hubspot_ingest.outbound import row_control
from tests.push.push_world import PushWorld
from tests.push.test_rollback import rolled_back
from tests.runs.world import on_an_empty_stack


def id_of(world: PushWorld, email: str) -> str:
    return str(world.record_of(email)["hs_object_id"])


def test_what_tells_rows_apart_stays_while_there_is_a_ledger(push_world: PushWorld) -> None:
    push_world.configure_push()
    push_world.pushed()
    with pytest.raises(Refusal, match="reset_push"):
        push_world.configure_push(key="EMAIL")
    push_world.configure_push(match={"email": "EMAIL"}, conflicts="keep")
    on_an_empty_stack(
        lambda: dict(row_control.reset_push(push_world.context, "customers_out", "forget"))
    )
    push_world.configure_push(key="EMAIL")


def test_a_row_that_is_gone_leaves_the_record_alone_that_another_row_has(
    push_world: PushWorld,
) -> None:
    push_world.configure_push(removed_rows="archive")
    push_world.pushed()
    survivor = id_of(push_world, "c2@example.com")
    push_world.portal.merge("contacts", survivor, id_of(push_world, "c1@example.com"))
    push_world.delete(1)
    assert push_world.pushed()["rows_archived"] == 0
    assert len(push_world.truth()) == 2
    states = {row["ROW_KEY"]: row["STATE"] for row in push_world.push_rows()}
    assert states == {"1": "REMOVED", "2": "SYNCED", "3": "SYNCED"}


def test_a_merged_record_keeps_the_values_of_the_row_that_has_it(push_world: PushWorld) -> None:
    push_world.configure_push()
    push_world.pushed()
    survivor = id_of(push_world, "c2@example.com")
    push_world.portal.merge("contacts", survivor, id_of(push_world, "c1@example.com"))
    push_world.update(1, FIRST_NAME="Stranger")
    assert push_world.pushed()["rows_invalid"] == 1
    assert push_world.record_of("c2@example.com")["firstname"] == "Name 2"
    [fault] = [row for row in push_world.push_rows() if row["STATE"] == "INVALID"]
    assert (fault["ROW_KEY"], fault["CODE"]) == ("1", "AMBIGUOUS_MATCH")


def test_a_rollback_archives_no_record_that_survived_a_merge(push_world: PushWorld) -> None:
    other = push_world.portal.create("contacts", {"email": "other@example.com"})
    push_world.configure_push()
    run_id = push_world.pushed()["run_id"]
    push_world.portal.merge("contacts", other, id_of(push_world, "c1@example.com"))
    answer = rolled_back(push_world, run_id)
    assert (answer["rows_rolled_back"], answer["properties_kept"]) == (2, 3)
    assert [record["email"] for record in push_world.truth().values()] == ["other@example.com"]
