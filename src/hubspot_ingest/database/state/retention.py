"""Deletes what old runs left: rows of RUNS, what their requests cost, and staging files and tables.

``STATE.SETTINGS`` has the time at which that was done last, so that it is done once a day and by
one process. Rows of ERRORS are kept.
"""

from __future__ import annotations

from hubspot_ingest import telemetry, times
from hubspot_ingest.database import cleanup
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.database.state.stored_state import StoredState
from hubspot_ingest.errors import IngestError

# How many turns of a sync (a turn is one holder of its lease) PROGRESS keeps at least.
TURNS_KEPT = 100


class Retention:
    """Deletes old rows of ``RUNS`` and ``REQUESTS``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state = database.in_application("STATE")

    def begin(self, now: int) -> bool:
        """Note that it is done now; False where another process did it today (UTC)."""
        noted = self._database.change(
            f"UPDATE {self._state}.SETTINGS SET PRUNED_AT = {INSTANT} "
            f"WHERE PRUNED_AT IS NULL OR TO_DATE(PRUNED_AT) <> TO_DATE({INSTANT})",
            (now, now),
        )
        return noted > 0

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


def prune(database: Database, stored: StoredState, now: int) -> None:
    """Delete what is older than it is kept, unless that was done today (UTC).

    ``stored`` was read before the runs of now. A failure fails no run.
    """
    if stored.is_pruned(now):
        return
    retention = Retention(database)
    try:
        if retention.begin(now):
            # first what needs the rows of runs that are deleted
            retention.delete_requests(now - stored.app.keep_requests_days * times.DAY)
            retention.delete_runs(now - stored.app.keep_runs_days * times.DAY)
            # COPY does not say which files it could not purge
            cleanup.clear(database)
    except IngestError as error:
        telemetry.error("old runs were not deleted", response_code=error.response_code)


def delete_old(database: Database) -> None:
    """Delete what was written ``TURNS_KEPT`` turns before a sync's last row.

    The day of requests as it was last told stays, however long ago that was.
    """
    progress = database.in_application("STATE.PROGRESS")
    database.rows(
        f"DELETE FROM {progress} USING (SELECT SYNC AS OF_SYNC, MAX(TURN) AS LAST_TURN "
        f"FROM {progress} GROUP BY SYNC) n "
        f"WHERE SYNC = n.OF_SYNC AND TURN < n.LAST_TURN - {TURNS_KEPT} "
        "AND IFNULL(USAGE:checked_at::NUMBER, 0) NOT IN (SELECT MAX(USAGE:checked_at::NUMBER) "
        f"FROM {progress} WHERE USAGE IS NOT NULL GROUP BY USAGE:fingerprint::VARCHAR)"
    )
