"""The portal's daily limit as last reported, and how running syncs share its rate limits."""

from __future__ import annotations

import json

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database, variant
from hubspot_ingest.database.state.stored_state import (
    LeaseHolder,
    daily_usages,
    lease_holders,
    stored_usage,
)
from hubspot_ingest.model import Json, Usage


class Budgets:
    """Reads what runs were told of the day of requests, and who holds leases."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state = database.in_application("STATE")
        self._internal = database.in_application("INTERNAL")

    def find(self, fingerprint: str) -> Usage | None:
        """The usage last reported to a run with this credential; None when there was none."""
        [row] = self._database.rows(daily_usages(self._internal))
        usages = {each["fingerprint"]: each for each in variant(row["USAGES"]) or ()}
        return stored_usage(usages[fingerprint]) if fingerprint in usages else None

    def add(self, usage: dict[str, Json] | None) -> None:
        """Keep a usage as ``usage_json`` has it, by who adds no state of a sync; None: nothing."""
        if usage is not None:
            self._database.rows(
                f"INSERT INTO {self._state}.BUDGETS (FINGERPRINT, DAILY_LIMIT, USED, RESETS_AT, "
                f"CHECKED_AT, RESERVE_PERCENT, APPS) SELECT ?, ?, ?, {sql.INSTANT}, {sql.INSTANT}, "
                "?, PARSE_JSON(?)",
                (*[*usage.values()][:-1], json.dumps(usage["apps"])),
            )

    def holders(self, now: int) -> list[LeaseHolder]:
        """Who holds a lease now."""
        [row] = self._database.rows(lease_holders(self._internal), (now,))
        return [LeaseHolder(**each) for each in variant(row["HOLDERS"]) or ()]
