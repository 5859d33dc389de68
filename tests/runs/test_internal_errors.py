"""An exception that nobody foresaw: an id for the person, frames for us, values for nobody."""

from __future__ import annotations

import logging
import re
from typing import NoReturn

import pytest

from hubspot_ingest import procedures
from hubspot_ingest.database.state.runs import Runs
from hubspot_ingest.errors import DatabaseError
from hubspot_ingest.inbound.run.records import Run
from tests.runs.world import CONTACTS, World

SECRET = "pat-na1-ada@example.com"


def _break(*_: object) -> NoReturn:
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise ValueError(f"no {SECRET}") from error


def _id(message: str) -> str:
    found = re.match(r"unexpected internal error ([0-9a-f]{8}); ", message)
    assert found is not None, message
    return found[1]


def _assert_frames(trace: str, error_id: str) -> None:
    """Both exceptions of the chain, each with file, line and function of its frames."""
    raised, _, cause = trace.partition("; caused by ")
    assert raised.startswith(f"internal error {error_id}: ValueError at ")
    assert cause.startswith("KeyError at ")
    assert re.search(r"tests/runs/test_internal_errors\.py:\d+ _break$", raised)
    assert re.search(r"tests/runs/test_internal_errors\.py:\d+ _break$", cause)
    assert "\n" not in trace


@pytest.fixture(autouse=True)
def _listening(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="hubspot_ingest")


def _records(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [one for one in caplog.records if one.getMessage() == "unexpected internal error"]


def test_a_procedure_answers_an_id_and_errors_has_the_frames(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(procedures, "doctor_report", _break)
    answer = procedures.doctor(world.handlers)
    message = str(answer["message"])
    error_id = _id(message)
    [query] = re.findall(r"SELECT .*'", message)
    [row] = world.rows(query.replace("CORE.", "HUBSPOT_INGEST.CORE."))
    [error] = world.errors()

    assert answer["response_code"] == error["CODE"] == "INTERNAL_ERROR"
    assert "\n" not in message
    assert row["MESSAGE"] == error["MESSAGE"]
    _assert_frames(error["MESSAGE"], error_id)
    assert re.search(r" hubspot_ingest/procedures\.py:\d+ doctor > ", error["MESSAGE"])
    [record] = _records(caplog)
    assert (record.levelname, vars(record)["error_id"]) == ("ERROR", error_id)
    assert vars(record)["trace"] in error["MESSAGE"]
    assert SECRET not in repr((answer, world.stored(), [vars(one) for one in caplog.records]))


def test_each_internal_error_has_an_id_of_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procedures, "doctor_report", _break)
    messages = [str(procedures.doctor(world.handlers)["message"]) for _ in range(3)]

    assert len({_id(message) for message in messages}) == 3


def test_the_answer_comes_where_errors_cannot_be_written(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise DatabaseError(f"a statement failed: {SECRET}")

    monkeypatch.setattr(procedures, "doctor_report", _break)
    monkeypatch.setattr(Runs, "log_error", refuse)
    answer = procedures.doctor(world.handlers)
    message = str(answer["message"])

    assert answer["response_code"] == "INTERNAL_ERROR"
    assert _id(message) == vars(_records(caplog)[0])["error_id"]
    assert "SELECT" not in message
    assert "event table" in message
    assert SECRET not in message


def test_the_span_of_the_procedure_gets_an_event_with_the_frames(
    served: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Run, "steps", _break)
    before = len(served.engine.history.events)
    answer = served.call("CALL HUBSPOT_INGEST.CORE.INGEST_HUBSPOT('contacts')")
    [event, ended] = served.engine.history.events[before:]

    assert (event.procedure, event.name) == ("INGEST_HUBSPOT", "internal_error")
    assert ended.attributes["response_code"] == "INTERNAL_ERROR"
    assert event.attributes["error_id"] == _id(answer["message"])
    assert event.attributes["trace"].startswith("ValueError at ")
    assert SECRET not in repr(event)


def test_a_run_that_dies_of_one_names_the_id_in_runs_and_the_next_carries_on(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.slim()
    with monkeypatch.context() as broken:
        broken.setattr(Run, "steps", _break)
        answer = world.ingest()
    error_id = _id(answer["message"])
    [run], [error] = world.runs(), world.errors()

    assert (answer["status"], answer["response_code"]) == ("FAILED", "INTERNAL_ERROR")
    assert (run["STATUS"], run["MESSAGE"]) == ("FAILED", answer["message"])
    assert (error["RUN_ID"], error["SYNC"]) == (answer["run_id"], "contacts")
    _assert_frames(error["MESSAGE"], error_id)
    assert vars(_records(caplog)[0])["run_id"] == answer["run_id"]
    assert SECRET not in repr((answer, world.stored(), [vars(one) for one in caplog.records]))
    assert world.run()["rows_inserted"] == 12
    assert len(world.ids(CONTACTS)) == 12


def test_a_run_answers_its_id_where_its_end_cannot_be_written(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise DatabaseError("a statement failed")

    monkeypatch.setattr(Run, "steps", _break)
    monkeypatch.setattr(Runs, "log_error", refuse)
    answer = world.ingest()

    assert (answer["status"], answer["response_code"]) == ("FAILED", "INTERNAL_ERROR")
    assert "SELECT" not in answer["message"]
    assert world.runs()[0]["MESSAGE"] == answer["message"]
    assert _id(answer["message"])


def test_a_deep_recursion_is_cut_to_its_two_ends(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deeper(*_: object) -> None:
        deeper()

    monkeypatch.setattr(procedures, "doctor_report", deeper)
    procedures.doctor(world.handlers)
    trace = world.errors()[0]["MESSAGE"]

    assert "RecursionError at hubspot_ingest/procedures.py" in trace
    assert " > … > " in trace
    assert len(trace) < 5_000
