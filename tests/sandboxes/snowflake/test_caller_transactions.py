"""A procedure writes in its caller's transaction, and with its caller's AUTOCOMMIT."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from snowflake_sandbox import Engine
from snowflake_sandbox.errors import SqlError
from snowflake_sandbox.session import LocalSession

RUN = """
CREATE OR REPLACE PROCEDURE LAB.PUBLIC.RUN(STATEMENTS ARRAY) RETURNS VARCHAR
LANGUAGE PYTHON RUNTIME_VERSION = '3.11' PACKAGES = ('snowflake-snowpark-python')
HANDLER = 'run'
AS $$
def run(session, statements):
    return " ".join(str(session.sql(statement).collect()[0][0]) for statement in statements)
$$
"""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        engine.sql("CREATE DATABASE LAB")
        engine.sql(RUN)
        yield engine


@pytest.fixture
def caller(engine: Engine) -> Iterator[LocalSession]:
    engine.sql("CREATE OR REPLACE TABLE LAB.PUBLIC.T (N NUMBER)")
    session = engine.local_session("LAB", "PUBLIC")
    yield session
    session.close()


def call(session: LocalSession, *statements: str) -> str | None:
    listed = ", ".join("'" + statement.replace("'", "''") + "'" for statement in statements)
    return session.execute(f"CALL RUN(ARRAY_CONSTRUCT({listed}))").rows[0][0]


def count(engine: Engine) -> str | None:
    return engine.sql("SELECT COUNT(*) FROM LAB.PUBLIC.T")[0][0]


ONE_ROW = "INSERT INTO T SELECT 1"


@pytest.mark.parametrize(("end", "rows"), [("COMMIT", "1"), ("ROLLBACK", "0")])
def test_what_a_procedure_writes_ends_as_its_callers_transaction_does(
    engine: Engine, caller: LocalSession, end: str, rows: str
) -> None:
    caller.execute("BEGIN")
    call(caller, ONE_ROW)
    assert count(engine) == "0"
    caller.execute(end)
    assert count(engine) == rows


def test_it_is_lost_when_the_callers_session_ends(engine: Engine) -> None:
    engine.sql("CREATE OR REPLACE TABLE LAB.PUBLIC.T (N NUMBER)")
    caller = engine.local_session("LAB", "PUBLIC")
    caller.execute("BEGIN")
    call(caller, ONE_ROW)
    caller.close()
    assert count(engine) == "0"


@pytest.mark.parametrize("statement", ["COMMIT", "ROLLBACK", "CREATE TABLE U (N NUMBER)"])
def test_a_procedure_cannot_end_its_callers_transaction(
    caller: LocalSession, statement: str
) -> None:
    caller.execute("BEGIN")
    with pytest.raises(SqlError, match="started at a different scope is not allowed"):
        call(caller, ONE_ROW, statement)


def test_without_autocommit_a_procedure_that_does_not_commit_is_rolled_back_with_an_error(
    engine: Engine, caller: LocalSession
) -> None:
    caller.execute("ALTER SESSION SET AUTOCOMMIT = FALSE")
    with pytest.raises(SqlError, match="is incomplete and it was rolled back"):
        call(caller, ONE_ROW)
    assert count(engine) == "0"


def test_without_autocommit_ddl_commits_what_a_procedure_wrote_before_it(
    engine: Engine, caller: LocalSession
) -> None:
    caller.execute("ALTER SESSION SET AUTOCOMMIT = FALSE")
    call(caller, ONE_ROW, "CREATE OR REPLACE TABLE U (N NUMBER)")
    assert count(engine) == "1"


def test_a_procedure_sees_by_current_transaction_that_its_writes_are_not_final(
    caller: LocalSession,
) -> None:
    ask = "SELECT CURRENT_TRANSACTION()"
    assert call(caller, ONE_ROW, ask) == "1 None"
    caller.execute("BEGIN")
    assert re.fullmatch(r"\d{10,}", str(call(caller, ask)))
    caller.execute("COMMIT")
    caller.execute("ALTER SESSION SET AUTOCOMMIT = FALSE")
    answers = str(call(caller, ask, ONE_ROW, ask, "COMMIT", ask))
    assert re.fullmatch(r"None 1 \d{10,} Statement executed successfully\. None", answers)


@pytest.mark.parametrize("show", ["SHOW PARAMETERS", "SHOW PARAMETERS LIKE 'AUTO%' IN SESSION"])
def test_an_owners_procedure_may_not_show_the_sessions_parameters(
    caller: LocalSession, show: str
) -> None:
    with pytest.raises(SqlError, match="SHOW PARAMETERS"):
        call(caller, show)


def test_the_callers_rows_per_resultset_cuts_a_procedures_queries_in_silence(
    caller: LocalSession,
) -> None:
    count_rows = "SELECT COUNT(*) FROM (SELECT COLUMN1 FROM VALUES (1), (2), (3))"
    caller.execute("ALTER SESSION SET ROWS_PER_RESULTSET = 2")
    rows = caller.execute("SELECT COLUMN1 FROM VALUES (1), (2), (3)")
    assert rows.count == 2
    assert call(caller, count_rows) == "3"
    caller.execute("ALTER SESSION SET ROWS_PER_RESULTSET = 0")
    assert caller.execute("SELECT COLUMN1 FROM VALUES (1), (2), (3)").count == 3
