"""EXPLAIN_ROW for a push: why a row is so in HubSpot, or not there, by what the app remembers."""

from __future__ import annotations

from hubspot_ingest.database.state.push_ledger import Ledger
from hubspot_ingest.database.state.push_links import PushLinks
from hubspot_ingest.database.state.push_store import Push
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context

_REASONS = {
    "SYNCED": "HubSpot acknowledged what was last sent for it",
    "KEPT": "somebody changed it in HubSpot, and that is kept",
    "INVALID": "it was not sent, as HubSpot would not take it",
    "REJECTED": "HubSpot refused it",
    "WAITING": "it waits for a record that it is to be associated with",
    "SKIPPED": "it is left alone",
    "UNKNOWN": "HubSpot's answer was lost, and nobody knows whether it was written",
    "REMOVED": "it is gone from the source, and its record was treated as removed_rows says",
}


def explain_push_row(context: Context, push: Push, key: str) -> dict[str, Json]:
    """What is known of one row of a push; no request to HubSpot."""
    row = Ledger(context.database, push.name).find(key)
    if row is None:
        return {
            "response_code": "OK",
            "message": f"no run of {push.name} has looked at a row with the key {key!r}: it is not "
            f"in the source, or was not when the push last ran; see CALL plan_push('{push.name}')",
            "push": push.name,
            "row_key": key,
            "state": None,
        }
    reason = _REASONS.get(str(row["STATE"]), "")
    if row["MESSAGE"]:
        reason += f": {row['MESSAGE']}"
    links: list[Json] = [
        {
            "column": link["COLUMN_NAME"],
            "to": link["TO_KEY"],
            "label": link["LABEL"],
            "state": link["STATE"],
            "code": link["CODE"],
        }
        for link in PushLinks(context.database, push.name).of_rows([key])
    ]
    return {
        "response_code": "OK",
        "message": f"the row {key} of {push.name} is {row['STATE']}: {reason}",
        "push": push.name,
        "row_key": key,
        "record_id": row["RECORD_ID"],
        "state": row["STATE"],
        "code": row["CODE"],
        "property": row["PROPERTY"],
        "run_id": row["RUN_ID"],
        "sent": row["SENT"],
        "links": links,
    }
