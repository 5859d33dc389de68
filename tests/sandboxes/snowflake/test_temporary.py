"""Temporary tables and views: in a schema, of one session alone, gone with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from snowflake.snowpark import Session
from snowflake.snowpark.exceptions import SnowparkSQLException

from snowflake_sandbox import Engine
from tests.sandboxes.snowflake.conftest import Rows


def test_a_temporary_table_has_rows_and_columns_like_any_other(rows: Rows) -> None:
    rows("CREATE OR REPLACE TEMPORARY TABLE LAB.BENCH.MADE AS (SELECT 1 AS A, 'x' AS B)")
    rows("INSERT INTO made SELECT 2, 'y'")
    rows("UPDATE MADE SET B = 'z' WHERE MADE.A = 2")
    rows("DELETE FROM LAB.BENCH.MADE WHERE A = 1")
    assert rows("SELECT MADE.A, B FROM LAB.BENCH.MADE") == [{"A": 2, "B": "z"}]
    described = {row["name"]: row["type"] for row in rows("DESCRIBE TABLE LAB.BENCH.MADE")}
    assert described == {"A": "NUMBER(38,0)", "B": "VARCHAR(16777216)"}


def test_declared_types_of_a_temporary_table_come_back(rows: Rows) -> None:
    rows("CREATE TEMP TABLE MADE (AT TIMESTAMP_NTZ(3), BAG OBJECT)")
    rows("ALTER TABLE MADE ADD COLUMN NAME VARCHAR(40)")
    described = {row["name"]: row["type"] for row in rows("DESCRIBE TABLE MADE")}
    assert described == {"AT": "TIMESTAMP_NTZ(3)", "BAG": "OBJECT", "NAME": "VARCHAR(40)"}


def test_a_temporary_table_hides_the_table_of_its_name(rows: Rows) -> None:
    rows("CREATE TABLE NAMES AS SELECT 'kept' AS A")
    assert rows("SELECT A FROM NAMES") == [{"A": "kept"}]
    rows("CREATE TEMPORARY TABLE NAMES AS SELECT 'hiding' AS A")
    assert rows("SELECT A FROM NAMES") == [{"A": "hiding"}]
    rows("DROP TABLE NAMES")
    assert rows("SELECT A FROM NAMES") == [{"A": "kept"}]


def test_another_session_sees_nothing_of_it(shared: Engine, rows: Rows) -> None:
    other = shared.session("LAB", "BENCH")
    rows("CREATE TEMPORARY TABLE MINE AS SELECT 1 AS A")
    with pytest.raises(SnowparkSQLException, match="does not exist"):
        other.sql("SELECT A FROM MINE").collect()
    other.sql("CREATE TEMPORARY TABLE MINE AS SELECT 2 AS A").collect()
    assert [row["A"] for row in other.sql("SELECT A FROM MINE").collect()] == [2]
    other.close()
    assert rows("SELECT A FROM MINE") == [{"A": 1}]


def test_a_merge_reads_a_temporary_view_and_writes_in_a_transaction(rows: Rows) -> None:
    rows("CREATE TABLE DAYS (DAY VARCHAR, DEALS NUMBER)")
    rows("INSERT INTO DAYS VALUES ('monday', 1)")
    rows("CREATE TABLE SEEN AS SELECT 'monday' AS DAY, 5 AS DEALS UNION ALL SELECT 'tuesday', 2")
    rows("CREATE OR REPLACE TEMPORARY VIEW DAYS__TMP AS (SELECT * FROM SEEN WHERE DEALS > 1)")
    rows("BEGIN")
    rows(
        "MERGE INTO LAB.BENCH.DAYS AS old USING LAB.BENCH.DAYS__TMP AS new ON old.DAY = new.DAY"
        " WHEN MATCHED THEN UPDATE SET DEALS = new.DEALS"
        " WHEN NOT MATCHED THEN INSERT (DAY, DEALS) VALUES (DAY, DEALS)"
    )
    rows("COMMIT")
    rows("DROP VIEW IF EXISTS LAB.BENCH.DAYS__TMP CASCADE")
    assert rows("SELECT * FROM DAYS ORDER BY DAY") == [
        {"DAY": "monday", "DEALS": 5},
        {"DAY": "tuesday", "DEALS": 2},
    ]
    with pytest.raises(SnowparkSQLException, match="does not exist"):
        rows("SELECT * FROM DAYS__TMP")


def test_a_temporary_table_is_made_from_another(rows: Rows) -> None:
    rows("CREATE TEMPORARY TABLE FIRST AS SELECT 1 AS A")
    rows("CREATE OR REPLACE TEMPORARY TABLE SECOND AS SELECT A + 1 AS A FROM FIRST")
    rows(
        "CREATE TABLE THIRD AS WITH FIRST AS (SELECT 40 AS B) SELECT A + B AS A FROM SECOND, FIRST"
    )
    assert rows("SELECT A FROM THIRD") == [{"A": 42}]


def test_a_temporary_table_that_is_there_is_not_made_again(rows: Rows) -> None:
    rows("CREATE TEMPORARY TABLE MADE (A NUMBER)")
    with pytest.raises(SnowparkSQLException, match="already exists"):
        rows("CREATE TEMPORARY TABLE MADE (A NUMBER)")
    answer = rows("CREATE TEMPORARY TABLE IF NOT EXISTS MADE (A NUMBER)")
    assert list(answer[0].values()) == ["MADE already exists, statement succeeded."]


def test_it_is_gone_with_its_session(shared: Engine, session: Session) -> None:
    first = shared.session("LAB", "BENCH")
    first.sql("CREATE TEMPORARY TABLE SHORT AS SELECT 1 AS A").collect()
    first.close()
    with pytest.raises(SnowparkSQLException, match="does not exist"):
        session.sql("SELECT A FROM SHORT").collect()


def test_it_is_gone_when_the_engine_is_opened_again(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine:
        engine.sql("CREATE DATABASE LAB")
        connection = engine.connect("LAB", "PUBLIC")
        connection.cursor().execute("CREATE TEMPORARY TABLE SHORT (AT TIMESTAMP_NTZ(3))")
    with Engine(tmp_path) as engine:
        assert engine.sql("SHOW TABLES IN SCHEMA LAB.PUBLIC") == []
