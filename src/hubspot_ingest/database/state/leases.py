"""Leases in ``STATE.SYNCS``: they keep two runs of one sync apart and show which runs are alive."""

from __future__ import annotations

from hubspot_ingest import times
from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.database.state.runs import Runs
from hubspot_ingest.errors import DatabaseError, SyncBusy

# A run that has not renewed its lease for this long is taken for dead.
LEASE = 15 * times.MINUTE


class Leases:
    """Takes, renews and releases the lease of a sync."""

    def __init__(self, database: Database) -> None:
        """Statements name the application's database: CREATE DATABASE changes the current one."""
        self._database = database
        self._state = f"{sql.name(database.application)}.STATE"
        self._runs = Runs(database)

    def take(
        self, name: str, run_id: str, now: int, *, process: str = "", weight: int | None = None
    ) -> None:
        """Take the lease for a run. Raises ``SyncBusy`` when another run holds it.

        Runs of one ``process`` share the portal's limits with other processes by ``weight``; empty:
        the run is a process of its own. Killed runs of the sync are ended as FAILED.
        """
        busy = SyncBusy(
            f"another run of {name} is going on; wait for it to end (see the view RUNS) or, if it "
            "was killed, for its lease to expire"
        )
        try:
            rows = self._database.rows(
                f"UPDATE {self._state}.SYNCS SET LEASE_RUN_ID = ?, LEASE_UNTIL = {INSTANT}, "
                "LEASE_PROCESS = ?, LEASE_WEIGHT = ? "
                f"WHERE NAME = ? AND (LEASE_UNTIL IS NULL OR LEASE_UNTIL < {INSTANT})",
                (run_id, now + LEASE, process or run_id, weight, name, now),
            )
        except DatabaseError as error:
            if "conflict" in str(error).lower():
                raise busy from error
            raise
        if int(rows[0]["number of rows updated"]) != 1:
            raise busy
        self._runs.interrupt(now, name)

    def held(self, name: str, now: int) -> bool:
        """Whether a run of the sync is going on."""
        rows = self._database.rows(
            f"SELECT 1 AS ONE FROM {self._state}.SYNCS WHERE NAME = ? AND LEASE_UNTIL >= {INSTANT}",
            (name, now),
        )
        return bool(rows)

    def renew(self, name: str, run_id: str, now: int) -> None:
        """Extend the lease of a live run. Raises ``SyncBusy`` when another run took it."""
        rows = self._database.rows(
            f"UPDATE {self._state}.SYNCS SET LEASE_UNTIL = {INSTANT} "
            "WHERE NAME = ? AND LEASE_RUN_ID = ?",
            (now + LEASE, name, run_id),
        )
        if int(rows[0]["number of rows updated"]) != 1:
            raise SyncBusy(f"this run of {name} lost its lease to another one and ends here")

    def release(self, name: str, run_id: str) -> None:
        """Give up the lease, if the run still holds it."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET LEASE_RUN_ID = NULL, LEASE_UNTIL = NULL "
            "WHERE NAME = ? AND LEASE_RUN_ID = ?",
            (name, run_id),
        )

    def recover(self, now: int) -> None:
        """End every lease and every run marked RUNNING; only where no run can be alive."""
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET LEASE_RUN_ID = NULL, LEASE_UNTIL = NULL "
            "WHERE LEASE_UNTIL IS NOT NULL"
        )
        self._runs.interrupt(now)
