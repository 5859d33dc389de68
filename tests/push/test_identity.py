"""A record stays that of its row, whatever settings change and whichever records are merged."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.database.state.push_store import Pushes
from hubspot_ingest.errors import Refusal
from hubspot_ingest.outbound import row_control
from tests.push.push_world import CUSTOMERS, PushWorld
from tests.push.test_rollback import rolled_back
from tests.runs.world import on_an_empty_stack


def id_of(world: PushWorld, email: str) -> str:
    return str(world.record_of(email)["hs_object_id"])


def test_what_tells_rows_apart_stays_while_there_is_a_ledger(push_world: PushWorld) -> None:
    push_world.configure_push(external_id="customer_number")
    push_world.pushed()
    with pytest.raises(Refusal, match="reset_push"):
        push_world.configure_push(key="EMAIL")
    push_world.configure_push(match={"email": "EMAIL"}, conflicts="keep")
    on_an_empty_stack(
        lambda: dict(row_control.reset_push(push_world.context, "customers_out", "forget"))
    )
    push_world.configure_push(key="EMAIL")


@pytest.mark.long
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


@pytest.mark.long
@pytest.mark.parametrize("removed", ["archive", "nothing"])
def test_a_row_whose_key_changes_keeps_its_record(push_world: PushWorld, removed: str) -> None:
    push_world.configure_push(removed_rows=removed)
    push_world.pushed()
    record_id = id_of(push_world, "c3@example.com")
    push_world.update(3, CUSTOMER_ID=4, FIRST_NAME="Renumbered")
    answer = push_world.pushed()
    assert (answer["rows_archived"], answer["rows_invalid"], answer["rows_updated"]) == (0, 0, 1)
    record = push_world.record_of("c3@example.com")
    assert (record["hs_object_id"], record["firstname"]) == (record_id, "Renumbered")
    assert push_world.pushed()["rows_changed"] == 0


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


@pytest.mark.long
def test_a_row_that_names_a_record_by_id_follows_it_to_the_survivor_of_a_merge(
    push_world: PushWorld,
) -> None:
    ids = [push_world.portal.create("contacts", {"email": f"m{n}@example.com"}) for n in (1, 2)]
    push_world.update(1, STAGE=ids[0])
    push_world.update(2, STAGE="9999999")
    push_world.delete(3)
    push_world.configure_push(match={"hs_object_id": "STAGE"}, strategy="update")
    push_world.pushed()
    push_world.portal.merge("contacts", ids[1], ids[0])
    push_world.update(1, FIRST_NAME="Again")
    assert push_world.pushed()["rows_updated"] == 1
    [survivor] = push_world.truth().values()
    assert survivor["firstname"] == "Again"
    states = {row["ROW_KEY"]: row["STATE"] for row in push_world.push_rows()}
    assert states == {"1": "SYNCED", "2": "SKIPPED"}


def test_a_rollback_archives_no_record_that_survived_a_merge(push_world: PushWorld) -> None:
    other = push_world.portal.create("contacts", {"email": "other@example.com"})
    push_world.configure_push()
    run_id = push_world.pushed()["run_id"]
    push_world.portal.merge("contacts", other, id_of(push_world, "c1@example.com"))
    answer = rolled_back(push_world, run_id)
    assert (answer["rows_rolled_back"], answer["properties_kept"]) == (2, 3)
    assert [record["email"] for record in push_world.truth().values()] == ["other@example.com"]


@pytest.mark.long
def test_a_column_that_is_added_takes_no_property_of_another_push(push_world: PushWorld) -> None:
    """All columns are those that there are when a run begins."""
    push_world.configure_push(properties={"*": "*"})
    push_world.configure_push("second", properties={"lastname": "STAGE"})
    push_world.database.rows(f"ALTER TABLE {CUSTOMERS} ADD COLUMN LASTNAME VARCHAR")
    answer = push_world.push()
    assert (answer["status"], answer["response_code"]) == ("FAILED", "PROPERTY_CONTESTED")
    assert push_world.truth() == {}
    push_world.configure_push("second", properties={"jobtitle": "STAGE"})
    push_world.pushed()
    with pytest.raises(Refusal, match="lastname"):
        push_world.configure_push("second", properties={"lastname": "STAGE"})


def test_what_is_stored_while_a_run_waits_for_its_lease_counts(
    push_world: PushWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    push_world.configure_push()
    take_lease = Pushes.take_lease

    def waits(pushes: Pushes, name: str, *arguments: Any, **options: Any) -> None:
        take_lease(pushes, name, *arguments, **options)
        pushes.hold(name, "rolled back meanwhile")

    monkeypatch.setattr(Pushes, "take_lease", waits)
    assert push_world.push()["status"] == "HELD"


@pytest.mark.long
def test_a_unique_property_that_is_made_later_is_not_taken_for_the_keys(
    push_world: PushWorld,
) -> None:
    """Rows that were sent would be told apart otherwise, and all of them sent again."""
    push_world.configure_push()
    push_world.pushed()
    push_world.create_external_id("contacts")
    assert push_world.pushed()["rows_changed"] == 0
    push_world.configure_push(priority="high")
    assert push_world.pushed()["rows_changed"] == 0
    assert not any(record.get("snowflake_key") for record in push_world.truth().values())
