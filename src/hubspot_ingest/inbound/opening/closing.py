"""Ends runs: how far their tables are settled, their rows of RUNS, their state, together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state import progress
from hubspot_ingest.database.state.progress import StateWriter, refusals, release
from hubspot_ingest.database.state.runs import RunLog, Runs
from hubspot_ingest.errors import DatabaseError, IngestError, StateOutdated
from hubspot_ingest.inbound.load.destination import ExistingTable
from hubspot_ingest.inbound.load.table_views import TableViews
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context
from hubspot_ingest.operations.internal_errors import reportable_error


@dataclass(frozen=True, slots=True)
class Settlement:
    """Through when a table, as it is by now, is settled by a run (epoch ms).

    ``fingerprint`` is of the views that it is to have, None: whatever views it has.
    """

    views: TableViews
    until: int
    existing_table: ExistingTable
    fingerprint: str | None

    @property
    def schema(self) -> tuple[str, str]:
        """Database and schema of the table."""
        database, schema, _ = self.views.settings.place
        return database, schema


@dataclass(eq=False)
class EndingRun:
    """What a run leaves to be written when it has ended; ``notes`` belong into its message.

    ``tables_changed``: a table or a column came with it, or its stream was read to its end for
    the first time.
    """

    log: RunLog
    writer: StateWriter
    errors: list[tuple[str, str]] = field(default_factory=list)
    settlement: Settlement | None = None
    notes: list[str] = field(default_factory=list)
    ended_at: int = 0
    tables_changed: bool = False

    def settle(
        self, views: TableViews, until: int, existing_table: ExistingTable, fingerprint: str
    ) -> None:
        """The table is settled through ``until``, once that is stored; if it has any columns."""
        if existing_table.types:
            self.settlement = Settlement(views, until, existing_table, fingerprint)

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
    """Do a work for runs together, else for each by itself; returns those for which it failed."""
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
    """Move what is settled of the runs' tables, in one statement for each schema.

    Views that are not up to date are brought so before. Nothing moves for a run whose sync is not
    its own any more.
    """
    by_schema: dict[tuple[str, str], list[tuple[EndingRun, Settlement]]] = {}
    for run in runs:
        if run.settlement is not None:
            by_schema.setdefault(run.settlement.schema, []).append((run, run.settlement))
    for group in by_schema.values():
        if _moved(context.database, group) == len(group):
            continue
        for run, settlement in group:
            if len(group) > 1 and _moved(context.database, [(run, settlement)]):
                continue
            if refusals([run.writer]) == [None]:
                settlement.views.update(settlement.existing_table, loaded=False)
                # what kept the views from being made is on record already
                _moved(context.database, [(run, replace(settlement, fingerprint=None))])


def _moved(database: Database, group: Sequence[tuple[EndingRun, Settlement]]) -> int:
    """Move what is settled of tables of one schema; returns of how many."""
    rows: list[dict[str, Json]] = []
    for run, settlement in group:
        sync, version, run_id = run.writer.key
        _, _, table = settlement.views.settings.place
        key: dict[str, Json] = {"sync": sync, "version": version, "run_id": run_id}
        views = settlement.fingerprint
        rows.append({**key, "table": table, "views": views, "until": settlement.until})
    with suppress(DatabaseError):
        return progress.settle(database, group[0][1].schema, rows)
    return 0


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
