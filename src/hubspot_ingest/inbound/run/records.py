"""One run of one sync: from the settings to the last MERGE and the cursor."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, replace

from hubspot_ingest import telemetry, times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.registry import Reader, Stream
from hubspot_ingest.database import sql
from hubspot_ingest.database.state.leases import Leases
from hubspot_ingest.database.state.properties import PortalSchema
from hubspot_ingest.database.state.runs import RunLog, Runs
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.errors import DailyLimitReached, IngestError, Stopped
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.inbound.deletions.sweeps import RECYCLE_BIN, Sweeps
from hubspot_ingest.inbound.extract.extraction import Extraction
from hubspot_ingest.inbound.extract.id_ranges import RecordBatch
from hubspot_ingest.inbound.items.run import FixedRun
from hubspot_ingest.inbound.load import destination, page_recorder
from hubspot_ingest.inbound.load.destination import ExistingTable
from hubspot_ingest.inbound.load.loader import Loader, MergeResult
from hubspot_ingest.inbound.plan import due
from hubspot_ingest.inbound.plan.plan import Plan
from hubspot_ingest.inbound.reconcile.certificate import compare_and_certify, told
from hubspot_ingest.inbound.reconcile.comparison import Comparison
from hubspot_ingest.inbound.run.portal_check import checked_portal
from hubspot_ingest.inbound.run.sync_state import read_sync_state
from hubspot_ingest.model import Json, Property
from hubspot_ingest.operations.context import Outside
from hubspot_ingest.operations.quota_share import Sharing
from hubspot_ingest.settings import SyncSettings

LEASE_RENEWED_EVERY = times.MINUTE
# A run that merges nothing yet tells so often how many requests it sent.
PROGRESS_EVERY = times.MINUTE // 6
# Seconds after which a run that waits for HubSpot shows life, alone and beside others.
PATIENT_TICK = 1.0
SHORT_TICK = 0.02


@dataclass(frozen=True, slots=True)
class _StartedExtraction:
    """A reading under way: its plan, its batches, and the table as it stands."""

    plan: Plan
    reading: Extraction
    batches: Iterator[RecordBatch]
    properties: tuple[Property, ...]
    stands: ExistingTable


class Run:
    """The steps of one run, over the row of RUNS that it fills in."""

    def __init__(
        self,
        name: str,
        settings: SyncSettings,
        outside: Outside,
        log: RunLog,
        *,
        patient: bool = True,
        keep_days: int = 0,
    ) -> None:
        self._name = name
        self._settings = settings
        self._outside = outside
        self._clock = outside.clock
        self._tick = PATIENT_TICK if patient else SHORT_TICK
        self._syncs = Syncs(outside.database)
        self._leases = Leases(outside.database)
        self._runs = Runs(outside.database)
        self._metadata = PortalSchema(outside.database)
        self._log = log
        self._lease_renewed = self._told_at = log.started_at
        self._requests: Callable[[], int] = int
        # read anew under the lease: another run may have moved it since
        self._sync_state = read_sync_state(outside.database, name, settings, self._syncs.find(name))
        self._sweeps_state = self._sync_state.sweeps
        log.settled_through = self._sync_state.settled_through
        self._notes: list[str] = []
        self._keeping = page_recorder.page_recorder(outside.database, keep_days, name, log.run_id)

    def steps(self) -> Iterator[None]:
        """Read, merge, move the cursor; yields whenever another run may take its turn.

        Requests are counted however it ends. Raises what ended it early.
        """
        deadline = self._log.started_at + round(self._settings.deadline_minutes * times.MINUTE)
        with self._outside.client(self._settings, deadline) as client:
            self._requests = lambda: client.tally.requests
            self._log.watch = client.watch
            self._sharing = Sharing(self._outside, client, self._settings)
            self._sharing.begin()
            try:
                for _ in self._go(client):
                    client.access.settle()
                    yield
            except DailyLimitReached as error:
                told = self._sharing.told(error)
                client.stop(told)
                raise told from error
            except Exception as error:
                client.stop(error if isinstance(error, IngestError) else IngestError(str(error)))
                raise
            finally:
                self._sharing.end()
                spent = client.tally.endpoints
                self._log.requests = client.tally.requests
                self._log.bytes = sum(one.bytes for one in spent.values())
                self._runs.save_requests(
                    self._log.run_id, [(endpoint, asdict(one)) for endpoint, one in spent.items()]
                )
        self._succeed()

    def _go(self, client: Client) -> Iterator[None]:
        stream = lookup.find(self._settings.stream, client.fetch)
        lookup.check_settings(stream, self._settings)
        asking = checked_portal(self._outside, self._settings, client, self._log.started_at)
        if stream.reader is not Reader.RECORDS:
            with asking as portal:
                yield from self._fixed(client, stream, portal)
            return
        with asking as portal:
            begun = self._begin(client, stream)
            portal_id = portal()
        chosen, log = begun.plan, self._log
        log.stream, log.strategy, log.destination = (
            stream.name,
            str(chosen.strategy),
            str(chosen.table),
        )
        log.since, log.until = chosen.since, chosen.until
        log.plan_hash = chosen.hash
        fresh = self._sync_state.freshness(
            self._outside.database, chosen, begun.properties, self._notes
        )
        if self._keeping is not None:
            self._keeping.begun = self._sync_state.begun(chosen, portal_id)
        loading = Loader(
            database=self._outside.database.counting(log.staged, client.watch),
            fetch=client.fetch,
            plan=chosen,
            stands=begun.stands,
            run_id=log.run_id,
            portal_id=portal_id,
            clock=self._clock,
            alive=self._show_life,
            with_links=self._sync_state.links_at_once(chosen),
            tick=self._tick,
            prepared=fresh.keep,
            keeping=self._keeping,
        )
        self._note_new_columns(begun)
        with closing(Comparison(loading, chosen.until, self._merged)) as comparison:
            yield from self._load(begun, comparison)
            self._syncs.advance(self._name, chosen.until)
            log.settled_through = chosen.until
            fresh.settle(chosen.until, loading.grown)
            loading = comparison.loading = self._afterwards(loading)
            swept = yield from self._sweep(loading)
            self._tell_refused(loading)
            if swept and self._comparison_due and loading.stands.types:
                yield from self._compare(comparison)

    @property
    def _comparison_due(self) -> bool:
        every = self._sync_state.compare_every
        return due.comparison_due(self._sweeps_state, self._clock.now(), every)

    def _load(self, begun: _StartedExtraction, comparison: Comparison) -> Iterator[None]:
        """Bring in the records; where they are all of them, the comparison begins meanwhile."""
        chosen, log, loading = begun.plan, self._log, comparison.loading
        backfill = self._sync_state.settled_through is None
        for merged in loading.load(begun.batches):
            yield
            log.rows_expected = begun.reading.expected
            # once most rows are in, they tell where to cut
            if backfill and begun.reading.ending and log.rows_read > (log.rows_expected or 0) / 2:
                comparison.begin(log.rows_expected)
                backfill = False
            if merged is None:
                continue
            log.rows_read += merged.rows
            log.rows_inserted += merged.inserted
            log.rows_updated += merged.updated
            log.rows_deleted += merged.deleted
            log.values_misfit += merged.misfits
            telemetry.debug("rows merged", sync=log.sync, run_id=log.run_id, rows=merged.rows)
            remaining = begun.reading.remaining(merged.read_to)
            if remaining is not None:
                self._syncs.save_checkpoint(
                    self._name,
                    {
                        "plan": chosen.hash,
                        "since": chosen.since,
                        "until": chosen.until,
                        "reading": remaining,
                    },
                )
                log.requests = self._requests()
                self._runs.save(log)
        if self._sync_state.knows_other(begun.properties):
            self._metadata.save_properties(self._name, begun.properties, chosen.property_columns)

    def _fixed(self, client: Client, stream: Stream, portal: Callable[[], str]) -> Iterator[None]:
        run = FixedRun(
            name=self._name,
            settings=self._settings,
            stream=stream,
            database=self._outside.database.counting(self._log.staged, client.watch),
            syncs=self._syncs,
            runs=self._runs,
            fetch=client.fetch,
            requests=lambda: client.tally.requests,
            log=self._log,
            clock=self._clock,
            alive=self._show_life,
            tick=self._tick,
            settled_through=self._sync_state.settled_through,
            checkpoint=self._sync_state.checkpoint,
            state=self._sweeps_state,
            portal_id=portal,
            notes=self._notes,
            keeping=self._keeping,
        )
        return run.steps()

    def _note_new_columns(self, begun: _StartedExtraction) -> None:
        """Columns that the table is about to get are filled from PROPERTIES by a sweep."""
        added = {
            str(column.property)
            for column in begun.plan.property_columns
            if column.name not in begun.stands.types
        }
        if added and begun.stands.types:
            pending = self._sweeps_state.get("refill", {"properties": []})
            wanted: list[Json] = [*sorted(added | set(pending["properties"]))]
            refill: Json = {"properties": wanted, "after": ""}
            self._sweeps_state = {**self._sweeps_state, "refill": refill}
            self._syncs.save_sweeps(self._name, self._sweeps_state)

    def _tell_refused(self, loading: Loader) -> None:
        """Associations that could not be read are an error on record, never an empty array."""
        for stream, error in loading.refused.items():
            self._runs.log_error(
                self._log.run_id,
                self._name,
                error.response_code,
                f"associations with {stream} were not read: {error.message}",
                self._clock.now(),
            )
        if loading.refused:
            self._notes.append(f"associations with {', '.join(loading.refused)} were not read")

    def _afterwards(self, loading: Loader) -> Loader:
        """The loading of what follows the main reading, into the table as it stands by now."""
        stands = destination.read_table(self._outside.database, loading.plan.table)
        links = loading.plan.association_columns
        # there are tables of links that the main reading had no use for
        return replace(loading, stands=stands, with_links=links, ready=False)

    def _merged(self, done: MergeResult) -> None:
        self._log.rows_inserted += done.inserted
        self._log.rows_updated += done.updated
        self._log.rows_deleted += done.deleted

    def _sweep(self, loading: Loader) -> Generator[None, None, bool]:
        """Follow up what no search tells; False: the rest is left to the next run."""
        table, there = loading.plan.table, bool(loading.stands.types)
        count = self._outside.database.rows(sql.count(table))[0]["FOUND"] if there else 0
        sweeps = Sweeps(
            loading=loading,
            state=dict(self._sweeps_state),
            save=lambda state: self._syncs.save_sweeps(self._name, state),
            rows=int(count),
            log=self._merged,
        )
        self._sweeps_state = sweeps.state
        settled_through = self._sync_state.settled_through
        if settled_through is None:
            sweeps.begin()
            return True
        if self._log.started_at - settled_through > RECYCLE_BIN:
            self._notes.append(
                "the run before was longer ago than the 90 days for which HubSpot keeps deleted "
                "records, so some are marked PURGED that were archived or merged"
            )
        try:
            yield from sweeps.run(self._sync_state.due(loading.plan, self._clock.now()))
        except Stopped:
            return False
        return True

    def _compare(self, comparison: Comparison) -> Iterator[None]:
        """Compare the table with HubSpot; whatever comes of it, the run brought in its rows."""
        at = self._clock.now()
        asked = comparison.beforehand()
        before = self._requests() - asked
        try:
            made = yield from compare_and_certify(
                comparison, self._name, lambda: self._requests() - before
            )
            self._notes += (
                [] if made.result == "COMPLETE" else [told(made, comparison.found.stopped)]
            )
        except Exception as error:
            known = error if isinstance(error, IngestError) else IngestError(type(error).__name__)
            said = f"the table could not be compared with HubSpot: {known.message}"
            now = self._clock.now()
            self._runs.log_error(self._log.run_id, self._name, known.response_code, said, now)
            self._notes.append(said)
        ended = comparison.found.result != "INCOMPLETE"
        self._syncs.save_sweeps(
            self._name, due.state_after_comparison(self._sweeps_state, at, ended=ended)
        )

    def _succeed(self) -> None:
        log = self._log
        log.status = "SUCCEEDED"
        log.finished_at = self._clock.now()
        if not log.message:
            log.message = self._said()
        log.message = "; ".join([log.message, *self._notes])
        self._runs.save(log)
        if self._keeping is not None:
            self._keeping.ended(log.finished_at)

    def _said(self) -> str:
        """What a run that succeeded did, in a sentence."""
        log = self._log
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

    def _show_life(self) -> None:
        """Renew the lease, and tell who looks at RUNS how far the run is."""
        self._sharing.look()
        now = self._clock.now()
        if now - self._told_at >= PROGRESS_EVERY:
            self._log.requests = self._requests()
            self._runs.save(self._log)
            self._told_at = now
        if now - self._lease_renewed >= LEASE_RENEWED_EVERY:
            self._leases.renew(self._name, self._log.run_id, now)
            self._lease_renewed = now

    def _begin(self, client: Client, stream: Stream) -> _StartedExtraction:
        """Plan and begin to read, asking for the properties only where something is to be read.

        A stream in which nothing changed costs one search. When something did change and the
        properties did too, the first page is read again with the new ones.
        """
        sync_state = self._sync_state

        def ask() -> tuple[Property, ...]:
            return client.fetch(requests.properties(stream.object_type), responses.properties)

        def begin(properties: tuple[Property, ...]) -> _StartedExtraction:
            made = sync_state.plan(stream, properties, self._log.started_at)
            reading = Extraction(client.fetch, made, self._clock, sync_state.resumed(made))
            return _StartedExtraction(
                made, reading, reading.batches(), properties, sync_state.stands
            )

        if sync_state.asks_properties(self._log.started_at):
            return begin(ask())
        begun = begin(sync_state.properties)
        read = [next(begun.batches)]
        if read[0].records:
            with ThreadPoolExecutor(1) as pool:
                asked = pool.submit(ask)
                # reading goes on meanwhile
                read.extend(itertools.islice(begun.batches, 1))
                properties = asked.result()
            if properties != begun.properties:
                return begin(properties)
        return replace(begun, batches=itertools.chain(read, begun.batches))
