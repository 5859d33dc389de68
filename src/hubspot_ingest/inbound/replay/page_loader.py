"""Merges kept entries again, as the runs that kept them did."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

from hubspot_ingest.catalog import lookup
from hubspot_ingest.database.casts import to_text
from hubspot_ingest.database.columns import Column, association_column
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.staging import Staging, parquet
from hubspot_ingest.database.state.page_archive import ArchiveEntry, PageArchive
from hubspot_ingest.database.statements import merge_items
from hubspot_ingest.inbound.items.loader import item_spec
from hubspot_ingest.inbound.items.rows import item_tables, staging_columns
from hubspot_ingest.inbound.load.column_backfill import fill_columns
from hubspot_ingest.inbound.load.loader import Loader
from hubspot_ingest.inbound.load.run_manifest import manifest_columns, manifest_plan
from hubspot_ingest.inbound.load.table_loader import LoadSpec, MergeStep, Parts, TableLoader
from hubspot_ingest.inbound.load.table_spec import record_tables

KeptRow = Mapping[str, str | None]
Texts = dict[str, Sequence[str | bytes | None]]


@dataclass(frozen=True, slots=True)
class KeptFile:
    """The rows of an entry as they were staged."""

    rows: int
    parts: Mapping[str, bytes]
    misfits: int = field(default=0, init=False)
    read_to: None = field(default=None, init=False)


def _no_request(*_: object) -> NoReturn:
    raise RuntimeError("a replay sends no request to HubSpot")


@dataclass(frozen=True, slots=True)
class PageLoader:
    """Merges entries of one sync into ``table``, which was made; ``loader`` is of the replay."""

    loader: TableLoader
    kept: PageArchive
    sync: str
    table: Table

    def load(self, entry: ArchiveEntry, manifest: Mapping[str, Any]) -> int:
        """Do again what an entry describes; returns rows read. ``manifest``: how its run began."""
        body = entry.body
        match entry.kind:
            case "RECORDS":
                loader, archived = self._records(entry, manifest), body["archived"]
                spec = loader.spec(body["gone"], entry.at, archived=archived)
                return self._merge(entry, loader.staged(archived=archived), spec)
            case "MARKS":
                self._records(entry, manifest).apply_marks(body["marks"], entry.at)
            case "LINKS_ENDED":
                self._records(entry, manifest).end_links(entry.at)
            case "REFILL":
                plan = manifest_plan(self.sync, manifest, self.table)
                columns = manifest_columns(body["columns"])
                # each entry is one step
                next(fill_columns(self.loader, record_tables(plan, ()), columns, body["after"]), "")
            case "ITEMS":
                stream = lookup.item_stream(manifest["stream"])
                flattened = manifest_columns(body["flattened"])
                binds = (body["portal"], entry.run_id, entry.at)
                spec = item_spec(stream, self.table, flattened, binds, every=body["every"])
                return self._merge(entry, {"": staging_columns(stream)}, spec)
            case "GONE":
                self._mark_missing(entry, manifest)
        return 0

    def _records(self, entry: ArchiveEntry, manifest: Mapping[str, Any]) -> Loader:
        plan = manifest_plan(self.sync, manifest, self.table, entry.body["strategy"])
        links = {stream: association_column(stream) for stream in entry.body["links"]}
        # rows are stamped with the run that brought them
        tables = replace(self.loader, run_id=entry.run_id)
        loader = Loader(tables, _no_request, plan, manifest["portal"], links)
        return replace(loader, overrules=bool(entry.body.get("overrules")))

    def _mark_missing(self, entry: ArchiveEntry, manifest: Mapping[str, Any]) -> None:
        stream = lookup.item_stream(manifest["stream"])
        tables = item_tables(stream, self.table, ())

        def steps(staging: Staging, _: object) -> Iterator[MergeStep]:
            marks = merge_items.mark_again(
                self.table, staging.table(), tables.key, stream.missing_kind
            )
            yield MergeStep(marks, (entry.run_id, entry.at))

        self._merge(entry, {"": tables.key}, LoadSpec(tables, steps, "GONE", {}, {}))

    def _merge(self, entry: ArchiveEntry, staged: Parts, spec: LoadSpec) -> int:
        kept_rows = self.kept.entry_rows(self.sync, entry)
        parts = {
            part: parquet(_texts(kept_rows.get(part, []), staged[part]))
            for part in entry.body.get("parts", [""])
        }
        staging = self.loader.staging(staged)
        staging.add(parts)
        files = [KeptFile(len(kept_rows.get("", [])), parts)]
        result = self.loader.merge(staging, files, spec, entry.at)
        staging.truncate()
        return result.rows


def _texts(kept_rows: Sequence[KeptRow], columns: Sequence[Column]) -> Texts:
    """Kept rows as they were staged, with the columns of properties typed from PROPERTIES."""
    texts: Texts = {}
    kept_names = kept_rows[0].keys() if kept_rows else {column.name for column in columns}
    typed = any(column.name not in kept_names for column in columns)
    values = [json.loads(row["PROPERTIES"] or "{}") for row in kept_rows] if typed else []
    for column in columns:
        if column.name in kept_names:
            texts[column.name] = [row[column.name] for row in kept_rows]
        else:
            texts[column.name], _ = to_text(column, [row.get(column.property) for row in values])
    return texts
