"""Leases in ``STATE.LINK_LEASES``: one run at a time writes associations of a portal.

HubSpot replaces the labels of a pair by those that are sent, so what is sent depends on what was
read just before: of two runs that do that at once, one would take away what the other made.
"""

from __future__ import annotations

from hubspot_ingest import times
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.errors import SyncBusy

# A run that has not renewed its lease for this long is taken for dead.
LINK_LEASE = 15 * times.MINUTE


class LinkLeases:
    """Takes, renews and gives back the lease of one portal for one run."""

    def __init__(self, database: Database, portal_id: str, run_id: str) -> None:
        self._database = database
        self._portal_id = portal_id
        self._run_id = run_id
        self._table = database.in_application("STATE.LINK_LEASES")

    def take(self, now: int) -> bool:
        """Whether this run writes associations from now on; False while another one does."""
        if not self._take_free(now):
            [counts] = self._database.rows(
                f"INSERT INTO {self._table} (PORTAL_ID) SELECT s.PORTAL_ID "
                "FROM (SELECT ? AS PORTAL_ID) s WHERE NOT EXISTS "
                f"(SELECT 1 FROM {self._table} t WHERE t.PORTAL_ID = s.PORTAL_ID)",
                (self._portal_id,),
            )
            if not int(counts["number of rows inserted"]) or not self._take_free(now):
                return False
        # two runs that came first at the same time have a row each
        others = self._database.rows(
            f"SELECT 1 AS HELD FROM {self._table} "
            f"WHERE PORTAL_ID = ? AND LEASE_RUN_ID <> ? AND LEASE_UNTIL >= {INSTANT}",
            (self._portal_id, self._run_id, now),
        )
        if others:
            self.release()
        return not others

    def _take_free(self, now: int) -> bool:
        [counts] = self._database.rows(
            f"UPDATE {self._table} SET LEASE_RUN_ID = ?, LEASE_UNTIL = {INSTANT} "
            f"WHERE PORTAL_ID = ? AND (LEASE_UNTIL IS NULL OR LEASE_UNTIL < {INSTANT})",
            (self._run_id, now + LINK_LEASE, self._portal_id, now),
        )
        return int(counts["number of rows updated"]) > 0

    def renew(self, now: int) -> None:
        """Say that the run is alive. Raises ``SyncBusy`` where another one took the lease."""
        [counts] = self._database.rows(
            f"UPDATE {self._table} SET LEASE_UNTIL = {INSTANT} "
            "WHERE PORTAL_ID = ? AND LEASE_RUN_ID = ?",
            (now + LINK_LEASE, self._portal_id, self._run_id),
        )
        if int(counts["number of rows updated"]) < 1:
            raise SyncBusy("another run writes associations by now: this one ends here")

    def release(self) -> None:
        """Let the next run write."""
        self._database.rows(
            f"UPDATE {self._table} SET LEASE_UNTIL = NULL WHERE PORTAL_ID = ? AND LEASE_RUN_ID = ?",
            (self._portal_id, self._run_id),
        )
