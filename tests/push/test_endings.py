"""What a run says of its rows, however it ends."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from time import sleep

import httpx
import pytest

from hubspot_ingest.database.connection import Database
from hubspot_ingest.errors import Refusal
from hubspot_ingest.outbound import all_pushes, lookups, pace, waves
from hubspot_sandbox.write_rules import WriteRules
from tests.push.push_world import KEYLESS_NOTES, PushWorld
from tests.push.test_links import COMPANIES, company, links
from tests.runs.world import HANDLERS, MINUTE


def late_after(world: PushWorld, path: str) -> None:
    """The deadline passes while HubSpot answers requests for a path."""

    def late(request: httpx.Request, _answer: httpx.Response) -> None:
        if request.url.path.endswith(path):
            world.clock.advance(60 * MINUTE)

    world.instead = late


def outcomes(world: PushWorld, run_id: str) -> dict[str, str]:
    return {
        row["ROW_KEY"]: row["OUTCOME"]
        for row in world.push_rows("PUSH_OUTCOMES")
        if row["RUN_ID"] == run_id
    }


def test_rows_that_a_deadline_kept_from_being_sent_are_deferred(
    push_world: PushWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the wave that was begun, and of those that were not."""
    for size in ("FIRST_WAVE", "WAVE"):
        monkeypatch.setattr(waves, size, 1)
    push_world.configure_push()
    late_after(push_world, "contacts/batch/create")
    stopped = push_world.push()
    assert (stopped["status"], stopped["rows_created"]) == ("STOPPED", 1)
    expected = {"1": "CREATED", "2": "DEFERRED", "3": "DEFERRED"}
    assert outcomes(push_world, stopped["run_id"]) == expected
    push_world.instead = None
    push_world.clock.advance(16 * MINUTE)
    assert push_world.pushed()["rows_created"] == 2
    assert outcomes(push_world, stopped["run_id"]) == expected
    assert len(push_world.truth()) == 3


@pytest.mark.long
def test_rows_that_a_deadline_kept_from_being_sent_are_known_not_to_be_there(
    push_world: PushWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing unique tells notes apart: in doubt, they would be searched for, and later."""
    for size in ("FIRST_WAVE", "WAVE"):
        monkeypatch.setattr(waves, size, 1)
    push_world.database.rows("UPDATE MARTS.CRM.CUSTOMERS SET SEEN_AT = '2026-09-21 10:00:00'")
    push_world.configure_push(**KEYLESS_NOTES)
    late_after(push_world, "notes/batch/create")
    assert push_world.push()["rows_created"] == 1
    push_world.instead = None
    push_world.clock.advance(MINUTE)
    assert push_world.pushed()["rows_created"] == 1
    # the second one was handed over
    states = {row["ROW_KEY"]: row["STATE"] for row in push_world.push_rows()}
    assert states == {"1": "SYNCED", "2": "UNKNOWN", "3": "SYNCED"}


@pytest.mark.long
def test_rows_whose_links_a_deadline_kept_from_being_made_are_deferred(
    push_world: PushWorld,
) -> None:
    push_world.configure_push(**COMPANIES)
    push_world.pushed()
    first = company(push_world, "A1")
    push_world.update(1, COMPANIES={"A1": None})
    late_after(push_world, "companies/batch/read")
    stopped = push_world.push()
    assert stopped["status"] == "STOPPED"
    assert outcomes(push_world, stopped["run_id"]) == {"1": "DEFERRED"}
    push_world.instead = None
    push_world.clock.advance(16 * MINUTE)
    push_world.pushed()
    assert set(links(push_world, "c1@example.com")) == {first}


def test_a_record_that_was_made_with_another_value_counts_as_created(
    push_world: PushWorld,
) -> None:
    push_world.sandbox.writes = WriteRules(reformats_phones=True)
    push_world.update(1, STAGE="+49 30 1234567")
    push_world.configure_push(properties={"phone": "STAGE"})
    answer = push_world.pushed()
    assert (answer["rows_created"], answer["rows_updated"]) == (3, 0)
    assert answer["message"].startswith("3 created, 1 altered")
    [row] = [row for row in push_world.push_rows("PUSH_OUTCOMES") if row["ROW_KEY"] == "1"]
    assert (row["OUTCOME"], row["PROPERTY"]) == ("ALTERED", "phone")
    assert "something else in phone" in row["MESSAGE"]


def test_a_push_that_is_asked_to_stop_leaves_the_rest_to_the_next_run(
    push_world: PushWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    for size in ("FIRST_WAVE", "WAVE"):
        monkeypatch.setattr(waves, size, 1)
    for key in (4, 5):
        push_world.insert({"CUSTOMER_ID": key, "EMAIL": f"c{key}@example.com", "SCORE": 1})
    push_world.configure_push()
    session = push_world.engine.session("HUBSPOT_INGEST", "CORE", owner=HANDLERS)
    second = replace(push_world.context, database=Database(session))

    def ask_to_stop(request: httpx.Request, _answer: httpx.Response) -> None:
        if request.url.path.endswith("contacts/batch/create"):
            all_pushes.stop(second, "customers_out")

    push_world.instead = ask_to_stop
    stopped = push_world.push()
    push_world.instead = None
    again = push_world.pushed()

    assert (stopped["status"], stopped["response_code"]) == ("STOPPED", "STOP_REQUESTED")
    # those that were on their way, and the wave behind them
    assert 1 <= stopped["rows_created"] <= 3
    assert stopped["rows_created"] + again["rows_created"] == 5
    assert len(push_world.truth()) == 5


def test_a_push_that_is_asked_to_stop_does_not_send_its_wave_to_the_end(
    push_world: PushWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request for each row, one after the other, and eleven seconds each."""
    monkeypatch.setattr(waves, "batches_of", partial(lookups.batches_of, size=1))
    for width in ("FIRST_IN_FLIGHT", "MOST_IN_FLIGHT"):
        monkeypatch.setattr(pace, width, 1)
    for key in range(4, 11):
        push_world.insert({"CUSTOMER_ID": key, "EMAIL": f"c{key}@example.com", "SCORE": 1})
    push_world.configure_push()
    session = push_world.engine.session("HUBSPOT_INGEST", "CORE", owner=HANDLERS)
    second = replace(push_world.context, database=Database(session))
    created: list[str] = []

    def ask_to_stop(request: httpx.Request, _answer: httpx.Response) -> None:
        if not request.url.path.endswith("contacts/batch/create"):
            return
        created.append(request.url.path)
        push_world.clock.advance(11_000)
        if len(created) == 1:
            all_pushes.stop(second, "customers_out")
        else:
            # the run has the time that a slow answer leaves it
            sleep(0.2)

    push_world.instead = ask_to_stop
    stopped = push_world.push()
    push_world.instead = None
    again = push_world.pushed()

    assert (stopped["status"], stopped["response_code"]) == ("STOPPED", "STOP_REQUESTED")
    assert 1 <= stopped["rows_created"] < 10
    assert stopped["rows_created"] + again["rows_created"] == 10
    left = [*outcomes(push_world, stopped["run_id"]).values()].count("DEFERRED")
    assert left == again["rows_created"]
    assert len(push_world.truth()) == 10


def test_where_no_run_of_a_push_goes_on_nothing_is_stopped(push_world: PushWorld) -> None:
    push_world.configure_push()

    with pytest.raises(Refusal) as refused:
        all_pushes.stop(push_world.context, "customers_out")

    assert refused.value.response_code == "NOTHING_RUNS"
