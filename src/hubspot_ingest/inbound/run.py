"""One run of one sync: from the settings to the last MERGE and the cursor."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace

from hubspot_ingest import settings as configuration
from hubspot_ingest import times
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.metadata import Metadata
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.store import RunLog, Store
from hubspot_ingest.errors import IngestError
from hubspot_ingest.hubspot import answers, requests
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.inbound import destination, plan, streams
from hubspot_ingest.inbound.catalog import Stream
from hubspot_ingest.inbound.destination import Existing
from hubspot_ingest.inbound.loading import Loading
from hubspot_ingest.inbound.plan import Plan
from hubspot_ingest.inbound.ranges import Batch
from hubspot_ingest.inbound.reading import Reading
from hubspot_ingest.model import Json, Property
from hubspot_ingest.settings import SyncSettings

LEASE_RENEWED_EVERY = times.MINUTE


@dataclass(frozen=True, slots=True)
class Outside:
    """What a run needs from outside, passed in: the database, the time, and HubSpot.

    ``client`` opens HubSpot for a credential, the sync's settings and a deadline (epoch ms).
    """

    database: Database
    clock: times.Clock
    credential: Callable[[], str]
    client: Callable[[str, SyncSettings, int], Client]
    base_url: str


def ingest(name: str, outside: Outside) -> dict[str, Json]:
    """Run a sync now, and answer how it went. Raises only what forbids a run to begin at all."""
    name = configuration.sync_name(name)
    store = Store(outside.database)
    sync = store.sync(name)
    settings = configuration.parse(name, None if sync is None else sync.settings)
    if sync is None:
        # refuse a slip of the pen before it is remembered
        streams.standard(settings.stream)
        store.save_sync(name, settings.stream, {}, outside.clock.now())
    now = outside.clock.now()
    run = RunLog(f"{times.iso(now)[:10]}-{uuid.uuid4().hex[:12]}", name, settings.stream, now)
    store.take_lease(name, run.run_id, now)
    try:
        store.begin_run(run)
        try:
            _Run(name, settings, outside, store, run).go()
        except IngestError as error:
            store.fail_run(run, error, outside.clock.now())
        except Exception as error:
            wrong = IngestError(f"{type(error).__name__}: {error}; this is a fault of ours")
            store.fail_run(run, wrong, outside.clock.now())
    finally:
        store.release_lease(name, run.run_id)
    return answer(run)


def answer(run: RunLog) -> dict[str, Json]:
    """What ``INGEST_HUBSPOT`` returns of a run."""

    def told(instant: int | None) -> str | None:
        return None if instant is None else times.iso(instant)

    return {
        "response_code": run.response_code,
        "message": run.message,
        "run_id": run.run_id,
        "status": run.status,
        "destination": run.destination,
        "rows_read": run.rows_read,
        "rows_inserted": run.rows_inserted,
        "rows_updated": run.rows_updated,
        "rows_deleted": run.rows_deleted,
        "requests": run.requests,
        "duration_seconds": ((run.finished_at or run.started_at) - run.started_at) / 1000,
        "since": told(run.since),
        "until": told(run.until),
        "settled_through": told(run.settled_through),
    }


@dataclass(frozen=True, slots=True)
class _Begun:
    """A reading under way: its plan, its batches, and the table as it stands."""

    plan: Plan
    reading: Reading
    batches: Iterator[Batch]
    properties: tuple[Property, ...]
    stands: Existing


class _Run:
    """The steps of one run, over the row of RUNS that it fills in."""

    def __init__(
        self, name: str, settings: SyncSettings, outside: Outside, store: Store, log: RunLog
    ) -> None:
        self._name = name
        self._settings = settings
        self._outside = outside
        self._clock = outside.clock
        self._store = store
        self._metadata = Metadata(outside.database)
        self._log = log
        self._lease_renewed = log.started_at
        # read anew under the lease: another run may have moved it since
        sync = store.sync(name)
        self._settled_through = None if sync is None else sync.settled_through
        self._checkpoint = None if sync is None else sync.checkpoint
        log.settled_through = self._settled_through

    def go(self) -> None:
        """Read, merge, move the cursor; requests are counted however it ends."""
        token = self._outside.credential()
        deadline = self._log.started_at + round(self._settings.deadline_minutes * times.MINUTE)
        with self._outside.client(token, self._settings, deadline) as client:
            try:
                self._go(client, token)
            except Exception as error:
                client.stop(error if isinstance(error, IngestError) else IngestError(str(error)))
                raise
            finally:
                spent = client.tally.endpoints
                self._log.requests = client.tally.requests
                self._log.bytes = sum(one.bytes for one in spent.values())
                self._store.save_requests(
                    self._log.run_id, [(endpoint, asdict(one)) for endpoint, one in spent.items()]
                )
        self._succeed()

    def _go(self, client: Client, token: str) -> None:
        stream = streams.find(self._settings.stream, client.fetch)
        portal_id = self._portal_id(client, token)
        begun = self._begin(client, stream)
        chosen, log = begun.plan, self._log
        log.stream, log.strategy, log.destination = (
            stream.name,
            str(chosen.strategy),
            str(chosen.table),
        )
        log.since, log.until = chosen.since, chosen.until
        loading = Loading(
            database=self._outside.database,
            fetch=client.fetch,
            plan=chosen,
            stands=begun.stands,
            run_id=log.run_id,
            portal_id=portal_id,
            clock=self._clock,
            alive=self._renew_lease,
            with_links=chosen.association_columns,
        )
        for merged in loading.load(begun.batches):
            log.rows_read += merged.rows
            log.rows_inserted += merged.inserted
            log.rows_updated += merged.updated
            log.rows_deleted += merged.deleted
            log.values_misfit += merged.misfits
            remaining = begun.reading.remaining(merged.read_to)
            if remaining is not None:
                self._store.save_checkpoint(
                    self._name,
                    {
                        "plan": chosen.hash,
                        "since": chosen.since,
                        "until": chosen.until,
                        "reading": remaining,
                    },
                )
                log.requests = client.tally.requests
                self._store.save_run(log)
        if begun.properties != tuple(one for one, _ in self._metadata.properties(self._name)):
            self._metadata.save_properties(self._name, begun.properties, chosen.property_columns)

    def _succeed(self) -> None:
        log = self._log
        assert log.until is not None
        self._store.advance(self._name, log.until)
        log.settled_through = log.until
        log.status = "SUCCEEDED"
        log.finished_at = self._clock.now()
        log.message = (
            f"{log.rows_read} {log.stream} read, {log.rows_inserted} inserted and "
            f"{log.rows_updated} updated in {log.destination}"
            if log.rows_read
            else f"no {log.stream} to read; nothing was changed"
        )
        self._store.save_run(log)

    def _renew_lease(self) -> None:
        now = self._clock.now()
        if now - self._lease_renewed >= LEASE_RENEWED_EVERY:
            self._store.renew_lease(self._name, self._log.run_id, now)
            self._lease_renewed = now

    def _portal_id(self, client: Client, token: str) -> str:
        """Asked once per credential and address, then remembered by their fingerprint."""
        seen = f"{self._outside.base_url}\n{token}".encode()
        fingerprint = hashlib.sha256(seen).hexdigest()[:16]
        portal_id = self._metadata.portal_id(fingerprint)
        if portal_id is None:
            portal_id = client.fetch(requests.account(), answers.portal)
            self._metadata.save_portal_id(fingerprint, portal_id)
        return portal_id

    def _begin(self, client: Client, stream: Stream) -> _Begun:
        """Plan and begin to read, asking for the properties only where something is to be read.

        A stream in which nothing changed costs one search. When something did change and the
        properties did too, the first page is read again with the new ones.
        """
        remembered = self._metadata.properties(self._name)
        table = Table(
            self._settings.destination.database,
            self._settings.destination.schema_name,
            self._settings.table,
        )
        stands = destination.existing(self._outside.database, table)

        def ask() -> tuple[Property, ...]:
            return client.fetch(requests.properties(stream.object_type), answers.properties)

        def begin(properties: tuple[Property, ...]) -> _Begun:
            made = plan.make(
                self._name,
                self._settings,
                stream,
                properties,
                settled_through=self._settled_through,
                now=self._log.started_at,
                table=table,
                known_columns={one.name: column for one, column in remembered if column},
                existing=stands.types,
            )
            checkpoint = self._checkpoint
            resumes = checkpoint is not None and checkpoint["plan"] == made.hash
            if checkpoint is not None and resumes:
                made = replace(made, since=checkpoint["since"], until=checkpoint["until"])
            reading = Reading(
                client.fetch,
                made,
                self._clock,
                checkpoint["reading"] if checkpoint is not None and resumes else None,
            )
            return _Begun(made, reading, reading.batches(), properties, stands)

        if not remembered or self._settled_through is None:
            return begin(ask())
        begun = begin(tuple(one for one, _ in remembered))
        first = next(begun.batches)
        if first.records and (properties := ask()) != begun.properties:
            return begin(properties)
        return replace(begun, batches=itertools.chain([first], begun.batches))
