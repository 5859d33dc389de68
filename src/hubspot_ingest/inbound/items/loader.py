"""Loading batches of items into the table of an item stream."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hubspot_ingest.catalog.stream import ItemStream
from hubspot_ingest.database.columns import Column, property_columns
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.staging import Staging, parquet
from hubspot_ingest.database.state.page_archive import column_json
from hubspot_ingest.database.statements import merge_items
from hubspot_ingest.database.statements.merge import Merge
from hubspot_ingest.inbound.items import rows
from hubspot_ingest.inbound.items.extraction import ItemBatch
from hubspot_ingest.inbound.items.json_paths import Item, key_columns, scope_columns
from hubspot_ingest.inbound.items.rows import ItemRows
from hubspot_ingest.inbound.load.batches import FILE_EVERY, FILE_ROWS, PART_ROWS
from hubspot_ingest.inbound.load.table_loader import (
    PLACE_EVERY,
    LoadSpec,
    MergeResult,
    MergeStep,
    TableLoader,
)
from hubspot_ingest.model import Json, Property

# The staging table of the keys that a run has read.
SEEN = "SEEN"


@dataclass(frozen=True, slots=True)
class ItemFile:
    """A Parquet file of rows (none when it only moves the place), and the place to resume at.

    ``read_to`` is None where everything is read; ``types`` are those of flattened properties.
    """

    rows: int
    parts: Mapping[str, bytes]
    misfits: int
    types: Mapping[str, str]
    read_to: Mapping[str, Json] | None


def item_spec(
    stream: ItemStream,
    table: Table,
    flattened: Sequence[Column],
    binds: tuple[str, str, int],
    *,
    every: bool,
) -> LoadSpec:
    """How staged items come into their table; ``binds`` are portal id, run id, instant.

    With ``every`` all rows are updated, those too that did not change.
    """

    def steps(staging: Staging, _: object) -> Iterator[MergeStep]:
        merge = merge_items.merge(
            table,
            staging.table(),
            rows.staged_columns(stream),
            flattened,
            stream.key,
            compared=stream.compared,
            lasting=stream.lasting,
            every=every,
        )
        yield MergeStep(merge, binds)

    facts: dict[str, Json] = {
        "portal": binds[0],
        "every": every,
        "flattened": [column_json(column) for column in flattened],
    }
    kept = {"": rows.staging_columns(stream)}
    return LoadSpec(rows.item_tables(stream, table, flattened), steps, "ITEMS", facts, kept)


@dataclass
class ItemLoader:
    """Loads the items of one run.

    ``remembered`` are the flattened properties that earlier runs saw, with their columns.
    With ``stores_keys`` the keys that were read are stored for ``mark_missing``.
    """

    tables: TableLoader
    stream: ItemStream
    table: Table
    prefix: str
    remembered: Sequence[tuple[Property, str | None]]
    portal_id: str
    stores_keys: bool
    flattened: tuple[Column, ...] = field(default=(), init=False)
    properties: dict[str, Property] = field(init=False)
    _every: bool = field(default=False, init=False)
    _seen: Staging = field(init=False)

    def __post_init__(self) -> None:
        """Staging tables are created when their first rows come."""
        self._seen = self.tables.staging({SEEN: key_columns(self.stream)})
        self.properties = {prop.name: prop for prop, _ in self.remembered}
        self._name_columns()

    def load(self, batches: Iterator[ItemBatch]) -> Iterator[MergeResult | None]:
        """As ``TableLoader.load``; ``read_to`` is the place to resume at."""
        staged = {"": rows.staging_columns(self.stream)}
        return self.tables.load(self._files(batches), staged, self._spec, after=self._note_seen)

    def _files(self, batches: Iterator[ItemBatch]) -> Iterator[ItemFile]:
        types = {name: prop.type for name, prop in self.properties.items()}
        item_rows = ItemRows(self.stream, types)
        items: list[Item] = []
        place: Mapping[str, Json] | None = None
        unwritten = False
        written_at = self.tables.clock.now()

        def written() -> ItemFile:
            columns, misfits = item_rows.staged(items)
            file = ItemFile(len(items), {"": parquet(columns)}, misfits, dict(types), place)
            items.clear()
            return file

        try:
            for batch in batches:
                items.extend(batch.items)
                place, unwritten = batch.place, True
                elapsed = self.tables.clock.now() - written_at
                late = elapsed >= FILE_EVERY and len(items) >= PART_ROWS
                if len(items) >= FILE_ROWS or late or elapsed >= PLACE_EVERY:
                    yield written()
                    written_at, unwritten = self.tables.clock.now(), False
        except Exception:
            if unwritten:
                yield written()
            raise
        if unwritten:
            yield written()

    def _spec(self, files: Sequence[ItemFile], at: int) -> LoadSpec:
        for name, kind in files[-1].types.items():
            self.properties.setdefault(name, Property(name, kind))
        self._name_columns()
        # a new column of the catalog's is filled in all rows that are read; a flattened property
        # that is new had no value in the rows before
        existing = self.tables.existing_table.types
        own = rows.table_columns(self.stream)
        self._every |= bool(existing) and any(column.name not in existing for column in own)
        binds = (self.portal_id, self.tables.run_id, at)
        return item_spec(self.stream, self.table, self.flattened, binds, every=self._every)

    def _note_seen(self, staging: Staging, _: object) -> None:
        if self.stores_keys and staging.filled:
            seen = self._seen.ensure_table(SEEN)
            statement = merge_items.note_seen(seen, staging.table(), self.stream.key)
            self.tables.database.rows(statement)

    def _name_columns(self) -> None:
        if not self.stream.flattened:
            return
        self.flattened = property_columns(
            self.properties.values(),
            self.prefix,
            taken=[column.name for column in (*self.stream.columns, merge_items.RAW)],
            column_names={prop.name: column for prop, column in self.remembered if column},
            existing=self.tables.existing_table.types,
        )

    def missing_scopes(self, unread: Iterable[str]) -> set[str]:
        """The scopes in which ``mark_missing`` would mark a row."""
        if not self.tables.existing_table.types:
            return set()
        merge, binds = self._missing(unread, self.tables.clock.now())
        columns = [column.name for column in scope_columns(self.stream)]
        statement = merge_items.missing_scopes(merge, columns)
        rows = self.tables.database.all_rows(statement, binds)
        return {str(row["SCOPE"]) for row in rows}

    def mark_missing(self, unread: Iterable[str]) -> int:
        """Mark the rows that a whole reading did not find; returns how many.

        ``unread`` are the scopes that were not read whole: their rows are left alone.
        """
        if not self.tables.existing_table.types:
            return 0
        now = self.tables.clock.now()
        merge, binds = self._missing(unread, now)
        tables = rows.item_tables(self.stream, self.table, self.flattened)
        if self.tables.recorder is not None:
            self.tables.recorder.record_keys("GONE", now, merge, binds, tables.key)
        return self.tables.run(tables, [MergeStep(merge, binds, marks=True)], now)[2]

    def _missing(self, unread: Iterable[str], now: int) -> tuple[Merge, tuple[object, ...]]:
        merge = merge_items.mark_missing(
            self.table,
            self._seen.ensure_table(SEEN),
            key_columns(self.stream),
            [column.name for column in scope_columns(self.stream)],
            self.stream.missing_kind,
        )
        return merge, (self.tables.run_id, now, json.dumps([*unread]))

    def scopes(self) -> set[str]:
        """The keys of the parents that rows of the table have, as ``mark_missing`` takes them."""
        columns = [column.name for column in scope_columns(self.stream)]
        if not columns or not self.tables.existing_table.types:
            return set()
        statement = merge_items.scopes(self.table, columns)
        return {str(row["SCOPE"]) for row in self.tables.database.all_rows(statement)}
