"""Whatever becomes of requests and answers, each row is in HubSpot once."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from hubspot_sandbox import Faults, Planned
from hubspot_sandbox.write_rules import WriteRules
from tests.nights import pairs
from tests.push import truth
from tests.push.conftest import MakePushWorld
from tests.push.push_world import KEYLESS_NOTES, PushWorld
from tests.runs.world import MINUTE

ROWS = 7


def filled(make_push: MakePushWorld, **options: Any) -> PushWorld:
    world = make_push(**options)
    for key in range(1, ROWS + 1):
        world.insert(
            {
                "CUSTOMER_ID": key,
                "EMAIL": f"c{key}@example.com",
                "FIRST_NAME": f"Name {key}",
                "SCORE": key,
            }
        )
    world.configure_push()
    return world


KINDS = ("dropped", "truncated", "502", "500", "not-json", "423", "429")
ENDPOINTS = ("/batch/create", "/batch/update", "/batch/read")


@pytest.mark.parametrize(("kind", "endpoint"), pairs(KINDS, ENDPOINTS))
def test_a_lost_answer_makes_no_duplicate(
    make_push: MakePushWorld, kind: str, endpoint: str
) -> None:
    world = filled(make_push, faults=Faults(plan=[Planned(kind, endpoint=endpoint, times=2)]))
    assert world.pushed()["rows_created"] == ROWS
    for key in range(1, ROWS + 1):
        world.update(key, SCORE=key * 100)
    assert world.pushed()["rows_updated"] == ROWS
    truth.check(world)


@pytest.mark.long
def test_an_answer_that_never_comes_leaves_rows_unknown_and_the_next_run_finds_them(
    make_push: MakePushWorld,
) -> None:
    world = filled(
        make_push, faults=Faults(plan=[Planned("500", endpoint="/batch/create", times=3)])
    )
    answer = world.push()
    assert (answer["rows_created"], answer["rows_unknown"]) == (0, ROWS)
    assert world.push_rows("PUSHES")[0]["HEALTH"] == "INCOMPLETE"
    assert world.pushed()["rows_created"] == ROWS
    truth.check(world)


def test_a_record_that_hubspot_does_not_show_yet_is_found_by_the_next_run(
    make_push: MakePushWorld,
) -> None:
    """The answer to its create was lost, and what reads it lags: a second create is refused."""
    world = filled(make_push)
    creates: list[str] = []

    def lag(request: httpx.Request, _answer: httpx.Response) -> httpx.Response | None:
        path = request.url.path
        if path.endswith("/batch/create"):
            creates.append(path)
            return httpx.Response(502) if len(creates) == 1 else None
        if path.endswith("/batch/read"):
            return httpx.Response(200, json={"results": []})
        return httpx.Response(404, json={"message": "no"}) if "/contacts/" in path else None

    world.instead = lag
    assert world.pushed()["rows_rejected"] == ROWS
    world.instead = None
    world.pushed()
    truth.check(world)


def test_a_record_whose_answer_was_lost_goes_with_its_row(make_push: MakePushWorld) -> None:
    world = filled(make_push)
    world.configure_push(removed_rows="archive")

    def lose(request: httpx.Request, _answer: httpx.Response) -> httpx.Response | None:
        path = request.url.path
        if path.endswith("/batch/create"):
            return httpx.Response(502)
        return httpx.Response(200, json={"results": []}) if path.endswith("/batch/read") else None

    world.instead = lose
    assert world.pushed()["rows_unknown"] == ROWS == len(world.truth())
    world.instead = None
    world.delete(2)
    assert world.pushed()["rows_archived"] == 1
    assert len(world.truth()) == ROWS - 1
    truth.check(world)


@pytest.mark.long
@pytest.mark.parametrize(
    "rules",
    [
        WriteRules(partial="never"),
        WriteRules(partial="never", keeps_before_refusal=True),
        WriteRules(partial="always", partial_status=200),
        WriteRules(echoes_trace_ids=False),
        WriteRules(partial="never", echoes_trace_ids=False, keeps_before_refusal=True),
    ],
)
def test_one_bad_row_does_not_stop_the_others(make_push: MakePushWorld, rules: WriteRules) -> None:
    world = filled(make_push)
    world.sandbox.writes = rules
    world.portal.create("contacts", {"email": "other@example.com", "customer_number": "4"})
    world.configure_push(external_id="customer_number", match={"email": "EMAIL"})
    world.update(4, EMAIL="taken@example.com")
    # the record that has the key already is another one's by its e-mail address, and is updated
    answer = world.pushed()
    assert answer["rows_created"] + answer["rows_updated"] == ROWS
    assert len(world.truth()) == ROWS


def test_a_refused_row_says_why_and_is_not_sent_again_until_it_changes(
    make_push: MakePushWorld,
) -> None:
    world = filled(make_push)
    other = world.portal.create("contacts", {"email": "x@example.com", "customer_number": "77"})
    properties = {"firstname": "FIRST_NAME", "loyalty_points": "SCORE", "customer_number": "STAGE"}
    world.configure_push(properties=properties)
    world.update(3, STAGE="77")
    answer = world.pushed()
    assert (answer["rows_created"], answer["rows_rejected"]) == (ROWS - 1, 1)
    [outcome] = world.rows(
        "SELECT * FROM HUBSPOT_INGEST.CORE.PUSH_OUTCOMES WHERE OUTCOME = 'REJECTED'"
    )
    assert (outcome["ROW_KEY"], outcome["CODE"]) == ("3", "ALREADY_EXISTS")
    assert outcome["MESSAGE"].startswith("HubSpot: ")
    assert world.portal.record("contacts", other).properties["firstname"] in (None, "")
    assert world.pushed()["rows_changed"] == 0
    world.update(3, STAGE="78")
    assert world.pushed()["rows_created"] == 1
    assert len(world.truth()) == ROWS + 1


@pytest.mark.long
def test_rows_without_anything_unique_are_looked_up_by_when_they_were_made(
    make_push: MakePushWorld,
) -> None:
    """The answer to three was lost: two are there, one of them like somebody else's record."""
    world = make_push(faults=Faults(plan=[Planned("half", endpoint="/notes/batch/create")]))
    for key, text in enumerate(("First", "Second", "Third"), 1):
        world.insert({"CUSTOMER_ID": key, "FIRST_NAME": text, "SEEN_AT": "2026-09-21 10:00:00"})
    world.configure_push(**KEYLESS_NOTES)
    assert world.pushed()["rows_unknown"] == 3
    there = len(world.truth("notes"))
    assert 0 < there < 3
    # too soon to tell
    assert world.pushed()["rows_created"] == 0
    world.clock.advance(16 * MINUTE)
    answer = world.pushed()
    assert answer["rows_created"] == 3 - there
    bodies = [record["hs_note_body"] for record in world.truth("notes").values()]
    assert sorted(map(str, bodies)) == ["First", "Second", "Third"]
    assert {row["STATE"] for row in world.push_rows()} == {"SYNCED"}
    assert world.pushed()["rows_changed"] == 0
