"""Ends runs: their state, how far their tables are settled, and their rows of RUNS, together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.progress import StateWriter, add_states
from hubspot_ingest.database.state.runs import RunLog, Runs
from hubspot_ingest.errors import IngestError
from hubspot_ingest.inbound.load.destination import ExistingTable
from hubspot_ingest.inbound.load.table_views import Settlement, TableViews, settle_together
from hubspot_ingest.operations.context import Context
from hubspot_ingest.operations.internal_errors import reportable_error


@dataclass
class EndingRun:
    """What a run leaves to be written when it has ended; ``notes`` belong into its message."""

    log: RunLog
    writer: StateWriter
    errors: list[tuple[str, str]] = field(default_factory=list)
    settlements: list[Settlement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ended_at: int = 0

    def settle(self, views: TableViews, until: int, existing_table: ExistingTable) -> None:
        """The table is settled through ``until``, once that is stored."""
        self.settlements = [Settlement(views, until, existing_table)]

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
    """Store what runs have come to and give their leases back, in as few statements as that takes.

    A run whose settings or lease are not its own any more ends with that as its reason.
    """
    database = context.database
    refusals = add_states(database, [run.writer.row(None) for run in runs])
    now = context.clock.now()
    for run, refusal in zip(runs, refusals, strict=True):
        if refusal is None:
            continue
        run.settlements.clear()
        if run.log.response_code == "OK":
            run.fail(database, refusal, now)
    settle_together(database, [settlement for run in runs for settlement in run.settlements])
    for run in runs:
        if run.log.status == "SUCCEEDED":
            run.log.message = "; ".join([run.log.message, *run.notes])
    stored_runs = Runs(database)
    stored_runs.add([run.log for run in runs])
    for run in runs:
        for code, message in run.errors:
            stored_runs.log_error(run.log.run_id, run.log.sync, code, message, now)
