"""Statements that roll back what one run did to a table, using the images of its rows. Pure.

A row is rolled back if the run was the last to change it. Most tables have the last run's id in
every row. Tables of links and of property history do not: there a later image of the row shows that
a later run changed it, unless that run was rolled back itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hubspot_ingest.database.columns import RUN_ID, Column
from hubspot_ingest.database.sql import Table, name, text, typed
from hubspot_ingest.database.statements.merge import from_body, key_of


@dataclass(frozen=True, slots=True)
class TableRollback:
    """Rolls back the run ``run_id`` in one table, whose images are stored under ``part``.

    ``columns`` are those to restore. ``pages`` and ``images`` are the quoted tables of the archive.
    ``number`` is the number of this rollback among the pages: later entries do not count.
    """

    pages: str
    images: str
    table: Table
    part: str
    key: Sequence[Column]
    columns: Sequence[Column]
    run_id: str
    number: int

    @property
    def _images(self) -> str:
        return f"i.RUN_ID = {text(self.run_id)} AND i.PART = {text(self.part)}"

    @property
    def _has_run_id(self) -> bool:
        """Whether the rows have the id of the run that last changed them."""
        return any(column.name == RUN_ID.name for column in self.columns)

    @property
    def _own(self) -> str:
        """Whether row ``t`` with image ``i`` was last changed by the run."""
        return (
            f"t.{name(RUN_ID.name)} = {text(self.run_id)}" if self._has_run_id else "l.KEY IS NULL"
        )

    @property
    def _rows(self) -> str:
        """The images of the run joined with the current rows and with later images."""
        joined = f"{self.images} i\n  JOIN {self.table.quoted} t ON i.KEY = {key_of(self.key, 't')}"
        return (
            joined
            if self._has_run_id
            else f"{joined}\n  LEFT JOIN ({self._later}) l ON l.KEY = i.KEY"
        )

    @property
    def _later(self) -> str:
        return (
            f"SELECT DISTINCT n.KEY AS KEY FROM {self.images} n\n"
            f"    JOIN {self.images} i ON i.SYNC = n.SYNC AND i.PART = n.PART "
            "AND i.KEY = n.KEY\n"
            f"    LEFT JOIN (SELECT DISTINCT p.RUN_ID AS RUN_ID FROM {self.pages} p "
            f"WHERE p.KIND = 'ROLLBACK' AND p.NUMBER < {self.number}) u ON u.RUN_ID = n.RUN_ID\n"
            f"    WHERE {self._images} AND n.RUN_ID <> i.RUN_ID AND n.NUMBER > i.NUMBER "
            f"AND n.NUMBER < {self.number} AND u.RUN_ID IS NULL"
        )

    def kept_rows(self) -> str:
        """Counts the run's rows (FOUND) and those that no later run changed (OWN)."""
        return (
            f"SELECT COUNT_IF({self._own}) AS OWN, COUNT(*) AS FOUND FROM {self._rows}\n"
            f"  WHERE {self._images}"
        )

    def restore(self) -> str:
        """Restores rows from their images."""
        own = {column.name for column in self.key}
        values = ", ".join(
            f"{typed(column, from_body(column, 'i.BODY'))} AS {name(column.name)}"
            for column in self.columns
        )
        sets = ", ".join(
            f"{name(column.name)} = s.{name(column.name)}"
            for column in self.columns
            if column.name not in own
        )
        return (
            f"MERGE INTO {self.table.quoted} t USING (\n"
            f"  SELECT i.KEY AS {name('_KEY')}, {values}\n"
            f"  FROM {self._rows}\n"
            f"  WHERE {self._images} AND i.BODY IS NOT NULL AND {self._own}\n"
            f") s ON {key_of(self.key, 't')} = s.{name('_KEY')}\n"
            f"WHEN MATCHED THEN UPDATE SET {sets}"
        )

    def remove(self) -> str:
        """Deletes rows that the run inserted."""
        return (
            f"MERGE INTO {self.table.quoted} t USING (\n"
            f"  SELECT i.KEY AS {name('_KEY')} FROM {self._rows}\n"
            f"  WHERE {self._images} AND i.BODY IS NULL AND {self._own}\n"
            f") s ON {key_of(self.key, 't')} = s.{name('_KEY')}\n"
            "WHEN MATCHED THEN DELETE"
        )

    def pass_on(self) -> str:
        """Copies each image to the next run that touched the row.

        Otherwise a later rollback of that run would restore the row as this run had left it.
        """
        return (
            f"MERGE INTO {self.images} t USING (\n"
            "  SELECT i.PART AS PART, i.KEY AS KEY, i.BODY AS BODY, n.RUN_ID AS NEXT\n"
            f"  FROM {self.images} i\n"
            f"  JOIN {self.images} n ON n.SYNC = i.SYNC AND n.PART = i.PART "
            "AND n.KEY = i.KEY AND n.RUN_ID <> i.RUN_ID AND n.NUMBER > i.NUMBER\n"
            f"  WHERE {self._images}\n"
            "  QUALIFY ROW_NUMBER() OVER (PARTITION BY i.PART, i.KEY ORDER BY n.NUMBER) = 1\n"
            ") s ON t.RUN_ID = s.NEXT AND t.PART = s.PART AND t.KEY = s.KEY\n"
            "WHEN MATCHED THEN UPDATE SET BODY = s.BODY"
        )
