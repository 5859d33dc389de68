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


def left_over(database: Database, now: int) -> list[str]:
    """Staging tables of runs that are over."""
    application = name(database.application)
    tables = database.rows(
        f"SELECT TABLE_NAME FROM {application}.INFORMATION_SCHEMA.TABLES "
        "WHERE TABLE_SCHEMA = 'STAGING' AND STARTSWITH(TABLE_NAME, 'LOAD_') ORDER BY TABLE_NAME"
    )
    going = database.rows(
        f"SELECT LEASE_RUN_ID FROM {application}.STATE.SYNCS WHERE LEASE_UNTIL >= {INSTANT}",
        (now,),
    )
    alive = tuple(f"LOAD_{one['LEASE_RUN_ID']}".upper() for one in going)
    names = [str(one["TABLE_NAME"]) for one in tables]
    return [one for one in names if not one.startswith(alive)] if alive else names
