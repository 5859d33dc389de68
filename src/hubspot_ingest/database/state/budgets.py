"""The portal's daily limit as last reported, and how running syncs share its rate limits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database, variant
from hubspot_ingest.model import Json, Usage

# The weight of a run by an earlier version, which stored none.
NORMAL_WEIGHT = 2


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """A process that holds the lease of a sync or a push on a connection.

    ``portal`` is the id of the portal it leads to, None while that is not known.
    """

    process: str
    connection: str
    weight: int
    portal: str | None = None


class Budgets:
    """Reads what runs were told of the day of requests, and who holds leases."""

    def __init__(self, database: Database) -> None:
        """Statements name the application's database: CREATE DATABASE changes the current one."""
        self._database = database
        application = sql.name(database.application)
        self._state, self._internal = f"{application}.STATE", f"{application}.INTERNAL"

    @staticmethod
    def all_usages(internal: str) -> str:
        """Selects all usages that were last reported, in one ARRAY; ``internal`` is the schema."""
        return (
            "SELECT ARRAY_AGG(OBJECT_CONSTRUCT('fingerprint', FINGERPRINT, 'limit', DAILY_LIMIT, "
            "'used', USED, 'resets_at', DATE_PART(EPOCH_MILLISECOND, RESETS_AT), "
            "'checked_at', DATE_PART(EPOCH_MILLISECOND, CHECKED_AT), 'apps', APPS)) AS USAGES "
            f"FROM {internal}.DAILY_USAGES"
        )

    def find(self, fingerprint: str) -> Usage | None:
        """The usage last reported to a run with this credential; None when there was none."""
        [row] = self._database.rows(self.all_usages(self._internal))
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


def lease_holders(internal: str) -> str:
    """Selects who holds a lease, in one ARRAY; ``internal`` is the schema, binds: now."""
    return (
        "SELECT ARRAY_AGG(OBJECT_CONSTRUCT('process', LEASE_PROCESS, "
        "'connection', CONNECTION_NAME, 'portal', PORTAL_ID, "
        f"'weight', IFNULL(LEASE_WEIGHT, {NORMAL_WEIGHT}))) AS HOLDERS "
        f"FROM {internal}.LEASES WHERE LEASE_UNTIL >= {sql.INSTANT}"
    )


def weight_of_others(
    holders: Iterable[LeaseHolder], process: str, connection: str, portal: str | None = None
) -> int:
    """The weights of all processes but one together that hold a lease.

    Only those of one connection count and of others that lead to its ``portal``, where that is
    known: HubSpot limits each portal by itself, whatever the credential.
    """
    weights: dict[str, int] = {}
    for holder in holders:
        same = holder.connection == connection or (portal is not None and holder.portal == portal)
        if same and holder.process != process:
            weights[holder.process] = max(holder.weight, weights.get(holder.process, 0))
    return sum(weights.values())


def stored_usage(stored: Mapping[str, Any]) -> Usage:
    """A usage as it is stored."""
    return Usage(
        int(stored["limit"]),
        int(stored["used"]),
        stored.get("resets_at"),
        int(stored["checked_at"]),
        tuple((str(name), int(used)) for name, used in variant(stored.get("apps")) or ()),
    )


def usage_json(fingerprint: str, usage: Usage, reserve_percent: float) -> dict[str, Json]:
    """A usage as it is stored; ``reserve_percent`` is for those who look at it."""
    return {
        "fingerprint": fingerprint,
        "limit": usage.limit,
        "used": usage.used,
        "resets_at": usage.resets_at,
        "checked_at": usage.checked_at,
        "reserve_percent": reserve_percent,
        "apps": [[name, used] for name, used in usage.apps],
    }
