"""Read-only queries for EXPLAIN_ROW and EXPLAIN_RUN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table, name
from hubspot_ingest.model import Json

# Separates the values of a key of several columns in one text.
KEY_SEPARATOR = "/"


def row(
    database: Database, table: Table, key: Sequence[str], id: str, types: Mapping[str, str]
) -> Mapping[str, Any] | None:
    """The row with this key, its instants as epoch milliseconds; None when there is none.

    ``types`` are the table's columns and their types.
    """
    selected = ", ".join(
        f"DATE_PART(EPOCH_MILLISECOND, {name(column)}) AS {name(column)}"
        if kind.startswith("TIMESTAMP")
        else name(column)
        for column, kind in types.items()
    )
    joined_key = f" || '{KEY_SEPARATOR}' || ".join(
        f"CAST({name(column)} AS VARCHAR)" for column in key
    )
    which = f"{name(key[0])} = ?" if len(key) == 1 else f"{joined_key} = ?"
    rows = database.rows(f"SELECT {selected} FROM {table.quoted} WHERE {which} LIMIT 1", (id,))
    return rows[0] if rows else None


def id_of_email(database: Database, table: Table, email: str, hashed: str) -> str | None:
    """The id of a row with this e-mail, of those in HubSpot before those gone; None without one.

    ``hashed`` is what the row holds where the sync hashes e-mails.
    """
    rows = database.rows(
        f"SELECT ID FROM {table.quoted} WHERE LOWER(PROPERTIES:email::VARCHAR) IN (?, ?) "
        "ORDER BY _DELETED_AT DESC NULLS FIRST LIMIT 1",
        (email.lower(), hashed),
    )
    return str(rows[0]["ID"]) if rows else None


def run(database: Database, run_id: str) -> Mapping[str, Any] | None:
    """A run's row of RUNS; None when there is none."""
    rows = database.rows(
        f"SELECT * FROM {database.in_application('INTERNAL.ALL_RUNS')} WHERE RUN_ID = ?", (run_id,)
    )
    return rows[0] if rows else None


def requests(database: Database, run_id: str) -> list[dict[str, Json]]:
    """The requests of a run by endpoint, the slowest first."""
    rows = database.rows(
        "SELECT ENDPOINT, COUNT, RETRIES, THROTTLED, SECONDS "
        f"FROM {database.in_application('CORE.REQUESTS')} WHERE RUN_ID = ? ORDER BY SECONDS DESC",
        (run_id,),
    )
    return [
        {
            "endpoint": str(row["ENDPOINT"]),
            "count": int(row["COUNT"]),
            "retries": int(row["RETRIES"]),
            "throttled": int(row["THROTTLED"]),
            "seconds": round(float(row["SECONDS"]), 3),
        }
        for row in rows
    ]


def last_run(database: Database, sync: str) -> dict[str, Json] | None:
    """How the newest run of a sync ended; None when there is none."""
    rows = database.rows(
        "SELECT RUN_ID, STATUS, RESPONSE_CODE, MESSAGE, "
        "DATE_PART(EPOCH_MILLISECOND, STARTED_AT) AS STARTED_AT "
        f"FROM {database.in_application('INTERNAL.ALL_RUNS')} WHERE SYNC = ? "
        "AND IFNULL(STRATEGY, '') <> 'RECONCILE' "
        "ORDER BY STARTED_AT DESC, RUN_ID DESC LIMIT 1",
        (sync,),
    )
    if not rows:
        return None
    row = rows[0]
    return {
        "run_id": row["RUN_ID"],
        "status": row["STATUS"],
        "response_code": row["RESPONSE_CODE"],
        "message": row["MESSAGE"],
        "started_at": times.iso(int(row["STARTED_AT"])),
    }
