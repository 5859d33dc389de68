"""Rows on their way into Snowflake: Parquet of text, staged, copied, gone."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hubspot_ingest.database.columns import Column, Type
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.staging import Staging, parquet

COLUMNS = (Column("ID", Type.TEXT), Column("PROPERTIES_2ND-CHOICE", Type.NUMBER))
RUN = "2026-09-21-0123456789ab"


def _left(database: Database) -> list[str]:
    rows = database.rows(
        "SELECT TABLE_NAME FROM HUBSPOT_INGEST.INFORMATION_SCHEMA.TABLES "
        "WHERE TABLE_SCHEMA = 'STAGING' ORDER BY 1"
    )
    return [row["TABLE_NAME"] for row in rows]


@pytest.fixture
def staging(database: Database) -> Staging:
    return Staging(database, RUN, {"": COLUMNS, "LINKS": COLUMNS[:1]})


def _file(*rows: tuple[str | None, str | None]) -> bytes:
    return parquet({"ID": [a for a, _ in rows], "PROPERTIES_2ND-CHOICE": [b for _, b in rows]})


def test_a_file_holds_text_alone() -> None:
    read = pq.read_table(
        io.BytesIO(parquet({"A": ["x", None, "🚀\u0000"], "B": [b"1", None, "3"]}))
    )

    assert read.to_pydict() == {"A": ["x", None, "🚀\u0000"], "B": ["1", None, "3"]}
    assert {column.type for column in read.schema} == {pa.string()}


def test_a_column_of_nulls_is_a_column_of_text() -> None:
    assert pq.read_schema(io.BytesIO(parquet({"A": [None, None]}))).field("A").type == pa.string()


def test_nothing_is_made_before_there_is_something_to_stage(
    database: Database, staging: Staging
) -> None:
    staging.drop()

    assert _left(database) == []


def test_staged_rows_are_text_in_the_runs_own_table(database: Database, staging: Staging) -> None:
    staging.add({"": _file(("1", "2.50"), ("2", None))})
    staging.copy()
    staging.add({"": _file(("3", "not a number"))})
    staging.copy()

    rows = database.rows(f'SELECT ID, "PROPERTIES_2ND-CHOICE" AS N FROM {staging.table()}')
    assert sorted((row["ID"], row["N"]) for row in rows) == [
        ("1", "2.50"),
        ("2", None),
        ("3", "not a number"),
    ]
    staging.drop()


def _bound(staging: Staging, *files: bytes) -> list[dict[str, object]]:
    """The rows of files, as a statement finds them that may bind them."""
    for file in files:
        staging.add({"": file}, binds_few=True)
    staging.copy()
    query = f'SELECT ID, "PROPERTIES_2ND-CHOICE" AS N FROM {staging.table()}'
    return staging.database.rows(query, staging.binds)


@pytest.mark.parametrize("value", ["", "\\N", "null", " ", 'a "b" \\u0041', "🚀\u2028\n\t", "{}"])
def test_few_rows_come_by_a_bind_as_they_are(
    database: Database, staging: Staging, value: str
) -> None:
    assert _bound(staging, _file((value, None), ("2", value))) == [
        {"ID": value, "N": None},
        {"ID": "2", "N": value},
    ]
    assert _left(database) == []


@pytest.mark.parametrize("value", ["x\u0000y", "x" * 500_000])
def test_what_goes_into_no_statement_comes_by_a_file(
    database: Database, staging: Staging, value: str
) -> None:
    rows = _bound(staging, _file((value, None)))
    assert [str(row["ID"]) for row in rows] == [value]
    assert (staging.binds, len(_left(database))) == ((), 1)
    staging.drop()


def test_several_files_are_staged(database: Database, staging: Staging) -> None:
    rows = _bound(staging, _file(("1", None)), _file(("2", None)))
    assert sorted(str(row["ID"]) for row in rows) == ["1", "2"]
    assert (staging.binds, len(_left(database))) == ((), 1)
    staging.drop()


def test_the_table_of_earlier_rows_is_dropped_though_the_last_ones_were_bound(
    database: Database, staging: Staging
) -> None:
    staging.add({"": _file(("1", None))})
    staging.copy()
    staging.truncate()
    assert [row["ID"] for row in _bound(staging, _file(("2", None)))] == ["2"]
    staging.drop()
    assert _left(database) == []


def test_what_was_bound_is_gone_before_the_next_rows(staging: Staging) -> None:
    _bound(staging, _file(("1", None)))
    staging.truncate()
    assert [row["ID"] for row in _bound(staging, _file(("2", None)))] == ["2"]


@pytest.mark.parametrize("value", ["", "\\N", "NULL", " "])
def test_a_text_is_staged_as_it_is(database: Database, staging: Staging, value: str) -> None:
    staging.add({"": _file((value, None))})
    staging.copy()

    assert database.rows(f"SELECT ID FROM {staging.table()}") == [{"ID": value}]
    staging.drop()


def test_each_part_has_a_table_of_its_own(database: Database, staging: Staging) -> None:
    staging.add({"": _file(("1", None)), "LINKS": parquet({"ID": ["7"]})})
    staging.copy()

    assert len(_left(database)) == 2
    assert database.rows(f"SELECT ID FROM {staging.table('LINKS')}") == [{"ID": "7"}]
    staging.drop()


def test_files_are_gone_once_they_are_copied(database: Database, staging: Staging) -> None:
    staging.add({"": _file(("1", None))})
    staging.copy()

    assert database.rows("LIST @HUBSPOT_INGEST.STAGING.LOADS") == []
    staging.drop()


def test_an_emptied_table_takes_the_next_files(database: Database, staging: Staging) -> None:
    staging.add({"": _file(("1", None))})
    staging.copy()
    staging.truncate()
    staging.add({"": _file(("2", None))})
    staging.copy()

    assert database.rows(f"SELECT ID FROM {staging.table()}") == [{"ID": "2"}]
    staging.drop()


def test_nothing_is_left_of_a_dropped_staging(database: Database, staging: Staging) -> None:
    staging.add({"": _file(("1", None)), "LINKS": parquet({"ID": ["7"]})})
    staging.copy()

    staging.drop()

    assert _left(database) == []
