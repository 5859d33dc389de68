"""What the destination and the state tell to who asks why. Reads only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table, name
from hubspot_ingest.model import Json

# The values of a key of several columns, as one text.
JOINT = "/"


def row(
    database: Database, table: Table, key: Sequence[str], id: str, types: Mapping[str, str]
) -> Mapping[str, Any] | None:
    """A row by the text of its key, with instants as epoch milliseconds; None: there is none.

    ``types`` are the table's columns and their types.
    """
    told = ", ".join(
        f"DATE_PART(EPOCH_MILLISECOND, {name(one)}) AS {name(one)}"
        if kind.startswith("TIMESTAMP")
        else name(one)
        for one, kind in types.items()
    )
    whole = f" || '{JOINT}' || ".join(f"CAST({name(one)} AS VARCHAR)" for one in key)
    which = f"{name(key[0])} = ?" if len(key) == 1 else f"{whole} = ?"
    found = database.rows(f"SELECT {told} FROM {table.quoted} WHERE {which} LIMIT 1", (id,))
    return found[0] if found else None


def run(database: Database, run_id: str) -> Mapping[str, Any] | None:
    """The row of RUNS of one run."""
    found = database.rows(
        f"SELECT * FROM {name(database.application)}.STATE.RUNS WHERE RUN_ID = ?", (run_id,)
    )
    return found[0] if found else None


def requests(database: Database, run_id: str) -> list[dict[str, Json]]:
    """What each endpoint cost a run, the slowest first."""
    found = database.rows(
        "SELECT ENDPOINT, COUNT, RETRIES, THROTTLED, SECONDS "
        f"FROM {name(database.application)}.STATE.REQUESTS WHERE RUN_ID = ? ORDER BY SECONDS DESC",
        (run_id,),
    )
    return [
        {
            "endpoint": str(one["ENDPOINT"]),
            "count": int(one["COUNT"]),
            "retries": int(one["RETRIES"]),
            "throttled": int(one["THROTTLED"]),
            "seconds": round(float(one["SECONDS"]), 3),
        }
        for one in found
    ]


def last_run(database: Database, sync: str) -> dict[str, Json] | None:
    """How the newest run of a sync went."""
    found = database.rows(
        "SELECT RUN_ID, STATUS, RESPONSE_CODE, MESSAGE, "
        "DATE_PART(EPOCH_MILLISECOND, STARTED_AT) AS STARTED_AT "
        f"FROM {name(database.application)}.STATE.RUNS WHERE SYNC = ? "
        "ORDER BY STARTED_AT DESC, RUN_ID DESC LIMIT 1",
        (sync,),
    )
    if not found:
        return None
    one = found[0]
    return {
        "run_id": one["RUN_ID"],
        "status": one["STATUS"],
        "response_code": one["RESPONSE_CODE"],
        "message": one["MESSAGE"],
        "started_at": times.iso(int(one["STARTED_AT"])),
    }
