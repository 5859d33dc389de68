"""Leases in ``STATE.SYNCS``: they keep two runs of one sync apart and show which runs are alive."""

from __future__ import annotations

from contextlib import suppress

from hubspot_ingest import times
from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.database.state.runs import Runs
from hubspot_ingest.database.state.syncs import Sync
from hubspot_ingest.errors import DatabaseError, SyncBusy

# A run that has not renewed its lease for this long is taken for dead.
LEASE = 15 * times.MINUTE


class Leases:
    """Takes and releases the lease of a sync; ``StateWriter`` renews it."""

    def __init__(self, database: Database) -> None:
        """Statements name the application's database: CREATE DATABASE changes the current one."""
        self._database = database
        self._state = f"{sql.name(database.application)}.STATE"
        self._runs = Runs(database)

    def take(
        self,
        name: str,
        run_id: str,
        now: int,
        *,
        process: str = "",
        weight: int | None = None,
        read: Sync | None = None,
        version: str | None = None,
    ) -> bool:
        """Make this the only run of the sync. Raises ``SyncBusy`` when another one is going on.

        ``process`` shares the portal's limits with others by ``weight``; empty: the run alone.
        ``read`` is the sync as it was read: False when it is not so any more. With another
        ``version`` than that one's, its cursor, checkpoint and sweeps are forgotten.
        """
        sets, binds = "", list[object]()
        where, conditions = "", list[object]()
        if read is not None:
            sets, binds = ", VERSION = ?", [version]
            if version != read.version:
                sets += ", SETTLED_THROUGH = NULL, CHECKPOINT = NULL, SWEEPS = NULL"
            where = "AND EQUAL_NULL(VERSION, ?) AND EQUAL_NULL(LEASE_RUN_ID, ?) "
            conditions = [read.version, read.run_id]
        try:
            rows = self._database.rows(
                f"UPDATE {self._state}.SYNCS SET LEASE_RUN_ID = ?, LEASE_UNTIL = {INSTANT}, "
                f"LEASE_PROCESS = ?, LEASE_WEIGHT = ?{sets} WHERE NAME = ? {where}"
                f"AND (LEASE_UNTIL IS NULL OR LEASE_UNTIL < {INSTANT})",
                (run_id, now + LEASE, process or run_id, weight, *binds, name, *conditions, now),
            )
        except DatabaseError as error:
            if "conflict" in str(error).lower():
                raise _busy(name) from error
            raise
        if int(rows[0]["number of rows updated"]) != 1:
            if read is None or self.held(name, now):
                raise _busy(name)
            return False
        try:
            self._runs.interrupt(now, name)
        except Exception:
            # nobody else would give it back; the error matters more than one of giving it back
            with suppress(DatabaseError):
                self.release(name, run_id)
            raise
        return True

    def held(self, name: str, now: int) -> bool:
        """Whether a run of the sync is going on."""
        rows = self._database.rows(
            f"SELECT 1 AS ONE FROM {self._state}.SYNCS WHERE NAME = ? AND LEASE_UNTIL >= {INSTANT}",
            (name, now),
        )
        return bool(rows)

    def release(self, name: str, run_id: str) -> None:
        """Let the next run begin.

        The run's id stays: who read the sync before this run sees that one was between.
        """
        self._database.rows(
            f"UPDATE {self._state}.SYNCS SET LEASE_UNTIL = NULL "
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


def _busy(name: str) -> SyncBusy:
    return SyncBusy(
        f"another run of {name} is going on; wait for it to end (see the view RUNS) or, if it "
        "was killed, for its lease to expire"
    )
