"""Statements that change rows of one table wait in line, and the line has an end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from snowflake_sandbox import Engine, session
from snowflake_sandbox.errors import SqlError
from snowflake_sandbox.names import Name
from snowflake_sandbox.storage.locks import WAITERS

TABLE = Name("LOCKS", "PUBLIC", "T")
CHANGES = (
    "UPDATE LOCKS.PUBLIC.T SET N = N + 1",
    "DELETE FROM LOCKS.PUBLIC.T WHERE N < 0",
    "MERGE INTO LOCKS.PUBLIC.T USING (SELECT 1 AS ID) S ON T.ID = S.ID"
    " WHEN MATCHED THEN UPDATE SET N = N + 1",
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        engine.sql("CREATE DATABASE LOCKS")
        yield engine


@pytest.fixture(autouse=True)
def _table(engine: Engine) -> None:
    engine.sql("CREATE OR REPLACE TABLE LOCKS.PUBLIC.T (ID NUMBER, N NUMBER)")
    engine.sql("INSERT INTO LOCKS.PUBLIC.T SELECT 1, 0")


@contextmanager
def an_open_transaction_on(engine: Engine) -> Iterator[None]:
    session = engine.local_session("LOCKS", "PUBLIC")
    session.execute("BEGIN")
    session.execute("UPDATE T SET N = 10")
    try:
        yield
        session.execute("COMMIT")
    finally:
        session.close()


def wait_for(engine: Engine, waiters: int) -> None:
    until = time.monotonic() + 20
    while engine.locks.waiting(TABLE) < waiters:
        assert time.monotonic() < until
        time.sleep(0.005)


@pytest.mark.parametrize("change", CHANGES)
def test_the_twenty_first_that_waits_is_aborted_and_twenty_get_their_turn(
    engine: Engine, change: str
) -> None:
    with ThreadPoolExecutor(WAITERS) as pool:
        waiting: list[Future[object]] = []
        with an_open_transaction_on(engine):
            for number in range(WAITERS):
                waiting.append(pool.submit(engine.sql, CHANGES[0]))
                wait_for(engine, number + 1)
            with pytest.raises(SqlError) as caught:
                engine.sql(change)
        for future in waiting:
            future.result()
    assert (caught.value.errno, caught.value.sqlstate) == (625, "57014")
    locked, aborted = caught.value.message.split("\n")
    assert locked.startswith("Statement '")
    assert "' has locked table 'T' in transaction " in locked
    assert locked.endswith(" and this lock has not yet been released.")
    assert aborted.endswith(
        "was aborted because the number of waiters for this lock exceeds the 20 statements limit."
    )
    assert engine.sql("SELECT N FROM LOCKS.PUBLIC.T") == [("30",)]


def test_inserts_and_queries_do_not_wait(engine: Engine) -> None:
    with an_open_transaction_on(engine):
        engine.sql("INSERT INTO LOCKS.PUBLIC.T SELECT 2, 7")
        assert engine.sql("SELECT ID, N FROM LOCKS.PUBLIC.T ORDER BY ID") == [
            ("1", "0"),
            ("2", "7"),
        ]
    assert engine.sql("SELECT N FROM LOCKS.PUBLIC.T ORDER BY ID") == [("10",), ("7",)]


def test_another_table_has_a_line_of_its_own(engine: Engine) -> None:
    engine.sql("CREATE OR REPLACE TABLE LOCKS.PUBLIC.OTHER (N NUMBER)")
    with an_open_transaction_on(engine):
        engine.sql("UPDATE LOCKS.PUBLIC.OTHER SET N = 1")


def test_a_change_holds_its_table_as_long_as_the_engine_is_told_that_it_takes(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[float] = []

    def sleep(seconds: float) -> None:
        # the other two have come by the time that the first lets go
        if not held:
            wait_for(engine, 2)
        held.append(seconds)

    monkeypatch.setattr(session, "sleep", sleep)
    monkeypatch.setattr(engine, "change_seconds", 0.1)
    with ThreadPoolExecutor(3) as pool:
        for future in [pool.submit(engine.sql, CHANGES[0]) for _ in range(3)]:
            future.result()
    assert held == [0.1] * 3
