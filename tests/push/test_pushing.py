"""A push makes HubSpot's records agree with the source, and sends nothing that changes nothing."""

from __future__ import annotations

import json

import pytest

from tests.push.conftest import MakePushWorld
from tests.push.push_world import CUSTOMERS, PushWorld


def paths(world: PushWorld) -> list[str]:
    return [seen.path.rsplit("/", 2)[-1] for seen in world.asked() if "/batch/" in seen.path]


def test_rows_become_records_and_a_second_run_sends_nothing(push_world: PushWorld) -> None:
    push_world.configure_push()
    push_world.asked()
    answer = push_world.pushed()
    assert (answer["rows_source"], answer["rows_changed"], answer["rows_created"]) == (3, 3, 3)
    record = push_world.record_of("c2@example.com")
    assert (record["firstname"], record["loyalty_points"]) == ("Name 2", "20")
    assert paths(push_world) == ["read", "create"]
    again = push_world.pushed()
    assert (again["rows_changed"], again["rows_created"]) == (0, 0)
    assert paths(push_world) == []
    assert len(list(push_world.portal.records("contacts"))) == 3


def test_a_changed_row_costs_one_read_and_one_write(push_world: PushWorld) -> None:
    push_world.configure_push()
    push_world.pushed()
    push_world.asked()
    push_world.update(2, FIRST_NAME="Berta")
    answer = push_world.pushed()
    assert (answer["rows_changed"], answer["rows_updated"]) == (1, 1)
    assert paths(push_world) == ["read", "update"]
    assert push_world.record_of("c2@example.com")["firstname"] == "Berta"
    outcomes = push_world.rows(
        "SELECT ROW_KEY, CHANGED FROM HUBSPOT_INGEST.CORE.PUSH_OUTCOMES WHERE OUTCOME = 'UPDATED'"
    )
    assert [(row["ROW_KEY"], json.loads(row["CHANGED"])) for row in outcomes] == [
        ("2", {"firstname": ["Name 2", "Berta", "Berta"]})
    ]


@pytest.mark.parametrize(("reads", "requests"), [(True, ["read", "update"]), (False, ["update"])])
def test_a_hundred_changed_rows_take_a_request_to_write_and_one_to_read_first(
    make_push: MakePushWorld, reads: bool, requests: list[str]
) -> None:
    world = make_push({"contacts": 100})
    ids = json.dumps([int(record.id) for record in world.portal.records("contacts")])
    world.database.rows(
        f"INSERT INTO {CUSTOMERS} (CUSTOMER_ID, SCORE) SELECT f.VALUE::NUMBER(38, 0), 0.25 "
        "FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f",
        [ids],
    )
    world.configure_push(
        strategy="update",
        match={"hs_object_id": "CUSTOMER_ID"},
        properties={"loyalty_points": "SCORE"},
        read_before_write=reads,
    )
    world.asked()
    assert world.pushed()["rows_updated"] == 100
    assert paths(world) == requests


def test_the_ledger_says_what_was_sent(push_world: PushWorld) -> None:
    push_world.configure_push()
    run_id = push_world.pushed()["run_id"]
    rows = {row["ROW_KEY"]: row for row in push_world.push_rows()}
    assert sorted(rows) == ["1", "2", "3"]
    assert {row["STATE"] for row in rows.values()} == {"SYNCED"}
    assert json.loads(rows["1"]["SENT"]) == {
        "email": "c1@example.com",
        "firstname": "Name 1",
        "loyalty_points": "10",
    }
    assert {row["RUN_ID"] for row in rows.values()} == {run_id}
    assert push_world.push_rows("PUSH_INTENTS") == []
    [push] = push_world.push_rows("PUSHES")
    assert (push["HEALTH"], push["ROWS_SYNCED"]) == ("HEALTHY", 3)
