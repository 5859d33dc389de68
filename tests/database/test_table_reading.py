"""The tables of several syncs read together: one that cannot be read says nothing of the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.database.sql import Table
from hubspot_ingest.errors import DatabaseError
from hubspot_ingest.inbound.opening.table_reading import read_tables

PLACES = [Table("HUBSPOT_DATA", "CRM", name) for name in ("FIRST", "SECOND", "THIRD")]
ALL = [{"": table} for table in PLACES]
COUNTED = [{"": False}] * len(PLACES)


class Failing(Database):
    """A connection in which statements with a text fail."""

    def __init__(self, database: Database, text: str) -> None:
        self._inner, self._text = database, text
        self.application = database.application

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[Row]:
        if self._text in statement:
            raise DatabaseError("a statement failed")
        return self._inner.rows(statement, params)


@pytest.fixture
def filled(database: Database) -> Iterator[Database]:
    database.rows("CREATE DATABASE IF NOT EXISTS HUBSPOT_DATA")
    database.rows("CREATE SCHEMA IF NOT EXISTS HUBSPOT_DATA.CRM")
    for rows, table in enumerate(PLACES, 1):
        database.rows(f"CREATE TABLE {table.quoted} (ID VARCHAR)")
        for n in range(rows):
            database.rows(f"INSERT INTO {table.quoted} (ID) SELECT '{n}'")
    yield database
    database.rows("DROP DATABASE HUBSPOT_DATA")


def test_a_table_that_is_gone_leaves_the_others_their_counts(filled: Database) -> None:
    filled.rows(f"DROP TABLE {PLACES[1].quoted}")

    first, second, third = read_tables(filled, ALL, COUNTED)

    assert (first.rows, second.rows, third.rows) == ({"": 1}, {}, {"": 3})
    assert second.existing_table.types == {}


def test_a_table_that_cannot_be_counted_is_there_without_a_count(filled: Database) -> None:
    readings = read_tables(Failing(filled, f"FROM {PLACES[1].quoted}"), ALL, COUNTED)

    assert [reading.rows for reading in readings] == [{"": 1}, {}, {"": 3}]
    assert all(reading.existing_table.types for reading in readings)


def test_tables_are_not_taken_for_gone_where_asking_for_them_fails(filled: Database) -> None:
    with pytest.raises(DatabaseError):
        read_tables(Failing(filled, "INFORMATION_SCHEMA"), ALL, COUNTED)


def test_where_there_is_no_database_there_is_no_table(database: Database) -> None:
    assert [reading.rows for reading in read_tables(database, ALL, COUNTED)] == [{}, {}, {}]
