"""One run of an item stream: reading, merging, moving the cursor, marking what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
from hubspot_ingest.inbound.items.window import item_window
from hubspot_ingest.inbound.load import run_manifest
from hubspot_ingest.inbound.load.page_recorder import PageRecorder
from hubspot_ingest.inbound.load.table_loader import TableLoader
from hubspot_ingest.inbound.load.table_views import TableViews
from hubspot_ingest.inbound.opening.closing import EndingRun
from hubspot_ingest.inbound.opening.filled_tables import FilledTables
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.model import Json

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


@dataclass
class ItemRun:
    """The steps of one run, over the row of RUNS that it fills in.

    The portal was checked: nothing is read, and nothing found to be missing, in another one.
    ``patient`` keeps the lease while the thread of the statements waits for HubSpot.
    """

    sync_state: SyncState
    stream: ItemStream
    database: Database
    ending: EndingRun
    tables: FilledTables
    client: Client
    patient: Fetch
    clock: times.Clock
    heartbeat: Callable[[], None]
    tick: float
    portal_id: str
    recorder: PageRecorder | None = None

    def steps(self) -> Iterator[None]:
        """Read, merge, move the cursor, mark what is missing; yields for other runs' turns."""
        log, writer = self.ending.log, self.ending.writer
        stream, state = self.stream, self.sync_state
        log.stream, log.strategy = stream.name, str(stream.reader)
        log.destination = str(state.table)
        settings, table, existing_table = state.settings, state.table, state.existing_table
        window = item_window(
            settings,
            stream,
            table,
            settled_through=state.settled_through,
            checkpoint=state.checkpoint,
            sweeps=state.sweeps,
            now=log.started_at,
        )
        log.plan_hash = str(window["plan"])
        log.since, log.until = window["since"], window["until"]
        listing = SchemasFetch(self.patient)
        event_types = stream.event_types or settings.event_types
        parents = partitions.parents(
            listing,
            stream,
            event_types=event_types,
            since=None if window["whole"] else window["since"],
            behind=window["behind"],
        )
        reading = window.get("reading")
        parts = partitions.split(
            stream,
            parents,
            since=window["since"],
            until=window["end"],
            behind=window["behind"],
            checkpoint=reading,
        )
        extraction = ItemExtraction(
            self.client.fetch,
            stream,
            parts,
            None if window["whole"] else window["since"],
            reading,
            {} if window["whole"] else window["behind"],
        )
        metadata = PortalSchema(self.database)
        views = TableViews(
            self.database,
            state.name,
            settings,
            stream,
            state.settled_through,
            notes=self.ending.notes,
        )
        remembered = state.remembered if stream.flattened else ()
        if self.recorder is not None:
            self.recorder.manifest = run_manifest.run_manifest(
                stream, table, [*existing_table.types], state.settled_through, state.sweeps
            )
        tables = TableLoader(
            *(self.database, log.run_id, self.clock, self.heartbeat, self.tick, existing_table),
            views.prepare,
            self.recorder,
            granted=state.granted_tables,
            on_changed=self.ending.note_change,
        )
        loader = ItemLoader(
            tables,
            stream=stream,
            table=table,
            prefix=settings.column_prefix,
            remembered=remembered,
            portal_id=self.portal_id,
            # nothing can be missing in a table that does not exist
            stores_keys=window["whole"]
            and partitions.complete(stream)
            and bool(existing_table.types),
        )

        def mark_missing(*, stopped: bool) -> Iterator[None]:
            # a run that stopped early has still read some parents whole
            unread = ({part.scope for part in parts} | parents.unchanged) - extraction.whole
            if not loader.stores_keys or (stream.parents is None and unread):
                return
            if listing.refused or not parents.ends:
                # what could not be listed may be there as before
                unread |= loader.scopes() - extraction.whole
            # what was deleted while a list was read by offset moved another thing out of sight:
            # missing is what a second look does not find either
            in_doubt: set[str] = set()
            if stream.paging is not None or stream.parents is not None:
                in_doubt = loader.missing_scopes(unread)
            if in_doubt and not stopped:
                listed = partitions.parents(listing, stream, event_types=event_types)
                again = ItemExtraction(
                    self.client.fetch,
                    stream,
                    [part for part in partitions.split(stream, listed) if part.scope in in_doubt],
                )
                for merged in loader.load(again.batches()):
                    if merged is not None:
                        merged.count_in(log)
                    yield
                in_doubt = {part.scope for part in again.partitions} - again.whole
                if not listed.ends:
                    in_doubt |= loader.scopes() - again.whole
            log.rows_deleted += loader.mark_missing(unread | in_doubt)

        with finishing(tables.close):
            try:
                for merged in loader.load(extraction.batches()):
                    yield
                    if merged is None:
                        continue
                    merged.count_in(log, main=True)
                    telemetry.debug(
                        "rows merged", sync=log.sync, run_id=log.run_id, rows=merged.rows
                    )
                    if merged.rows:
                        self.tables.count_merged(merged.inserted)
                    if loader.properties != {prop.name: prop for prop, _ in remembered}:
                        properties = [*loader.properties.values()]
                        metadata.save_properties(writer.key, properties, loader.flattened)
                    if merged.read_to is not None:
                        until = self._settled(window)
                        place: dict[str, Json] = {"until": until, "reading": {**merged.read_to}}
                        log.requests = self.client.tally.requests
                        writer.save_checkpoint({**window, **place})
                yield from mark_missing(stopped=False)
                self.tables.verify(())
                until = self._settled(window)
                if stream.dated and not parents.ends:
                    # what the list left out, if anything, is read by the next run from here on
                    until = state.settled_through or partitions.OLDEST
                    self.ending.notes.append(
                        f"the list of what {stream.name} belong to does not show where it ends, so "
                        "that the next run asks for the same time again"
                    )
                all_listed = parents.ends and not listing.refused
                self._remember(window, extraction, all_listed=all_listed)
                writer.advance(until)
                if state.settled_through is None:
                    self.ending.note_change()
                log.settled_through = until
                table_now = tables.existing_table
                self.ending.settle(views, until, table_now, views.fingerprint(table_now))
            except Stopped:
                yield from mark_missing(stopped=True)
                raise
        count = len({part.scope for part in parts})
        if stream.dated and extraction.endless:
            self.ending.notes.append(
                f"HubSpot did not show where {len(extraction.endless)} of {count} lists of "
                f"{stream.name} end, so that the next run asks for the same time again"
            )
        if extraction.refused:
            names = ", ".join(sorted(extraction.refused)[:5])
            first = next(iter(extraction.refused.values()))
            self.ending.errors.append((first.response_code, first.message))
            self.ending.notes.append(
                f"{len(extraction.refused)} of {count} were not read ({names}): {first.message}"
            )

    def _settled(self, window: Mapping[str, Any]) -> int:
        """Until when the window is read by HubSpot's clock, where ours was ahead of it."""
        return int(window["until"]) - self.client.clock_ahead(self.ending.log.started_at)

    def _remember(
        self, window: Mapping[str, Any], extraction: ItemExtraction, *, all_listed: bool
    ) -> None:
        """Keep when everything was read last, and since when some parents were not read.

        Stored no later than the cursor, which moves past what those parents hold. Unless
        ``all_listed``, those that HubSpot did not list may be there as before.
        """
        sweeps = self.sync_state.sweeps
        whole_at, behind = sweeps.whole_at, dict[str, int | None]()
        if window["whole"] or window.get("late"):
            whole_at = window["end"] - self.client.clock_ahead(self.ending.log.started_at)
        if self.stream.dated:
            asked = {partition.scope for partition in extraction.partitions}
            missed = set[str]() if all_listed else {*window["behind"]} - asked
            behind = {
                scope: window["behind"].get(scope, window["since"])
                for scope in extraction.unread | missed
            }
        self.ending.writer.keep_sweeps(replace(sweeps, whole_at=whole_at, behind=behind))
