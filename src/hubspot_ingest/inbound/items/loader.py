"""Loading batches of items into the table of an item stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hubspot_ingest import times
from hubspot_ingest.catalog.stream import ItemStream
from hubspot_ingest.database.columns import Column, property_columns
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.staging import Staging, parquet
from hubspot_ingest.database.state.page_archive import column_json
from hubspot_ingest.database.statements import merge_items
from hubspot_ingest.database.statements.merge import Merge
from hubspot_ingest.errors import DatabaseError
from hubspot_ingest.inbound.extract.prefetch import prefetched
from hubspot_ingest.inbound.items import rows
from hubspot_ingest.inbound.items.extraction import ItemBatch
from hubspot_ingest.inbound.items.json_paths import Item, key_columns, scope_columns
from hubspot_ingest.inbound.items.rows import ItemRows
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.load.batches import FILE_EVERY, FILE_ROWS, PART_ROWS
from hubspot_ingest.inbound.load.destination import ExistingTable
from hubspot_ingest.inbound.load.loader import FILES_AHEAD, FILES_PER_MERGE
from hubspot_ingest.inbound.load.page_recorder import PageRecorder, recorded_merge
from hubspot_ingest.model import Json, Property

# Milliseconds after which a run of many parents with little in them saves its place, however
# little there is to merge.
PLACE_EVERY = times.MINUTE


@dataclass(frozen=True, slots=True)
class ItemFile:
    """A Parquet file of rows (none when it only moves the place), and the place to resume at."""

    rows: int
    part: bytes
    misfits: int
    properties: Mapping[str, str]
    place: Mapping[str, Json] | None


@dataclass(frozen=True, slots=True)
class MergedItems:
    """What one MERGE did, and the place to resume at after it (None: everything is read)."""

    rows: int
    inserted: int
    updated: int
    misfits: int
    place: Mapping[str, Json] | None


@dataclass
class ItemLoader:
    """Loads the items of one run.

    ``remembered`` are the flattened properties that earlier runs saw, with their columns.
    With ``stores_keys`` the keys that were read are stored for ``mark_missing``; ``recorder``
    archives what is read and changed; ``prepared`` is called with the table as soon as it has all
    columns.
    """

    database: Database
    stream: ItemStream
    table: Table
    existing_table: ExistingTable
    prefix: str
    remembered: Sequence[tuple[Property, str | None]]
    run_id: str
    portal_id: Callable[[], str]
    clock: times.Clock
    heartbeat: Callable[[], None]
    tick: float
    stores_keys: bool
    prepared: Callable[[ExistingTable], None]
    recorder: PageRecorder | None = None
    flattened: tuple[Column, ...] = field(default=(), init=False)
    properties: dict[str, Property] = field(init=False)
    _ready: bool = field(default=False, init=False)
    _every: bool = field(default=False, init=False)
    _staging: Staging = field(init=False)
    _seen: Staging = field(init=False)

    def __post_init__(self) -> None:
        """Staging tables are created when their first rows come."""
        columns = rows.staging_columns(self.stream)
        self._staging = Staging(self.database, self.run_id, {"": columns})
        seen = {"": key_columns(self.stream)}
        self._seen = Staging(self.database, f"{self.run_id}_SEEN", seen)
        self.properties = {prop.name: prop for prop, _ in self.remembered}
        self._name_columns()

    def load(self, batches: Iterator[ItemBatch]) -> Iterator[MergedItems | None]:
        """Yields the result of every MERGE, and None whenever it waits for HubSpot.

        What was read before an error is merged before the error is raised.
        """
        waiting: list[ItemFile] = []
        merged_at = self.clock.now()
        try:
            try:
                for ready in prefetched(self._files(batches), FILES_AHEAD, self.tick):
                    self.heartbeat()
                    if ready is None:
                        yield None
                        continue
                    file = ready[0]
                    if file.rows:
                        self._staging.add({"": file.part})
                    waiting.append(file)
                    many = sum(file.rows > 0 for file in waiting) >= FILES_PER_MERGE
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

    def _files(self, batches: Iterator[ItemBatch]) -> Iterator[ItemFile]:
        types = {name: prop.type for name, prop in self.properties.items()}
        item_rows = ItemRows(self.stream, types)
        items: list[Item] = []
        place: Mapping[str, Json] | None = None
        unwritten = False
        written_at = self.clock.now()

        def written() -> ItemFile:
            columns, misfits = item_rows.staged(items)
            file = ItemFile(len(items), parquet(columns), misfits, dict(types), place)
            items.clear()
            return file

        try:
            for batch in batches:
                items.extend(batch.items)
                place, unwritten = batch.place, True
                elapsed = self.clock.now() - written_at
                late = elapsed >= FILE_EVERY and len(items) >= PART_ROWS
                if len(items) >= FILE_ROWS or late or elapsed >= PLACE_EVERY:
                    yield written()
                    written_at, unwritten = self.clock.now(), False
        except Exception:
            if unwritten:
                yield written()
            raise
        if unwritten:
            yield written()

    def _merge(self, waiting: list[ItemFile]) -> MergedItems:
        row_count = sum(file.rows for file in waiting)
        inserted = updated = 0
        if row_count:
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
            if self.recorder is not None:
                recorded: dict[str, Json] = {
                    "portal": portal_id,
                    "every": self._every,
                    "flattened": [column_json(column) for column in self.flattened],
                }
                parts = {"": (staging, rows.staging_columns(self.stream))}
                self.recorder.record_page("ITEMS", now, recorded, parts)
            inserted, updated = self._touch(statement, (portal_id, self.run_id, now), now)
            if self.stores_keys:
                self.database.rows(
                    merge_items.note_seen(self._seen.ensure_table(), staging, self.stream.key)
                )
            self._staging.truncate()
        misfits = sum(file.misfits for file in waiting)
        place = waiting[-1].place
        waiting.clear()
        return MergedItems(row_count, inserted, updated, misfits, place)

    def _name_columns(self) -> None:
        if not self.stream.flattened:
            return
        self.flattened = property_columns(
            self.properties.values(),
            self.prefix,
            taken=[column.name for column in (*self.stream.columns, merge_items.RAW)],
            column_names={prop.name: column for prop, column in self.remembered if column},
            existing=self.existing_table.types,
        )

    def _prepare(self) -> None:
        """Create the table, or add the columns it lacks."""
        columns = rows.table_columns(self.stream, self.flattened)
        new_columns = [column for column in columns if column.name not in self.existing_table.types]
        if self._ready and not new_columns:
            return
        flattened = {column.name for column in self.flattened}
        # a new column of the catalog's is filled in all rows that are read; a flattened property
        # that is new had no value in the rows before
        self._every = self._every or (
            bool(self.existing_table.types)
            and any(column.name not in flattened for column in new_columns)
        )
        comment = f"HubSpot {self.stream.label or self.stream.name}"
        destination.create_or_extend(
            self.database, self.table, columns, comment, self.existing_table
        )
        self.existing_table = self.existing_table.grown(columns)
        self._ready = True
        self.prepared(self.existing_table)

    def mark_missing(self, unread: Iterable[str]) -> int:
        """Mark the rows that a whole reading did not find; returns how many.

        ``unread`` are the scopes that were not read whole: their rows are left alone.
        """
        if not self.existing_table.types:
            return 0
        now = self.clock.now()
        statement = merge_items.mark_missing(
            self.table,
            self._seen.ensure_table(),
            key_columns(self.stream),
            [column.name for column in scope_columns(self.stream)],
            self.stream.missing_kind,
        )
        self._seen.copy()
        binds = (self.run_id, now, json.dumps([*unread]))
        if self.recorder is not None:
            self.recorder.record_keys("GONE", now, statement, binds, key_columns(self.stream))
        return self._touch(statement, binds, now)[1]

    def scopes(self) -> set[str]:
        """The keys of the parents that rows of the table have, as ``mark_missing`` takes them."""
        columns = [column.name for column in scope_columns(self.stream)]
        if not columns or not self.existing_table.types:
            return set()
        statement = merge_items.scopes(self.table, columns)
        return {str(row["SCOPE"]) for row in self.database.all_rows(statement)}

    def _touch(self, statement: Merge, binds: Sequence[object], now: int) -> tuple[int, int]:
        return recorded_merge(
            self.database,
            self.recorder,
            statement,
            binds,
            at=now,
            part="",
            key=key_columns(self.stream),
            columns=rows.table_columns(self.stream, self.flattened),
        )

    def close(self) -> None:
        """Drop the staging table of the keys."""
        self._seen.drop()
