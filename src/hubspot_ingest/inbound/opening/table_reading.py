"""Reads the tables of syncs as they are: columns, when they were created, numbers of rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from hubspot_ingest.database import sql
from hubspot_ingest.database.columns import DELETED_AT
from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.database.sql import Table
from hubspot_ingest.errors import DatabaseError, GrantMissing
from hubspot_ingest.inbound.load.destination import ExistingTable


@dataclass(frozen=True, slots=True)
class TableReading:
    """A table as it is, and those beside it, by part (the table itself: ``""``).

    ``created`` tells when those beside it were created (epoch ms), ``beside`` which columns they
    have, ``rows`` how many rows each of them has, and the table; ``live`` how many of the table's
    are not marked as deleted, None where that is not known.
    """

    existing_table: ExistingTable
    created: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    live: int | None = None
    beside: Mapping[str, Collection[str]] = field(default_factory=dict)

    @property
    def columns_fingerprint(self) -> str:
        """A hash of the table's columns, with their types and comments."""
        types, comments = self.existing_table.types, self.existing_table.comments
        listed = [(name, kind, comments.get(name)) for name, kind in types.items()]
        return hashlib.sha256(json.dumps(listed).encode()).hexdigest()[:16]


def beside_parts(table: Table, parts: Iterable[str]) -> dict[str, Table]:
    """A table and those beside it, by part."""
    return {"": table, **{part: sql.table_beside(table, part) for part in parts if part}}


def read_tables(
    database: Database,
    wanted: Sequence[Mapping[str, Table]],
    expected: Sequence[Mapping[str, bool]],
) -> list[TableReading]:
    """Read the tables of syncs, each by part: one statement for each database.

    ``expected`` names the parts that are there as far as is known, and whether deleted rows are
    marked in them. Where one is not there, or others are, it takes one or two statements more.
    A table that cannot be counted is in no ``rows``. Raises ``DatabaseError`` where it is not known
    which tables there are.
    """
    rows: list[Row] = []
    homeless = set[str]()
    for name in dict.fromkeys(tables[""].database for tables in wanted):
        own = [
            (tables, parts)
            for tables, parts in zip(wanted, expected, strict=True)
            if tables[""].database == name
        ]
        counted = {tables[part]: parts[part] for tables, parts in own for part in parts}
        described = [table for tables, _ in own for table in tables.values()]
        found = _rows_of_database(database, name, described, counted)
        if found is None:
            homeless.add(name)
        rows += found or ()
    by_table: dict[Table, list[Row]] = {}
    for row in rows:
        table = Table(row["TABLE_CATALOG"], row["TABLE_SCHEMA"], row["TABLE_NAME"])
        by_table.setdefault(table, []).append(row)
    return [
        _reading(tables, by_table, has_home=tables[""].database not in homeless)
        for tables in wanted
    ]


def _rows_of_database(
    database: Database, name: str, described: Sequence[Table], counted: Mapping[Table, bool]
) -> list[Row] | None:
    """The rows about tables of a database; None where it is not there."""
    rows: list[Row] | None = None
    for attempt in (counted, {}) if counted else ({},):
        # of those to be counted one may be gone; where the database is, none of them is there
        with suppress(DatabaseError if attempt else GrantMissing):
            rows = database.all_rows(*_statement(name, described, attempt))
            break
    if rows is None:
        return None
    there = {(row["TABLE_SCHEMA"], row["TABLE_NAME"]) for row in rows if row["FOUND"] is None}
    known = {(row["TABLE_SCHEMA"], row["TABLE_NAME"]) for row in rows if row["FOUND"] is not None}
    uncounted = {
        table: _has_column(rows, table, DELETED_AT.name)
        for table in described
        if (table.schema, table.table) in there - known
    }
    if uncounted:
        rows += _counts(database, name, uncounted)
    return rows


def _counts(database: Database, name: str, counted: Mapping[Table, bool]) -> list[Row]:
    """The counts of tables, else of each by itself; none of one that cannot be read."""
    try:
        return database.all_rows(*_statement(name, [], counted))
    except DatabaseError:
        if len(counted) == 1:
            return []
        return [
            row
            for table, is_marked in counted.items()
            for row in _counts(database, name, {table: is_marked})
        ]


def _has_column(rows: Iterable[Row], table: Table, column: str) -> bool:
    key = (table.schema, table.table, column)
    return any((row["TABLE_SCHEMA"], row["TABLE_NAME"], row["COLUMN_NAME"]) == key for row in rows)


def _statement(
    name: str, described: Sequence[Table], counted: Mapping[Table, bool]
) -> tuple[str, tuple[str, ...]]:
    """Selects a row for each column of some tables, and one with the counts of others."""
    selects = [
        f"SELECT {sql.text(table.database)} AS TABLE_CATALOG, {sql.text(table.schema)} AS "
        f"TABLE_SCHEMA, {sql.text(table.table)} AS TABLE_NAME, NULL AS CREATED, NULL AS "
        "COLUMN_NAME, NULL AS DATA_TYPE, NULL AS COMMENT, NULL AS ORDINAL_POSITION, "
        f"COUNT(*) AS FOUND, {_live(is_marked)} AS LIVE FROM {table.quoted}"
        for table, is_marked in counted.items()
    ]
    if not described:
        return " UNION ALL ".join(selects), ()
    information = f"{sql.name(name)}.INFORMATION_SCHEMA"
    columns = (
        f"SELECT {sql.text(name)} AS TABLE_CATALOG, t.TABLE_SCHEMA, t.TABLE_NAME, "
        "DATE_PART(EPOCH_MILLISECOND, t.CREATED) AS CREATED, c.COLUMN_NAME, c.DATA_TYPE, "
        f"c.COMMENT, c.ORDINAL_POSITION, NULL AS FOUND, NULL AS LIVE FROM {information}.TABLES t "
        f"LEFT JOIN {information}.COLUMNS c ON c.TABLE_SCHEMA = t.TABLE_SCHEMA "
        "AND c.TABLE_NAME = t.TABLE_NAME "
        f"JOIN {sql.BOUND_ROWS} ON t.TABLE_SCHEMA = f.VALUE:s::VARCHAR "
        "AND t.TABLE_NAME = f.VALUE:t::VARCHAR"
    )
    names = json.dumps([{"s": table.schema, "t": table.table} for table in described])
    return " UNION ALL ".join([columns, *selects]), (names,)


def _live(is_marked: bool) -> str:
    return f"COUNT(*) - COUNT({sql.name(DELETED_AT.name)})" if is_marked else "NULL"


def _reading(
    tables: Mapping[str, Table], by_table: Mapping[Table, Sequence[Row]], *, has_home: bool
) -> TableReading:
    created, counts = dict[str, int](), dict[str, int]()
    live: int | None = None
    own: list[Row] = []
    beside = dict[str, set[str]]()
    for part, table in tables.items():
        for row in by_table.get(table, ()):
            if row["FOUND"] is not None:
                counts[part] = int(row["FOUND"])
                live = int(row["LIVE"]) if not part and row["LIVE"] is not None else live
            elif part:
                created[part] = int(row["CREATED"])
                beside.setdefault(part, set()).add(row["COLUMN_NAME"])
            elif row["COLUMN_NAME"] is not None:
                own.append(row)
    own.sort(key=lambda row: int(row["ORDINAL_POSITION"]))
    existing_table = ExistingTable(
        {row["COLUMN_NAME"]: row["DATA_TYPE"] for row in own},
        {row["COLUMN_NAME"]: row["COMMENT"] or "" for row in own},
        int(own[0]["CREATED"]) if own else None,
        has_home,
    )
    return TableReading(existing_table, created, counts, live, beside)
