"""Says which tables and columns some kept runs filled: all that any of them had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hubspot_ingest.catalog import lookup
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.page_archive import ArchiveEntry
from hubspot_ingest.inbound.items.rows import item_tables
from hubspot_ingest.inbound.load.run_manifest import manifest_columns, manifest_plan
from hubspot_ingest.inbound.load.table_spec import TableSpec, record_tables


def target_tables(
    table: Table, entries: Sequence[ArchiveEntry], manifests: Sequence[Mapping[str, Any]]
) -> TableSpec:
    """The tables of some runs, which began as ``manifests`` say, otherwise as of the last one."""
    last = manifests[-1]
    if last["reader"] != "RECORDS":
        column_rows = [column for entry in entries for column in entry.body.get("flattened", ())]
        flattened = {column.name: column for column in manifest_columns(column_rows)}
        return item_tables(lookup.item_stream(last["stream"]), table, [*flattened.values()])
    properties = {
        column.name: column
        for manifest in manifests
        for column in manifest_columns(manifest["properties"])
    }
    plan = replace(
        manifest_plan("", last, table),
        property_columns=tuple(properties.values()),
        associations=_union(manifest["associations"] for manifest in manifests),
        history=_union(manifest["history"] for manifest in manifests),
    )
    return record_tables(plan, _union(entry.body.get("links", ()) for entry in entries))


def _union(lists: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in lists for name in names))
