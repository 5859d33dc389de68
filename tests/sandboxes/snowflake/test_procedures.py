"""CALL of Python procedures by their real handlers."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError
from snowflake.snowpark import Session
from snowflake.snowpark.exceptions import SnowparkSQLException

from snowflake_sandbox import Engine
from tests.sandboxes.snowflake import applications


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    app = applications.whole(tmp_path_factory.mktemp("app"))
    with Engine(None) as engine:
        engine.install(app, "LAB")
        yield engine


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    opened = engine.session("LAB", "CORE")
    yield opened
    opened.close()


def call(session: Session, text: str, *params: Any) -> Any:
    (row,) = session.sql(text, params=list(params)).collect()
    return json.loads(row[0])


@pytest.mark.parametrize(
    ("text", "values", "types"),
    [
        ("CALL echo('x')", ["x", None, 7], ["str", "sqlNullWrapper", "int"]),
        ("CALL echo('x', PARSE_JSON('null'))", ["x", None, 7], ["str", "NoneType", "int"]),
        ("CALL echo(NULL, NULL)", [None, None, 7], ["NoneType", "sqlNullWrapper", "int"]),
        ("CALL core.echo('x', PARSE_JSON('{\"a\": [1]}'))", ["x", {"a": [1]}, 7],
         ["str", "dict", "int"]),
        ("CALL lab.core.echo('x', 'plain', 2)", ["x", "plain", 2], ["str", "str", "int"]),
        ("CALL echo(third => 1 + 1, first => 'x')", ["x", None, 2],
         ["str", "sqlNullWrapper", "int"]),
        ("CALL echo('x', second => {'a': {'b': TRUE}})", ["x", {"a": {"b": True}}, 7],
         ["str", "dict", "int"]),
        ("CALL echo(1, OBJECT_CONSTRUCT('k', 2))", ["1", {"k": 2}, 7], ["str", "dict", "int"]),
        ("CALL echo('a, b)', ARRAY_CONSTRUCT(1, 'x'));", ["a, b)", [1, "x"], 7],
         ["str", "list", "int"]),
    ],
)  # fmt: skip
def test_arguments_arrive_as_python_objects(
    session: Session, text: str, values: list[Any], types: list[str]
) -> None:
    assert call(session, text) == {"values": values, "types": types}


def test_arguments_can_be_bound(session: Session) -> None:
    answer = call(session, "CALL echo(?, PARSE_JSON(?))", "it's", '{"a": 1}')
    assert answer["values"] == ["it's", {"a": 1}, 7]


def test_the_answer_is_one_variant_column_named_like_the_procedure(engine: Engine) -> None:
    with engine.connect("LAB", "CORE") as connection:
        cursor = connection.cursor()
        cursor.execute("CALL echo('x')")
        assert [(c.name, c.type_code) for c in cursor.description] == [("ECHO", 5)]


def test_the_handlers_session_stands_in_the_procedures_schema(engine: Engine) -> None:
    session = engine.session()
    assert call(session, "CALL LAB.CORE.WHERE_AM_I()") == ['"LAB"', '"CORE"']
    session.close()


def test_a_bound_secret_is_read_by_the_handlers_own_thread_alone(session: Session) -> None:
    session.sql("ALTER SECRET config.token SET SECRET_STRING = ?", params=["s3cret"]).collect()
    refused = "Secrets can only be accessed from the main thread."
    assert call(session, "CALL reveal()") == ["s3cret", refused]
    assert "_snowflake" not in sys.modules


def test_an_exception_of_the_handler_becomes_an_error(engine: Engine) -> None:
    with engine.connect("LAB", "CORE") as connection:
        with pytest.raises(ProgrammingError, match="ValueError: nothing works") as caught:
            connection.cursor().execute("CALL fail()")
        assert (caught.value.errno, caught.value.sqlstate) == (100357, "P0000")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("CALL echo()", "Invalid argument types"),
        ("CALL echo('a', 1, 2, 3)", "Invalid argument types"),
        ("CALL echo('a', fourth => 1)", "Invalid argument types"),
        ("CALL echo(first => 'a', 'b')", "positional argument follows"),
        ("CALL echo('a', third => 'many')", "Invalid value 'many' for argument THIRD"),
        ("CALL nobody()", "Unknown user-defined function"),
    ],
)
def test_a_wrong_call_is_refused(session: Session, text: str, reason: str) -> None:
    with pytest.raises(SnowparkSQLException, match=reason):
        session.sql(text).collect()


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("CREATE TEMPORARY TABLE T (A NUMBER)", "TEMPORARY TABLE is not permitted"),
        ("CREATE OR REPLACE TEMP STAGE T", "TEMPORARY TABLE is not permitted"),
        ("USE SCHEMA STATE", "USE"),
        ("ALTER SESSION SET QUERY_TAG = 'x'", "ALTER SESSION"),
        ("REMOVE @STATE.LOADS", "REMOVE"),
        ("SELECT CURRENT_WAREHOUSE()", "not supported in an application"),
    ],
)
def test_a_handler_is_refused_what_an_owners_procedure_may_not(
    session: Session, statement: str, reason: str
) -> None:
    with pytest.raises(SnowparkSQLException, match=reason):
        session.sql("CALL run(?)", params=[statement]).collect()


def test_a_handler_binds_no_none(session: Session) -> None:
    # snowpark-python, issue 1760
    with pytest.raises(SnowparkSQLException, match="'None' is not recognized"):
        session.sql("CALL note(NULL)").collect()


def test_what_a_handler_wrote_is_there(session: Session) -> None:
    call(session, "CALL note('hello')")
    found = session.sql("SELECT COUNT(*) AS N FROM state.notes WHERE NOTE = 'hello'").collect()
    assert found[0]["N"] == 1


def test_overloads_are_told_apart_by_number_and_type(session: Session) -> None:
    body = (
        " RETURNS VARCHAR LANGUAGE PYTHON RUNTIME_VERSION = '3.11'"
        " PACKAGES = ('snowflake-snowpark-python') HANDLER = 'go' AS $$\n"
        "def go(session, *arguments):\n    return type(arguments[0]).__name__\n$$"
    )
    session.sql(f"CREATE OR REPLACE PROCEDURE state.kind(a VARCHAR){body}").collect()
    session.sql(f"CREATE OR REPLACE PROCEDURE state.kind(a NUMBER){body}").collect()
    assert session.sql("CALL state.kind('1')").collect()[0][0] == "str"
    assert session.sql("CALL state.kind(1)").collect()[0][0] == "int"
    session.sql("DROP PROCEDURE state.kind(NUMBER)").collect()
    assert session.sql("CALL state.kind(1)").collect()[0][0] == "str"


def test_a_task_runs_its_call_through_the_same_handler(engine: Engine, session: Session) -> None:
    session.sql(
        "CREATE TASK IF NOT EXISTS tasks.writer SCHEDULE = '60 MINUTES'"
        " USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = 'XSMALL' AS CALL core.note('by task')"
    ).collect()
    session.sql("EXECUTE TASK tasks.writer").collect()
    assert engine.background.wait(20)
    found = session.sql("SELECT NOTE FROM state.notes WHERE NOTE = 'by task'").collect()
    assert len(found) == 1


def test_a_failing_task_says_so_in_show_tasks(engine: Engine, session: Session) -> None:
    session.sql(
        "CREATE OR REPLACE TASK tasks.broken SCHEDULE = '60 MINUTES' AS CALL core.fail()"
    ).collect()
    session.sql("EXECUTE TASK tasks.broken").collect()
    assert engine.background.wait(20)
    (row,) = session.sql("SHOW TASKS LIKE 'broken' IN SCHEMA tasks").collect()
    assert "nothing works" in row["last_error"]


def test_parallel_calls_do_not_wait_for_each_other(engine: Engine, tmp_path: Path) -> None:
    import threading

    session = engine.session("LAB", "CORE")
    session.sql(
        "CREATE OR REPLACE PROCEDURE state.meet() RETURNS VARCHAR LANGUAGE PYTHON"
        " RUNTIME_VERSION = '3.11' PACKAGES = ('snowflake-snowpark-python') HANDLER = 'go' AS $$\n"
        "from tests.sandboxes.snowflake import test_procedures\n"
        "def go(session):\n    return str(test_procedures.MEETING.wait(10))\n$$"
    ).collect()
    answers: list[list[tuple[str | None, ...]]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(engine.sql("CALL LAB.STATE.MEET()")))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [[("0",)], [("1",)]]
    session.close()
    del tmp_path


def _barrier() -> Any:
    import threading

    return threading.Barrier(2)


MEETING = _barrier()
