"""The portal's daily limit as last reported, and how running syncs share its rate limits."""

from __future__ import annotations

import json

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database, variant
from hubspot_ingest.database.sql import INSTANT
from hubspot_ingest.model import Usage
from hubspot_ingest.settings import DEFAULT_CONNECTION

# The weight of a run by an earlier version, which stored none.
NORMAL_WEIGHT = 2


class Budgets:
    """Reads and writes ``STATE.BUDGETS``, and reads who holds leases in ``STATE.SYNCS``."""

    def __init__(self, database: Database) -> None:
        """Statements name the application's database: CREATE DATABASE changes the current one."""
        self._database = database
        self._state = f"{sql.name(database.application)}.STATE"

    def find(self, fingerprint: str) -> Usage | None:
        """The usage last reported to a run with this credential; None when there was none."""
        rows = self._database.rows(
            "SELECT DAILY_LIMIT, USED, DATE_PART(EPOCH_MILLISECOND, RESETS_AT) AS RESETS_AT, "
            "DATE_PART(EPOCH_MILLISECOND, CHECKED_AT) AS CHECKED_AT, APPS "
            f"FROM {self._state}.BUDGETS WHERE FINGERPRINT = ?",
            (fingerprint,),
        )
        if not rows:
            return None
        row = rows[0]
        return Usage(
            int(row["DAILY_LIMIT"]),
            int(row["USED"]),
            None if row["RESETS_AT"] is None else int(row["RESETS_AT"]),
            int(row["CHECKED_AT"]),
            tuple((str(name), int(used)) for name, used in variant(row["APPS"]) or ()),
        )

    def save(self, fingerprint: str, usage: Usage, reserve_percent: float) -> None:
        """Store a reported usage, unless a newer one is stored already."""
        self._database.rows(
            f"MERGE INTO {self._state}.BUDGETS t USING (SELECT ? AS FINGERPRINT, ? AS DAILY_LIMIT, "
            f"? AS USED, {INSTANT} AS RESETS_AT, {INSTANT} AS CHECKED_AT, ? AS RESERVE_PERCENT, "
            "PARSE_JSON(?) AS APPS) s ON t.FINGERPRINT = s.FINGERPRINT "
            "WHEN MATCHED AND t.CHECKED_AT <= s.CHECKED_AT THEN UPDATE SET "
            "DAILY_LIMIT = s.DAILY_LIMIT, USED = s.USED, RESETS_AT = s.RESETS_AT, "
            "CHECKED_AT = s.CHECKED_AT, RESERVE_PERCENT = s.RESERVE_PERCENT, APPS = s.APPS "
            "WHEN NOT MATCHED THEN INSERT (FINGERPRINT, DAILY_LIMIT, USED, RESETS_AT, CHECKED_AT, "
            "RESERVE_PERCENT, APPS) VALUES (s.FINGERPRINT, s.DAILY_LIMIT, s.USED, s.RESETS_AT, "
            "s.CHECKED_AT, s.RESERVE_PERCENT, s.APPS)",
            (
                fingerprint,
                usage.limit,
                usage.used,
                usage.resets_at,
                usage.checked_at,
                reserve_percent,
                json.dumps(usage.apps),
            ),
        )

    def weights(self, process: str, connection: str, now: int) -> tuple[int, int]:
        """The weights of ``process`` and of all other processes together that hold a lease now.

        Only syncs of one ``connection`` count, since HubSpot limits each portal by itself.
        """
        rows = self._database.rows(
            "SELECT SUM(IFF(PROCESS = ?, WEIGHT, 0)) AS OWN, SUM(WEIGHT) AS ALL_OF_THEM FROM ("
            "SELECT IFNULL(LEASE_PROCESS, LEASE_RUN_ID) AS PROCESS, "
            "MAX(IFNULL(LEASE_WEIGHT, ?)) AS WEIGHT "
            f"FROM {self._state}.SYNCS WHERE LEASE_UNTIL >= {INSTANT} "
            "AND IFNULL(SETTINGS:connection::VARCHAR, ?) = ? "
            "GROUP BY IFNULL(LEASE_PROCESS, LEASE_RUN_ID))",
            (process, NORMAL_WEIGHT, now, DEFAULT_CONNECTION, connection),
        )
        own, together = int(rows[0]["OWN"] or 0), int(rows[0]["ALL_OF_THEM"] or 0)
        return own, together - own
