"""What a wave stores, and what it does about records that are there already."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from hubspot_ingest.errors import DatabaseError, DeadlineReached, StopRequested, TooManyRejected
from hubspot_ingest.hubspot.write_responses import InputRefusal
from hubspot_ingest.outbound import lookups, outcomes, waves
from hubspot_ingest.outbound.recovery import recover
from hubspot_ingest.outbound.rows import Action, LinkWish, PlannedRow
from hubspot_ingest.outbound.sending import Sender
from hubspot_ingest.outbound.waves import WaveEngine
from tests.builders import FakeClock
from tests.unit.push_builders import DEFINITIONS, Answers, Statements, a_mapping, a_pool

NOTHING = Answers(lambda *_: {"results": []})
LINKS: dict[str, Any] = {"associations": {"LINKS": {"to": "companies"}}}


def engine(
    statements: Statements, answers: Answers, beats: list[str], **changes: Any
) -> WaveEngine:
    mapping = a_mapping(**changes)
    return WaveEngine(
        statements.database,
        FakeClock(),
        "customers",
        mapping,
        DEFINITIONS,
        Sender(answers, mapping, DEFINITIONS, "run"),
        a_pool(),
        lambda: beats.append("beat"),
        lambda: 0,
    )


def stored(statements: Statements, table: str) -> list[dict[str, Any]]:
    return [
        row
        for statement, binds in statements.sent
        if f"STATE.{table} " in statement and statement.startswith(("MERGE", "INSERT"))
        for row in json.loads(next(b for b in binds if str(b).startswith("[")))
    ]


def created(n: int, record_id: str) -> outcomes.RowOutcome:
    row = PlannedRow(n, str(n), Action.CREATE, payload={"email": f"{n}@example.com"})
    return outcomes.RowOutcome(row, "CREATED", "SYNCED", "hash", record_id=record_id)


def test_the_links_of_a_row_whose_run_was_killed_are_left_to_the_next() -> None:
    """An intent does not say which links its row asks for."""
    for changes, waits in ((LINKS, True), ({}, False)):
        statements = Statements()
        engine(statements, NOTHING, [], **changes).store([created(1, "5")], run_id="killed")
        [row] = stored(statements, "PUSH_ROWS")
        assert (row["links_waiting"], row["run_id"]) == (waits, "killed")


def test_what_becomes_of_a_row_takes_the_place_of_its_being_left_to_the_next_run() -> None:
    statements = Statements()
    engine(statements, NOTHING, []).store([created(1, "5")], run_id="killed")
    texts = [statement for statement, _ in statements.sent]
    deleted = next(n for n, text in enumerate(texts) if "'DEFERRED'" in text)
    added = next(n for n, text in enumerate(texts) if "INSERT INTO" in text and "OUTCOMES" in text)
    assert texts[deleted].startswith("DELETE FROM")
    assert deleted < added


def test_a_run_that_sends_nothing_is_alive_all_the_same() -> None:
    row = {"N": 1, "ROW_KEY": "1", "ACTION": "UNCHANGED", "RECORD_ID": "5", "SOURCE_HASH": "h"}
    row |= {"IS_GONE": False, "PAYLOAD": {}, "BEFORE": {}, "SENT": {}, "ALTERED": {}}
    pages = iter([[row], [], []])
    beats: list[str] = []
    statements = Statements(
        lambda text: next(pages) if text.startswith("SELECT") and "PLAN_ROWS" in text else []
    )
    engine(statements, NOTHING, beats).run("plan")
    assert beats == ["beat"]
    read = [binds for text, binds in statements.sent if "PUSH_PLAN_ROWS" in text]
    assert all("plan" in binds for binds in read)


def test_a_record_that_the_wave_has_just_made_is_no_other_rows() -> None:
    """Two rows with one address: the second is not written over the first."""

    record = {"id": "5", "properties": {"email": "1@example.com"}}
    second = PlannedRow(2, "2", Action.CREATE, payload={"email": "1@example.com"})
    refused = outcomes.RowOutcome(second, "REJECTED", "REJECTED", None, existing_id="5")
    settled = [created(1, "5"), refused]
    answers = Answers(lambda *_: {"results": [record]})
    assert engine(Statements(), answers, []).existing.with_updates(settled) == settled
    assert refused in settled


def test_a_create_that_turns_out_to_be_an_update_keeps_its_links() -> None:
    record = {"id": "5", "properties": {"email": "1@example.com", "firstname": "Anna"}}
    wishes = (LinkWish("LINKS", "acme", None),)
    payload = {"email": "1@example.com", "firstname": "Berta"}
    row = PlannedRow(1, "1", Action.CREATE, payload=payload, links_added=wishes, hash="h")
    settled = [outcomes.RowOutcome(row, "REJECTED", "REJECTED", None, existing_id="5")]
    answers = Answers(lambda *_: {"results": [record]})
    [outcome] = engine(Statements(), answers, [], **LINKS).existing.with_updates(settled)
    assert (outcome.row.action, outcome.row.links_added) == (Action.UPDATE, wishes)


def test_a_refused_row_does_not_wait_for_its_links_and_forgets_a_record_nobody_reads() -> None:
    wishes = (LinkWish("LINKS", "acme", None),)
    row = PlannedRow(1, "1", Action.UPDATE, record_id="5", payload={}, links_added=wishes)
    for reads, record_id in ((True, "5"), (False, None)):
        statements = Statements()
        refusal = InputRefusal(404, "OBJECT_NOT_FOUND", "no")
        outcome = outcomes.refused(row, refusal)
        engine(statements, NOTHING, [], **LINKS, read_before_write=reads).store([outcome])
        [stored_row] = stored(statements, "PUSH_ROWS")
        assert stored_row.get("record_id") == record_id
        assert not stored_row["links_waiting"]


def test_the_intent_of_a_create_that_needs_no_update_is_closed() -> None:
    """Left open, it would be taken for a record that the push made."""
    row = PlannedRow(1, "1", Action.UNCHANGED, record_id="5")
    statements = Statements()
    engine(statements, NOTHING, []).store([outcomes.not_sent(row)])
    assert [text for text, _ in statements.sent if text.startswith("DELETE FROM")]


def test_a_create_without_a_key_that_was_sent_in_vain_goes_alone() -> None:
    """Whichever row HubSpot refuses the batch for, the others are not in doubt with it again."""
    statements = Statements(lambda text: [{"ROW_KEY": "2"}] if "ATTEMPTS > 0" in text else [])
    rows = [PlannedRow(n, str(n), Action.CREATE, payload={"firstname": "A"}) for n in (1, 2, 3)]
    keyless: dict[str, Any] = {"match": None, "external_id": None, "strategy": "create"}
    keyless |= {"duplicates_possible": True}
    for changes, batches in ((keyless, [["1", "3"], ["2"]]), ({}, [["1", "2", "3"]])):
        made = engine(statements, NOTHING, [], **changes)._batches(rows)
        assert [[row.key for row in batch] for batch in made] == batches


def test_an_update_of_unknown_outcome_is_planned_again_where_records_are_told_by_id() -> None:
    def rows(statement: str) -> list[dict[str, Any]]:
        return [{"number of rows updated": 1}] if statement.startswith("UPDATE") else []

    statements = Statements(rows)
    by_id: dict[str, Any] = {"match": {"hs_object_id": "ID"}, "strategy": "update"}
    by_id |= {"external_id": None, "duplicates_possible": True}
    assert recover(engine(statements, NOTHING, [], **by_id)) == 1
    [update] = [text for text, _ in statements.sent if text.startswith("UPDATE")]
    assert "STATE = 'UNKNOWN' AND RECORD_ID IS NOT NULL" in update


def pages_of(*rows: dict[str, Any]) -> Statements:
    """A plan with rows to be sent, all on one page."""
    return waves_of(rows)


def waves_of(*waves: Sequence[dict[str, Any]]) -> Statements:
    """A plan with rows to be sent, a page for each wave."""
    usual: dict[str, Any] = {"RECORD_ID": None, "SOURCE_HASH": "h", "IS_GONE": False}
    usual |= {"BEFORE": {}, "SENT": {}, "ALTERED": {}}
    pages = iter([[], *([{**usual, **row} for row in rows] for rows in waves), []])
    return Statements(
        lambda text: next(pages) if text.startswith("SELECT") and "PLAN_ROWS" in text else []
    )


def a_create(n: int) -> dict[str, Any]:
    payload = {"email": f"{n}@example.com"}
    return {"N": n, "ROW_KEY": str(n), "ACTION": "CREATE", "PAYLOAD": payload}


@pytest.mark.parametrize("following", [(), (3,)])
def test_outcomes_of_a_wave_are_stored_while_the_rest_of_it_is_awaited(
    monkeypatch: pytest.MonkeyPatch, following: Sequence[int]
) -> None:
    """Of the last wave at once, of others where HubSpot's limit keeps the rest back."""
    monkeypatch.setattr(waves, "batches_of", lambda rows: lookups.batches_of(rows, 1))
    monkeypatch.setattr(waves, "STORED_TOGETHER", 1)
    statements = waves_of([a_create(1), a_create(2)], *([a_create(n)] for n in following))
    first_is_stored = threading.Event()
    seen: list[bool] = []

    def database(text: str) -> list[dict[str, Any]]:
        if text.startswith("DELETE") and "PUSH_INTENTS" in text:
            first_is_stored.set()
        return pages(text)

    pages, statements._rows = statements._rows, database

    def answer(_kind: str, inputs: list[dict[str, Any]]) -> Any:
        [row] = inputs
        if row["properties"]["email"] == "2@example.com":
            seen.append(first_is_stored.wait(20))
        return {"results": [{"id": "5", "properties": row["properties"]}]}

    engine(statements, Answers(answer), []).run("plan")
    assert seen == [True]
    keys = [row["row_key"] for row in stored(statements, "PUSH_ROWS")]
    assert keys == [str(n) for n in (1, 2, *following)]


def test_a_record_that_is_there_is_updated_once_the_whole_wave_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Until then another row may turn out to have made it."""
    monkeypatch.setattr(waves, "batches_of", lambda rows: lookups.batches_of(rows, 1))
    monkeypatch.setattr(waves, "STORED_TOGETHER", 1)
    record = {"id": "5", "properties": {"email": "1@example.com"}}

    def answer(kind: str, inputs: list[dict[str, Any]]) -> Any:
        if kind == "create" and inputs[0]["properties"]["email"] == "1@example.com":
            error = {"category": "CONFLICT", "message": "Contact already exists. Existing ID: 5"}
            return {"results": [], "errors": [error]}
        made = {"id": "6", "properties": {"email": "2@example.com"}}
        return {"results": [record if kind == "read" else made]}

    answers = Answers(answer)
    statements = pages_of(a_create(1), a_create(2))
    engine(statements, answers, []).run("plan")
    assert [kind for kind, _ in answers.sent] == ["create", "create", "read"]
    assert [row["row_key"] for row in stored(statements, "PUSH_ROWS")] == ["2", "1"]


CONFLICT = {"category": "CONFLICT", "message": "Contact already exists. Existing ID: 5"}


def address(inputs: list[dict[str, Any]]) -> str:
    return str(inputs[0]["properties"]["email"])


def made(inputs: list[dict[str, Any]]) -> Any:
    return {"results": [{"id": "6", "properties": inputs[0]["properties"]}]}


def closed(statements: Statements) -> list[str]:
    """The keys whose intents were removed."""
    return [
        key
        for text, binds in statements.sent
        if text.startswith("DELETE") and "PUSH_INTENTS" in text
        for key in json.loads(binds[-1])
    ]


def test_what_a_wave_did_is_stored_though_the_intents_of_another_cannot_be() -> None:
    statements = waves_of([a_create(1)], [a_create(2)], [a_create(3)])
    pages, begun = statements._rows, []

    def database(text: str) -> list[dict[str, Any]]:
        if "INSERT INTO" in text and "PUSH_INTENTS" in text:
            begun.append(text)
            if len(begun) == 3:
                raise DatabaseError("the warehouse is gone")
        return pages(text)

    statements._rows = database
    with pytest.raises(DatabaseError):
        engine(statements, Answers(lambda _, inputs: made(inputs)), []).run("plan")
    assert "1" in {row["row_key"] for row in stored(statements, "PUSH_ROWS")}
    assert sorted(closed(statements)) == ["1", "2"]


def test_what_is_certain_is_stored_where_records_that_are_there_cannot_be_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The row whose record is there stays an intent, and is no refused one."""
    monkeypatch.setattr(waves, "batches_of", lambda rows: lookups.batches_of(rows, 1))

    def answer(kind: str, inputs: list[dict[str, Any]]) -> Any:
        if kind == "read":
            raise DeadlineReached("the run's time is used up")
        if address(inputs) == "1@example.com":
            return {"results": [], "errors": [CONFLICT]}
        return made(inputs)

    statements = pages_of(a_create(1), a_create(2))
    with pytest.raises(DeadlineReached):
        engine(statements, Answers(answer), []).run("plan")
    assert [row["row_key"] for row in stored(statements, "PUSH_ROWS")] == ["2"]
    outcomes_by_key = {
        row["row_key"]: row["outcome"] for row in stored(statements, "PUSH_OUTCOMES")
    }
    assert outcomes_by_key == {"1": "DEFERRED", "2": "CREATED"}
    assert closed(statements) == ["2"]


def test_nothing_is_sent_behind_a_wave_of_which_too_many_rows_were_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where HubSpot names records that are there, of which none turns out to be the row's."""
    monkeypatch.setattr(waves, "REFUSED_FROM", 1)
    somebodys = {"id": "5", "properties": {"email": "9@example.com"}}

    def answer(kind: str, _inputs: list[dict[str, Any]]) -> Any:
        if kind == "read":
            return {"results": [somebodys]}
        return {"results": [], "errors": [CONFLICT]}

    answers = Answers(answer)
    statements = waves_of([a_create(1)], [a_create(2)], [a_create(3)])
    with pytest.raises(TooManyRejected):
        engine(statements, answers, []).run("plan")
    assert [kind for kind, _ in answers.sent] == ["create", "read"]
    assert [row["row_key"] for row in stored(statements, "PUSH_ROWS")] == ["1"]


def test_a_wave_whose_refused_rows_are_updated_lets_the_next_one_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waves, "REFUSED_FROM", 1)

    def answer(kind: str, inputs: list[dict[str, Any]]) -> Any:
        if kind == "create" and address(inputs) == "1@example.com":
            return {"results": [], "errors": [CONFLICT]}
        there = {"id": "5", "properties": {"email": "1@example.com"}}
        return {"results": [there]} if kind == "read" else made(inputs)

    statements = waves_of([a_create(1)], [a_create(2)])
    engine(statements, Answers(answer), []).run("plan")
    assert [row["state"] for row in stored(statements, "PUSH_ROWS")] == ["SYNCED", "SYNCED"]


def test_an_error_of_ours_ends_the_waves_behind_and_loses_no_outcome(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of what was not sent no intent is left that would have to be looked up."""
    monkeypatch.setattr(waves, "batches_of", lambda rows: lookups.batches_of(rows, 1))

    def answer(_kind: str, inputs: list[dict[str, Any]]) -> Any:
        if address(inputs) == "1@example.com":
            raise LookupError("a fault of ours")
        return made(inputs)

    answers = Answers(answer)
    statements = waves_of([a_create(1), a_create(2)], [a_create(3)])
    with pytest.raises(LookupError):
        engine(statements, answers, []).run("plan")
    assert sorted(address(inputs) for _, inputs in answers.sent) == [
        "1@example.com",
        "2@example.com",
    ]
    assert [row["row_key"] for row in stored(statements, "PUSH_ROWS")] == ["2"]
    assert sorted(closed(statements)) == ["2", "3"]


def test_an_error_beside_the_requests_ends_the_run_too() -> None:
    calls: list[int] = []

    def pushed_back() -> int:
        calls.append(len(calls))
        if len(calls) > 1:
            raise LookupError("a fault of ours")
        return 0

    statements = waves_of([a_create(1)], [a_create(2)])
    waves_engine = engine(statements, Answers(lambda _, inputs: made(inputs)), [])
    waves_engine.pushed_back = pushed_back
    with pytest.raises(LookupError):
        waves_engine.run("plan")
    assert [row["row_key"] for row in stored(statements, "PUSH_ROWS")] == ["1"]


def test_once_a_run_ends_no_record_that_is_there_is_updated_any_more() -> None:
    """It may be another run's by then; the row's intent is looked up by the next."""
    both_sent = threading.Event()

    def answer(_kind: str, inputs: list[dict[str, Any]]) -> Any:
        if address(inputs) == "1@example.com":
            return made(inputs)
        both_sent.set()
        return {"results": [], "errors": [CONFLICT]}

    def beat() -> None:
        assert both_sent.wait(20)
        raise StopRequested("somebody asked this run to stop")

    answers = Answers(answer)
    statements = waves_of([a_create(1)], [a_create(2)])
    waves_engine = engine(statements, answers, [])
    waves_engine.heartbeat = beat
    with pytest.raises(StopRequested):
        waves_engine.run("plan")
    assert [kind for kind, _ in answers.sent] == ["create", "create"]
    assert closed(statements) == ["1"]
