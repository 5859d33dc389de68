"""Fills new columns of a table from the values it already has in PROPERTIES.

A property whose type changed gets a new column, and one may come under another prefix; neither
moves the modified time of a record, so no search would ever bring the values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hubspot_ingest.database.casts import to_text
from hubspot_ingest.database.columns import KEY, Column, Type
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.staging import Staging, parquet
from hubspot_ingest.database.statements import deletions

ROWS = 5_000
PART = "REFILL"


@dataclass(frozen=True, slots=True)
class ColumnBackfill:
    """Fills ``columns`` of ``table``, in ascending order of id (as text)."""

    database: Database
    table: Table
    columns: Sequence[Column]
    run_id: str

    def after(self, last: str) -> Iterator[str]:
        """Fill the rows above the id ``last``; yields the id up to which they are filled."""
        staged = (Column(KEY, Type.TEXT), *self.columns)
        staging = Staging(self.database, self.run_id, {PART: staged})
        names = [column.property or "" for column in self.columns]
        statement = deletions.stored_properties(self.table, names, ROWS)
        try:
            while rows := self.database.rows(statement, (last,)):
                values: dict[str, Sequence[str | bytes | None]] = {KEY: [row[KEY] for row in rows]}
                for n, column in enumerate(self.columns):
                    values[column.name], _ = to_text(column, [row[f"P{n}"] for row in rows])
                staging.add({PART: parquet(values)})
                staging.merge(
                    deletions.fill_columns(self.table, staging.table(PART), self.columns), ()
                )
                staging.truncate()
                last = str(rows[-1][KEY])
                yield last
        finally:
            staging.drop()
