"""One run of one sync, from its settings to the last MERGE, the cursor and the sweeps."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

from hubspot_ingest import telemetry, times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.scopes import naming_scopes
from hubspot_ingest.catalog.stream import ItemStream, Stream, ViewStream
from hubspot_ingest.database.state.certificates import LiveRows
from hubspot_ingest.database.state.properties import PortalSchema
from hubspot_ingest.database.state.sweeps import ColumnsToFill
from hubspot_ingest.errors import (
    DailyLimitReached,
    IngestError,
    StateOutdated,
    Stopped,
    SyncBusy,
    finishing,
)
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.inbound.deletions.archived import RECYCLE_BIN
from hubspot_ingest.inbound.deletions.context import SweepContext
from hubspot_ingest.inbound.deletions.sweeps import reset_after_backfill, run_sweeps
from hubspot_ingest.inbound.items import view_streams
from hubspot_ingest.inbound.items.run import ItemRun
from hubspot_ingest.inbound.load import page_recorder
from hubspot_ingest.inbound.load.batches import HISTORY
from hubspot_ingest.inbound.load.loader import Loader
from hubspot_ingest.inbound.load.table_loader import MergeResult, TableLoader
from hubspot_ingest.inbound.opening.closing import EndingRun
from hubspot_ingest.inbound.opening.filled_tables import FilledTables
from hubspot_ingest.inbound.opening.opening import Lease
from hubspot_ingest.inbound.opening.portal_check import checked_portal
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.inbound.opening.table_reading import TableReading
from hubspot_ingest.inbound.plan import due
from hubspot_ingest.inbound.plan.due import Due
from hubspot_ingest.inbound.reconcile.certificate import compare_and_certify, comparison_message
from hubspot_ingest.inbound.reconcile.comparison import Comparison
from hubspot_ingest.inbound.reconcile.counts import HeartbeatFetch
from hubspot_ingest.inbound.reconcile.live_count import settle_count
from hubspot_ingest.inbound.reconcile.repairs import Repairs
from hubspot_ingest.inbound.run.run_message import success_message
from hubspot_ingest.inbound.run.shortfalls import Shortfalls
from hubspot_ingest.inbound.run.started_extraction import (
    StartedExtraction,
    start_beside_others,
    start_extraction,
)
from hubspot_ingest.operations.context import Context
from hubspot_ingest.operations.quota_share import QuotaShare
from hubspot_ingest.operations.run_cost import count_requests

# A run that merges nothing yet tells so often how many requests it sent.
PROGRESS_EVERY = times.MINUTE // 6
# Seconds after which a run that waits for HubSpot shows life, alone and beside others.
PATIENT_TICK = 1.0
SHORT_TICK = 0.02


class Run:
    """The steps of one run, over what is written when it has ended."""

    def __init__(
        self,
        sync_state: SyncState,
        lease: Lease,
        context: Context,
        ending: EndingRun,
        *,
        patient: bool = True,
        renew_others: Callable[[], None] = lambda: None,
    ) -> None:
        """``lease`` was taken for the run of ``ending``; runs beside it are kept from lapsing."""
        log = ending.log
        self._name = sync_state.name
        self._settings = sync_state.settings
        self._context = context
        self._clock = context.clock
        self._tick = PATIENT_TICK if patient else SHORT_TICK
        self._lease, self._writer = lease, lease.writer
        self._renew_others = renew_others
        self._schema = PortalSchema(context.database)
        self._ending, self._log = ending, log
        self._requests: Callable[[], int] = int
        self._sync_state = sync_state
        log.settled_through = sync_state.settled_through
        self._writer.log = log
        self._notes = ending.notes
        self._shortfalls = Shortfalls(ending)
        if sync_state.forgotten is not None:
            self._notes.append(f"everything was read anew: {sync_state.forgotten}")
        self._recorder = page_recorder.page_recorder(
            context.database, sync_state.app.keep_pages_days, self._name, log.run_id
        )

    def steps(self) -> Iterator[None]:
        """Read, merge, move the cursor; yields whenever another run may take its turn.

        Requests are counted however it ends. Raises what ended it early.
        """
        deadline = self._log.started_at + round(self._settings.deadline_minutes * times.MINUTE)
        with (
            ThreadPoolExecutor(1) as pool,
            self._context.client(self._settings, deadline) as client,
        ):
            self._patient = HeartbeatFetch(client.fetch, pool, self._heartbeat, self._tick)
            self._requests = lambda: client.tally.requests
            self._log.watch = client.watch
            self._quota_share = QuotaShare(
                self._context, client, self._settings, self._sync_state.stored
            )
            self._quota_share.begin()
            try:
                try:
                    for _ in self._run_stages(client):
                        client.access.settle()
                        yield
                except DailyLimitReached as error:
                    raise self._quota_share.with_reset_time(error) from error
            except BaseException as error:
                client.stop(error if isinstance(error, IngestError) else IngestError("it ended"))
                raise
            finally:
                self._log.usage = self._quota_share.end()
                count_requests(self._log, client)
        self._succeed()

    def _run_stages(self, client: Client) -> Iterator[None]:
        stream = lookup.find(self._settings.stream, self._patient)
        lookup.check_settings(stream, self._settings)
        with naming_scopes(stream):
            yield from self._stages_of(stream, client)

    def _stages_of(self, stream: Stream, client: Client) -> Iterator[None]:
        asking = checked_portal(self._context, self._sync_state, client)
        if isinstance(stream, ViewStream):
            database = self._context.database.counting(self._log.staged, client.watch)
            view_streams.run(stream, self._settings, database, self._writer, self._log)
            return
        if isinstance(stream, ItemStream):
            with asking as portal:
                yield from self._run_items(client, stream, portal())
            return
        began = self._log.started_at
        with asking as portal:
            started = yield from start_beside_others(
                *(client.fetch, stream, self._sync_state, began, self._clock, self._tick),
                self._lease.renew,
            )
            portal_id = portal()
        if self._begins_anew(client, portal_id):
            started = start_extraction(self._patient, stream, self._sync_state, began, self._clock)
        tables = FilledTables(self._context.database, self._sync_state, self._writer, portal_id)
        run_plan, log = started.plan, self._log
        log.stream, log.strategy, log.destination = (
            stream.name,
            str(run_plan.strategy),
            str(run_plan.table),
        )
        log.since, log.until = run_plan.since, run_plan.until
        log.plan_hash = run_plan.hash
        views = self._sync_state.table_views(
            self._context.database, run_plan, started.properties, self._notes
        )
        if self._recorder is not None:
            self._recorder.manifest = self._sync_state.manifest(run_plan, portal_id)
        table_loader = TableLoader(
            self._context.database.counting(log.staged, client.watch),
            *(log.run_id, self._clock, self._heartbeat, self._tick, started.existing_table),
            views.prepare,
            self._recorder,
            beside=self._sync_state.tables.beside,
            granted=self._sync_state.granted_tables,
            on_changed=self._ending.note_change,
        )
        links = self._sync_state.links_at_once(run_plan)
        loader = Loader(table_loader, self._patient, run_plan, portal_id, links)
        self._note_new_columns(started)
        until = run_plan.until - client.clock_ahead(log.started_at)
        with (
            finishing(table_loader.close),
            closing(Comparison(Repairs(loader, until, self._count_rows))) as comparison,
        ):
            yield from self._load(started, comparison, tables, until)
            parts = [*run_plan.associations, *([HISTORY] if run_plan.history else ())]
            made = bool(table_loader.prepared) and not started.existing_table.types
            reading = tables.verify(parts, marked=True, made=made)
            self._writer.advance(until)
            if self._sync_state.settled_through is None:
                self._ending.note_change()
            log.settled_through = until
            self._ending.settle(views, until, table_loader.existing_table)
            table_loader.existing_table = reading.existing_table
            # the main reading may have had no use for some links
            links = run_plan.association_columns
            loader = comparison.repairs.loader = replace(loader, with_links=links)
            swept = yield from self._sweep(loader, started, reading)
            self._shortfalls.log_links(loader)
            sweeps, now = self._writer.sweeps, self._clock.now()
            is_due = due.comparison_due(sweeps, now, self._sync_state.compare_every)
            if swept and is_due and table_loader.existing_table.types:
                yield from self._compare(comparison)
            elif loader.unread:
                # whatever is open is looked at by the comparison of a later run
                self._writer.keep_sweeps(due.state_after_comparison(sweeps, now, ended=False))
            self._shortfalls.log_unread(loader)

    def _begins_anew(self, client: Client, portal_id: str) -> bool:
        """Whether what earlier runs left behind turns out not to count, and is forgotten."""
        state = self._sync_state
        ahead = client.clock_ahead(self._log.started_at)
        if not state.has_run:
            return False
        if state.earned_on.portal_id not in (None, portal_id):
            reason = f"it was read from portal {state.earned_on.portal_id} before"
        elif state.is_from_the_future(self._log.started_at - ahead):
            reason = "a clock that was ahead of HubSpot's had moved the cursor too far"
        else:
            return False
        self._writer.forget()
        self._sync_state = state.without_state(reason)
        self._notes.append(f"everything was read anew: {reason}")
        return True

    def _load(
        self,
        started: StartedExtraction,
        comparison: Comparison,
        tables: FilledTables,
        until: int,
    ) -> Iterator[None]:
        """Bring in the records; where they are all of them, the comparison begins meanwhile."""
        run_plan, log, loader = started.plan, self._log, comparison.repairs.loader
        backfill = self._sync_state.settled_through is None
        for result in loader.load(started.batches):
            yield
            log.rows_expected = started.extraction.expected
            # once most rows are in, they tell where to cut
            if (
                backfill
                and started.extraction.ending
                and log.rows_read > (log.rows_expected or 0) / 2
            ):
                comparison.begin(log.rows_expected)
                backfill = False
            if result is None:
                continue
            result.count_in(log, main=True)
            telemetry.debug("rows merged", sync=log.sync, run_id=log.run_id, rows=result.rows)
            if result.rows:
                tables.count_merged(result.inserted)
            remaining = started.extraction.remaining(result.read_to)
            if remaining is not None:
                log.requests = self._requests()
                self._writer.save_checkpoint(
                    {
                        "plan": run_plan.hash,
                        "since": run_plan.since,
                        "until": until,
                        "reading": remaining,
                    }
                )
        if self._sync_state.properties_changed(started.properties, run_plan):
            self._ending.note_change()
            self._schema.save_properties(
                *(self._name, started.properties, run_plan.property_columns),
                replacing=bool(self._sync_state.remembered),
            )

    def _run_items(self, client: Client, stream: ItemStream, portal_id: str) -> Iterator[None]:
        self._begins_anew(client, portal_id)
        run = ItemRun(
            sync_state=self._sync_state,
            stream=stream,
            database=self._context.database.counting(self._log.staged, client.watch),
            writer=self._writer,
            tables=FilledTables(self._context.database, self._sync_state, self._writer, portal_id),
            errors=self._ending.errors,
            client=client,
            patient=self._patient,
            log=self._log,
            clock=self._clock,
            heartbeat=self._heartbeat,
            tick=self._tick,
            portal_id=portal_id,
            notes=self._notes,
            settle=self._ending.settle,
            on_changed=self._ending.note_change,
            recorder=self._recorder,
        )
        return run.steps()

    def _note_new_columns(self, started: StartedExtraction) -> None:
        """Columns that the table is about to get are filled from PROPERTIES by a sweep."""
        added = {
            str(column.property)
            for column in started.plan.property_columns
            if column.name not in started.existing_table.types
        }
        if added and started.existing_table.types:
            sweeps = self._writer.sweeps
            pending = () if sweeps.refill is None else sweeps.refill.properties
            refill = ColumnsToFill(tuple(sorted({*added, *pending})))
            self._writer.save_sweeps(replace(sweeps, refill=refill))

    def _count_rows(self, merge_result: MergeResult) -> None:
        merge_result.count_in(self._log)

    def _sweep(
        self, loader: Loader, started: StartedExtraction, reading: TableReading
    ) -> Generator[None, None, bool]:
        """Follow up what no search tells; False: the rest is left to the next run."""
        live = reading.live or 0
        context = SweepContext(
            loader=loader,
            state=self._writer.sweeps,
            save=self._writer.save_sweeps,
            rows=reading.rows.get("", 0),
            log=self._count_rows,
        )
        settled_through = self._sync_state.settled_through
        if settled_through is None:
            reset_after_backfill(context)
            if {*loader.with_links} & {*self._sync_state.tables.created}:
                # their links are of before the backfill
                loader.end_links()
        elif self._log.started_at - settled_through > RECYCLE_BIN:
            self._notes.append(
                "the run before was longer ago than the 90 days for which HubSpot keeps deleted "
                "records, so some are marked PURGED that were archived or merged"
            )
        extraction = started.extraction
        try:
            if (extraction.total or 0) > live and context.has_table:
                # restored records are found by the sweeps, which get on in the shortest of runs
                yield from run_sweeps(context, self._due(context))
                live = LiveRows(self._context.database, loader.plan.table).count_all()
            if extraction.total is not None and context.has_table:
                yield from settle_count(
                    context,
                    extraction.total,
                    live,
                    self._due(context),
                    current=extraction.total_is_current,
                    follow=self._settings.include_archived,
                )
            # new columns are filled after a backfill too: what did not change is not merged again
            yield from run_sweeps(context, self._due(context))
        except Stopped:
            return False
        finally:
            self._shortfalls.log_sweeps(context)
        return True

    def _due(self, context: SweepContext) -> Due:
        sync_state = replace(self._sync_state, sweeps=context.state)
        return sync_state.due(context.plan, self._clock.now())

    def _compare(self, comparison: Comparison) -> Iterator[None]:
        """Compare the table with HubSpot; whatever comes of it, the run brought in its rows."""
        at = self._clock.now()
        asked = comparison.beforehand()
        before = self._requests() - asked
        ended = False
        try:
            certificate = yield from compare_and_certify(
                comparison, self._writer, lambda: self._requests() - before
            )
            ended = certificate.result != "INCOMPLETE"
            if certificate.result != "COMPLETE":
                self._notes.append(comparison_message(certificate, comparison.repairs.result))
        except (StateOutdated, SyncBusy):
            raise
        except Exception as error:
            reason = "the table could not be compared with HubSpot: "
            failure = self._ending.noted(self._context.database, error, self._clock.now(), reason)
            self._notes.append(reason + failure.message)
        self._writer.keep_sweeps(due.state_after_comparison(self._writer.sweeps, at, ended=ended))

    def _succeed(self) -> None:
        log = self._log
        log.status = "SUCCEEDED"
        log.finished_at = self._clock.now()
        if not log.message:
            log.message = success_message(log)
        if self._recorder is not None:
            self._recorder.delete_expired(log.finished_at)

    def _heartbeat(self) -> None:
        """Renew the lease, and tell who looks at RUNS how far the run is."""
        self._quota_share.refresh()
        self._log.requests = self._requests()
        self._lease.renew(PROGRESS_EVERY)
        self._renew_others()
