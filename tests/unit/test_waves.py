"""What a wave stores, and what it does about records that are there already."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

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
    assert engine(Statements(), answers, [])._update_existing(settled) == []
    assert refused in settled


def test_a_create_that_turns_out_to_be_an_update_keeps_its_links() -> None:
    record = {"id": "5", "properties": {"email": "1@example.com", "firstname": "Anna"}}
    wishes = (LinkWish("LINKS", "acme", None),)
    payload = {"email": "1@example.com", "firstname": "Berta"}
    row = PlannedRow(
        1, "1", Action.CREATE, payload=payload, links=wishes, links_added=wishes, hash="h"
    )
    settled = [outcomes.RowOutcome(row, "REJECTED", "REJECTED", None, existing_id="5")]
    answers = Answers(lambda *_: {"results": [record]})
    [outcome] = engine(Statements(), answers, [], **LINKS)._update_existing(settled)
    assert (outcome.row.action, outcome.row.links) == (Action.UPDATE, wishes)
    assert outcome.row.changes_links


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
    usual: dict[str, Any] = {"RECORD_ID": None, "SOURCE_HASH": "h", "IS_GONE": False}
    usual |= {"BEFORE": {}, "SENT": {}, "ALTERED": {}}
    pages = iter([[], [{**usual, **row} for row in rows], []])
    return Statements(
        lambda text: next(pages) if text.startswith("SELECT") and "PLAN_ROWS" in text else []
    )


def a_create(n: int) -> dict[str, Any]:
    payload = {"email": f"{n}@example.com"}
    return {"N": n, "ROW_KEY": str(n), "ACTION": "CREATE", "PAYLOAD": payload}


def test_of_the_last_wave_outcomes_are_stored_while_others_are_awaited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(waves, "batches_of", lambda rows: lookups.batches_of(rows, 1))
    monkeypatch.setattr(waves, "STORED_TOGETHER", 1)
    statements = pages_of(a_create(1), a_create(2))
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
    assert [row["row_key"] for row in stored(statements, "PUSH_ROWS")] == ["1", "2"]


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
