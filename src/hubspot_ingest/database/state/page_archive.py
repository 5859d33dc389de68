"""The archive for REPLAY and ROLLBACK_RUN: pages that runs read, and rows before they changed.

A page is an entry in ``STATE.PAGES``: one row that describes what the run did (PART is NULL), and
the rows that it merged. The entries of a sync are numbered in the order of the merges. An image in
``STATE.IMAGES`` is a row of a table as it was before a run first touched it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubspot_ingest.database import sql
from hubspot_ingest.database.columns import Column
from hubspot_ingest.database.connection import Database, variant
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.database.statements.merge import Merge
from hubspot_ingest.model import Json


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """One change that a run made to its tables, described by ``body``; ``at`` is epoch ms."""

    number: int
    run_id: str
    kind: str
    at: int
    body: Mapping[str, Any]


class PageArchive:
    """Reads and writes the archive."""

    def __init__(self, database: Database) -> None:
        self._database = database
        state = database.in_application("STATE")
        self.pages, self.images, self._runs = f"{state}.PAGES", f"{state}.IMAGES", f"{state}.RUNS"

    # -- writing ---------------------------------------------------------------------------------

    def last_number(self, sync: str) -> int:
        """The number of the sync's last entry; 0 when there is none."""
        rows = self._database.rows(
            f"SELECT MAX(NUMBER) AS LAST FROM {self.pages} WHERE SYNC = ?", (sync,)
        )
        return int(rows[0]["LAST"] or 0)

    def save_entry(self, sync: str, entry: ArchiveEntry) -> None:
        """Write the description of a change."""
        self._database.rows(
            f"INSERT INTO {self.pages} (SYNC, RUN_ID, NUMBER, KIND, READ_AT, BODY) "
            f"SELECT ?, ?, ?, ?, {INSTANT}, PARSE_JSON(?)",
            (sync, entry.run_id, entry.number, entry.kind, entry.at, json.dumps(entry.body)),
        )

    def save_rows(
        self, sync: str, entry: ArchiveEntry, part: str, staging: str, columns: Sequence[Column]
    ) -> None:
        """Write the staged rows of a change, as the texts they are."""
        pairs = ", ".join(
            f"{sql.text(column.name)}, r.{sql.name(column.name)}" for column in columns
        )
        self._database.rows(
            f"INSERT INTO {self.pages} (SYNC, RUN_ID, NUMBER, KIND, PART, READ_AT, BODY) "
            f"SELECT ?, ?, ?, ?, ?, {INSTANT}, OBJECT_CONSTRUCT_KEEP_NULL({pairs}) "
            f"FROM {staging} r",
            (sync, entry.run_id, entry.number, entry.kind, part, entry.at),
        )

    def save_keys(
        self,
        sync: str,
        entry: ArchiveEntry,
        merge: Merge,
        binds: Sequence[object],
        key: Sequence[Column],
    ) -> None:
        """Write the keys of the rows that a MERGE is about to change."""
        self._database.rows(
            f"INSERT INTO {self.pages} (SYNC, RUN_ID, NUMBER, KIND, PART, READ_AT, BODY) "
            f"SELECT ?, ?, ?, ?, '', {INSTANT}, f.BODY "
            f"FROM (\n{merge.touched(key, key)}\n) f",
            (sync, entry.run_id, entry.number, entry.kind, entry.at, *binds),
        )

    def save_images(
        self,
        sync: str,
        entry: ArchiveEntry,
        part: str,
        merge: Merge,
        binds: Sequence[object],
        key: Sequence[Column],
        columns: Sequence[Column],
    ) -> None:
        """Write the rows that a MERGE is about to touch and the run has not touched yet."""
        self._database.rows(
            f"INSERT INTO {self.images} (SYNC, RUN_ID, NUMBER, PART, SAVED_AT, KEY, BODY) "
            f"SELECT ?, ?, ?, ?, {INSTANT}, f.KEY, f.BODY "
            f"FROM (\n{merge.touched(key, columns)}\n) f\n"
            f"WHERE NOT EXISTS (SELECT 1 FROM {self.images} i "
            "WHERE i.RUN_ID = ? AND i.PART = ? AND i.KEY = f.KEY)",
            (
                *(sync, entry.run_id, entry.number, part, entry.at),
                *binds,
                *(entry.run_id, part),
            ),
        )

    def delete_before(self, before: int) -> None:
        """Delete the pages and images of runs whose last page was read before an instant (ms)."""
        self._database.rows(
            f"DELETE FROM {self.pages} WHERE RUN_ID IN (SELECT RUN_ID FROM {self.pages} "
            f"GROUP BY RUN_ID HAVING MAX(READ_AT) < {INSTANT})",
            (before,),
        )
        self._delete_images()

    def forget(self, sync: str) -> None:
        """Delete the pages and images of all runs of a sync."""
        self._database.rows(f"DELETE FROM {self.pages} WHERE SYNC = ?", (sync,))
        self._delete_images()

    def _delete_images(self) -> None:
        # pages are written before images, and deleted before them
        self._database.rows(
            f"DELETE FROM {self.images} WHERE RUN_ID NOT IN (SELECT RUN_ID FROM {self.pages})"
        )

    # -- reading ---------------------------------------------------------------------------------

    def entries(self, sync: str, *, run_id: str | None = None) -> list[ArchiveEntry]:
        """The entries of the sync's runs, or of one run, in their order."""
        which, binds = (" AND RUN_ID = ?", (run_id,)) if run_id is not None else ("", ())
        rows = self._database.all_rows(
            "SELECT NUMBER, RUN_ID, KIND, DATE_PART(EPOCH_MILLISECOND, READ_AT) AS READ_AT, BODY "
            f"FROM {self.pages} WHERE SYNC = ? AND PART IS NULL{which}",
            (sync, *binds),
        )
        return [
            ArchiveEntry(
                int(row["NUMBER"]),
                str(row["RUN_ID"]),
                str(row["KIND"]),
                int(row["READ_AT"]),
                variant(row["BODY"]),
            )
            for row in sorted(rows, key=lambda row: int(row["NUMBER"]))
        ]

    def entry_rows(self, sync: str, entry: ArchiveEntry) -> dict[str, list[dict[str, str | None]]]:
        """The staged rows of an entry, by part."""
        rows = self._database.all_rows(
            f"SELECT PART, BODY FROM {self.pages} "
            "WHERE SYNC = ? AND RUN_ID = ? AND NUMBER = ? AND PART IS NOT NULL",
            (sync, entry.run_id, entry.number),
        )
        parts: dict[str, list[dict[str, str | None]]] = {}
        for row in rows:
            parts.setdefault(str(row["PART"]), []).append(variant(row["BODY"]))
        return parts

    def parts_changed(self, run_id: str) -> list[str]:
        """The parts that a run changed: "" for the sync's own table, else a table beside it."""
        rows = self._database.rows(
            f"SELECT DISTINCT PART FROM {self.images} WHERE RUN_ID = ? ORDER BY PART", (run_id,)
        )
        return [str(row["PART"]) for row in rows]

    def sync_of(self, run_id: str) -> tuple[str, str, bool] | None:
        """A run's sync, its status, and whether it was rolled back; None when there is no run."""
        rows = self._database.rows(
            # one that was killed may have no row of RUNS yet
            "SELECT SYNC, STATUS, ROLLED_BACK_AT "
            f"FROM {self._database.in_application('INTERNAL.ALL_RUNS')} WHERE RUN_ID = ?",
            (run_id,),
        )
        if not rows:
            return None
        row = rows[0]
        return str(row["SYNC"]), str(row["STATUS"]), row["ROLLED_BACK_AT"] is not None

    def later_runs_without_pages(self, sync: str, run_id: str) -> list[str]:
        """Later runs of the sync that changed rows and have no pages in the archive."""
        rows = self._database.rows(
            f"SELECT r.RUN_ID FROM {self._runs} r JOIN {self._runs} o ON o.RUN_ID = ? "
            "WHERE r.SYNC = ? AND r.RUN_ID <> o.RUN_ID AND r.STARTED_AT >= o.STARTED_AT "
            "AND r.STRATEGY <> 'REPLAY' AND r.ROWS_INSERTED + r.ROWS_UPDATED + r.ROWS_DELETED > 0 "
            f"AND NOT EXISTS (SELECT 1 FROM {self.pages} p WHERE p.RUN_ID = r.RUN_ID) "
            "ORDER BY r.STARTED_AT",
            (run_id, sync),
        )
        return [str(row["RUN_ID"]) for row in rows]

    def mark_rolled_back(self, run_id: str, now: int) -> None:
        """Mark a run as rolled back."""
        self._database.rows(
            f"UPDATE {self._runs} SET ROLLED_BACK_AT = {INSTANT} WHERE RUN_ID = ?", (now, run_id)
        )


def column_json(column: Column) -> Json:
    """A column as it is written into an entry."""
    return [column.name, column.type.name, column.property, column.comment]
