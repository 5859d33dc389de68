"""Rows that COPY left in their files are there for whoever looks, as if they were in the table."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from snowflake.snowpark import Session

from snowflake_sandbox import Engine
from snowflake_sandbox.duck import execute
from snowflake_sandbox.names import Name
from snowflake_sandbox.queries import merging
from tests.sandboxes.snowflake.conftest import Rows
from tests.sandboxes.snowflake.test_loading import copy

Stage = Callable[[str, dict[str, list[Any]]], str]


@pytest.fixture
def loaded(rows: Rows, stage: Stage) -> Rows:
    """A transient table into which two files were copied."""
    rows("CREATE TRANSIENT TABLE T (ID VARCHAR, NAME VARCHAR)")
    for number in ("1", "2"):
        found = {"ID": [number], "NAME": [f"n{number}"]}
        rows(copy("T", stage(f"{number}.parquet", found), "PURGE = TRUE"))
    return rows


def ids(rows: Rows, table: str = "T") -> list[str]:
    return [row["ID"] for row in rows(f"SELECT ID FROM {table} ORDER BY ID")]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO T VALUES ('3', 'n3')",
        "UPDATE T SET NAME = 'x' WHERE ID = '1'",
        "DELETE FROM T WHERE ID = '9'",
        "ALTER TABLE T ADD COLUMN MORE VARCHAR",
        "CREATE TABLE OTHER AS SELECT * FROM T",
        "CREATE VIEW V AS SELECT * FROM T",
        "SELECT COUNT(*) AS N FROM T",
        "BEGIN",
    ],
)
def test_another_statement_finds_the_rows_and_they_stay(loaded: Rows, statement: str) -> None:
    loaded(statement)
    assert ids(loaded)[:2] == ["1", "2"]


def test_a_merge_reads_them(loaded: Rows) -> None:
    loaded("CREATE TABLE D (ID VARCHAR, NAME VARCHAR)")
    merge = (
        "MERGE INTO D t USING (SELECT ID, UPPER(NAME) AS NAME FROM T) s ON t.ID = s.ID "
        "WHEN NOT MATCHED THEN INSERT (ID, NAME) VALUES (s.ID, s.NAME)"
    )
    assert loaded(merge)[0]["number of rows inserted"] == 2
    assert loaded("SELECT NAME FROM D ORDER BY ID") == [{"NAME": "N1"}, {"NAME": "N2"}]
    assert ids(loaded) == ["1", "2"]


def test_a_merge_reads_columns_of_any_name(rows: Rows, stage: Stage) -> None:
    rows("""CREATE TRANSIENT TABLE T (ID VARCHAR, "it's" VARCHAR, "a""b" VARCHAR, C VARCHAR)""")
    values = {"ID": ["1"], "it's": ["x"], 'a"b': ["y"], "C": ["z"]}
    rows(copy("T", stage("1.parquet", values), "PURGE = TRUE"))
    rows("CREATE TABLE D (ID VARCHAR, X VARCHAR, Y VARCHAR, Z VARCHAR)")
    rows(
        """MERGE INTO D t USING (SELECT id, "it's" AS X, 'it''s' AS Z, "a""b" AS Y FROM T) s"""
        " ON t.ID = s.ID WHEN NOT MATCHED THEN INSERT (ID, X, Y, Z) VALUES (s.ID, s.X, s.Y, s.Z)"
    )
    assert rows("SELECT * FROM D") == [{"ID": "1", "X": "x", "Y": "y", "Z": "it's"}]


def test_a_merge_reads_selected_columns_from_their_file(
    shared: Engine, rows: Rows, stage: Stage
) -> None:
    rows("CREATE TRANSIENT TABLE STAGED_TEXTS (ID VARCHAR, NAME VARCHAR)")
    rows("CREATE TABLE D (NAME VARCHAR)")
    location = stage("1.parquet", {"NAME": ["", "\\N"]})
    rows(
        f"COPY INTO STAGED_TEXTS (NAME) FROM (SELECT $1:\"NAME\"::VARCHAR FROM '{location}')"
        " FILE_FORMAT = (TYPE = PARQUET NULL_IF = ()) PURGE = TRUE"
    )
    assert Name("LAB", "BENCH", "STAGED_TEXTS") in shared.deferred.all()
    rows(
        "MERGE INTO D t USING (SELECT * FROM LAB.BENCH.STAGED_TEXTS) s ON t.NAME = s.NAME "
        "WHEN NOT MATCHED THEN INSERT (NAME) VALUES (s.NAME)"
    )
    assert Name("LAB", "BENCH", "STAGED_TEXTS") in shared.deferred.all()
    assert rows("SELECT NAME FROM D ORDER BY NAME") == [{"NAME": ""}, {"NAME": "\\N"}]


def test_a_merge_that_does_not_name_the_schema_finds_them(rows: Rows, stage: Stage) -> None:
    rows("CREATE TABLE D (ID VARCHAR)")
    rows("CREATE TRANSIENT TABLE STAGED_TEXTS (ID VARCHAR)")
    rows(copy("STAGED_TEXTS", stage("1.parquet", {"ID": ["1"]}), "PURGE = TRUE"))
    rows(
        "MERGE INTO D t USING (SELECT * FROM STAGED_TEXTS) s ON t.ID = s.ID "
        "WHEN NOT MATCHED THEN INSERT (ID) VALUES (s.ID)"
    )
    assert ids(rows, "D") == ["1"]


def test_a_merge_into_the_table_finds_them(loaded: Rows) -> None:
    merge = (
        "MERGE INTO T t USING (SELECT '1' AS ID) s ON t.ID = s.ID "
        "WHEN MATCHED THEN UPDATE SET NAME = 'x'"
    )
    assert loaded(merge)[0]["number of rows updated"] == 1


def test_a_file_with_other_columns_joins_them(loaded: Rows, stage: Stage) -> None:
    loaded(copy("T", stage("3.parquet", {"ID": ["3"]}), "PURGE = TRUE"))
    assert loaded("SELECT * FROM T WHERE ID = '3'") == [{"ID": "3", "NAME": None}]
    assert ids(loaded) == ["1", "2", "3"]


def test_an_emptied_table_has_none(loaded: Rows) -> None:
    loaded("TRUNCATE TABLE T")
    assert ids(loaded) == []


def test_a_table_made_anew_has_none(loaded: Rows) -> None:
    loaded("DROP TABLE T")
    loaded("CREATE TABLE T (ID VARCHAR)")
    assert ids(loaded) == []


def test_the_same_file_is_not_loaded_twice(loaded: Rows, stage: Stage) -> None:
    again = copy("T", stage("1.parquet", {"ID": ["1"], "NAME": ["n1"]}), "PURGE = TRUE")
    assert loaded(again)[0]["status"] == "LOAD_SKIPPED"
    assert ids(loaded) == ["1", "2"]


def test_a_rollback_does_not_take_them_along(loaded: Rows) -> None:
    loaded("BEGIN")
    loaded("DELETE FROM T WHERE ID = '1'")
    loaded("ROLLBACK")
    assert ids(loaded) == ["1", "2"]


def test_they_outlive_the_engine(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine:
        engine.sql("CREATE DATABASE LAB")
        engine.sql("CREATE STAGE LAB.PUBLIC.LOADS")
        engine.sql("CREATE TRANSIENT TABLE LAB.PUBLIC.T (ID VARCHAR)")
        with engine.session("LAB", "PUBLIC") as session:
            _put(session, {"ID": ["1"]})
            session.sql(copy("T", "@LOADS/1.parquet", "PURGE = TRUE")).collect()
    with Engine(tmp_path) as engine:
        assert engine.sql("SELECT ID FROM LAB.PUBLIC.T") == [("1",)]


def _put(session: Session, values: dict[str, list[str]]) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table(values), buffer)
    buffer.seek(0)
    session.file.put_stream(buffer, "@LOADS/1.parquet", auto_compress=False)


def _merge_into_d(rows: Rows) -> list[dict[str, Any]]:
    rows("CREATE TABLE D (ID VARCHAR, NAME VARCHAR)")
    rows("INSERT INTO D VALUES ('1', 'before')")
    return rows(
        "MERGE INTO D t USING (SELECT ID, UPPER(NAME) AS NAME FROM LAB.BENCH.STAGED) s "
        "ON t.ID = s.ID WHEN MATCHED THEN UPDATE SET NAME = s.NAME "
        "WHEN NOT MATCHED THEN INSERT (ID, NAME) VALUES (s.ID, s.NAME)"
    )


def _staged(rows: Rows, stage: Stage, *files: list[str | None]) -> None:
    rows("CREATE TRANSIENT TABLE STAGED (ID VARCHAR, NAME VARCHAR)")
    for number, found in enumerate(files):
        content: dict[str, list[Any]] = {"ID": found, "NAME": [f"n{number}"] * len(found)}
        rows(copy("STAGED", stage(f"{number}.parquet", content), "PURGE = TRUE"))


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a MERGE has DuckDB run, in order."""
    texts: list[str] = []

    def noted(duck: Any, sql: str, *params: Any) -> Any:
        texts.append(sql)
        return execute(duck, sql, *params)

    monkeypatch.setattr(merging, "execute", noted)
    return texts


def test_files_are_merged_one_by_one_as_if_they_were_one(
    rows: Rows, stage: Stage, statements: list[str]
) -> None:
    _staged(rows, stage, ["1", "2"], ["3"], ["4"])
    (counts,) = _merge_into_d(rows)
    assert counts == {"number of rows inserted": 3, "number of rows updated": 1}
    assert sum(sql.startswith("MERGE") for sql in statements) == 3
    assert [row["NAME"] for row in rows("SELECT NAME FROM D ORDER BY ID")] == [
        "N0",
        "N0",
        "N1",
        "N2",
    ]


def test_a_merge_of_none_but_new_rows_is_an_insert(
    rows: Rows, stage: Stage, statements: list[str]
) -> None:
    _staged(rows, stage, ["2", None], ["3"])
    (counts,) = _merge_into_d(rows)
    assert counts == {"number of rows inserted": 3, "number of rows updated": 0}
    assert not any(sql.startswith("MERGE") for sql in statements)
    found = [(row["ID"], row["NAME"]) for row in rows("SELECT ID, NAME FROM D ORDER BY NAME, ID")]
    assert found == [("2", "N0"), (None, "N0"), ("3", "N1"), ("1", "before")]


def test_a_merge_inserts_new_rows_only_where_its_clause_says_so(rows: Rows, stage: Stage) -> None:
    _staged(rows, stage, ["2", "3"])
    rows("CREATE TABLE D (ID VARCHAR, NAME VARCHAR)")
    (counts,) = rows(
        "MERGE INTO D t USING (SELECT ID, NAME FROM LAB.BENCH.STAGED) s ON t.ID = s.ID "
        "WHEN NOT MATCHED AND s.ID > '2' THEN INSERT (ID, NAME) VALUES (s.ID, s.NAME)"
    )
    assert counts == {"number of rows inserted": 1}
    assert ids(rows, "D") == ["3"]


def test_a_merge_of_a_table_without_rows_changes_nothing(rows: Rows, stage: Stage) -> None:
    _staged(rows, stage)
    (counts,) = _merge_into_d(rows)
    assert counts == {"number of rows inserted": 0, "number of rows updated": 0}


def test_an_id_in_two_files_is_a_duplicate_as_in_one(rows: Rows, stage: Stage) -> None:
    _staged(rows, stage, ["1"], ["1"])
    with pytest.raises(Exception, match="Duplicate row detected"):
        _merge_into_d(rows)
    assert rows("SELECT NAME FROM D") == [{"NAME": "before"}]


def test_a_new_id_in_two_files_is_inserted_twice_as_from_one(rows: Rows, stage: Stage) -> None:
    _staged(rows, stage, ["2"], ["2"])
    (counts,) = _merge_into_d(rows)
    assert counts == {"number of rows inserted": 2, "number of rows updated": 0}
