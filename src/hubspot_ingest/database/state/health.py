"""How syncs, leases, tasks and staging stand, for DOCTOR. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import INSTANT, name


@dataclass(frozen=True, slots=True)
class Health:
    """How a sync is, as the view SYNCS tells it."""

    sync: str
    health: str
    message: str


def credentials(database: Database) -> dict[str, tuple[str, int | None]]:
    """The kind of each connection's credential and when it was stored (epoch ms)."""
    found = database.rows(
        "SELECT NAME, KIND, DATE_PART(EPOCH_MILLISECOND, CREATED_AT) AS CREATED_AT "
        f"FROM {name(database.application)}.STATE.CONNECTIONS WHERE KIND IS NOT NULL ORDER BY SLOT"
    )
    return {
        one["NAME"]: (one["KIND"], None if one["CREATED_AT"] is None else int(one["CREATED_AT"]))
        for one in found
    }


def health(database: Database) -> list[Health]:
    """How the enabled syncs are."""
    found = database.rows(
        "SELECT NAME, HEALTH, LAST_MESSAGE "
        f"FROM {name(database.application)}.CORE.SYNCS WHERE ENABLED ORDER BY NAME"
    )
    return [Health(one["NAME"], one["HEALTH"], one["LAST_MESSAGE"] or "") for one in found]


def dead_leases(database: Database, now: int) -> list[str]:
    """Syncs whose run was killed and not followed by another: its lease is over."""
    found = database.rows(
        f"SELECT NAME FROM {name(database.application)}.STATE.SYNCS "
        f"WHERE LEASE_RUN_ID IS NOT NULL AND LEASE_UNTIL < {INSTANT} ORDER BY NAME",
        (now,),
    )
    return [str(one["NAME"]) for one in found]


def tasks(database: Database) -> dict[str, str]:
    """The tasks of the application and whether they are ``started`` or ``suspended``."""
    found = database.rows(f"SHOW TASKS IN SCHEMA {name(database.application)}.TASKS")
    return {str(one["name"]): str(one["state"]).lower() for one in found}


def landed(database: Database) -> set[str]:
    """Syncs of which rows came into their tables."""
    found = database.rows(
        f"SELECT DISTINCT SYNC FROM {name(database.application)}.STATE.RUNS WHERE ROWS_INSERTED > 0"
    )
    return {str(one["SYNC"]) for one in found}


def certificates(database: Database) -> dict[str, tuple[str, int]]:
    """The result of each enabled sync's last comparison with HubSpot, and when it was (ms)."""
    state = f"{name(database.application)}.STATE"
    found = database.rows(
        "SELECT c.SYNC, c.RESULT, DATE_PART(EPOCH_MILLISECOND, c.CHECKED_AT) AS CHECKED_AT "
        f"FROM {state}.COMPLETENESS c JOIN {state}.SYNCS s ON s.NAME = c.SYNC WHERE s.ENABLED "
        "QUALIFY ROW_NUMBER() OVER (PARTITION BY c.SYNC ORDER BY c.CHECKED_AT DESC) = 1 "
        "ORDER BY c.SYNC"
    )
    return {str(one["SYNC"]): (str(one["RESULT"]), int(one["CHECKED_AT"])) for one in found}


def specifications(database: Database) -> list[tuple[str, str, int]]:
    """What the application asks an administrator to approve: name, status, sequence number."""
    found = database.rows(f"SHOW SPECIFICATIONS IN APPLICATION {name(database.application)}")
    return [
        (str(one["name"]), str(one["status"]).upper(), int(one["sequence_number"])) for one in found
    ]
