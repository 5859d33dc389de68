"""EXECUTE TASK begins a run and answers; how it went stands in TASK_HISTORY."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from snowflake.snowpark import Session

from snowflake_sandbox import Engine
from tests.sandboxes.snowflake import applications
from tests.sandboxes.snowflake.conftest import Rows

HISTORY = "TABLE(LAB.INFORMATION_SCHEMA.TASK_HISTORY(TASK_NAME => '{}'))"


@pytest.fixture(autouse=True)
def _tasks_of_their_own(shared: Engine) -> Iterator[None]:
    applications.gate.clear()
    yield
    applications.gate.set()
    assert shared.background.wait(20)


def _task(rows: Rows, name: str, handler: str) -> None:
    rows(
        f"CREATE OR REPLACE PROCEDURE {name}_PROCEDURE() RETURNS VARCHAR LANGUAGE PYTHON "
        "RUNTIME_VERSION = '3.11' PACKAGES = ('snowflake-snowpark-python') "
        f"HANDLER = '{handler}' AS "
        f"$$from tests.sandboxes.snowflake.applications import {handler}$$"
    )
    rows(f"CREATE TASK {name} AS CALL {name}_PROCEDURE()")


def _states(rows: Rows, name: str) -> list[str]:
    return [row["STATE"] for row in rows(f"SELECT STATE FROM {HISTORY.format(name)}")]


def test_the_statement_answers_while_the_task_still_runs(shared: Engine, rows: Rows) -> None:
    _task(rows, "SLOW", "wait")
    (answer,) = rows("EXECUTE TASK SLOW")

    assert answer["status"] == "Task SLOW is scheduled to run immediately."
    assert [name.object for name in shared.background.running] == ["SLOW"]
    assert not shared.background.wait(0)


def test_the_history_tells_how_runs_went(shared: Engine, rows: Rows) -> None:
    applications.gate.set()
    _task(rows, "FINE", "wait")
    _task(rows, "BROKEN", "fail")
    rows("EXECUTE TASK FINE")
    rows("EXECUTE TASK BROKEN")
    assert shared.background.wait(20)

    (fine,) = rows(f"SELECT * FROM {HISTORY.format('FINE')}")
    assert (fine["STATE"], fine["ERROR_MESSAGE"]) == ("SUCCEEDED", None)
    assert fine["SCHEDULED_TIME"] <= fine["QUERY_START_TIME"] <= fine["COMPLETED_TIME"]
    (broken,) = rows(f"SELECT STATE, ERROR_CODE, ERROR_MESSAGE FROM {HISTORY.format('BROKEN')}")
    assert (broken["STATE"], broken["ERROR_CODE"]) == ("FAILED", "100357")
    assert "nothing works" in broken["ERROR_MESSAGE"]


def test_a_task_never_runs_twice_at_once(shared: Engine, rows: Rows) -> None:
    _task(rows, "TURNS", "wait")
    for _ in range(4):
        rows("EXECUTE TASK TURNS")
    assert sorted(_states(rows, "TURNS"))[-1] == "SCHEDULED"
    applications.gate.set()
    assert shared.background.wait(20)

    assert _states(rows, "TURNS") == ["SUCCEEDED", "SUCCEEDED"]


def test_the_history_is_narrowed_by_its_arguments(shared: Engine, rows: Rows) -> None:
    applications.gate.set()
    _task(rows, "OFTEN", "wait")
    for _ in range(3):
        rows("EXECUTE TASK OFTEN")
        assert shared.background.wait(20)
    table = "TABLE(INFORMATION_SCHEMA.TASK_HISTORY(TASK_NAME => 'OFTEN', {}))"

    def count(arguments: str) -> int:
        return int(rows(f"SELECT COUNT(*) AS N FROM {table.format(arguments)}")[0]["N"])

    assert count("RESULT_LIMIT => 2") == 2
    assert count("ERROR_ONLY => TRUE") == 0
    hour_ago = "SCHEDULED_TIME_RANGE_START => DATEADD('hour', -1, CURRENT_TIMESTAMP())"
    assert count(hour_ago) == 3


def test_closing_waits_for_what_runs_and_keeps_its_record(tmp_path: Path) -> None:
    applications.gate.set()
    with Engine(tmp_path) as engine:
        engine.sql("CREATE DATABASE LAB")
        engine.sql("CREATE SCHEMA LAB.TASKS")
        engine.sql("CREATE TABLE LAB.TASKS.DONE (N NUMBER)")
        engine.sql("CREATE TASK LAB.TASKS.WRITES AS INSERT INTO LAB.TASKS.DONE VALUES (1)")
        engine.sql("EXECUTE TASK LAB.TASKS.WRITES")
    with Engine(tmp_path) as engine:
        assert engine.sql("SELECT COUNT(*) FROM LAB.TASKS.DONE") == [("1",)]
        assert [run.state for run in engine.history.task_runs] == ["SUCCEEDED"]


def test_a_run_whose_process_was_killed_is_cancelled(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine:
        engine.sql("CREATE DATABASE LAB")
        engine.sql("CREATE SCHEMA LAB.TASKS")
        engine.sql("CREATE TASK LAB.TASKS.LOOKS AS SELECT 1")
        engine.sql("EXECUTE TASK LAB.TASKS.LOOKS")
    file = tmp_path / "history.json"
    file.write_text(file.read_text().replace("SUCCEEDED", "EXECUTING"))
    with Engine(tmp_path) as engine:
        assert [run.state for run in engine.history.task_runs] == ["CANCELLED"]


def test_a_dropped_task_ends_its_run(shared: Engine, rows: Rows, session: Session) -> None:
    _task(rows, "GONE", "wait")
    session.sql("EXECUTE TASK GONE").collect()
    rows("DROP TASK GONE")
    applications.gate.set()
    assert shared.background.wait(20)

    assert _states(rows, "GONE") == ["SUCCEEDED"]
