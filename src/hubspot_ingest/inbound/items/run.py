"""One run of a stream of fixed columns: what to read, the reading, the cursor, what is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hubspot_ingest import telemetry, times
from hubspot_ingest.catalog.stream import Reader, Stream
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.properties import PortalSchema
from hubspot_ingest.database.state.runs import RunLog, Runs
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.errors import ScopeMissing, Stopped
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.items import partitions, view_streams
from hubspot_ingest.inbound.items.extraction import Reading
from hubspot_ingest.inbound.items.loader import Landing
from hubspot_ingest.inbound.items.window import begin
from hubspot_ingest.inbound.load import destination, run_manifest
from hubspot_ingest.inbound.load.page_recorder import PageRecorder
from hubspot_ingest.inbound.load.table_views import TableViews
from hubspot_ingest.model import Json
from hubspot_ingest.settings import SyncSettings


@dataclass
class FixedRun:
    """The steps of one run, over the row of RUNS that it fills in.

    ``requests`` tells how many were sent so far; ``state`` is what earlier runs left in SWEEPS.
    """

    name: str
    settings: SyncSettings
    stream: Stream
    database: Database
    syncs: Syncs
    runs: Runs
    fetch: Fetch
    requests: Callable[[], int]
    log: RunLog
    clock: times.Clock
    alive: Callable[[], None]
    tick: float
    settled_through: int | None
    checkpoint: Mapping[str, Any] | None
    state: Mapping[str, Any]
    portal_id: Callable[[], str]
    notes: list[str]
    keeping: PageRecorder | None = None

    def steps(self) -> Iterator[None]:
        """Read, merge, move the cursor, mark what is gone; yields for other runs' turns.

        Raises ``ScopeMissing`` naming scope and subscription where HubSpot does not name them.
        """
        settings = self.settings
        table = Table(
            settings.destination.database, settings.destination.schema_name, settings.table
        )
        self.log.stream, self.log.strategy = self.stream.name, str(self.stream.reader)
        self.log.destination = str(table)
        if self.stream.reader is Reader.VIEW:
            made_of = view_streams.make(self.database, self.stream, table)
            self.log.message = f"the view {table} shows {', '.join(made_of)} as they stand"
            self._settle(self.log.started_at)
            return
        try:
            yield from self._read(table)
        except ScopeMissing as error:
            raise explained(self.stream, error) from error

    def _read(self, table: Table) -> Iterator[None]:
        log, stream = self.log, self.stream
        begun = begin(
            self.settings,
            stream,
            table,
            settled_through=self.settled_through,
            checkpoint=self.checkpoint,
            state=self.state,
            now=log.started_at,
        )
        log.plan_hash = str(begun["plan"])
        log.since, log.until = begun["since"], begun["until"]
        parents = partitions.parents(
            self.fetch,
            stream,
            event_types=stream.event_types or self.settings.event_types,
            since=None if begun["whole"] else begun["since"],
            behind=begun["behind"],
        )
        wanted = partitions.pieces(
            stream, parents, since=begun["since"], until=begun["end"], behind=begun["behind"]
        )
        reading = Reading(
            self.fetch,
            stream,
            wanted,
            None if begun["whole"] else begun["since"],
            begun.get("reading"),
            {} if begun["whole"] else begun["behind"],
        )
        metadata = PortalSchema(self.database)
        stands = destination.read_table(self.database, table)
        fresh = TableViews(
            self.database,
            self.name,
            self.settings,
            stream,
            self.settled_through,
            notes=self.notes,
        )
        known = metadata.properties(self.name) if stream.flattened else ()
        if self.keeping is not None:
            self.keeping.manifest = run_manifest.run_manifest(
                stream, table, [*stands.types], self.settled_through, self.state
            )
        landing = Landing(
            database=self.database,
            stream=stream,
            table=table,
            stands=stands,
            prefix=self.settings.column_prefix,
            known=known,
            run_id=log.run_id,
            portal_id=self.portal_id,
            clock=self.clock,
            alive=self.alive,
            tick=self.tick,
            # in a table that is not there nothing can be missing
            noting=begun["whole"] and partitions.complete(stream) and bool(stands.types),
            prepared=fresh.update,
            keeping=self.keeping,
        )

        def mark_missing() -> None:
            # a run that stopped early knows of the parents that it read whole
            unread = ({one.scope for one in wanted} | parents.unchanged) - reading.whole
            if landing.noting and (stream.parents is not None or not unread):
                log.rows_deleted += landing.mark_missing(unread)

        try:
            for landed in landing.load(reading.batches()):
                yield
                if landed is None:
                    continue
                log.rows_read += landed.rows
                log.rows_inserted += landed.inserted
                log.rows_updated += landed.updated
                log.values_misfit += landed.misfits
                telemetry.debug("rows merged", sync=log.sync, run_id=log.run_id, rows=landed.rows)
                if landing.properties != {one.name: one for one, _ in known}:
                    told = [*landing.properties.values()]
                    metadata.save_properties(self.name, told, landing.flattened)
                if landed.place is not None:
                    self.syncs.save_checkpoint(self.name, {**begun, "reading": {**landed.place}})
                    log.requests = self.requests()
                    self.runs.save(log)
            mark_missing()
            self._remember(begun, reading)
            self._settle(begun["until"])
            fresh.settle(begun["until"], landing.stands)
        except Stopped:
            mark_missing()
            raise
        finally:
            landing.close()
        if reading.refused:
            names = ", ".join(sorted(reading.refused)[:5])
            first = next(iter(reading.refused.values()))
            self.runs.log_error(
                log.run_id, self.name, first.response_code, first.message, self.clock.now()
            )
            self.notes.append(
                f"{len(reading.refused)} of {len({one.scope for one in wanted})} were not read "
                f"({names}): {first.message}"
            )

    def _remember(self, begun: Mapping[str, Any], reading: Reading) -> None:
        """When all was read last, and since when that is not so of parents that were refused.

        Written before the cursor moves past what those parents hold.
        """
        state: dict[str, Json] = {**self.state, "behind": {}}
        if begun["whole"]:
            state["whole_at"] = begun["end"]
        if self.stream.dated:
            state["behind"] = {
                one: begun["behind"].get(one, begun["since"]) for one in reading.refused
            }
        if state != {"behind": {}, **self.state}:
            self.syncs.save_sweeps(self.name, state)

    def _settle(self, until: int) -> None:
        self.syncs.advance(self.name, until)
        self.log.settled_through = until


def explained(stream: Stream, error: ScopeMissing) -> ScopeMissing:
    """The refusal with the scopes and the subscription that the catalog knows of."""
    if error.scopes and not stream.tier:
        return error
    scopes = error.scopes or stream.scopes
    said = error.message
    if not error.scopes and scopes:
        said = f"{said}; {stream.name} needs the scope {' or '.join(scopes)}"
    if stream.tier:
        said = f"{said}; HubSpot has {stream.name} from {stream.tier} on"
    return ScopeMissing(said, scopes)
