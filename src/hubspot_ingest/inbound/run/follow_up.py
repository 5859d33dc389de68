"""What follows the main reading of a run: sweeps, a comparison, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from hubspot_ingest import times
from hubspot_ingest.database.columns import Column
from hubspot_ingest.database.state.certificates import LiveRows
from hubspot_ingest.database.state.properties import PortalSchema
from hubspot_ingest.database.state.syncs import ColumnsToFill
from hubspot_ingest.errors import (
    HubSpotRefused,
    IngestError,
    NotAnswered,
    ScopeMissing,
    StateOutdated,
    Stopped,
    StopRequested,
    SyncBusy,
    UnexpectedAnswer,
)
from hubspot_ingest.inbound.deletions import left_links
from hubspot_ingest.inbound.deletions.archived import RECYCLE_BIN
from hubspot_ingest.inbound.deletions.context import SweepContext
from hubspot_ingest.inbound.deletions.sweeps import reset_after_backfill, run_sweeps
from hubspot_ingest.inbound.extract import latest_changes
from hubspot_ingest.inbound.extract.latest_changes import NewestPage
from hubspot_ingest.inbound.load.loader import Loader
from hubspot_ingest.inbound.load.table_loader import MergeResult
from hubspot_ingest.inbound.opening.closing import EndingRun
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.inbound.opening.table_reading import TableReading
from hubspot_ingest.inbound.plan import due
from hubspot_ingest.inbound.plan.due import Due
from hubspot_ingest.inbound.plan.plan import Plan
from hubspot_ingest.inbound.reconcile.certificate import compare_and_certify, comparison_message
from hubspot_ingest.inbound.reconcile.comparison import Comparison
from hubspot_ingest.inbound.reconcile.live_count import counts_apart, settle_count
from hubspot_ingest.model import Property
from hubspot_ingest.operations.context import Context

# What each sweep looks for.
SWEEPS = {
    "links": "associations that HubSpot did not tell an earlier run were",
    "archived": "archived records were",
    "filtered": "records that left the filter were",
    "rotation": "calculated values and purged records were",
    "count": "records that HubSpot counts and the table lacks, or the other way round, were",
}


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Follows up the main reading of ``run``; ``requests`` tells how many it has sent so far."""

    run: EndingRun
    sync_state: SyncState
    context: Context
    requests: Callable[[], int]

    def steps(
        self, comparison: Comparison, newest: NewestPage | None, reading: TableReading
    ) -> Iterator[None]:
        """Sweep and compare as is due; yields whenever another run may take its turn.

        ``newest`` is the run's first search, ``reading`` the tables after its main reading.
        """
        loader, writer = comparison.repairs.loader, self.run.writer
        swept = yield from self._sweep(loader, newest, reading)
        self._log_links(loader)
        now = self.context.clock.now()
        is_due = due.comparison_due(writer.sweeps, now, self.sync_state.compare_every)
        if swept and is_due and loader.tables.existing_table.types:
            yield from self._compare(comparison)
        elif loader.unread:
            # whatever is open is looked at by the comparison of a later run
            writer.keep_sweeps(due.state_after_comparison(writer.sweeps, now, ended=False))
        self._log_unread(loader)

    def proven_until(self, until: int, hidden: Sequence[str]) -> int:
        """To where the cursor moves (epoch ms); where records are hidden, to the last full reading.

        ``hidden`` has what the search did not show, as it is told to people.
        """
        if not hidden:
            return until
        state = self.sync_state
        until = max(state.settled_through or 0, min(until, state.sweeps.proven_at or 0))
        message = (
            f"{hidden[0]}; what it showed is in, and the cursor waits at {times.iso(until)} for "
            "the daily reading, which finds them"
        )
        self._log_error(UnexpectedAnswer(message), message)
        self.run.notes.append(message)
        return until

    def save_properties(self, run_plan: Plan, properties: Sequence[Property]) -> None:
        """Remember the properties and their columns where they are not as before."""
        if self.sync_state.properties_changed(properties, run_plan):
            self.run.note_change()
            PortalSchema(self.context.database).save_properties(
                self.run.writer.key,
                properties,
                run_plan.property_columns,
                late=self.sync_state.late_properties(properties, self.context.clock.now()),
            )

    def note_new_columns(self, run_plan: Plan) -> None:
        """Let a sweep fill from PROPERTIES the columns that their properties are about to get."""
        if not self.sync_state.existing_table.types:
            return
        new_columns = [each for each in run_plan.property_columns if self._is_new(each, run_plan)]
        if new_columns:
            writer = self.run.writer
            refill = writer.sweeps.refill
            pending = () if refill is None else refill.properties
            properties = {*(str(column.property) for column in new_columns), *pending}
            refill = ColumnsToFill(tuple(sorted(properties)))
            writer.save_sweeps(replace(writer.sweeps, refill=refill))

    def _is_new(self, column: Column, run_plan: Plan) -> bool:
        """Whether the table lacks the column, or the last run filled it for nobody or another.

        A property whose type or prefix changed may come to a column that is there already, with
        values of another property or of earlier: a row that did not change is not merged again.
        """
        state = self.sync_state
        if column.name not in state.existing_table.types:
            return True
        if state.resumed(run_plan) is not None:
            # noted by the run that began the reading
            return False
        known = state.known_columns
        return known.get(str(column.property), column.name if known else "") != column.name

    def count_rows(self, merge_result: MergeResult) -> None:
        """Add what a MERGE did to the run's row."""
        merge_result.count_in(self.run.log)

    def _sweep(
        self, loader: Loader, newest: NewestPage | None, reading: TableReading
    ) -> Generator[None, None, bool]:
        """Follow up what no search tells; False: the rest is left to the next run."""
        live = reading.live or 0
        context = SweepContext(
            loader=loader,
            state=self.run.writer.sweeps,
            save=self.run.writer.save_sweeps,
            rows=reading.rows.get("", 0),
            log=self.count_rows,
        )
        settled_through = self.sync_state.settled_through
        if settled_through is None:
            reset_after_backfill(context)
            if {*loader.with_links} & {*self.sync_state.tables.created}:
                # their links are of before the backfill
                loader.end_links()
        elif self.run.log.started_at - settled_through > RECYCLE_BIN:
            self.run.notes.append(
                "the run before was longer ago than the 90 days for which HubSpot keeps deleted "
                "records, so some are marked PURGED that were archived or merged"
            )
        try:
            try:
                yield from left_links.ask_again(context, self.sync_state.sweeps.unlinked)
            except (HubSpotRefused, NotAnswered, ScopeMissing, UnexpectedAnswer) as error:
                context.refused["links"] = error
            # the first search of an incremental run tells; one that reads everything again asks
            total, counted = (newest.total, newest.counts) if newest else self._count(context)
            if (total or 0) > live and context.has_table:
                # restored records are found by the sweeps, which get on in the shortest of runs
                yield from run_sweeps(context, self._due(context))
                live = LiveRows(self.context.database, loader.plan.table).count_all()
            if total is not None and context.has_table:
                try:
                    yield from settle_count(
                        context,
                        total,
                        live,
                        self._due(context),
                        current=newest is None or newest.whole,
                        follow=self.sync_state.settings.include_archived,
                    )
                except NotAnswered as error:
                    context.refused["count"] = error
            # new columns are filled after a backfill too: what did not change is not merged again
            yield from run_sweeps(context, self._due(context, counted=counted))
            left_links.rotate_for_many(context)
        except StopRequested:
            raise
        except Stopped as error:
            self.run.notes.append(f"not all deleted records were looked for: {error.message}")
            return False
        finally:
            writer = self.run.writer
            state = left_links.with_few_unlinked(writer.sweeps, loader.unread_links)
            writer.keep_sweeps(state)
            self._log_sweeps(context)
        return True

    def _count(self, context: SweepContext) -> tuple[int | None, bool]:
        """Total and ``counts`` as in ``NewestPage``, of a run that reads everything again."""
        if not (context.has_table and counts_apart(self.sync_state, context.plan, context.now)):
            return None, True
        try:
            total = latest_changes.told_total(context.fetch, context.plan)
        except (HubSpotRefused, NotAnswered, ScopeMissing, UnexpectedAnswer) as error:
            context.refused["count"] = error
            return None, False
        return latest_changes.uncut(total), total is not None

    def _due(self, context: SweepContext, *, counted: bool = True) -> Due:
        sync_state = replace(self.sync_state, sweeps=context.state)
        return sync_state.due(context.plan, self.context.clock.now(), counted=counted)

    def _compare(self, comparison: Comparison) -> Iterator[None]:
        """Compare the table with HubSpot; whatever comes of it, the run brought in its rows."""
        clock, writer = self.context.clock, self.run.writer
        at = clock.now()
        asked = comparison.beforehand()
        before = self.requests() - asked
        ended = False
        try:
            certificate = yield from compare_and_certify(
                comparison, writer, lambda: self.requests() - before
            )
            ended = certificate.result != "INCOMPLETE"
            if certificate.result != "COMPLETE":
                self.run.notes.append(comparison_message(certificate, comparison.repairs.result))
        except (StateOutdated, SyncBusy):
            raise
        except Exception as error:
            reason = "the table could not be compared with HubSpot: "
            failure = self.run.noted(self.context.database, error, clock.now(), reason)
            self.run.notes.append(reason + failure.message)
        state = due.state_after_comparison(writer.sweeps, at, ended=ended)
        untold = comparison.repairs.loader.unread_links
        writer.keep_sweeps(left_links.with_few_unlinked(state, untold))
        stopped = comparison.repairs.result.stopped
        if isinstance(stopped, StopRequested):
            raise stopped

    def _log_links(self, loader: Loader) -> None:
        """Associations that could not be read are an error on record, never an empty array."""
        for stream, error in loader.refused.items():
            self._log_error(error, f"associations with {stream} were not read: {error.message}")
        if loader.refused:
            self.run.notes.append(f"associations with {', '.join(loader.refused)} were not read")
        for stream, ids in loader.unread_links.items():
            shown = ", ".join(list(dict.fromkeys(ids))[:5])
            message = (
                f"HubSpot did not tell the associations with {stream} of {len({*ids})} of the "
                f"records read ({shown}); they stay as they were, the next run asks again"
            )
            self._log_error(UnexpectedAnswer(message), message)
            self.run.notes.append(message)

    def _log_sweeps(self, context: SweepContext) -> None:
        """Note the sweeps that HubSpot refused; a list of archived records it lacks is no error."""
        for sweep, error in context.refused.items():
            message = f"{SWEEPS[sweep]} not looked for: {error.message}"
            self.run.notes.append(message)
            if sweep != "archived" or not isinstance(error, HubSpotRefused):
                self._log_error(error, message)

    def _log_unread(self, loader: Loader) -> None:
        """Records that HubSpot did not read are an error on record."""
        if not loader.unread:
            return
        shown = ", ".join(f"{id} ({reason})" for id, reason in [*loader.unread.items()][:5])
        count = len(loader.unread)
        message = (
            f"HubSpot did not read {count} record{'s' if count > 1 else ''}: {shown}; nothing was "
            "taken for deleted, a later run asks for them again"
        )
        self._log_error(UnexpectedAnswer(message), message)
        self.run.notes.append(message)

    def _log_error(self, error: IngestError, message: str) -> None:
        self.run.errors.append((error.response_code, message))
