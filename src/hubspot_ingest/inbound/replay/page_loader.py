"""Merges kept entries again, as the runs that kept them did."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from hubspot_ingest.catalog import lookup
from hubspot_ingest.database.casts import to_text
from hubspot_ingest.database.columns import Column, association_column
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.staging import Staging, parquet
from hubspot_ingest.database.state.page_archive import ArchiveEntry, PageArchive
from hubspot_ingest.database.statements import merge_items
from hubspot_ingest.inbound.items.json_paths import key_columns
from hubspot_ingest.inbound.items.rows import staged_columns, staging_columns
from hubspot_ingest.inbound.load.batches import RecordFile
from hubspot_ingest.inbound.load.column_backfill import ColumnBackfill
from hubspot_ingest.inbound.load.destination import ExistingTable
from hubspot_ingest.inbound.load.loader import Loader
from hubspot_ingest.inbound.load.run_manifest import manifest_columns, manifest_plan

KeptRow = Mapping[str, str | None]
Texts = dict[str, Sequence[str | bytes | None]]


@dataclass(frozen=True, slots=True)
class _Then:
    """A clock that stands at the moment of an entry."""

    at: int

    def now(self) -> int:
        return self.at

    def sleep(self, seconds: float) -> NoReturn:
        raise RuntimeError(f"nothing waits in a replay ({seconds} seconds)")


def _no_request(*_: object) -> NoReturn:
    raise RuntimeError("a replay sends no request to HubSpot")


@dataclass(frozen=True, slots=True)
class Loads:
    """Merges entries of one sync into ``table``; staging tables are named after ``run_id``."""

    database: Database
    kept: PageArchive
    sync: str
    table: Table
    run_id: str

    def load(self, entry: ArchiveEntry, manifest: Mapping[str, Any]) -> int:
        """Do again what an entry describes; returns rows read. ``manifest``: how its run began."""
        match entry.kind:
            case "RECORDS":
                return self._records(entry, manifest)
            case "MARKS":
                self._loader(entry, manifest).apply_marks(entry.body["marks"], entry.at)
            case "LINKS_ENDED":
                self._loader(entry, manifest).end_links()
            case "REFILL":
                self._refill(entry)
            case "ITEMS":
                return self._items(entry, manifest)
            case "GONE":
                self._gone(entry, manifest)
        return 0

    # -- records ---------------------------------------------------------------------------------

    def _loader(self, entry: ArchiveEntry, manifest: Mapping[str, Any]) -> Loader:
        return Loader(
            database=self.database,
            fetch=_no_request,
            plan=manifest_plan(self.sync, manifest, self.table, entry.body["strategy"]),
            existing_table=ExistingTable({}, {}),
            run_id=entry.run_id,
            portal_id=manifest["portal"],
            clock=_Then(entry.at),
            heartbeat=lambda: None,
            with_links={stream: association_column(stream) for stream in entry.body["links"]},
            tick=0,
            ready=True,
        )

    def _records(self, entry: ArchiveEntry, manifest: Mapping[str, Any]) -> int:
        loader = self._loader(entry, manifest)
        staging = loader.staging(entry.body["archived"], self._named(entry))
        rows_of_parts = self.kept.entry_rows(self.sync, entry)
        parts: dict[str, bytes] = {}
        for part in entry.body["parts"]:
            part_rows = rows_of_parts.get(part, [])
            if part:
                parts[part] = parquet(_texts(part_rows, staging.columns[part]))
            else:
                parts[part] = parquet(_records(part_rows, staging.columns[part]))
        file = RecordFile(
            parts=parts,
            ids=[str(row["ID"]) for row in rows_of_parts.get("", [])],
            misfits=0,
            merged_ids=tuple((pair["id"], pair["into"]) for pair in entry.body["gone"]),
            read_to={},
        )
        try:
            staging.add(parts)
            return loader.merge(staging, [file], {}, entry.body["archived"]).rows
        finally:
            staging.drop()

    def _refill(self, entry: ArchiveEntry) -> None:
        columns = manifest_columns(entry.body["columns"])
        refill = ColumnBackfill(self.database, self.table, columns, self._named(entry))
        for _ in refill.after(entry.body["after"]):
            # each entry is one step
            break

    # -- items -----------------------------------------------------------------------------------

    def _items(self, entry: ArchiveEntry, manifest: Mapping[str, Any]) -> int:
        stream = lookup.item_stream(manifest["stream"])
        columns = staging_columns(stream)
        kept_rows = self.kept.entry_rows(self.sync, entry).get("", [])
        staging = self._staged(entry, kept_rows, columns)
        statement = merge_items.merge(
            self.table,
            staging.table(),
            staged_columns(stream),
            manifest_columns(entry.body["flattened"]),
            stream.key,
            compared=stream.compared,
            every=entry.body["every"],
        )
        try:
            staging.merge(str(statement), (entry.body["portal"], entry.run_id, entry.at))
        finally:
            staging.drop()
        return len(kept_rows)

    def _gone(self, entry: ArchiveEntry, manifest: Mapping[str, Any]) -> None:
        stream = lookup.item_stream(manifest["stream"])
        key = key_columns(stream)
        staging = self._staged(entry, self.kept.entry_rows(self.sync, entry).get("", []), key)
        statement = merge_items.mark_again(self.table, staging.table(), key, stream.missing_kind)
        try:
            staging.merge(str(statement), (entry.run_id, entry.at))
        finally:
            staging.drop()

    def _staged(
        self, entry: ArchiveEntry, kept_rows: Sequence[KeptRow], columns: Sequence[Column]
    ) -> Staging:
        staging = Staging(self.database, self._named(entry), {"": columns})
        staging.add({"": parquet(_texts(kept_rows, columns))})
        return staging

    def _named(self, entry: ArchiveEntry) -> str:
        # a table of its own for each: runs had other columns, and COPY remembers files by table
        return f"{self.run_id}_{entry.number}"


def _texts(kept_rows: Sequence[KeptRow], columns: Sequence[Column]) -> Texts:
    return {column.name: [row.get(column.name) for row in kept_rows] for column in columns}


def _records(kept_rows: Sequence[KeptRow], columns: Sequence[Column]) -> Texts:
    """Kept records with the columns of their properties, typed as ``rows.staged`` does."""
    values = [json.loads(row["PROPERTIES"] or "{}") for row in kept_rows]
    texts: Texts = {}
    for column in columns:
        if column.property is None:
            texts[column.name] = [row.get(column.name) for row in kept_rows]
        else:
            texts[column.name], _ = to_text(column, [row.get(column.property) for row in values])
    return texts
