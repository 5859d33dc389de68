"""Batches of items on their way into a table of fixed columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hubspot_ingest import times
from hubspot_ingest.catalog.stream import Stream
from hubspot_ingest.database import columns as naming
from hubspot_ingest.database.columns import Column
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.staging import Staging, parquet
from hubspot_ingest.database.state.page_archive import column_json
from hubspot_ingest.database.statements import merge_items
from hubspot_ingest.database.statements.merge import Merge
from hubspot_ingest.errors import DatabaseError
from hubspot_ingest.inbound.extract.prefetch import prefetched
from hubspot_ingest.inbound.items import rows
from hubspot_ingest.inbound.items.extraction import Batch
from hubspot_ingest.inbound.items.json_paths import Item, key_columns, scope_columns
from hubspot_ingest.inbound.items.rows import Spelling
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.load.batches import FILE_EVERY, FILE_ROWS, PART_ROWS
from hubspot_ingest.inbound.load.destination import ExistingTable
from hubspot_ingest.inbound.load.loader import FILES_AHEAD, FILES_PER_MERGE
from hubspot_ingest.inbound.load.page_recorder import PageRecorder, recorded_merge
from hubspot_ingest.model import Json, Property

# A reading of many parents with little in them is saved so often (ms), whatever there is to merge.
PLACE_EVERY = times.MINUTE


@dataclass(frozen=True, slots=True)
class File:
    """A Parquet file of rows (none when it only moves the place), and the place reached."""

    rows: int
    part: bytes
    misfits: int
    properties: Mapping[str, str]
    place: Mapping[str, Json] | None


@dataclass(frozen=True, slots=True)
class Landed:
    """What one MERGE did, and the place reading stands at once it is in (None: the end)."""

    rows: int
    inserted: int
    updated: int
    misfits: int
    place: Mapping[str, Json] | None


@dataclass
class Landing:
    """Lands the items of one run.

    ``known`` are the flattened properties met by earlier runs, with their columns. ``noting``
    keeps the keys that were read, for ``mark_missing``, ``keeping`` what is read and changed;
    ``prepared`` is called when the table is as it has to be.
    """

    database: Database
    stream: Stream
    table: Table
    stands: ExistingTable
    prefix: str
    known: Sequence[tuple[Property, str | None]]
    run_id: str
    portal_id: Callable[[], str]
    clock: times.Clock
    alive: Callable[[], None]
    tick: float
    noting: bool
    prepared: Callable[[ExistingTable], None]
    keeping: PageRecorder | None = None
    flattened: tuple[Column, ...] = field(default=(), init=False)
    properties: dict[str, Property] = field(init=False)
    _ready: bool = field(default=False, init=False)
    _every: bool = field(default=False, init=False)
    _staging: Staging = field(init=False)
    _seen: Staging = field(init=False)

    def __post_init__(self) -> None:
        """Staging tables are made when their first rows come."""
        columns = rows.staging_columns(self.stream)
        self._staging = Staging(self.database, self.run_id, {"": columns})
        seen = {"": key_columns(self.stream)}
        self._seen = Staging(self.database, f"{self.run_id}_SEEN", seen)
        self.properties = {one.name: one for one, _ in self.known}
        self._name_columns()

    def load(self, batches: Iterator[Batch]) -> Iterator[Landed | None]:
        """Yields after every MERGE, and None whenever it waits for HubSpot.

        What was read before an error is merged before the error is raised.
        """
        waiting: list[File] = []
        merged_at = self.clock.now()
        try:
            try:
                for item in prefetched(self._files(batches), FILES_AHEAD, self.tick):
                    self.alive()
                    if item is None:
                        yield None
                        continue
                    if item[0].rows:
                        self._staging.add({"": item[0].part})
                    waiting.append(item[0])
                    many = sum(one.rows > 0 for one in waiting) >= FILES_PER_MERGE
                    if many or self.clock.now() - merged_at >= PLACE_EVERY:
                        yield self._merge(waiting)
                        merged_at = self.clock.now()
            except DatabaseError:
                raise
            except Exception:
                if waiting:
                    yield self._merge(waiting)
                raise
            if waiting:
                yield self._merge(waiting)
        finally:
            self._staging.drop()

    def _files(self, batches: Iterator[Batch]) -> Iterator[File]:
        types = {name: one.type for name, one in self.properties.items()}
        spelling = Spelling(self.stream, types)
        items: list[Item] = []
        place: Mapping[str, Json] | None = None
        read = False
        made_at = self.clock.now()

        def made() -> File:
            columns, misfits = spelling.staged(items)
            file = File(len(items), parquet(columns), misfits, dict(types), place)
            items.clear()
            return file

        try:
            for batch in batches:
                items.extend(batch.items)
                place, read = batch.place, True
                elapsed = self.clock.now() - made_at
                late = elapsed >= FILE_EVERY and len(items) >= PART_ROWS
                if len(items) >= FILE_ROWS or late or elapsed >= PLACE_EVERY:
                    yield made()
                    made_at, read = self.clock.now(), False
        except Exception:
            if read:
                yield made()
            raise
        if read:
            yield made()

    def _merge(self, waiting: list[File]) -> Landed:
        told = sum(one.rows for one in waiting)
        inserted = updated = 0
        if told:
            for name, kind in waiting[-1].properties.items():
                self.properties.setdefault(name, Property(name, kind))
            portal_id = self.portal_id()
            self._name_columns()
            self._prepare()
            staging = self._staging.table()
            statement = merge_items.merge(
                self.table,
                staging,
                rows.staged_columns(self.stream),
                self.flattened,
                self.stream.key,
                compared=self.stream.compared,
                every=self._every,
            )
            now = self.clock.now()
            self._staging.copy()
            if self.keeping is not None:
                said: dict[str, Json] = {
                    "portal": portal_id,
                    "every": self._every,
                    "flattened": [column_json(one) for one in self.flattened],
                }
                parts = {"": (staging, rows.staging_columns(self.stream))}
                self.keeping.record_page("ITEMS", now, said, parts)
            inserted, updated = self._touch(statement, (portal_id, self.run_id, now), now)
            if self.noting:
                self.database.rows(
                    merge_items.note_seen(self._seen.ensure_table(), staging, self.stream.key)
                )
            self._staging.truncate()
        misfits = sum(one.misfits for one in waiting)
        place = waiting[-1].place
        waiting.clear()
        return Landed(told, inserted, updated, misfits, place)

    def _name_columns(self) -> None:
        if not self.stream.flattened:
            return
        self.flattened = naming.property_columns(
            self.properties.values(),
            self.prefix,
            taken=[one.name for one in (*self.stream.columns, merge_items.RAW)],
            column_names={one.name: column for one, column in self.known if column},
            existing=self.stands.types,
        )

    def _prepare(self) -> None:
        """Make the table, or add the columns it lacks."""
        wanted = rows.table_columns(self.stream, self.flattened)
        fresh = [one for one in wanted if one.name not in self.stands.types]
        if self._ready and not fresh:
            return
        own = {one.name for one in self.flattened}
        # a new column of the catalog's is filled in all rows that are read; others were empty
        self._every = self._every or (
            bool(self.stands.types) and any(one.name not in own for one in fresh)
        )
        comment = f"HubSpot {self.stream.label or self.stream.name}"
        destination.create_or_extend(self.database, self.table, wanted, comment, self.stands)
        self.stands = self.stands.grown(wanted)
        self._ready = True
        self.prepared(self.stands)

    def mark_missing(self, unread: Iterable[str]) -> int:
        """Mark what a whole reading did not find, but for parents not read whole."""
        if not self.stands.types:
            return 0
        now = self.clock.now()
        statement = merge_items.mark_missing(
            self.table,
            self._seen.ensure_table(),
            key_columns(self.stream),
            [one.name for one in scope_columns(self.stream)],
            self.stream.gone,
        )
        self._seen.copy()
        binds = (self.run_id, now, json.dumps([*unread]))
        if self.keeping is not None:
            self.keeping.record_keys("GONE", now, statement, binds, key_columns(self.stream))
        return self._touch(statement, binds, now)[1]

    def _touch(self, statement: Merge, binds: Sequence[object], now: int) -> tuple[int, int]:
        return recorded_merge(
            self.database,
            self.keeping,
            statement,
            binds,
            at=now,
            part="",
            key=key_columns(self.stream),
            columns=rows.table_columns(self.stream, self.flattened),
        )

    def close(self) -> None:
        """Leave nothing behind."""
        self._seen.drop()
