"""The register ``STATE.TABLES``: every table, link table, history table and view, and whose it is.

A table belongs to one sync. What a dropped sync filled stays registered without an owner, with the
stream that lies in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from hubspot_ingest.database import sql
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
        """Statements name the application's database: CREATE DATABASE changes the current one."""
        self._database = database
        self._tables = f"{sql.name(database.application)}.STATE.TABLES"

    def named(self, table: Table, names: Mapping[str, Table]) -> list[RegisteredTable]:
        """Those of the names in the schema of ``table`` that are registered."""
        return self._select(_NAMED, table.database, table.schema, _json(names))

    def of_stream(self, stream: str, schema: Table) -> list[RegisteredTable]:
        """The tables that syncs fill with a stream, in the database and schema of a table."""
        return self._select(
            "DATABASE_NAME = ? AND SCHEMA_NAME = ? AND STREAM = ? AND PART = ''",
            *(schema.database, schema.schema, stream),
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

    def claim(self, sync: str, stream: str, table: Table, names: Mapping[str, Table]) -> None:
        """Register the names, by part, as the sync's; what it had before is let go."""
        self.release(sync)
        listed: list[Json] = [
            {"table": place.table, "stream": stream, "part": part} for part, place in names.items()
        ]
        self._database.rows(
            f"DELETE FROM {self._tables} WHERE {_NAMED} AND SYNC IS NULL",
            (table.database, table.schema, _json(names)),
        )
        self._database.rows(
            f"INSERT INTO {self._tables} "
            "(DATABASE_NAME, SCHEMA_NAME, TABLE_NAME, SYNC, STREAM, PART) "
            "SELECT ?, ?, f.VALUE:table::VARCHAR, ?, f.VALUE:stream::VARCHAR, "
            "f.VALUE:part::VARCHAR FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f",
            (table.database, table.schema, sync, json.dumps(listed)),
        )

    def release(self, sync: str) -> None:
        """Let go of what is a sync's; of its table it stays known what lies in it."""
        self._database.rows(f"DELETE FROM {self._tables} WHERE SYNC = ? AND PART <> ''", (sync,))
        self._database.rows(f"UPDATE {self._tables} SET SYNC = NULL WHERE SYNC = ?", (sync,))


_NAMED = (
    "DATABASE_NAME = ? AND SCHEMA_NAME = ? AND TABLE_NAME IN "
    "(SELECT f.VALUE::VARCHAR FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f)"
)


def _json(names: Mapping[str, Table]) -> str:
    return json.dumps([place.table for place in names.values()])
