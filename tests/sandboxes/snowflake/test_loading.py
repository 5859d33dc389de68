"""Stages, COPY and MERGE."""

from __future__ import annotations

import gzip
import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from snowflake.connector.errors import ProgrammingError
from snowflake.snowpark import Session
from snowflake.snowpark.exceptions import SnowparkSQLException

from snowflake_sandbox import Engine
from snowflake_sandbox.names import Name
from snowflake_sandbox.storage.stages import StagedFile
from tests.sandboxes.snowflake.conftest import Rows

Stage = Callable[[str, dict[str, list[Any]]], str]


def copy(table: str, location: str, more: str = "") -> str:
    return (
        f"COPY INTO {table} FROM '{location}' FILE_FORMAT = (TYPE = PARQUET)"
        f" MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE {more}"
    )


def test_a_staged_file_comes_back_as_it_was(session: Session, rows: Rows) -> None:
    rows("CREATE STAGE LOADS")
    session.file.put_stream(io.BytesIO(b"abc"), "@LOADS/Run/a.bin", auto_compress=False)
    with session.file.get_stream("@LOADS/Run/a.bin") as stream:
        assert stream.read() == b"abc"
    listed = rows("LIST @LOADS")
    assert [(row["name"], row["size"]) for row in listed] == [("loads/Run/a.bin", 3)]


def test_a_file_is_put_while_another_statement_of_the_session_runs(
    shared: Engine, session: Session, rows: Rows
) -> None:
    rows("CREATE STAGE LOADS")
    running, put = threading.Event(), threading.Event()

    def wait_for_the_file(_table: object) -> None:
        running.set()
        assert put.wait(20)

    def put_a_file() -> None:
        assert running.wait(20)
        session.file.put_stream(io.BytesIO(b"abc"), "@LOADS/a.bin", auto_compress=False)
        put.set()

    with ThreadPoolExecutor(1) as pool, pytest.MonkeyPatch.context() as patch:
        future = pool.submit(put_a_file)
        patch.setattr(shared.locks, "acquire", lambda table, *_: wait_for_the_file(table))
        rows("CREATE TABLE T (N NUMBER)")
        rows("UPDATE T SET N = 1")
        future.result()
    assert [row["size"] for row in rows("LIST @LOADS")] == [3]


def test_files_are_put_and_got_by_path(session: Session, rows: Rows, tmp_path: Path) -> None:
    rows("CREATE STAGE LOADS")
    (tmp_path / "a.txt").write_text("hello")
    session.file.put(str(tmp_path / "a.txt"), "@LOADS/x", auto_compress=False)
    (tmp_path / "out").mkdir()
    session.file.get("@LOADS/x", str(tmp_path / "out"))
    assert (tmp_path / "out" / "a.txt").read_text() == "hello"


def test_a_removed_file_is_gone(session: Session, rows: Rows) -> None:
    rows("CREATE STAGE LOADS")
    session.file.put_stream(io.BytesIO(b"abc"), "@LOADS/a.bin", auto_compress=False)
    assert rows("REMOVE @LOADS/a.bin") == [{"name": "loads/a.bin", "result": "removed"}]
    assert rows("LIST @LOADS") == []


def test_files_that_others_remove_meanwhile_do_not_stop_a_list(shared: Engine, rows: Rows) -> None:
    rows("CREATE STAGE LOADS")
    root = shared.stages.directory(Name("LAB", "BENCH", "LOADS"))
    listed = threading.Event()

    def come_and_go() -> None:
        while not listed.is_set():
            for n in range(20):
                file = root / f"run-{n}" / "records" / "a.bin"
                file.parent.mkdir(parents=True)
                file.write_bytes(b"abc")
                shared.stages.remove([StagedFile("", file)])

    other = threading.Thread(target=come_and_go)
    other.start()
    try:
        for _ in range(150):
            rows("LIST @LOADS")
    finally:
        listed.set()
        other.join()


def test_a_path_out_of_the_stage_is_refused(session: Session, rows: Rows) -> None:
    rows("CREATE STAGE LOADS")
    with pytest.raises(ProgrammingError, match="invalid path"):
        session.file.put_stream(io.BytesIO(b"x"), "@LOADS/../../a.bin", auto_compress=False)


def test_a_missing_stage_is_named(rows: Rows) -> None:
    with pytest.raises(SnowparkSQLException, match=r"Stage 'LAB\.BENCH\.NOWHERE'"):
        rows("LIST @NOWHERE")


def test_copy_matches_columns_by_name_and_purges(rows: Rows, stage: Stage) -> None:
    rows("CREATE TRANSIENT TABLE T (ID VARCHAR, NAME VARCHAR, OTHER VARCHAR)")
    location = stage("run/1.parquet", {"name": ["a", " "], "ID": ["1", None], "EXTRA": ["x", "y"]})
    answer = rows(copy("T", location, "PURGE = TRUE"))
    assert [(r["file"], r["status"], r["rows_loaded"]) for r in answer] == [
        ("loads/run/1.parquet", "LOADED", 2)
    ]
    assert rows("SELECT * FROM T ORDER BY ID") == [
        {"ID": "1", "NAME": "a", "OTHER": None},
        {"ID": None, "NAME": " ", "OTHER": None},
    ]
    assert rows("LIST @LOADS") == []


def test_a_column_matched_by_name_must_not_hold_an_empty_text(rows: Rows, stage: Stage) -> None:
    rows("CREATE TRANSIENT TABLE T (ID VARCHAR)")
    location = stage("1.parquet", {"ID": ["1", ""]})
    for more in ("", "PURGE = TRUE"):
        with pytest.raises(SnowparkSQLException, match="empty value"):
            rows(copy("T", location, more))


@pytest.mark.parametrize("purge", ["", "PURGE = TRUE"])
def test_backslash_n_in_a_column_matched_by_name_is_null(
    rows: Rows, stage: Stage, purge: str
) -> None:
    rows("CREATE TRANSIENT TABLE T (ID VARCHAR)")
    rows(copy("T", stage("1.parquet", {"ID": ["\\N"]}), purge))
    assert rows("SELECT ID FROM T") == [{"ID": None}]


def test_without_texts_for_null_backslash_n_stays(rows: Rows, stage: Stage) -> None:
    rows("CREATE TRANSIENT TABLE T (ID VARCHAR)")
    statement = copy("T", stage("1.parquet", {"ID": ["\\N"]}))
    rows(statement.replace("PARQUET)", "PARQUET NULL_IF = ())"))
    assert rows("SELECT ID FROM T") == [{"ID": "\\N"}]


@pytest.mark.parametrize("purge", ["", "PURGE = TRUE"])
def test_selected_columns_hold_every_text_as_it_is(rows: Rows, stage: Stage, purge: str) -> None:
    rows("CREATE TRANSIENT TABLE T (ID VARCHAR, NAME VARCHAR, OTHER VARCHAR)")
    location = stage("1.parquet", {"NAME": ["", "\\N", None], "id": ["x", "y", "z"]})
    rows(
        'COPY INTO T (NAME, OTHER) FROM (SELECT $1:"NAME"::VARCHAR, $1:"OTHER"::VARCHAR'
        f" FROM '{location}') FILE_FORMAT = (TYPE = PARQUET) {purge}"
    )
    assert rows("SELECT * FROM T ORDER BY NAME NULLS LAST") == [
        {"ID": None, "NAME": "", "OTHER": None},
        {"ID": None, "NAME": "\\N", "OTHER": None},
        {"ID": None, "NAME": None, "OTHER": None},
    ]


def test_of_files_that_are_named_none_is_copied_where_one_is_missing(
    rows: Rows, stage: Stage
) -> None:
    rows("CREATE TABLE T (A VARCHAR)")
    stage("run/1.parquet", {"A": ["x"]})
    stage("run/2.parquet", {"A": ["y"]})
    with pytest.raises(SnowparkSQLException, match=r"nowhere\.parquet' was not found"):
        rows(copy("T", "@LOADS/run/", "FILES = ('1.parquet', 'nowhere.parquet')"))
    assert rows("SELECT * FROM T") == []
    rows(copy("T", "@LOADS/run/", "FILES = ('1.parquet')"))
    assert rows("SELECT A FROM T") == [{"A": "x"}]


def test_a_file_is_loaded_once(rows: Rows, stage: Stage) -> None:
    rows("CREATE TABLE T (ID VARCHAR)")
    location = stage("1.parquet", {"ID": ["1"]})
    rows(copy("T", location, "PURGE = TRUE"))
    stage("1.parquet", {"ID": ["1"]})
    assert rows(copy("T", location))[0]["status"] == "LOAD_SKIPPED"
    assert rows(copy("T", location, "FORCE = TRUE"))[0]["status"] == "LOADED"
    assert rows("SELECT COUNT(*) AS N FROM T") == [{"N": 2}]


@pytest.mark.parametrize(
    "statement", ["TRUNCATE TABLE T", "CREATE OR REPLACE TABLE T (ID VARCHAR)"]
)
def test_an_emptied_table_has_forgotten_its_loads(rows: Rows, stage: Stage, statement: str) -> None:
    rows("CREATE TABLE T (ID VARCHAR)")
    location = stage("1.parquet", {"ID": ["1"]})
    rows(copy("T", location))
    rows(statement)
    assert rows(copy("T", location))[0]["status"] == "LOADED"


def test_copy_of_nothing_says_so(rows: Rows, stage: Stage) -> None:
    rows("CREATE TABLE T (ID VARCHAR)")
    stage("1.parquet", {"ID": ["1"]})
    answer = rows(copy("T", "@LOADS/other/"))
    assert answer == [{"status": "Copy executed with 0 files processed."}]


def test_text_copied_into_a_variant_stays_text(rows: Rows, stage: Stage) -> None:
    rows("CREATE TABLE T (V VARIANT)")
    rows(copy("T", stage("1.parquet", {"V": ['{"a": 1}']})))
    assert rows("SELECT V:a AS A, V::VARCHAR AS T FROM T") == [{"A": None, "T": '{"a": 1}'}]


@pytest.mark.parametrize("compressed", [True, False])
def test_json_lines_are_copied_into_one_variant(
    session: Session, rows: Rows, compressed: bool
) -> None:
    rows("CREATE STAGE LOADS")
    rows("CREATE TABLE T (V VARIANT)")
    body = b'{"id": "1", "n": null}\n{"id": "2"}\n'
    name = "a.json.gz" if compressed else "a.json"
    body = gzip.compress(body) if compressed else body
    session.file.put_stream(io.BytesIO(body), f"@LOADS/{name}", auto_compress=False)
    rows(f"COPY INTO T FROM @LOADS/{name} FILE_FORMAT = (TYPE = JSON)")
    assert rows("SELECT V:id::VARCHAR AS ID FROM T ORDER BY 1") == [{"ID": "1"}, {"ID": "2"}]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("COPY INTO NOWHERE FROM @LOADS FILE_FORMAT = (TYPE = PARQUET)", "NOWHERE"),
        ("COPY INTO T FROM @LOADS FILE_FORMAT = (TYPE = CSV)", "CSV"),
        ("COPY INTO T FROM @LOADS FILE_FORMAT = (TYPE = PARQUET) PATTERN = 'x'", "PATTERN"),
        ("COPY INTO T FROM @LOADS FILE_FORMAT = (TYPE = PARQUET)", "MATCH_BY_COLUMN_NAME"),
        ("COPY INTO T FROM @LOADS FILE_FORMAT = (TYPE = JSON)", "one and only one column"),
        (
            'COPY INTO T FROM (SELECT $1:"A"::VARCHAR FROM @LOADS) FILE_FORMAT = (TYPE = PARQUET)',
            "expecting 2 but got 1",
        ),
        (
            'COPY INTO T (ID) FROM (SELECT $1:"A"::VARCHAR FROM @LOADS)'
            " FILE_FORMAT = (TYPE = PARQUET) MATCH_BY_COLUMN_NAME = CASE_SENSITIVE",
            "not supported with copy transform",
        ),
        ("COPY INTO @LOADS FROM T", "COPY INTO a stage"),
    ],
)
def test_a_copy_that_cannot_be_done_says_why(
    rows: Rows, stage: Stage, statement: str, reason: str
) -> None:
    rows("CREATE TABLE T (ID VARCHAR, NAME VARCHAR)")
    stage("1.parquet", {"ID": ["1"]})
    with pytest.raises(SnowparkSQLException, match=reason):
        rows(statement)


MERGE = """
MERGE INTO LAB.BENCH.T t USING (
  SELECT ID, TRY_CAST(N AS NUMBER(38,9)) AS N, PARSE_JSON(V) AS V,
         TO_TIMESTAMP_NTZ(TRY_CAST(U AS NUMBER(38,0)), 3) AS U FROM S
  QUALIFY ROW_NUMBER() OVER (PARTITION BY ID ORDER BY U DESC) = 1
) s ON t.ID = s.ID
WHEN MATCHED AND s.U >= t.U THEN UPDATE SET t.N = s.N, t.V = s.V, t.U = s.U, t.SEEN = SYSDATE()
WHEN NOT MATCHED THEN INSERT (ID, N, V, U, SEEN) VALUES (s.ID, s.N, s.V, s.U, SYSDATE())
"""


@pytest.fixture
def merging(rows: Rows) -> Rows:
    rows("CREATE TABLE T (ID VARCHAR, N NUMBER(38,9), V VARIANT, U TIMESTAMP_NTZ(3),"
         " SEEN TIMESTAMP_NTZ(3))")  # fmt: skip
    rows("CREATE TRANSIENT TABLE S (ID VARCHAR, N VARCHAR, V VARCHAR, U VARCHAR)")
    rows("INSERT INTO S VALUES ('1', '1.5', '{\"a\": 1}', '1000'), ('2', 'x', '[]', '1000')")
    return rows


def test_merge_inserts_and_answers_counts(merging: Rows) -> None:
    assert merging(MERGE) == [{"number of rows inserted": 2, "number of rows updated": 0}]
    assert merging("SELECT N::VARCHAR AS N, V:a::NUMBER AS A FROM T ORDER BY ID") == [
        {"N": "1.500000000", "A": 1},
        {"N": None, "A": None},
    ]


def test_merge_does_not_let_older_rows_overwrite(merging: Rows) -> None:
    merging(MERGE)
    merging("UPDATE S SET U = '999', N = '7' WHERE ID = '1'")
    assert merging(MERGE) == [{"number of rows inserted": 0, "number of rows updated": 1}]
    assert merging("SELECT N::FLOAT AS N FROM T WHERE ID = '1'") == [{"N": 1.5}]


def test_merge_deletes(merging: Rows) -> None:
    merging(MERGE)
    answer = merging(
        "MERGE INTO T t USING S s ON t.ID = s.ID WHEN MATCHED AND s.ID = '1' THEN DELETE"
    )
    assert answer == [{"number of rows deleted": 1}]


def test_merge_refuses_two_source_rows_for_one_target_row(merging: Rows) -> None:
    merging(MERGE)
    merging("INSERT INTO S SELECT * FROM S")
    with pytest.raises(SnowparkSQLException, match="Duplicate row detected"):
        merging("MERGE INTO T t USING S s ON t.ID = s.ID WHEN MATCHED THEN UPDATE SET N = 1")


def test_merge_works_inside_a_transaction(merging: Rows) -> None:
    merging("BEGIN")
    merging(MERGE)
    merging("ROLLBACK")
    assert merging("SELECT COUNT(*) AS N FROM T") == [{"N": 0}]


def test_a_merge_that_fails_leaves_the_table_and_the_session_as_they_were(merging: Rows) -> None:
    merging(MERGE)
    merging("UPDATE S SET V = '{'")
    with pytest.raises(SnowparkSQLException):
        merging(MERGE)
    assert merging("SELECT COUNT(*) AS N FROM T") == [{"N": 2}]
    merging("UPDATE S SET V = '{}'")
    assert merging(MERGE) == [{"number of rows inserted": 0, "number of rows updated": 2}]


def test_merge_counts_rows_that_are_inserted_updated_and_deleted(merging: Rows) -> None:
    merging(MERGE)
    merging("INSERT INTO S VALUES ('3', NULL, NULL, '1')")
    answer = merging(
        "MERGE INTO T t USING S s ON t.ID = s.ID WHEN MATCHED AND s.ID = '1' THEN DELETE"
        " WHEN MATCHED THEN UPDATE SET N = 1 WHEN NOT MATCHED THEN INSERT (ID) VALUES (s.ID)"
    )
    assert answer == [
        {
            "number of rows inserted": 1,
            "number of rows updated": 1,
            "number of rows deleted": 1,
        }
    ]


def test_merge_counts_what_it_did_inside_a_transaction(merging: Rows) -> None:
    merging("BEGIN")
    merging("INSERT INTO T (ID, U) SELECT '1', TO_TIMESTAMP_NTZ(1, 3)")
    assert merging(MERGE) == [{"number of rows inserted": 1, "number of rows updated": 1}]
    merging("ROLLBACK")


def test_merge_takes_binds(merging: Rows) -> None:
    statement = (
        "MERGE INTO T t USING (SELECT ? AS ID, PARSE_JSON(?) AS V) s ON t.ID = s.ID"
        " WHEN MATCHED THEN UPDATE SET V = s.V WHEN NOT MATCHED THEN INSERT (ID, V)"
        " VALUES (s.ID, s.V)"
    )
    merging(statement, "9", '{"a": 1}')
    merging(statement, "9", '{"a": 2}')
    assert merging("SELECT V:a::NUMBER AS A FROM T WHERE ID = '9'") == [{"A": 2}]


def test_the_same_merge_is_answered_from_a_changed_table(merging: Rows) -> None:
    merging(MERGE)
    merging("ALTER TABLE T ADD COLUMN IF NOT EXISTS EXTRA VARCHAR")
    assert merging(MERGE) == [{"number of rows inserted": 0, "number of rows updated": 2}]


def test_a_copy_that_is_rolled_back_was_never_loaded(rows: Rows, stage: Stage) -> None:
    rows("CREATE TABLE T (ID VARCHAR)")
    location = stage("1.parquet", {"ID": ["1"]})
    rows("BEGIN")
    rows(copy("T", location))
    rows("ROLLBACK")
    assert rows(copy("T", location))[0]["status"] == "LOADED"
    assert rows("SELECT COUNT(*) AS N FROM T") == [{"N": 1}]


def test_a_copy_sees_the_columns_of_a_table_made_anew(rows: Rows, stage: Stage) -> None:
    rows("CREATE TABLE T (ID VARCHAR)")
    rows(copy("T", stage("1.parquet", {"ID": ["1"], "NAME": ["x"]})))
    rows("ALTER TABLE T ADD COLUMN NAME VARCHAR")
    rows(copy("T", stage("2.parquet", {"ID": ["2"], "NAME": ["y"]})))
    assert rows("SELECT NAME FROM T ORDER BY ID") == [{"NAME": None}, {"NAME": "y"}]
    rows("DROP TABLE T")
    with pytest.raises(SnowparkSQLException, match="does not exist"):
        rows(copy("T", "@LOADS/1.parquet"))


def test_the_load_history_is_no_table_of_the_user(rows: Rows) -> None:
    rows("CREATE TABLE T (ID VARCHAR)")
    assert [row["name"] for row in rows("SHOW TABLES IN DATABASE LAB")] == ["T"]
    found = rows("SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES")
    assert found == [{"TABLE_NAME": "T"}]
