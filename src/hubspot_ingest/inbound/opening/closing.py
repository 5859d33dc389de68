"""Ends runs: how far their tables are settled, their rows of RUNS, their state, together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.progress import StateWriter, refusals, release
from hubspot_ingest.database.state.runs import RunLog, Runs
from hubspot_ingest.errors import IngestError, StateOutdated
from hubspot_ingest.inbound.load.destination import ExistingTable
from hubspot_ingest.inbound.load.table_views import Settlement, TableViews, settle_together
from hubspot_ingest.operations.context import Context
from hubspot_ingest.operations.internal_errors import reportable_error


@dataclass(eq=False)
class EndingRun:
    """What a run leaves to be written when it has ended; ``notes`` belong into its message.

    ``tables_changed``: a table or a column came with it, or its stream was read to its end for
    the first time.
    """

    log: RunLog
    writer: StateWriter
    errors: list[tuple[str, str]] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ended_at: int = 0
    tables_changed: bool = False

    def settle(self, views: TableViews, until: int, existing_table: ExistingTable) -> None:
        """The table is settled through ``until``, once that is stored."""
        self.settlements = [Settlement(views, until, existing_table, self.writer)]

    def note_change(self) -> None:
        """A table or a column came with the run, or the first end of its stream."""
        self.tables_changed = True

    def fail(self, database: Database, raised: Exception, now: int) -> None:
        """The run ended with an error, which goes into ERRORS; of an unforeseen one its trace."""
        self.log.fail(self.noted(database, raised, now), now)

    def noted(
        self, database: Database, raised: Exception, now: int, before: str = ""
    ) -> IngestError:
        """The error as it is told, once it is noted for ERRORS with ``before`` in front."""
        run_id, sync = self.log.run_id, self.log.sync
        error = reportable_error(database, raised, now, run_id=run_id, sync=sync)
        if before or error is raised:
            self.errors.append((error.response_code, before + error.message))
        return error


def close_runs(context: Context, runs: Sequence[EndingRun]) -> None:
    """Store how runs ended, and give their leases back, in as few statements as that takes.

    A run whose settings or lease are not its own any more ends with that as its reason. The lease
    comes last, so that no other run begins in between: a run that is killed here is begun again.
    What cannot be stored fails its run and no other.
    """
    _each(context, runs, _settle)
    for run in runs:
        if run.log.status == "SUCCEEDED":
            run.log.message = "; ".join([run.log.message, *run.notes])
    rowless = _each(context, _each(context, runs, _add_rows), _add_rows)
    # the next run ends one that holds its lease and has no row
    failed = _each(context, [run for run in runs if run not in rowless], _release)
    _each(context, failed, _add_rows)


_Work = Callable[[Context, Sequence[EndingRun]], None]


def _each(context: Context, runs: Sequence[EndingRun], work: _Work) -> list[EndingRun]:
    """Do a work for runs together, else for each by itself; returns those that it failed."""
    if not runs:
        return []
    try:
        work(context, runs)
    except Exception as error:
        if len(runs) > 1:
            return [failed for run in runs for failed in _each(context, [run], work)]
        [run] = runs
        if run.log.status == "SUCCEEDED":
            run.fail(context.database, error, context.clock.now())
        return [run]
    return []


def _settle(context: Context, runs: Sequence[EndingRun]) -> None:
    settle_together(context.database, [each for run in runs for each in run.settlements])


def _add_rows(context: Context, runs: Sequence[EndingRun]) -> None:
    stored_runs = Runs(context.database)
    if stored_runs.end([(run.log, run.writer.version) for run in runs]) < len(runs):
        _add_refused(context, runs)
    _log_errors(context, runs)


def _add_refused(context: Context, runs: Sequence[EndingRun]) -> None:
    """End runs whose sync is not their own any more; the others have their rows."""
    stored_runs, now = Runs(context.database), context.clock.now()
    refused = refusals([run.writer for run in runs])
    for run, refusal in zip(runs, refused, strict=True):
        if refusal is None:
            # somebody may have taken it for dead
            stored_runs.save(run.log)
        elif run.log.response_code == "OK":
            run.fail(context.database, refusal, now)
    if ended := [run for run, refusal in zip(runs, refused, strict=True) if refusal is not None]:
        stored_runs.end([(run.log, run.writer.version) for run in ended])
    for run, refusal in zip(runs, refused, strict=True):
        if isinstance(refusal, StateOutdated):
            # it may have come after the row
            stored_runs.save(run.log)


def _log_errors(context: Context, runs: Sequence[EndingRun]) -> None:
    errors = [
        (run.log.run_id, run.log.sync, code, message)
        for run in runs
        for code, message in run.errors
    ]
    if errors:
        Runs(context.database).log_errors(errors, context.clock.now())
    for run in runs:
        run.errors.clear()


def _release(context: Context, runs: Sequence[EndingRun]) -> None:
    """Give the leases back; a run whose sync was changed since its row was added says so.

    One whose lease was taken since then has ended before that.
    """
    refused = release([run.writer for run in runs])
    for run, refusal in zip(runs, refused, strict=True):
        if isinstance(refusal, StateOutdated):
            if run.log.response_code == "OK":
                run.fail(context.database, refusal, context.clock.now())
            Runs(context.database).save(run.log)
            _log_errors(context, [run])
