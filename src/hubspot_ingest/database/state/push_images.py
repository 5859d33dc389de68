"""What runs of pushes replaced: the table ``STATE.PUSH_IMAGES``, read to roll a run back."""

from __future__ import annotations

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database, Row, variant
from hubspot_ingest.database.sql import INSTANT


class PushImages:
    """The images of all pushes."""

    def __init__(self, database: Database) -> None:
        """Statements name the application's database: CREATE DATABASE changes the current one."""
        self._database = database
        self._state = f"{sql.name(database.application)}.STATE"

    def push_of(self, run_id: str) -> str | None:
        """The push of a run; None for a run of a sync, and for none."""
        rows = self._database.rows(
            f"SELECT SYNC FROM {self._state}.RUNS WHERE RUN_ID = ? AND DIRECTION = 'OUT'",
            (run_id,),
        )
        return str(rows[0]["SYNC"]) if rows else None

    def was_rolled_back(self, run_id: str) -> bool:
        """Whether that was done before."""
        return bool(
            self._database.rows(
                f"SELECT 1 AS DONE FROM {self._state}.RUNS "
                "WHERE RUN_ID = ? AND ROLLED_BACK_AT IS NOT NULL",
                (run_id,),
            )
        )

    def mark_rolled_back(self, run_id: str, now: int) -> None:
        """Say that what a run wrote is undone."""
        self._database.rows(
            f"UPDATE {self._state}.RUNS SET ROLLED_BACK_AT = {INSTANT} WHERE RUN_ID = ?",
            (now, run_id),
        )

    def later_runs(self, push: str, run_id: str) -> list[str]:
        """Later runs of the push that wrote something and are not rolled back, newest first."""
        rows = self._database.rows(
            f"SELECT r.RUN_ID FROM {self._state}.RUNS r JOIN {self._state}.RUNS o "
            "ON o.RUN_ID = ? AND r.STARTED_AT > o.STARTED_AT WHERE r.SYNC = ? "
            "AND r.ROLLED_BACK_AT IS NULL AND r.RUN_ID IN "
            f"(SELECT RUN_ID FROM {self._state}.PUSH_IMAGES WHERE PUSH = ?) "
            "ORDER BY r.STARTED_AT DESC, r.RUN_ID DESC",
            (run_id, push, push),
        )
        return [str(row["RUN_ID"]) for row in rows]

    def page(self, push: str, run_id: str, after: str, limit: int) -> list[Row]:
        """The next images of a run, by key."""
        rows = self._database.rows(
            "SELECT ROW_KEY, RECORD_ID, ACTION, BEFORE, WRITTEN "
            f"FROM {self._state}.PUSH_IMAGES WHERE PUSH = ? AND RUN_ID = ? AND ROW_KEY > ? "
            f"ORDER BY ROW_KEY LIMIT {limit}",
            (push, run_id, after),
        )
        for row in rows:
            for column in ("BEFORE", "WRITTEN"):
                row[column] = variant(row[column]) or {}
        return rows

    def links_of(self, push: str, run_id: str) -> list[str]:
        """The keys of rows for which a run made associations."""
        rows = self._database.rows(
            f"SELECT DISTINCT ROW_KEY FROM {self._state}.PUSH_LINKS "
            "WHERE PUSH = ? AND RUN_ID = ? AND STATE = 'MADE' ORDER BY ROW_KEY",
            (push, run_id),
        )
        return [str(row["ROW_KEY"]) for row in rows]
