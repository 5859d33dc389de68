"""One run of one sync, from its settings to the last MERGE, the cursor and the sweeps."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import replace
from functools import partial

from hubspot_ingest import telemetry, times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.lookup import naming_scopes
from hubspot_ingest.catalog.stream import ItemStream, RecordStream, ViewStream
from hubspot_ingest.database.state.page_archive import PageArchive
from hubspot_ingest.errors import (
    DailyLimitReached,
    DeadlineReached,
    HubSpotRefused,
    IngestError,
    StopRequested,
    finishing,
)
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.hubspot.fetch import Fetch, HeartbeatFetch, ResigningFetch
from hubspot_ingest.inbound.deletions.left_links import with_unlinked
from hubspot_ingest.inbound.extract.extraction import Extraction
from hubspot_ingest.inbound.extract.id_ranges import RecordBatch
from hubspot_ingest.inbound.extract.latest_changes import newest_page
from hubspot_ingest.inbound.extract.portal_calendar import portal_calendar
from hubspot_ingest.inbound.items import view_streams
from hubspot_ingest.inbound.items.run import ItemRun
from hubspot_ingest.inbound.load.batches import HISTORY
from hubspot_ingest.inbound.load.loader import Loader
from hubspot_ingest.inbound.load.page_recorder import PageRecorder
from hubspot_ingest.inbound.load.table_loader import TableLoader
from hubspot_ingest.inbound.load.table_views import TableViews
from hubspot_ingest.inbound.opening.closing import EndingRun
from hubspot_ingest.inbound.opening.filled_tables import FilledTables
from hubspot_ingest.inbound.opening.portal_check import checked_portal
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.inbound.opening.table_reading import TableReading
from hubspot_ingest.inbound.reconcile.comparison import Comparison
from hubspot_ingest.inbound.reconcile.repairs import Repairs
from hubspot_ingest.inbound.run.follow_up import FollowUp
from hubspot_ingest.inbound.run.hashing import hash_tables
from hubspot_ingest.inbound.run.started_extraction import (
    NothingNew,
    StartedExtraction,
    start_extraction,
)
from hubspot_ingest.model import Property
from hubspot_ingest.operations.context import Context
from hubspot_ingest.operations.portals import QuotaShare, count_requests

# How often (ms) a run that merges nothing writes how many requests it has sent.
PROGRESS_EVERY = times.MINUTE // 6
# How many seconds a run waits for HubSpot at a time, when it is alone and when others take turns.
PATIENT_TICK = 1.0
SHORT_TICK = 0.02


class Run:
    """The steps of one run, over what is written when it has ended."""

    def __init__(
        self,
        sync_state: SyncState,
        context: Context,
        ending: EndingRun,
        *,
        patient: bool = True,
        renew_others: Callable[[], None] = lambda: None,
    ) -> None:
        """``renew_others`` keeps the leases of the runs beside it; see ``runner.begin``."""
        log = ending.log
        self._name = sync_state.name
        self._settings = sync_state.settings
        self._context = context
        self._clock = context.clock
        self._tick = PATIENT_TICK if patient else SHORT_TICK
        self._writer = ending.writer
        self._renew_others = renew_others
        self._ending, self._log = ending, log
        self._requests: Callable[[], int] = int
        self._deadline = log.started_at + round(self._settings.deadline_minutes * times.MINUTE)
        self._stopped: StopRequested | None = None
        self._sync_state = sync_state
        log.settled_through = sync_state.settled_through
        self._writer.log = log
        self._notes = ending.notes
        if sync_state.forgotten is not None:
            self._notes.append(f"everything was read anew: {sync_state.forgotten}")
        self._recorder: PageRecorder | None = None
        if days := sync_state.app.keep_pages_days:
            archive = PageArchive(context.database)
            self._recorder = PageRecorder(archive, self._name, log.run_id, days)

    def steps(self) -> Iterator[None]:
        """Read, merge, move the cursor; yields whenever another run may take its turn.

        Requests are counted however it ends. Raises what ended it early.
        """
        with (
            ThreadPoolExecutor(1) as pool,
            self._context.client(self._settings, self._deadline) as client,
        ):

            def stop(error: StopRequested) -> None:
                # it ends as at its deadline
                self._stopped = error
                client.stop(error)

            self._fetch = HeartbeatFetch(client.fetch, pool, self._heartbeat, self._tick)
            self._requests = lambda: client.tally.requests
            self._writer.on_stop = stop
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
        self._log.succeed(self._clock.now())
        if self._recorder is not None:
            self._recorder.delete_expired(self._clock.now())

    def _run_stages(self, client: Client) -> Iterator[None]:
        stream = lookup.find(self._settings.stream, self._fetch)
        lookup.check_settings(stream, self._settings)
        with naming_scopes(stream):
            if isinstance(stream, ViewStream):
                database = self._context.database.counting(self._log.staged, client.watch)
                view_streams.run(stream, self._settings, database, self._writer, self._log)
            elif isinstance(stream, ItemStream):
                with self._portal(client) as portal:
                    yield from self._run_items(client, stream, portal())
            else:
                yield from self._run_records(client, stream)

    def _run_records(self, client: Client, stream: RecordStream) -> Iterator[None]:
        """Search for what changed, and go on with what there is to do."""
        with self._portal(client) as portal:
            beginning = yield from self._begin_beside_others(client.fetch, stream)
            portal_id = portal()
        if self._begins_anew(client, portal_id):
            beginning = self._begin(self._fetch, stream)
        state, log = self._sync_state, self._log
        reading = beginning.reading if isinstance(beginning, NothingNew) else beginning.plan
        log.stream, log.strategy = stream.name, str(reading.strategy)
        log.destination, log.plan_hash = str(reading.table), reading.hash
        log.since, log.until = reading.since, reading.until
        until = reading.until - client.clock_ahead(log.started_at)
        if isinstance(beginning, NothingNew):
            log.rows_expected = 0
            total, counted = beginning.newest.total, beginning.newest.counts
            if state.has_nothing_due(reading, total, self._clock.now(), counted=counted):
                self._writer.earned_on = state.earned_from(portal_id, self._writer.version)
                views = self._views(reading.stream, state.properties, state.known_columns)
                self._settle(views, until, state.tables, state.earned_on.views)
                return
            beginning = beginning.start()
        yield from self._load(beginning, client, portal_id, until)

    def _portal(self, client: Client) -> AbstractContextManager[Callable[[], str]]:
        """The portal's id, which is asked for or checked where the state does not prove it."""
        known_id = self._quota_share.portal_id
        if known_id is not None and self._sync_state.is_filled_from(known_id):
            return nullcontext(lambda: known_id)
        return checked_portal(self._context, self._sync_state, client)

    def _begin(self, fetch: Fetch, stream: RecordStream) -> NothingNew | StartedExtraction:
        """Search for what changed, and begin to read unless nothing did: that costs one search."""
        state, began = self._sync_state, self._log.started_at
        has_filters = bool(state.settings.filter_groups)
        calendar = portal_calendar(fetch, state.settings, began) if has_filters else None
        start = partial(start_extraction, fetch, stream, state, began, self._clock, calendar)
        newest = None
        if not state.asks_properties(began):
            reading = state.reading(stream, state.properties, began, calendar)
            if reading.incremental and state.resumed(reading) is None:
                # one that is refused is made again, with the properties as they are by then
                with suppress(HubSpotRefused):
                    newest = newest_page(fetch, reading, live=state.tables.live or 0)
                    if newest.whole and not newest.records:
                        return NothingNew(reading, newest, partial(start, newest))
        return start(newest)

    def _begin_beside_others(
        self, fetch: Fetch, stream: RecordStream
    ) -> Generator[None, None, NothingNew | StartedExtraction]:
        """As ``_begin``, in a thread; yields every ``tick`` so that other runs begin too.

        So the first searches of a pass go on side by side: one that finds nothing takes as long as
        HubSpot's limits make it, not as long as all answers one after the other. HubSpot may let it
        wait for longer than a lease holds, so the lease is renewed meanwhile.
        """
        with ThreadPoolExecutor(1) as thread:
            future = thread.submit(self._begin, fetch, stream)
            yield
            while not wait([future], self._tick).done:
                self._quota_share.refresh()
                self._writer.renew()
                yield
            return future.result()

    def _views(
        self,
        stream: RecordStream,
        properties: Sequence[Property],
        column_names: Mapping[str, str],
    ) -> TableViews:
        """The views beside the table, which show properties in columns."""
        return TableViews(
            self._context.database,
            self._name,
            self._settings,
            stream,
            self._sync_state.settled_through,
            properties,
            column_names,
            self._notes,
        )

    def _settle(
        self, views: TableViews, until: int, tables: TableReading, fingerprint: str
    ) -> None:
        """Everything up to an instant (epoch ms) is in: move the cursor, and what is settled.

        ``fingerprint`` is of the views that the table as it is should have.
        """
        self._writer.advance(until)
        self._writer.earned_on = replace(
            self._writer.earned_on, columns=tables.columns_fingerprint, views=fingerprint
        )
        self._log.settled_through = until
        self._ending.settle(views, until, tables.existing_table, fingerprint)

    def _load(
        self,
        started: StartedExtraction,
        client: Client,
        portal_id: str,
        until: int,
    ) -> Iterator[None]:
        """Bring in what changed, move the cursor, and follow up what no search tells."""
        state, run_plan, log = self._sync_state, started.plan, self._log
        views = self._views(run_plan.stream, started.properties, run_plan.column_names)
        tables = FilledTables(self._context.database, state, self._writer, portal_id)
        if self._recorder is not None:
            self._recorder.manifest = state.manifest(run_plan, portal_id)
        table_loader = TableLoader(
            self._context.database.counting(log.staged, client.watch),
            log.run_id,
            self._clock,
            self._heartbeat,
            self._tick,
            state.existing_table,
            views.prepare,
            self._recorder,
            beside=state.tables.beside,
            granted=state.granted_tables,
            on_changed=self._ending.note_change,
        )
        links = state.links_at_once(run_plan)
        run_ms = self._settings.deadline_minutes * times.MINUTE
        # beside the pages of records, without which nothing can be said of the rest
        fetch = ResigningFetch(self._fetch)
        loader = Loader(table_loader, fetch, run_plan, portal_id, links, run_ms=run_ms)
        follow_up = FollowUp(self._ending, state, self._context, self._requests)
        follow_up.note_new_columns(run_plan)
        with (
            finishing(table_loader.close),
            closing(Comparison(Repairs(loader, until, follow_up.count_rows))) as comparison,
        ):
            yield from hash_tables(
                table_loader, state, started, self._context, self._notes, self._check_time
            )
            if started.extraction is None:
                log.rows_expected = 0
            else:
                yield from self._read(
                    started.extraction, started.batches, comparison, tables, until
                )
                until = follow_up.proven_until(until, started.extraction.hidden)
            follow_up.save_properties(started.plan, started.properties)
            parts = [*run_plan.associations, *([HISTORY] if run_plan.history else ())]
            made = bool(table_loader.prepared) and not state.existing_table.types
            reading = tables.verify(parts, marked=True, made=made)
            if state.settled_through is None:
                self._ending.note_change()
            state_then = with_unlinked(self._writer.sweeps, loader.unread_links)
            self._writer.keep_sweeps(replace(state_then, read_on=run_plan.day))
            table_loader.existing_table = reading.existing_table
            self._settle(views, until, reading, views.fingerprint(reading.existing_table))
            # the main reading may have had no use for some links
            comparison.repairs.loader = replace(loader, with_links=run_plan.association_columns)
            yield from follow_up.steps(comparison, started.newest, reading)

    def _begins_anew(self, client: Client, portal_id: str) -> bool:
        """Forget what earlier runs left if it does not count; whether everything is read anew."""
        state = self._sync_state
        ahead = client.clock_ahead(self._log.started_at)
        is_other = state.earned_on.portal_id not in (None, portal_id)
        state = self._sync_state = replace(state, is_of_other_portal=is_other)
        if not state.has_run:
            # the plan left out the properties of this portal as ones that came late
            return is_other and state.settings.new_properties == "ignore"
        if is_other:
            reason = f"it was read from portal {state.earned_on.portal_id} before"
        elif state.is_from_the_future(self._log.started_at - ahead):
            reason = "a clock that was ahead of HubSpot's had moved the cursor too far"
        else:
            return False
        self._writer.forget()
        self._sync_state = state.without_state(reason)
        self._notes.append(f"everything was read anew: {reason}")
        return True

    def _read(
        self,
        extraction: Extraction,
        batches: Iterator[RecordBatch],
        comparison: Comparison,
        tables: FilledTables,
        until: int,
    ) -> Iterator[None]:
        """Bring in the records; where they are all of them, the comparison begins meanwhile."""
        log, loader = self._log, comparison.repairs.loader
        backfill = self._sync_state.settled_through is None
        for result in loader.load(batches):
            yield
            log.rows_expected = extraction.expected
            if backfill:
                comparison.follow(extraction, log.rows_read)
            if result is None:
                continue
            result.count_in(log, main=True)
            telemetry.debug("rows merged", sync=log.sync, run_id=log.run_id, rows=result.rows)
            if result.rows:
                tables.count_merged(result.inserted)
            remaining = extraction.remaining(result.read_to)
            if remaining is not None:
                log.requests = self._requests()
                self._writer.keep_sweeps(with_unlinked(self._writer.sweeps, loader.unread_links))
                self._writer.save_checkpoint(loader.plan.checkpoint(until, remaining))

    def _run_items(self, client: Client, stream: ItemStream, portal_id: str) -> Iterator[None]:
        self._begins_anew(client, portal_id)
        return ItemRun(
            sync_state=self._sync_state,
            stream=stream,
            database=self._context.database.counting(self._log.staged, client.watch),
            ending=self._ending,
            tables=FilledTables(self._context.database, self._sync_state, self._writer, portal_id),
            client=client,
            fetch=self._fetch,
            clock=self._clock,
            heartbeat=self._heartbeat,
            tick=self._tick,
            portal_id=portal_id,
            recorder=self._recorder,
        ).steps()

    def _check_time(self) -> None:
        """Where no request would tell: raises what is to end the run by now."""
        if self._stopped is not None:
            raise self._stopped
        if self._clock.now() > self._deadline:
            raise DeadlineReached(
                "the run's deadline came; the next run carries on where this one stopped"
            )

    def _heartbeat(self) -> None:
        """Renew the lease, and tell who looks at RUNS how far the run is."""
        self._quota_share.refresh()
        self._log.requests = self._requests()
        self._writer.renew(PROGRESS_EVERY)
        self._renew_others()
