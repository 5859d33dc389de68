"""STOP_SYNC and STOP_PUSH: ask what holds a lease to stop, and say what becomes of that."""

from __future__ import annotations

from hubspot_ingest import times
from hubspot_ingest.database.state.audit_log import Changed
from hubspot_ingest.database.state.progress import LEASE
from hubspot_ingest.database.state.stop_requests import StopRequests
from hubspot_ingest.errors import Refusal
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context

# Who renews its lease renews it each minute; two of them passed over are no accident.
SILENT = 2 * times.MINUTE + times.MINUTE // 2


def ask(
    context: Context, kind: Changed, name: str, run_id: str | None, lease_until: int | None
) -> dict[str, Json]:
    """Ask the run that holds the lease of a sync or push to stop.

    ``lease_until`` is in epoch ms, None where the lease was given back. Raises ``Refusal``
    (``NOTHING_RUNS``) where nothing holds it.
    """
    now = context.clock.now()
    if run_id is None or lease_until is None:
        raise _nothing_runs(f"nothing goes on with {name}, so nothing was stopped")
    if lease_until < now:
        raise _nothing_runs(
            f"run {run_id} of {name} was killed: its lease ended at {times.iso(lease_until)}; "
            "nothing was stopped, and the next run carries on from its rows"
        )
    is_new = StopRequests(context.database).add(run_id, name, now)
    if is_new:
        context.note_change(kind, name, None, {"run_id": run_id})
    asked = "is asked" if is_new else "was asked before"
    alive_at = lease_until - LEASE
    message = (
        f"run {run_id} of {name} {asked} to stop; it ends as STOPPED the next time it says that it "
        "is alive, as a rule within a minute: what it did stays, and the next run carries on"
    )
    if now - alive_at > SILENT:
        message += (
            f"; it said so last at {times.iso(alive_at)}, so its process may be dead: then nothing "
            f"is left to stop, and another run can begin after {times.iso(lease_until)}"
        )
    return {
        "response_code": "OK",
        "message": message,
        "run_id": run_id,
        "alive_at": times.iso(alive_at),
        "lease_until": times.iso(lease_until),
    }


def _nothing_runs(message: str) -> Refusal:
    return Refusal(message, code="NOTHING_RUNS")
