"""What killed runs leave between HubSpot and the tables, and how it is cleared away.

A procedure of an owner may not REMOVE files: they go with a COPY that purges what it loaded
(Snowflake, "Understanding caller's rights and owner's rights stored procedures"; "COPY INTO
<table>"). It does not say so where it could not purge, which is why somebody has to look.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress

from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import INSTANT, name, text
from hubspot_ingest.errors import DatabaseError


def tables(database: Database, now: int) -> list[str]:
    """Staging tables of runs that are over."""
    found = database.rows(
        f"SELECT TABLE_NAME FROM {name(database.application)}.INFORMATION_SCHEMA.TABLES "
        "WHERE TABLE_SCHEMA = 'STAGING' AND STARTSWITH(TABLE_NAME, 'LOAD_') ORDER BY TABLE_NAME"
    )
    # looked at afterwards: a run that began meanwhile made none of what was found
    alive = tuple(f"LOAD_{one}".upper() for one in _alive(database, now))
    names = [str(one["TABLE_NAME"]) for one in found]
    return [one for one in names if not one.startswith(alive)] if alive else names


def files(database: Database, now: int) -> Counter[str]:
    """How many files each run that is over left on the stage, by run."""
    found = database.rows(f"LIST {_stage(database)}")
    alive = tuple(_alive(database, now))
    # what is listed begins with the stage's name
    runs = [str(one["name"]).split("/")[1] for one in found]
    return Counter(one for one in runs if not (alive and one.startswith(alive)))


def clear(database: Database, now: int) -> None:
    """Clear away what runs that are over left; what cannot be cleared stays for the next time."""
    with suppress(DatabaseError):
        for one in tables(database, now):
            database.rows(f"DROP TABLE IF EXISTS {_staging(database)}.{name(one)}")
        left = files(database, now)
        bin_ = f"{_staging(database)}.{name('LEFT_OVER')}"
        if left:
            database.rows(f"CREATE TRANSIENT TABLE IF NOT EXISTS {bin_} (FILE VARIANT)")
        for run in sorted(left):
            path = text(f"{_stage(database)}/{run}/")
            with suppress(DatabaseError):
                database.rows(
                    f"COPY INTO {bin_} FROM (SELECT $1 FROM {path}) "
                    "FILE_FORMAT = (TYPE = PARQUET) ON_ERROR = ABORT_STATEMENT PURGE = TRUE"
                )
        if left:
            database.rows(f"DROP TABLE IF EXISTS {bin_}")


def _alive(database: Database, now: int) -> list[str]:
    """Runs that go on, or may: nobody has found out yet that they were killed."""
    state = f"{name(database.application)}.STATE"
    found = database.rows(
        f"SELECT LEASE_RUN_ID AS RUN_ID FROM {state}.SYNCS WHERE LEASE_UNTIL >= {INSTANT} "
        f"UNION SELECT RUN_ID FROM {state}.RUNS WHERE STATUS = 'RUNNING'",
        (now,),
    )
    return [str(one["RUN_ID"]) for one in found]


def _staging(database: Database) -> str:
    return f"{name(database.application)}.STAGING"


def _stage(database: Database) -> str:
    return f"@{_staging(database)}.LOADS"
