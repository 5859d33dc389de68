"""One run of an item stream: reading, merging, moving the cursor, marking what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hubspot_ingest import telemetry, times
from hubspot_ingest.catalog.stream import ItemStream
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.properties import PortalSchema
from hubspot_ingest.database.state.runs import RunLog, Runs
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.errors import ScopeMissing, Stopped
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.items import partitions
from hubspot_ingest.inbound.items.extraction import ItemExtraction
from hubspot_ingest.inbound.items.loader import ItemLoader
from hubspot_ingest.inbound.items.window import item_window
from hubspot_ingest.inbound.load import destination, run_manifest
from hubspot_ingest.inbound.load.page_recorder import PageRecorder
from hubspot_ingest.inbound.load.table_views import TableViews
from hubspot_ingest.model import Json
from hubspot_ingest.settings import SyncSettings


@dataclass
class ItemRun:
    """The steps of one run, over the row of RUNS that it fills in.

    ``requests`` returns how many were sent so far; ``state`` is what earlier runs left in SWEEPS.
    """

    name: str
    settings: SyncSettings
    stream: ItemStream
    database: Database
    syncs: Syncs
    runs: Runs
    fetch: Fetch
    requests: Callable[[], int]
    log: RunLog
    clock: times.Clock
    heartbeat: Callable[[], None]
    tick: float
    settled_through: int | None
    checkpoint: Mapping[str, Any] | None
    state: Mapping[str, Any]
    portal_id: Callable[[], str]
    notes: list[str]
    recorder: PageRecorder | None = None

    def steps(self) -> Iterator[None]:
        """Read, merge, move the cursor, mark what is missing; yields for other runs' turns.

        Raises ``ScopeMissing`` naming scope and subscription where HubSpot does not name them.
        """
        settings = self.settings
        table = Table(
            settings.destination.database, settings.destination.schema_name, settings.table
        )
        self.log.stream, self.log.strategy = self.stream.name, str(self.stream.reader)
        self.log.destination = str(table)
        try:
            yield from self._read(table)
        except ScopeMissing as error:
            raise explained(self.stream, error) from error

    def _read(self, table: Table) -> Iterator[None]:
        log, stream = self.log, self.stream
        window = item_window(
            self.settings,
            stream,
            table,
            settled_through=self.settled_through,
            checkpoint=self.checkpoint,
            state=self.state,
            now=log.started_at,
        )
        log.plan_hash = str(window["plan"])
        log.since, log.until = window["since"], window["until"]
        parents = partitions.parents(
            self.fetch,
            stream,
            event_types=stream.event_types or self.settings.event_types,
            since=None if window["whole"] else window["since"],
            behind=window["behind"],
        )
        parts = partitions.split(
            stream, parents, since=window["since"], until=window["end"], behind=window["behind"]
        )
        extraction = ItemExtraction(
            self.fetch,
            stream,
            parts,
            None if window["whole"] else window["since"],
            window.get("reading"),
            {} if window["whole"] else window["behind"],
        )
        metadata = PortalSchema(self.database)
        existing_table = destination.read_table(self.database, table)
        views = TableViews(
            self.database,
            self.name,
            self.settings,
            stream,
            self.settled_through,
            notes=self.notes,
        )
        remembered = metadata.properties(self.name) if stream.flattened else ()
        if self.recorder is not None:
            self.recorder.manifest = run_manifest.run_manifest(
                stream, table, [*existing_table.types], self.settled_through, self.state
            )
        loader = ItemLoader(
            database=self.database,
            stream=stream,
            table=table,
            existing_table=existing_table,
            prefix=self.settings.column_prefix,
            remembered=remembered,
            run_id=log.run_id,
            portal_id=self.portal_id,
            clock=self.clock,
            heartbeat=self.heartbeat,
            tick=self.tick,
            # nothing can be missing in a table that does not exist
            stores_keys=window["whole"]
            and partitions.complete(stream)
            and bool(existing_table.types),
            prepared=views.update,
            recorder=self.recorder,
        )

        def mark_missing() -> None:
            # a run that stopped early has still read some parents whole
            unread = ({part.scope for part in parts} | parents.unchanged) - extraction.whole
            if loader.stores_keys and (stream.parents is not None or not unread):
                log.rows_deleted += loader.mark_missing(unread)

        try:
            for merged in loader.load(extraction.batches()):
                yield
                if merged is None:
                    continue
                log.rows_read += merged.rows
                log.rows_inserted += merged.inserted
                log.rows_updated += merged.updated
                log.values_misfit += merged.misfits
                telemetry.debug("rows merged", sync=log.sync, run_id=log.run_id, rows=merged.rows)
                if loader.properties != {prop.name: prop for prop, _ in remembered}:
                    properties = [*loader.properties.values()]
                    metadata.save_properties(self.name, properties, loader.flattened)
                if merged.place is not None:
                    self.syncs.save_checkpoint(self.name, {**window, "reading": {**merged.place}})
                    log.requests = self.requests()
                    self.runs.save(log)
            mark_missing()
            self._remember(window, extraction)
            self._settle(window["until"])
            views.settle(window["until"], loader.existing_table)
        except Stopped:
            mark_missing()
            raise
        finally:
            loader.close()
        if extraction.refused:
            names = ", ".join(sorted(extraction.refused)[:5])
            first = next(iter(extraction.refused.values()))
            self.runs.log_error(
                log.run_id, self.name, first.response_code, first.message, self.clock.now()
            )
            self.notes.append(
                f"{len(extraction.refused)} of {len({part.scope for part in parts})} were not read "
                f"({names}): {first.message}"
            )

    def _remember(self, window: Mapping[str, Any], extraction: ItemExtraction) -> None:
        """Save when everything was read last, and since when refused parents were not read.

        Saved before the cursor moves past what those parents hold.
        """
        state: dict[str, Json] = {**self.state, "behind": {}}
        if window["whole"]:
            state["whole_at"] = window["end"]
        if self.stream.dated:
            state["behind"] = {
                scope: window["behind"].get(scope, window["since"]) for scope in extraction.refused
            }
        if state != {"behind": {}, **self.state}:
            self.syncs.save_sweeps(self.name, state)

    def _settle(self, until: int) -> None:
        self.syncs.advance(self.name, until)
        self.log.settled_through = until


def explained(stream: ItemStream, error: ScopeMissing) -> ScopeMissing:
    """The error with the scopes and the subscription that the catalog names for the stream."""
    if error.scopes and not stream.tier:
        return error
    scopes = error.scopes or stream.scopes
    message = error.message
    if not error.scopes and scopes:
        message = f"{message}; {stream.name} needs the scope {' or '.join(scopes)}"
    if stream.tier:
        message = f"{message}; HubSpot has {stream.name} from {stream.tier} on"
    return ScopeMissing(message, scopes)
