"""Which tables and columns a replay makes: all that any of the replayed runs had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.stream import ItemStream
from hubspot_ingest.database.columns import Column
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.page_archive import ArchiveEntry
from hubspot_ingest.inbound.items.json_paths import key_columns
from hubspot_ingest.inbound.items.rows import table_columns
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.load.batches import HISTORY
from hubspot_ingest.inbound.load.loader import kept_columns
from hubspot_ingest.inbound.load.run_manifest import manifest_columns, manifest_plan
from hubspot_ingest.inbound.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class Records:
    """The tables of records: with every column and every table beside them that a run had."""

    plan: Plan
    links: tuple[str, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """Empty for the table itself, and what stands beside it."""
        return ("", *self.links, *((HISTORY,) if self.plan.history else ()))

    def of(self, part: str, table: Table | None = None) -> Table:
        """The table of a part; beside ``table`` where one is given."""
        plan = self.plan if table is None else replace(self.plan, table=table)
        return plan.beside(part) if part else plan.table

    def columns(self, part: str) -> tuple[Sequence[Column], Sequence[Column]]:
        """The key and all columns of a part."""
        return kept_columns(part, self.plan.columns)

    def prepare(self, database: Database, existing_table: destination.ExistingTable) -> None:
        """Make what is not there, and add the columns that lack."""
        destination.prepare_tables(database, self.plan, existing_table, self.links)


@dataclass(frozen=True, slots=True)
class Items:
    """The table of an item stream."""

    stream: ItemStream
    table: Table
    flattened: tuple[Column, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """Empty for the table itself, and what stands beside it."""
        return ("",)

    def of(self, _: str, table: Table | None = None) -> Table:
        """The table, or the one that is given."""
        return table or self.table

    def columns(self, _: str) -> tuple[Sequence[Column], Sequence[Column]]:
        """The key and all columns."""
        return key_columns(self.stream), table_columns(self.stream, self.flattened)

    def prepare(self, database: Database, existing_table: destination.ExistingTable) -> None:
        """Make what is not there, and add the columns that lack."""
        comment = f"HubSpot {self.stream.label or self.stream.name}"
        destination.create_or_extend(
            database, self.table, self.columns("")[1], comment, existing_table
        )


def target_tables(
    name: str,
    table: Table,
    entries: Sequence[ArchiveEntry],
    manifests: Mapping[str, Mapping[str, Any]],
) -> Records | Items:
    """The tables to make: the union of what the runs had, otherwise as the last of them."""
    last = [*manifests.values()][-1]
    if last["reader"] != "RECORDS":
        flattened_columns = [
            column for entry in entries for column in entry.body.get("flattened", ())
        ]
        flattened = {column.name: column for column in manifest_columns(flattened_columns)}
        return Items(lookup.item_stream(last["stream"]), table, tuple(flattened.values()))
    properties = {
        column.name: column
        for run in manifests.values()
        for column in manifest_columns(run["properties"])
    }
    plan = replace(
        manifest_plan(name, last, table),
        property_columns=tuple(properties.values()),
        associations=_union(run["associations"] for run in manifests.values()),
        history=_union(run["history"] for run in manifests.values()),
    )
    return Records(plan, _union(entry.body.get("links", ()) for entry in entries))


def _union(lists: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in lists for name in names))
