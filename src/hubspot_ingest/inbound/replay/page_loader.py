"""Kept entries merged again, as the run that they are of merged them."""

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
from hubspot_ingest.errors import IngestError
from hubspot_ingest.inbound.items.json_paths import key_columns
from hubspot_ingest.inbound.items.rows import staged_columns, staging_columns
from hubspot_ingest.inbound.load.batches import RecordFile
from hubspot_ingest.inbound.load.column_backfill import ColumnBackfill
from hubspot_ingest.inbound.load.destination import ExistingTable
from hubspot_ingest.inbound.load.loader import Loader
from hubspot_ingest.inbound.load.run_manifest import manifest_columns, manifest_plan

Kept_row = Mapping[str, str | None]
Texts = dict[str, Sequence[str | bytes | None]]


@dataclass(frozen=True, slots=True)
class _Then:
    """The clock at the moment of an entry."""

    at: int

    def now(self) -> int:
        return self.at

    def sleep(self, seconds: float) -> NoReturn:
        raise IngestError(f"nothing waits in a replay ({seconds} seconds)")


def _no_request(*_: object) -> NoReturn:
    raise IngestError("a replay sends no request to HubSpot")


@dataclass(frozen=True, slots=True)
class Loads:
    """Merges entries of one sync into ``table``; staging tables are named after ``run_id``."""

    database: Database
    kept: PageArchive
    sync: str
    table: Table
    run_id: str

    def load(self, entry: ArchiveEntry, said: Mapping[str, Any]) -> int:
        """Do again what an entry tells, by a run that began as ``said``; returns rows read."""
        match entry.kind:
            case "RECORDS":
                return self._records(entry, said)
            case "MARKS":
                self._loading(entry, said).apply_marks(entry.body["marks"], entry.at)
            case "LINKS_ENDED":
                self._loading(entry, said).end_links()
            case "REFILL":
                self._refill(entry)
            case "ITEMS":
                return self._items(entry, said)
            case "GONE":
                self._gone(entry, said)
        return 0

    # -- records ---------------------------------------------------------------------------------

    def _loading(self, entry: ArchiveEntry, said: Mapping[str, Any]) -> Loader:
        return Loader(
            database=self.database,
            fetch=_no_request,
            plan=manifest_plan(self.sync, said, self.table, entry.body["strategy"]),
            existing_table=ExistingTable({}, {}),
            run_id=entry.run_id,
            portal_id=said["portal"],
            clock=_Then(entry.at),
            heartbeat=lambda: None,
            with_links={one: association_column(one) for one in entry.body["links"]},
            tick=0,
            ready=True,
        )

    def _records(self, entry: ArchiveEntry, said: Mapping[str, Any]) -> int:
        loading = self._loading(entry, said)
        staging = loading.staging(entry.body["archived"], self._named(entry))
        found = self.kept.entry_rows(self.sync, entry)
        parts: dict[str, bytes] = {}
        for part in entry.body["parts"]:
            told = found.get(part, [])
            if part:
                parts[part] = parquet(_texts(told, staging.columns[part]))
            else:
                parts[part] = parquet(_records(told, staging.columns[part]))
        file = RecordFile(
            parts=parts,
            ids=[str(one["ID"]) for one in found.get("", [])],
            misfits=0,
            merged_ids=tuple((one["id"], one["into"]) for one in entry.body["gone"]),
            read_to={},
        )
        try:
            staging.add(parts)
            return loading.merge(staging, [file], {}, entry.body["archived"]).rows
        finally:
            staging.drop()

    def _refill(self, entry: ArchiveEntry) -> None:
        columns = manifest_columns(entry.body["columns"])
        refill = ColumnBackfill(self.database, self.table, columns, self._named(entry))
        for _ in refill.after(entry.body["after"]):
            # each entry is one step
            break

    # -- items -----------------------------------------------------------------------------------

    def _items(self, entry: ArchiveEntry, said: Mapping[str, Any]) -> int:
        stream = lookup.item_stream(said["stream"])
        columns = staging_columns(stream)
        told = self.kept.entry_rows(self.sync, entry).get("", [])
        staging = self._staged(entry, told, columns)
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
        return len(told)

    def _gone(self, entry: ArchiveEntry, said: Mapping[str, Any]) -> None:
        stream = lookup.item_stream(said["stream"])
        key = key_columns(stream)
        staging = self._staged(entry, self.kept.entry_rows(self.sync, entry).get("", []), key)
        statement = merge_items.mark_again(self.table, staging.table(), key, stream.missing_kind)
        try:
            staging.merge(str(statement), (entry.run_id, entry.at))
        finally:
            staging.drop()

    def _staged(
        self, entry: ArchiveEntry, told: Sequence[Kept_row], columns: Sequence[Column]
    ) -> Staging:
        staging = Staging(self.database, self._named(entry), {"": columns})
        staging.add({"": parquet(_texts(told, columns))})
        return staging

    def _named(self, entry: ArchiveEntry) -> str:
        # a table of its own for each: runs had other columns, and COPY remembers files by table
        return f"{self.run_id}_{entry.number}"


def _texts(told: Sequence[Kept_row], columns: Sequence[Column]) -> Texts:
    return {one.name: [row.get(one.name) for row in told] for one in columns}


def _records(told: Sequence[Kept_row], columns: Sequence[Column]) -> Texts:
    """Kept records with the columns of their properties, typed as ``rows.staged`` does."""
    values = [json.loads(row["PROPERTIES"] or "{}") for row in told]
    texts: Texts = {}
    for one in columns:
        if one.property is None:
            texts[one.name] = [row.get(one.name) for row in told]
        else:
            texts[one.name], _ = to_text(one, [row.get(one.property) for row in values])
    return texts
