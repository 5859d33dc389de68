"""Statements that undo what one run did to a table, by the images of its rows. Pure.

In a table whose rows tell the run that last changed them, a row is undone where that is this run.
Rows of links and of past values do not tell it: there a later image of the row shows that a later
run touched it. A run that was itself undone before does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hubspot_ingest.database.columns import Column
from hubspot_ingest.database.sql import Table, name, text, typed
from hubspot_ingest.database.statements.merge import from_body, key_of

RUN = "_RUN_ID"


@dataclass(frozen=True, slots=True)
class TableRollback:
    """Undoes the run ``run_id`` in one table, whose images are kept under ``part``.

    ``columns`` are those that are set back. ``pages`` and ``images`` are the quoted tables of
    the archive, ``number`` is the place of this among the pages: what
    stands after it has not happened yet.
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
    def _tells(self) -> bool:
        """Whether the rows themselves tell who changed them last."""
        return any(one.name == RUN for one in self.columns)

    @property
    def _own(self) -> str:
        """Whether row ``t`` with image ``i`` was last changed by the run."""
        return f"t.{name(RUN)} = {text(self.run_id)}" if self._tells else "l.KEY IS NULL"

    @property
    def _rows(self) -> str:
        """The images of the run with the rows as they are, and what later runs touched."""
        joined = f"{self.images} i\n  JOIN {self.table.quoted} t ON i.KEY = {key_of(self.key, 't')}"
        return (
            joined if self._tells else f"{joined}\n  LEFT JOIN ({self._later}) l ON l.KEY = i.KEY"
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
        """How many rows stay as they are, since a later run changed them."""
        return (
            f"SELECT COUNT_IF({self._own}) AS OWN, COUNT(*) AS FOUND FROM {self._rows}\n"
            f"  WHERE {self._images}"
        )

    def restore(self) -> str:
        """Set rows back to their images."""
        own = {one.name for one in self.key}
        values = ", ".join(
            f"{typed(one, from_body(one, 'i.BODY'))} AS {name(one.name)}" for one in self.columns
        )
        sets = ", ".join(
            f"{name(one.name)} = s.{name(one.name)}" for one in self.columns if one.name not in own
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
        """Delete rows that were not there before."""
        return (
            f"MERGE INTO {self.table.quoted} t USING (\n"
            f"  SELECT i.KEY AS {name('_KEY')} FROM {self._rows}\n"
            f"  WHERE {self._images} AND i.BODY IS NULL AND {self._own}\n"
            f") s ON {key_of(self.key, 't')} = s.{name('_KEY')}\n"
            "WHEN MATCHED THEN DELETE"
        )

    def pass_on(self) -> str:
        """Give the image to the run that touched the row next: undone, it leaves nothing of this.

        Without it a row would be set back to what the run that is undone here had made of it.
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
