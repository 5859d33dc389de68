"""Read-only queries for DOCTOR: the health of syncs, leases, tasks, credentials and approvals."""

from __future__ import annotations

from dataclasses import dataclass

from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import INSTANT


@dataclass(frozen=True, slots=True)
class Health:
    """A sync's health and its last message, from the view SYNCS."""

    sync: str
    health: str
    message: str


@dataclass(frozen=True, slots=True)
class PushHealth:
    """A push's health from the view PUSHES; ``is_killed``: its last run was, and none followed."""

    name: str
    health: str
    message: str
    refused: int
    unsure: int
    is_killed: bool


def credentials(database: Database) -> dict[str, tuple[str, int | None]]:
    """The kind of each connection's credential and when it was stored (epoch ms)."""
    rows = database.rows(
        "SELECT NAME, KIND, DATE_PART(EPOCH_MILLISECOND, CREATED_AT) AS CREATED_AT "
        f"FROM {database.in_application('STATE.CONNECTIONS')} WHERE KIND IS NOT NULL ORDER BY SLOT"
    )
    return {
        row["NAME"]: (row["KIND"], None if row["CREATED_AT"] is None else int(row["CREATED_AT"]))
        for row in rows
    }


def health(database: Database) -> list[Health]:
    """The health of the enabled syncs."""
    rows = database.rows(
        "SELECT NAME, HEALTH, LAST_MESSAGE "
        f"FROM {database.in_application('CORE.SYNCS')} WHERE ENABLED ORDER BY NAME"
    )
    return [Health(row["NAME"], row["HEALTH"], row["LAST_MESSAGE"] or "") for row in rows]


def push_health(database: Database, now: int) -> list[PushHealth]:
    """The health of the enabled pushes."""
    rows = database.rows(
        "SELECT p.NAME, p.HEALTH, p.LAST_MESSAGE, p.ROWS_REJECTED, p.ROWS_UNKNOWN, "
        f"IFNULL(leased.LEASE_UNTIL < {INSTANT}, FALSE) AS KILLED "
        f"FROM {database.in_application('CORE.PUSHES')} p "
        f"JOIN {database.in_application('STATE.PUSHES')} leased ON leased.NAME = p.NAME "
        "WHERE p.ENABLED ORDER BY p.NAME",
        (now,),
    )
    return [
        PushHealth(
            str(row["NAME"]),
            str(row["HEALTH"]),
            row["LAST_MESSAGE"] or "",
            int(row["ROWS_REJECTED"]),
            int(row["ROWS_UNKNOWN"]),
            bool(row["KILLED"]),
        )
        for row in rows
    ]


def dead_leases(database: Database, now: int) -> list[str]:
    """Syncs whose last run was killed: its lease was never released and has expired."""
    rows = database.rows(
        f"SELECT NAME FROM {database.in_application('INTERNAL.SYNC_STATES')} "
        f"WHERE LEASE_UNTIL < {INSTANT} ORDER BY NAME",
        (now,),
    )
    return [str(row["NAME"]) for row in rows]


def tasks(database: Database) -> dict[str, str]:
    """The tasks of the application and whether they are ``started`` or ``suspended``."""
    rows = database.rows(f"SHOW TASKS IN SCHEMA {database.in_application('TASKS')}")
    return {str(row["name"]): str(row["state"]).lower() for row in rows}


def landed(database: Database) -> set[str]:
    """Syncs that have inserted rows into their tables."""
    rows = database.rows(
        f"SELECT DISTINCT SYNC FROM {database.in_application('STATE.RUNS')} WHERE ROWS_INSERTED > 0"
    )
    return {str(row["SYNC"]) for row in rows}


@dataclass(frozen=True, slots=True)
class CertificateHealth:
    """The last comparison of a sync with HubSpot, at ``checked_at`` (epoch ms).

    ``outdated_by`` says what came after it, so that it says nothing of the table as it is; None:
    it holds.
    """

    sync: str
    result: str
    checked_at: int
    outdated_by: str | None


def certificates(database: Database) -> list[CertificateHealth]:
    """The last comparison of each enabled sync with HubSpot, by name.

    One that was made for what the sync read before says nothing of what it reads now.
    """
    rows = database.rows(
        "SELECT c.SYNC, c.RESULT, DATE_PART(EPOCH_MILLISECOND, c.CHECKED_AT) AS CHECKED_AT, "
        f"c.OUTDATED_BY FROM {database.in_application('CORE.COMPLETENESS')} c "
        f"JOIN {database.in_application('STATE.SYNCS')} s ON s.NAME = c.SYNC "
        "WHERE s.ENABLED AND IFNULL(c.OUTDATED_BY, '') "
        "NOT IN ('CONFIGURE_SYNC', 'RESET_SYNC', 'TABLE_CHANGED') "
        "QUALIFY ROW_NUMBER() OVER (PARTITION BY c.SYNC ORDER BY c.CHECKED_AT DESC) = 1 "
        "ORDER BY c.SYNC"
    )
    return [
        CertificateHealth(
            str(row["SYNC"]), str(row["RESULT"]), int(row["CHECKED_AT"]), row["OUTDATED_BY"]
        )
        for row in rows
    ]


def specifications(database: Database) -> list[tuple[str, str, int]]:
    """The specifications an administrator has to approve: name, status, sequence number."""
    # its own, which an application asks for without a name (Snowflake, "SHOW SPECIFICATIONS")
    rows = database.rows("SHOW SPECIFICATIONS")
    return [
        (str(row["name"]), str(row["status"]).upper(), int(row["sequence_number"])) for row in rows
    ]
