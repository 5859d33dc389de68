"""One run of an item stream: reading, merging, moving the cursor, marking what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from hubspot_ingest import telemetry, times
from hubspot_ingest.catalog.stream import ItemStream
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.properties import PortalSchema
from hubspot_ingest.errors import HubSpotRefused, ScopeMissing, Stopped, finishing
from hubspot_ingest.hubspot import requests
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.items import partitions
from hubspot_ingest.inbound.items.extraction import ItemExtraction
from hubspot_ingest.inbound.items.loader import ItemLoader
from hubspot_ingest.inbound.items.partitions import Parents
from hubspot_ingest.inbound.items.window import ItemWindow, item_window
from hubspot_ingest.inbound.load import run_manifest
from hubspot_ingest.inbound.load.page_recorder import PageRecorder
from hubspot_ingest.inbound.load.table_loader import TableLoader
from hubspot_ingest.inbound.load.table_views import TableViews
from hubspot_ingest.inbound.opening.closing import EndingRun
from hubspot_ingest.inbound.opening.filled_tables import FilledTables
from hubspot_ingest.inbound.opening.sync_state import SyncState

Answer = TypeVar("Answer")


@dataclass
class SchemasFetch:
    """A ``Fetch`` that notices whether HubSpot refused to list the custom objects."""

    fetch: Fetch
    refused: bool = False

    def __call__(self, request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        """See ``Fetch``."""
        try:
            return self.fetch(request, parse)
        except (ScopeMissing, HubSpotRefused):
            self.refused = self.refused or request.path == requests.SCHEMAS
            raise


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a run reads: the window, the parents listed in it, and the extraction of their items."""

    window: ItemWindow
    listing: SchemasFetch
    parents: Parents
    extraction: ItemExtraction

    @property
    def all_listed(self) -> bool:
        """Whether HubSpot listed all parents there are."""
        return self.parents.ends and not self.listing.refused


@dataclass
class ItemRun:
    """The steps of one run, over the row of RUNS that it fills in.

    The portal was checked: nothing is read, and nothing found to be missing, in another one.
    ``fetch`` keeps the lease while the thread of the statements waits for HubSpot.
    """

    sync_state: SyncState
    stream: ItemStream
    database: Database
    ending: EndingRun
    tables: FilledTables
    client: Client
    fetch: Fetch
    clock: times.Clock
    heartbeat: Callable[[], None]
    tick: float
    portal_id: str
    recorder: PageRecorder | None = None

    def steps(self) -> Iterator[None]:
        """Read, merge, move the cursor, mark what is missing; yields for other runs' turns."""
        reading = self._begin()
        views = TableViews(
            self.database,
            self.sync_state.name,
            self.sync_state.settings,
            self.stream,
            self.sync_state.settled_through,
            notes=self.ending.notes,
        )
        loader = self._loader(reading.window, views)
        with finishing(loader.tables.close):
            try:
                yield from self._load(reading, loader)
                yield from self._mark_missing(reading, loader, stopped=False)
                self.tables.verify(())
                self._settle(reading, loader, views)
            except Stopped:
                # it has still read some parents whole
                yield from self._mark_missing(reading, loader, stopped=True)
                raise
        self._note_unread(reading.extraction)

    def _begin(self) -> _Reading:
        """List the parents of what there is to read, and note the window in the run's row."""
        log, stream, state = self.ending.log, self.stream, self.sync_state
        log.stream, log.strategy = stream.name, str(stream.reader)
        log.destination = str(state.table)
        window = item_window(stream, state, log.started_at)
        log.plan_hash, log.since, log.until = window.plan, window.since, window.until
        listing = SchemasFetch(self.fetch)
        parents = partitions.parents(
            listing,
            stream,
            event_types=self._event_types,
            since=window.changed_since,
            behind=window.behind,
        )
        parts = partitions.split(
            stream,
            parents,
            since=window.since,
            until=window.end,
            behind=window.behind,
            checkpoint=window.reading,
        )
        extraction = ItemExtraction(
            self.client.fetch,
            stream,
            parts,
            window.changed_since,
            window.reading,
            {} if window.whole else window.behind,
        )
        return _Reading(window, listing, parents, extraction)

    @property
    def _event_types(self) -> Sequence[str]:
        return self.stream.event_types or self.sync_state.settings.event_types

    def _loader(self, window: ItemWindow, views: TableViews) -> ItemLoader:
        stream, state = self.stream, self.sync_state
        existing_table = state.existing_table
        if self.recorder is not None:
            self.recorder.manifest = run_manifest.run_manifest(
                stream, state.table, [*existing_table.types], state.settled_through, state.sweeps
            )
        tables = TableLoader(
            self.database,
            self.ending.log.run_id,
            self.clock,
            self.heartbeat,
            self.tick,
            existing_table,
            views.prepare,
            self.recorder,
            granted=state.granted_tables,
            on_changed=self.ending.note_change,
        )
        return ItemLoader(
            tables,
            stream=stream,
            table=state.table,
            prefix=state.settings.column_prefix,
            remembered=state.remembered if stream.flattened else (),
            portal_id=self.portal_id,
            # nothing can be missing in a table that does not exist
            stores_keys=window.whole and partitions.complete(stream) and bool(existing_table.types),
        )

    def _load(self, reading: _Reading, loader: ItemLoader) -> Iterator[None]:
        """Bring in the items, and store how far that is after each MERGE."""
        log, writer = self.ending.log, self.ending.writer
        metadata = PortalSchema(self.database)
        for merged in loader.load(reading.extraction.batches()):
            yield
            if merged is None:
                continue
            merged.count_in(log, main=True)
            telemetry.debug("rows merged", sync=log.sync, run_id=log.run_id, rows=merged.rows)
            if merged.rows:
                self.tables.count_merged(merged.inserted)
            if loader.properties != {prop.name: prop for prop, _ in loader.remembered}:
                properties = [*loader.properties.values()]
                metadata.save_properties(writer.key, properties, loader.flattened)
            if merged.read_to is not None:
                log.requests = self.client.tally.requests
                until = self._settled(reading.window)
                place = replace(reading.window, until=until, reading=merged.read_to)
                writer.save_checkpoint(place.dump())

    def _mark_missing(
        self, reading: _Reading, loader: ItemLoader, *, stopped: bool
    ) -> Iterator[None]:
        """Mark the rows of items that HubSpot has no more, in the scopes that were read whole."""
        stream, log, extraction = self.stream, self.ending.log, reading.extraction
        asked = {part.scope for part in extraction.partitions}
        unread = (asked | reading.parents.unchanged) - extraction.whole
        if not loader.stores_keys or (stream.parents is None and unread):
            return
        if not reading.all_listed:
            # what could not be listed may be there as before
            unread |= loader.scopes() - extraction.whole
        # what was deleted while a list was read by offset moved another thing out of sight:
        # missing is what a second look does not find either
        in_doubt: set[str] = set()
        if stream.paging is not None or stream.parents is not None:
            in_doubt = loader.missing_scopes(unread)
        if in_doubt and not stopped:
            parents = partitions.parents(reading.listing, stream, event_types=self._event_types)
            parts = [part for part in partitions.split(stream, parents) if part.scope in in_doubt]
            again = ItemExtraction(self.client.fetch, stream, parts)
            for merged in loader.load(again.batches()):
                if merged is not None:
                    merged.count_in(log)
                yield
            in_doubt = {part.scope for part in again.partitions} - again.whole
            if not parents.ends:
                in_doubt |= loader.scopes() - again.whole
        log.rows_deleted += loader.mark_missing(unread | in_doubt)

    def _settle(self, reading: _Reading, loader: ItemLoader, views: TableViews) -> None:
        """Everything in the window is in: move the cursor, and what is settled."""
        stream, state, writer = self.stream, self.sync_state, self.ending.writer
        until = self._settled(reading.window)
        if stream.dated and not reading.parents.ends:
            # what the list left out, if anything, is read by the next run from here on
            until = state.settled_through or partitions.OLDEST
            self.ending.notes.append(
                f"the list of what {stream.name} belong to does not show where it ends, so "
                "that the next run asks for the same time again"
            )
        self._remember(reading)
        writer.advance(until)
        if state.settled_through is None:
            self.ending.note_change()
        self.ending.log.settled_through = until
        existing_table = loader.tables.existing_table
        self.ending.settle(views, until, existing_table, views.fingerprint(existing_table))

    def _note_unread(self, extraction: ItemExtraction) -> None:
        """Say in the run's message, and in ERRORS, what HubSpot did not let it read."""
        count = len({part.scope for part in extraction.partitions})
        if self.stream.dated and extraction.endless:
            self.ending.notes.append(
                f"HubSpot did not show where {len(extraction.endless)} of {count} lists of "
                f"{self.stream.name} end, so that the next run asks for the same time again"
            )
        if extraction.refused:
            names = ", ".join(sorted(extraction.refused)[:5])
            first = next(iter(extraction.refused.values()))
            self.ending.errors.append((first.response_code, first.message))
            self.ending.notes.append(
                f"{len(extraction.refused)} of {count} were not read ({names}): {first.message}"
            )

    def _settled(self, window: ItemWindow) -> int:
        """Until when the window is read by HubSpot's clock, where ours was ahead of it."""
        return window.until - self.client.clock_ahead(self.ending.log.started_at)

    def _remember(self, reading: _Reading) -> None:
        """Keep when everything was read last, and since when some parents were not read.

        Stored no later than the cursor, which moves past what those parents hold. Those that
        HubSpot did not list, where it did not list all, may be there as before.
        """
        window, extraction = reading.window, reading.extraction
        sweeps = self.sync_state.sweeps
        whole_at, behind = sweeps.whole_at, dict[str, int | None]()
        if window.whole or window.late:
            whole_at = window.end - self.client.clock_ahead(self.ending.log.started_at)
        if self.stream.dated:
            asked = {partition.scope for partition in extraction.partitions}
            missed = set[str]() if reading.all_listed else {*window.behind} - asked
            behind = {
                scope: window.behind.get(scope, window.since)
                for scope in extraction.unread | missed
            }
        self.ending.writer.keep_sweeps(replace(sweeps, whole_at=whole_at, behind=behind))
