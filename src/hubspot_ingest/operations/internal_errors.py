"""What becomes of an exception that nobody foresaw: an id in the answer, its trace in ERRORS."""

from __future__ import annotations

from contextlib import suppress

from hubspot_ingest import telemetry
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.runs import RunLog, Runs
from hubspot_ingest.errors import IngestError


def reportable_error(
    database: Database | None,
    raised: Exception,
    now: int,
    *,
    run_id: str | None = None,
    sync: str = "",
) -> IngestError:
    """The error to answer with: ``raised`` itself where it has a code of its own.

    Of any other the answer is ``INTERNAL_ERROR`` with an id, once its trace was written down: to
    the event table and, where there is a database that takes it, to ERRORS. Never raises: the
    answer comes whatever else is broken.
    """
    if isinstance(raised, IngestError):
        return raised
    error_id, trace = telemetry.internal_error(raised, run_id=run_id, sync=sync or None)
    began = (
        f"unexpected internal error {error_id}; no data was changed beyond what was committed "
        "before it; report the id "
    )
    code = IngestError.code
    try:
        if database is None:
            raise IngestError("no database")
        message = f"internal error {error_id}: {trace}"
        Runs(database).log_error(run_id, sync, code, message, now)
    except Exception:
        return IngestError(
            f"{began}(ERRORS could not be written; the event table has its trace, if one is set up)"
        )
    return IngestError(
        f"{began}with what SELECT MESSAGE FROM CORE.ERRORS WHERE MESSAGE LIKE "
        f"'internal error {error_id}%' shows: places in the code, none of your data"
    )


def fail_run(database: Database, log: RunLog, raised: Exception, now: int) -> None:
    """End a run with what ended it. Raises ``DatabaseError`` where a foreseen one is not stored."""
    error = reportable_error(database, raised, now, run_id=log.run_id, sync=log.sync)
    runs = Runs(database)
    if error is raised:
        runs.fail(log, error, now)
        return
    # the answer names the id even where RUNS cannot be written
    with suppress(Exception):
        runs.fail(log, error, now, logged=True)
