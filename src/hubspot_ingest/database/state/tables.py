"""The register ``STATE.TABLES``: every table, link table, history table and view, and whose it is.

A table belongs to one sync. What a dropped sync filled stays registered without an owner, with the
stream that lies in it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.model import Json


@dataclass(frozen=True, slots=True)
class RegisteredTable:
    """A name that is taken. ``part`` is empty for the table a sync fills itself.

    ``sync`` is None where the sync was dropped or fills another table by now.
    """

    table: Table
    sync: str | None
    stream: str
    part: str


class TableRegister:
    """Reads and writes the register."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tables = database.in_application("STATE.TABLES")

    def named(self, table: Table, names: Mapping[str, Table]) -> list[RegisteredTable]:
        """Those of the names in the schema of ``table`` that are registered."""
        which, binds = _named(table, names)
        return self._select(which, *binds)

    def of_stream(self, stream: str, schema: Table) -> list[RegisteredTable]:
        """The tables that syncs fill with a stream, in the database and schema of a table."""
        return self._select(
            "DATABASE_NAME = ? AND SCHEMA_NAME = ? AND STREAM = ? AND PART = ''",
            schema.database,
            schema.schema,
            stream,
        )

    def _select(self, where: str, *binds: object) -> list[RegisteredTable]:
        rows = self._database.rows(
            "SELECT DATABASE_NAME, SCHEMA_NAME, TABLE_NAME, SYNC, STREAM, PART "
            f"FROM {self._tables} WHERE {where} ORDER BY SYNC, TABLE_NAME",
            binds,
        )
        return [
            RegisteredTable(
                Table(row["DATABASE_NAME"], row["SCHEMA_NAME"], row["TABLE_NAME"]),
                row["SYNC"],
                row["STREAM"] or "",
                row["PART"],
            )
            for row in rows
        ]

    def claim(
        self,
        sync: str,
        stream: str,
        names: Mapping[str, Table],
        own: Collection[Table],
        *,
        had_others: bool,
    ) -> bool:
        """Register the names, by part, as the sync's, if none of them is another's.

        ``own`` are those that it has already; where it ``had_others`` they are let go. False, and
        nothing is changed, where somebody took one since they were looked at: MERGEs of one table
        go one after the other.
        """
        claimed = self._merge(sync, stream, names) == len(names)
        if not claimed:
            new = {part: place for part, place in names.items() if place not in own}
            which, binds = _named(names[""], new)
            self._release(f"SYNC = ? AND {which}", sync, *binds)
        elif had_others:
            which, binds = _named(names[""], names)
            self._release(f"SYNC = ? AND NOT ({which})", sync, *binds)
        return claimed

    def claim_new(self, sync: str, stream: str, names: Mapping[str, Table]) -> bool:
        """As ``claim`` where none of the names is registered at all; else nothing is changed."""
        which, binds = _named(names[""], names)
        unknown = f"NOT EXISTS (SELECT 1 FROM {self._tables} WHERE {which})"
        return self._merge(sync, stream, names, f" WHERE {unknown}", binds) == len(names)

    def _merge(
        self,
        sync: str,
        stream: str,
        names: Mapping[str, Table],
        where: str = "",
        binds: Sequence[object] = (),
    ) -> int:
        """Register the names that are nobody else's; returns how many."""
        table = names[""]
        listed: list[Json] = [{"table": place.table, "part": part} for part, place in names.items()]
        return self._database.change(
            f"MERGE INTO {self._tables} t USING (SELECT ? AS DATABASE_NAME, ? AS SCHEMA_NAME, "
            "f.VALUE:table::VARCHAR AS TABLE_NAME, ? AS SYNC, ? AS STREAM, "
            "f.VALUE:part::VARCHAR AS PART "
            f"FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f{where}) s "
            "ON t.DATABASE_NAME = s.DATABASE_NAME AND t.SCHEMA_NAME = s.SCHEMA_NAME "
            "AND t.TABLE_NAME = s.TABLE_NAME "
            "WHEN MATCHED AND IFNULL(t.SYNC, s.SYNC) = s.SYNC THEN UPDATE SET "
            "SYNC = s.SYNC, STREAM = s.STREAM, PART = s.PART "
            "WHEN NOT MATCHED THEN INSERT "
            "(DATABASE_NAME, SCHEMA_NAME, TABLE_NAME, SYNC, STREAM, PART) VALUES "
            "(s.DATABASE_NAME, s.SCHEMA_NAME, s.TABLE_NAME, s.SYNC, s.STREAM, s.PART)",
            (table.database, table.schema, sync, stream, json.dumps(listed), *binds),
        )

    def release(self, sync: str) -> None:
        """Let go of what is a sync's; of its table it stays known what lies in it."""
        self._release("SYNC = ?", sync)

    def _release(self, which: str, *binds: object) -> None:
        self._database.rows(f"DELETE FROM {self._tables} WHERE PART <> '' AND {which}", binds)
        self._database.rows(f"UPDATE {self._tables} SET SYNC = NULL WHERE {which}", binds)


def _named(table: Table, names: Mapping[str, Table]) -> tuple[str, Sequence[str]]:
    """The condition that a row is of one of the names in the schema of ``table``; with its binds.

    The names are bound one by one: Snowflake takes no subquery where the condition is negated.
    """
    places = ", ".join("?" * len(names)) or "NULL"
    return (
        f"DATABASE_NAME = ? AND SCHEMA_NAME = ? AND TABLE_NAME IN ({places})",
        (table.database, table.schema, *(place.table for place in names.values())),
    )
