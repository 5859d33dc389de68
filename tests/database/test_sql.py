from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import pytest

from hubspot_ingest.database import sql
from hubspot_ingest.database.columns import (
    BOOKKEEPING,
    RECORD,
    Column,
    Type,
    association_column,
    table_columns,
)
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.statements import merge_records
from tests.builders import NOW

TABLE = Table("D", "S", "PEOPLE")
STAGING = '"D"."S"."STAGED"'
TEXT = Column("P_TEXT", Type.TEXT, "text")
NUMBER = Column("P_NUMBER", Type.NUMBER, "number")
BOOLEAN = Column("P_BOOLEAN", Type.BOOLEAN, "boolean")
DATE = Column("P_DATE", Type.DATE, "date")
TIMESTAMP = Column("P_TIMESTAMP", Type.TIMESTAMP, "timestamp")
COMPANIES = association_column("companies")
PROPERTIES = (TEXT, NUMBER, BOOLEAN, DATE, TIMESTAMP)
STAGED = (*RECORD, *PROPERTIES, COMPANIES)
ODD = "it's \"odd\" \\ \\n \\' $$ %s ? :x ;--\n/* 👩‍👧 */"


@pytest.fixture(scope="module")
def database(bare: Database) -> Database:
    return bare


@pytest.fixture
def table(database: Database) -> People:
    for table in (TABLE.quoted, STAGING):
        database.rows(f"DROP TABLE IF EXISTS {table}")
    columns = table_columns(PROPERTIES, [COMPANIES])
    database.rows(sql.create_table(TABLE, columns, "People"))
    return People(database)


class People:
    """The destination table, merged into by staged text."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def merge(
        self,
        *staged: Mapping[str, str | None],
        columns: Sequence[Column] = STAGED,
        run: str = "run-1",
        revive: bool = False,
    ) -> tuple[int, int]:
        """Stage rows and merge them; rows inserted and updated."""
        self.database.rows(f"DROP TABLE IF EXISTS {STAGING}")
        self.database.rows(sql.create_staging(STAGING, columns))
        marks = ", ".join("?" for _ in columns)
        values = [row.get(column.name) for row in staged for column in columns]
        self.database.rows(
            f"INSERT INTO {STAGING} VALUES {', '.join(f'({marks})' for _ in staged)}", values
        )
        statement = str(merge_records.merge(TABLE, STAGING, columns, revive=revive))
        [counts] = self.database.rows(statement, ("42", run, NOW))
        return counts["number of rows inserted"], counts["number of rows updated"]

    def row(self, id: str = "1") -> dict[str, Any]:
        [row] = self.database.rows(f'SELECT * FROM {TABLE.quoted} WHERE "ID" = ?', (id,))
        return row


def version(updated_at: int, id: str = "1", **values: str | None) -> dict[str, str | None]:
    """A staged row; its properties tell the version too, unless told otherwise."""
    properties = json.dumps({"v": updated_at})
    return {"ID": id, "UPDATED_AT": str(updated_at), "PROPERTIES": properties, **values}


# -- spelling -------------------------------------------------------------------------------------


def test_every_part_of_a_name_is_quoted() -> None:
    assert Table("D", "S", 'A"B').quoted == '"D"."S"."A""B"'
    assert str(TABLE) == "D.S.PEOPLE"


@pytest.mark.parametrize("seed", range(60))
def test_any_text_is_a_literal_that_reads_back_the_same(database: Database, seed: int) -> None:
    draw = Random(seed)
    signs = "aZ0 '\"\\$?:%;-/*\n\t\x01é€𝄞👩{}[]`_."
    value = "".join(draw.choices(signs, k=draw.randint(0, 40)))

    assert database.rows(f"SELECT {sql.text(value)} AS A") == [{"A": value}]


def test_any_name_is_a_name(database: Database) -> None:
    odd = 'a "b" ?;--'
    assert database.rows(f"SELECT 1 AS {sql.name(odd)}") == [{odd: 1}]


def test_a_table_and_its_columns_keep_their_comments(database: Database) -> None:
    odd = Table("D", "S", "COMMENTED")
    database.rows(sql.create_table(odd, [Column(c, Type.TEXT, c, ODD) for c in "AB"], ODD))
    assert comments(database, odd) == {"A": ODD, "B": ODD}
    database.rows(sql.comment_columns(odd, {"A": "it's \\new", "B": ""}))
    assert comments(database, odd) == {"A": "it's \\new", "B": ""}


def comments(database: Database, table: Table) -> dict[str, str]:
    statement, binds = sql.columns_of(table)
    return {row["COLUMN_NAME"]: row["COMMENT"] for row in database.rows(statement, binds)}


def test_columns_are_added_all_at_once_and_only_once(database: Database) -> None:
    grown = Table("D", "S", "GROWN")
    database.rows(sql.create_table(grown, [TEXT], "Grown"))
    for _ in range(2):
        database.rows(sql.add_columns(grown, [NUMBER, Column("B", Type.VARIANT, "b", ODD)]))
    assert comments(database, grown) == {"P_TEXT": None, "P_NUMBER": None, "B": ODD}


def test_no_statement_makes_temporary_or_replaced_objects_or_leans_on_the_session() -> None:
    statements = [
        sql.create_table(TABLE, STAGED, "x"),
        sql.create_staging(STAGING, STAGED),
        sql.add_columns(TABLE, STAGED),
        sql.copy(STAGING, STAGED, "@L/run/", ["1.parquet"]),
        str(merge_records.merge(TABLE, STAGING, STAGED, revive=True)),
        sql.columns_of(TABLE)[0],
        sql.schema_named(TABLE)[0],
        *sql.grant_usage(TABLE)[1:],
        sql.grant_select(TABLE),
    ]
    for statement in statements:
        for word in ("TEMP", "OR REPLACE", "USE ", "CURRENT_", "SYSDATE", "SESSION"):
            assert word not in statement.upper()


def test_no_collation_of_the_account_reaches_a_text_column() -> None:
    for statement in (
        sql.create_table(TABLE, [TEXT], "x"),
        sql.create_staging(STAGING, [NUMBER]),
        sql.add_columns(TABLE, [TEXT]),
    ):
        assert "VARCHAR COLLATE ''" in statement


def test_a_staged_file_goes_away_once_it_is_copied() -> None:
    statement = sql.copy(STAGING, STAGED, "@L/it's/", ["1.parquet", "2.parquet"])
    assert "FROM '@L/it''s/') FILES = ('1.parquet', '2.parquet')" in statement
    assert "PURGE = TRUE" in statement
    assert "ABORT_STATEMENT" in statement


# -- values ---------------------------------------------------------------------------------------


def test_staged_text_becomes_values_of_the_columns_types(table: People) -> None:
    table.merge(
        {
            "ID": "100000000000000001",
            "CREATED_AT": "-1",
            "UPDATED_AT": "1769817600123",
            "ARCHIVED": "false",
            "PROPERTIES": json.dumps({"a": ODD, "n": "1e400"}),
            "P_TEXT": ODD,
            "P_NUMBER": "99999999999999999999.999999999999999999",
            "P_BOOLEAN": "true",
            "P_DATE": "0001-01-01",
            "P_TIMESTAMP": "1769817600123",
            "COMPANIES_IDS": '["7"]',
        }
    )
    row = table.row("100000000000000001")
    assert row["CREATED_AT"].isoformat() == "1969-12-31T23:59:59.999000"
    assert row["UPDATED_AT"].isoformat() == "2026-01-31T00:00:00.123000"
    assert row["ARCHIVED"] is False
    assert json.loads(row["PROPERTIES"]) == {"a": ODD, "n": "1e400"}
    assert row["P_TEXT"] == ODD
    assert str(row["P_NUMBER"]) == "99999999999999999999.999999999999999999"
    assert row["P_BOOLEAN"] is True
    assert row["P_DATE"].isoformat() == "0001-01-01"
    assert row["P_TIMESTAMP"].isoformat() == "2026-01-31T00:00:00.123000"
    assert json.loads(row["COMPANIES_IDS"]) == ["7"]


def test_what_was_staged_as_null_is_null(table: People) -> None:
    table.merge(version(NOW))
    assert {table.row()[column.name] for column in (*PROPERTIES, COMPANIES)} == {None}


def test_every_row_tells_its_portal_its_run_and_when(table: People) -> None:
    table.merge(version(NOW), run="run-7")
    row = table.row()
    assert (row["_PORTAL_ID"], row["_RUN_ID"]) == ("42", "run-7")
    assert row["_SYNCED_AT"].isoformat() == "2026-09-21T14:13:20"
    assert {row[column.name] for column in BOOKKEEPING[3:]} == {None}


# -- one version after the other ------------------------------------------------------------------


def test_of_several_versions_the_newest_is_merged(table: People) -> None:
    versions = [version(NOW + n, P_TEXT=str(n)) for n in (1, 3, 2)]
    assert table.merge(*versions, version(NOW, "2")) == (2, 0)
    assert table.row()["P_TEXT"] == "3"


def test_newest_is_meant_as_a_number_and_not_as_text(table: People) -> None:
    table.merge(version(999, P_TEXT="old"), version(1_000, P_TEXT="new"))
    assert table.row()["P_TEXT"] == "new"


def test_a_newer_version_overwrites(table: People) -> None:
    table.merge(version(NOW, P_TEXT="old"))
    assert table.merge(version(NOW + 1, P_TEXT="new"), run="run-2") == (0, 1)
    assert (table.row()["P_TEXT"], table.row()["_RUN_ID"]) == ("new", "run-2")


def test_a_newer_version_clears_what_it_clears(table: People) -> None:
    table.merge(version(NOW, P_TEXT="old", P_NUMBER="1"))
    table.merge(version(NOW + 1, P_NUMBER="2"))
    assert (table.row()["P_TEXT"], table.row()["P_NUMBER"]) == (None, 2)


@pytest.mark.parametrize("revive", [False, True])
def test_an_older_version_never_overwrites(table: People, revive: bool) -> None:
    table.merge(version(NOW, P_TEXT="new"))
    assert table.merge(version(NOW - 1, P_TEXT="old"), revive=revive) == (0, 0)
    assert table.row()["P_TEXT"] == "new"


def test_the_same_version_again_changes_nothing(table: People) -> None:
    row = version(NOW, P_TEXT="a", COMPANIES_IDS='["7"]')
    table.merge(row)
    assert table.merge(row, run="run-2") == (0, 0)
    assert table.row()["_RUN_ID"] == "run-1"


def test_a_value_that_changed_without_a_new_version_is_merged(table: People) -> None:
    table.merge(version(NOW, PROPERTIES='{"score": "1"}', P_NUMBER="1"))
    again = version(NOW, PROPERTIES='{"score": "2"}', P_NUMBER="2")
    assert table.merge(again) == (0, 1)
    assert table.row()["P_NUMBER"] == 2


# -- columns --------------------------------------------------------------------------------------


def test_columns_that_were_not_staged_stay_as_they_are(table: People) -> None:
    table.merge(version(NOW, P_TEXT="a", P_NUMBER="1", COMPANIES_IDS='["7"]'))
    table.merge(version(NOW + 1, P_TEXT="b"), columns=(*RECORD, TEXT))
    row = table.row()
    assert (row["P_TEXT"], row["P_NUMBER"]) == ("b", 1)
    assert json.loads(row["COMPANIES_IDS"]) == ["7"]


def test_associations_that_were_not_fetched_stay_and_none_empties(table: People) -> None:
    table.merge(version(NOW, COMPANIES_IDS='["7"]'))
    table.merge(version(NOW + 1, COMPANIES_IDS=None))
    assert json.loads(table.row()["COMPANIES_IDS"]) == ["7"]
    table.merge(version(NOW + 2, COMPANIES_IDS="[]"))
    assert json.loads(table.row()["COMPANIES_IDS"]) == []


def test_associations_that_changed_without_a_new_version_are_merged(table: People) -> None:
    table.merge(version(NOW, COMPANIES_IDS='["7"]'))
    assert table.merge(version(NOW, COMPANIES_IDS='["7", "8"]')) == (0, 1)


# -- what is gone ---------------------------------------------------------------------------------


def marked(table: People, kind: str) -> None:
    table.database.rows(
        f'UPDATE {TABLE.quoted} SET "_DELETE_KIND" = ?, '
        '"_DELETED_AT" = "UPDATED_AT", "_MERGED_INTO" = \'9\'',
        (kind,),
    )


@pytest.mark.parametrize("kind", ["ARCHIVED", "MERGED", "PURGED", "FILTERED_OUT"])
def test_a_newer_version_of_a_record_lets_its_row_live_again(table: People, kind: str) -> None:
    table.merge(version(NOW))
    marked(table, kind)
    assert table.merge(version(NOW + 1)) == (0, 1)
    row = table.row()
    assert {row["_DELETED_AT"], row["_DELETE_KIND"], row["_MERGED_INTO"]} == {None}


@pytest.mark.parametrize(
    ("kind", "revive", "lives"),
    [("ARCHIVED", False, False), ("ARCHIVED", True, True), ("FILTERED_OUT", False, True)],
)
def test_the_same_version_lets_it_live_where_it_proves_the_record_is_there(
    table: People, kind: str, revive: bool, lives: bool
) -> None:
    table.merge(version(NOW))
    marked(table, kind)
    table.merge(version(NOW), revive=revive)
    assert (table.row()["_DELETE_KIND"] is None) is lives
