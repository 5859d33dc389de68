"""Deletes what is remembered of runs that are long over: rows of RUNS, and what requests cost.

``STATE.SETTINGS`` tells when that was done last, so that it is done once a day and by one process.
ERRORS are kept.
"""

from __future__ import annotations

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import INSTANT


class Retention:
    """Deletes old rows of ``RUNS`` and ``REQUESTS``."""

    def __init__(self, database: Database) -> None:
        """Statements name the application's database: CREATE DATABASE changes the current one."""
        self._database = database
        self._state = f"{sql.name(database.application)}.STATE"

    def begin(self, now: int) -> bool:
        """Note that it is done now; False where another process did it today (UTC)."""
        [counts] = self._database.rows(
            f"UPDATE {self._state}.SETTINGS SET PRUNED_AT = {INSTANT} "
            f"WHERE PRUNED_AT IS NULL OR TO_DATE(PRUNED_AT) <> TO_DATE({INSTANT})",
            (now, now),
        )
        return int(counts["number of rows updated"]) > 0

    def delete_requests(self, before: int) -> None:
        """Delete what the requests of runs cost that began before an instant (ms)."""
        self._database.rows(
            f"DELETE FROM {self._state}.REQUESTS WHERE RUN_ID IN "
            f"(SELECT RUN_ID FROM {self._state}.RUNS WHERE STARTED_AT < {INSTANT})",
            (before,),
        )
        self._database.rows(
            f"UPDATE {self._state}.RUNS SET ENDPOINTS = NULL "
            f"WHERE STARTED_AT < {INSTANT} AND ENDPOINTS IS NOT NULL",
            (before,),
        )

    def delete_runs(self, before: int) -> None:
        """Delete the runs that began before an instant (ms), but for the last one of each sync.

        What became of the rows of pushes before then goes with them.
        """
        self._database.rows(
            f"DELETE FROM {self._state}.PUSH_OUTCOMES WHERE SETTLED_AT < {INSTANT}", (before,)
        )
        self._database.rows(
            f"DELETE FROM {self._state}.RUNS WHERE STARTED_AT < {INSTANT} AND RUN_ID NOT IN "
            f"(SELECT MAX_BY(RUN_ID, STARTED_AT) FROM {self._state}.RUNS GROUP BY SYNC)",
            (before,),
        )
