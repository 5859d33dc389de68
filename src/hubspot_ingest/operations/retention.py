"""Once a day: prunes what is remembered of runs, and removes what their staging left behind."""

from __future__ import annotations

from hubspot_ingest import telemetry, times
from hubspot_ingest.database import cleanup
from hubspot_ingest.database.state.retention import Retention
from hubspot_ingest.database.state.stored_state import StoredState
from hubspot_ingest.errors import IngestError
from hubspot_ingest.operations.context import Context


def after_runs(context: Context, stored: StoredState) -> None:
    """Delete what is older than it is kept, by the first runs of a day (UTC).

    ``stored`` was read before them. A failure fails no run.
    """
    today = context.clock.now() // times.DAY
    if any(
        sync.settled_through is not None and sync.settled_through // times.DAY < today
        for sync in stored.syncs.values()
    ):
        once_a_day(context, stored)


def once_a_day(context: Context, stored: StoredState) -> None:
    """As ``after_runs``, where it is known that runs of earlier days may be remembered."""
    now = context.clock.now()
    if stored.pruned_at is not None and stored.pruned_at // times.DAY == now // times.DAY:
        return
    retention = Retention(context.database)
    try:
        if retention.begin(now):
            # first what needs the rows of runs that are deleted
            retention.delete_requests(now - stored.app.keep_requests_days * times.DAY)
            retention.delete_runs(now - stored.app.keep_runs_days * times.DAY)
            # COPY does not say which files it could not purge
            cleanup.clear(context.database)
    except IngestError as error:
        telemetry.error("old runs were not deleted", response_code=error.response_code)
