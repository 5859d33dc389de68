"""The table ``STATE.STOP_REQUESTS``: which runs somebody asked to stop.

A request names a run, so it never stops a later one. The statement by which a run says that it is
alive looks for one, so that runs which nobody stops pay nothing for it
(docs/decisions/0029-stop-requests.md).
"""

from __future__ import annotations

from hubspot_ingest import times
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.errors import StopRequested

# No run lives as long as its request is kept.
KEPT = 30 * times.DAY


class StopRequests:
    """Adds and reads requests that a run stop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._table = database.in_application("STATE.STOP_REQUESTS")

    def add(self, run_id: str, name: str, now: int) -> bool:
        """Ask a run of the sync or push ``name`` to stop; False where it was asked before."""
        self._database.rows(
            f"DELETE FROM {self._table} WHERE REQUESTED_AT < {INSTANT}", (now - KEPT,)
        )
        added = self._database.change(
            f"INSERT INTO {self._table} (RUN_ID, NAME, REQUESTED_AT, REQUESTED_BY) "
            f"SELECT ?, ?, {INSTANT}, CURRENT_USER() "
            f"WHERE NOT EXISTS (SELECT 1 FROM {self._table} WHERE RUN_ID = ?)",
            (run_id, name, now, run_id),
        )
        return added > 0

    def error(self, run_id: str) -> StopRequested | None:
        """What ends a run that was asked to stop; None where nobody asked it."""
        rows = self._database.rows(
            "SELECT DATE_PART(EPOCH_MILLISECOND, REQUESTED_AT) AS REQUESTED_AT, REQUESTED_BY "
            f"FROM {self._table} WHERE RUN_ID = ? ORDER BY REQUESTED_AT",
            (run_id,),
        )
        if not rows:
            return None
        who = rows[0]["REQUESTED_BY"] or "somebody whom Snowflake does not name"
        return StopRequested(
            f"{who} asked it to stop at {times.iso(int(rows[0]['REQUESTED_AT']))}; what it did "
            "stays, and the next run carries on from there"
        )
