"""Says in a sentence what a run did."""

from __future__ import annotations

from hubspot_ingest.database.state.runs import RunLog


def success_message(log: RunLog) -> str:
    """What a run that succeeded did, in a sentence."""
    changed = log.rows_inserted + log.rows_updated + log.rows_deleted
    message = (
        f"{log.rows_read} {log.stream} read" if log.rows_read else (f"no {log.stream} to read")
    )
    message += (
        f", {log.rows_inserted} inserted and {log.rows_updated} updated in {log.destination}"
        if changed or log.rows_read
        else "; nothing was changed"
    )
    if log.rows_deleted:
        message += f", {log.rows_deleted} marked as deleted"
    return message
