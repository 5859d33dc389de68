"""Finds and removes the staging tables and staged files that killed runs left behind.

COPY does not report files it failed to purge, so they have to be looked for.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import name
from hubspot_ingest.errors import DatabaseError


def left_over(database: Database) -> tuple[list[str], Counter[str]]:
    """What runs that have ended left: names of staging tables, and how many staged files by run."""
    rows = database.rows(
        f"SELECT TABLE_NAME FROM {database.in_application('INFORMATION_SCHEMA.TABLES')} "
        "WHERE TABLE_SCHEMA = 'STAGING' AND STARTSWITH(TABLE_NAME, 'LOAD_') ORDER BY TABLE_NAME"
    )
    tables = [str(row["TABLE_NAME"]) for row in rows]
    # a listed name begins with the name of the stage
    run_ids = [str(row["name"]).split("/")[1] for row in database.rows(f"LIST {_stage(database)}")]
    # read afterwards: a run that began in between made none of these
    running = tuple(_running_ids(database)) if tables or run_ids else ()
    making = tuple(f"LOAD_{run_id}".upper() for run_id in running)
    return (
        [table for table in tables if not table.startswith(making)],
        Counter(run_id for run_id in run_ids if not run_id.startswith(running)),
    )


def clear(database: Database) -> None:
    """Remove what ended runs left behind; what cannot be removed is tried again next time."""
    with suppress(DatabaseError):
        tables, counts = left_over(database)
        for table in tables:
            database.rows(f"DROP TABLE IF EXISTS {_staging(database)}.{name(table)}")
        leftovers = f"{_staging(database)}.{name('LEFT_OVER')}"
        for run_id in sorted(counts):
            with suppress(DatabaseError):
                for statement in sql.delete_staged(leftovers, f"{_stage(database)}/{run_id}/"):
                    database.rows(statement)
        if counts:
            database.rows(f"DROP TABLE IF EXISTS {leftovers}")


def _running_ids(database: Database) -> list[str]:
    """Ids of the runs that go on, or that may: some were killed and are not marked so yet."""
    rows = database.rows(
        f"SELECT LEASE_RUN_ID AS RUN_ID FROM {database.in_application('INTERNAL.SYNC_STATES')} "
        "WHERE LEASE_UNTIL IS NOT NULL "
        f"UNION SELECT RUN_ID FROM {database.in_application('STATE.RUNS')} WHERE STATUS = 'RUNNING'"
    )
    return [str(row["RUN_ID"]) for row in rows]


def _staging(database: Database) -> str:
    return database.in_application("STAGING")


def _stage(database: Database) -> str:
    return f"@{_staging(database)}.LOADS"
