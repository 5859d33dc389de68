"""A plan shows every change before it is made, and a run does what was confirmed."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest

from hubspot_ingest.errors import IngestError
from hubspot_ingest.outbound import lookups, planning
from tests.push.push_world import PushWorld


def planned(world: PushWorld) -> dict[str | None, dict[str, Any]]:
    return {row["ROW_KEY"]: row for row in world.push_rows("PUSH_PLAN_ROWS")}


def test_a_plan_shows_each_change_and_writes_nothing(push_world: PushWorld) -> None:
    push_world.portal.create("contacts", {"email": "c1@example.com", "firstname": "Anna"})
    push_world.configure_push()
    before = push_world.truth()
    answer = push_world.plan()
    assert push_world.truth() == before
    assert (answer["counts"]["CREATE"], answer["counts"]["UPDATE"]) == (2, 1)
    assert answer["requests"]["writes"] == 2
    rows = planned(push_world)
    assert json.loads(rows["1"]["CHANGED"]) == {
        "firstname": ["Anna", "Name 1"],
        "loyalty_points": [None, "10"],
    }
    assert (rows["1"]["ACTION"], rows["2"]["ACTION"]) == ("UPDATE", "CREATE")
    assert {row["PLAN_HASH"] for row in rows.values()} == {answer["plan_hash"]}
    assert push_world.push_rows() == []


def test_rows_whose_record_is_not_there_are_counted_by_their_reason(
    push_world: PushWorld,
) -> None:
    push_world.portal.create("contacts", {"email": "c1@example.com"})
    push_world.configure_push(strategy="update")

    plan = push_world.plan()

    assert plan["counts"]["SKIPPED"] == 2
    assert plan["invalid"] == {"NOT_FOUND": 2}


def test_a_confirmed_plan_is_carried_out_while_it_holds(push_world: PushWorld) -> None:
    push_world.configure_push()
    plan_hash = push_world.plan()["plan_hash"]
    assert push_world.plan()["plan_hash"] == plan_hash
    answer = push_world.push(plan_hash=plan_hash)
    assert (answer["status"], answer["rows_created"]) == ("SUCCEEDED", 3)


@pytest.mark.long
@pytest.mark.parametrize("whose", ["source", "hubspot"])
def test_a_plan_that_does_not_hold_any_more_is_not_carried_out(
    push_world: PushWorld, whose: str
) -> None:
    push_world.configure_push()
    plan_hash = push_world.plan()["plan_hash"]
    if whose == "source":
        push_world.update(3, FIRST_NAME="Other")
    else:
        push_world.portal.create("contacts", {"email": "c3@example.com"})
    before = push_world.truth()
    answer = push_world.push(plan_hash=plan_hash)
    assert answer["response_code"] == "PLAN_CHANGED"
    assert push_world.truth() == before


@pytest.mark.long
def test_a_plan_is_the_same_however_many_rows_are_planned_together(
    push_world: PushWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    push_world.portal.create("contacts", {"email": "c2@example.com", "firstname": "Berta"})
    push_world.update(3, EMAIL="C1@example.com")
    push_world.configure_push()
    whole = push_world.plan()
    for size in ("FIRST_WAVE", "PART"):
        monkeypatch.setattr(planning, size, 1)
    monkeypatch.setattr(planning, "WAVE", 2)
    assert push_world.plan() == whole
    assert len(planned(push_world)) == 3


def test_a_source_full_of_ids_that_never_were_is_not_read_one_by_one(
    push_world: PushWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound is for the whole push, however its rows are cut into waves and parts."""
    monkeypatch.setattr(lookups, "MOST_IN_VAIN", 2)
    for module, size in ((planning, "FIRST_WAVE"), (planning, "PART")):
        monkeypatch.setattr(module, size, 1)
    push_world.configure_push(
        match={"hs_object_id": "CUSTOMER_ID"}, strategy="update", external_id=...
    )
    push_world.asked()
    answer = push_world.plan()
    single = [seen.path for seen in push_world.asked() if "/contacts/" in seen.path]
    assert answer["counts"]["SKIPPED"] == 3
    assert len([path for path in single if not path.endswith("/batch/read")]) == 2


@pytest.mark.long
def test_a_record_that_is_gone_is_looked_for_once(push_world: PushWorld) -> None:
    """By the ledger's id, which is that of the source."""
    id = push_world.portal.create("contacts", {"email": "c9@example.com"})
    push_world.insert({"CUSTOMER_ID": int(id), "FIRST_NAME": "Anna"})
    for key in (1, 2, 3):
        push_world.delete(key)
    push_world.configure_push(
        match={"hs_object_id": "CUSTOMER_ID"}, strategy="update", external_id=...
    )
    push_world.pushed()
    push_world.portal.archive("contacts", id)
    push_world.update(int(id), FIRST_NAME="Berta")
    push_world.asked()
    assert push_world.plan()["counts"]["SKIPPED"] == 1
    reads = [seen.path for seen in push_world.asked() if "/contacts/" in seen.path]
    assert len(reads) == 2


def test_a_plan_that_fails_looks_for_no_further_records(
    push_world: PushWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "PART", 1)
    monkeypatch.setattr(planning, "PARTS_AT_ONCE", 1)
    for key in range(4, 9):
        push_world.insert({"CUSTOMER_ID": key, "EMAIL": f"c{key}@example.com"})
    push_world.configure_push()
    reads: list[httpx.Request] = []

    def forbid(request: httpx.Request, _answer: httpx.Response) -> httpx.Response | None:
        if not request.url.path.endswith("contacts/batch/read"):
            return None
        reads.append(request)
        if len(reads) > 1:
            # for as long as it takes to see that the first one failed
            threading.Event().wait(0.5)
        return httpx.Response(403, json={"status": "error", "message": "no", "category": "NO"})

    push_world.instead = forbid
    with pytest.raises(IngestError):
        push_world.plan()
    assert len(reads) < 8


@pytest.mark.long
def test_an_empty_source_is_held_until_it_is_confirmed(push_world: PushWorld) -> None:
    push_world.configure_push(removed_rows="archive")
    push_world.pushed()
    for key in (1, 2, 3):
        push_world.delete(key)
    push_world.clock.advance(1000)
    held = push_world.push()
    assert (held["status"], held["response_code"]) == ("HELD", "SOURCE_EMPTY")
    assert len(push_world.truth()) == 3
    assert push_world.push_rows("PUSHES")[0]["HEALTH"] == "HELD"
    confirmed = push_world.push(plan_hash=held["plan_hash"])
    assert (confirmed["status"], confirmed["rows_archived"]) == ("SUCCEEDED", 3)
    assert push_world.truth() == {}


@pytest.mark.long
def test_too_many_changes_at_once_are_held(push_world: PushWorld) -> None:
    for key in range(4, 201):
        push_world.insert(
            {"CUSTOMER_ID": key, "EMAIL": f"c{key}@example.com", "FIRST_NAME": "A", "SCORE": 1}
        )
    push_world.configure_push()
    push_world.pushed()
    push_world.database.rows("UPDATE MARTS.CRM.CUSTOMERS SET SCORE = 2 WHERE CUSTOMER_ID <= 61")
    held = push_world.push()
    assert (held["status"], held["response_code"]) == ("HELD", "SAFETY_LIMIT")
    assert "max_change_percent" in held["message"]
    assert push_world.record_of("c1@example.com")["loyalty_points"] == "10"
    push_world.database.rows("UPDATE MARTS.CRM.CUSTOMERS SET SCORE = 1 WHERE CUSTOMER_ID = 61")
    assert push_world.pushed()["rows_updated"] == 60


@pytest.mark.long
def test_new_rows_do_not_count_as_changes(push_world: PushWorld) -> None:
    push_world.configure_push()
    push_world.pushed()
    for key in range(4, 204):
        push_world.insert({"CUSTOMER_ID": key, "EMAIL": f"c{key}@example.com"})
    assert push_world.pushed()["rows_created"] == 200
