"""Undoes a run in its tables, be they a destination or the tables that a replay makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from hubspot_ingest.catalog import lookup
from hubspot_ingest.database.columns import Column, same_type
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.page_archive import ArchiveEntry, PageArchive
from hubspot_ingest.database.statements.rollback import TableRollback
from hubspot_ingest.inbound.items.json_paths import key_columns
from hubspot_ingest.inbound.items.rows import table_columns
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.load.loader import kept_columns
from hubspot_ingest.inbound.load.run_manifest import manifest_columns, manifest_plan


def undo(
    database: Database,
    entries: Sequence[ArchiveEntry],
    table: Table,
    number: int,
    *,
    passing_on: bool,
) -> Counter[str]:
    """Undo a run, whose ``entries`` these are, in ``table`` and those beside it.

    ``number`` is its place among the pages. Returns how many rows were restored, removed and
    kept, and of links and past values in all. ``passing_on`` changes the images of later runs.
    """
    kept = PageArchive(database)
    manifest, run_id = entries[0].body, entries[0].run_id
    done: Counter[str] = Counter()
    for part in kept.parts_changed(run_id):
        part_table = beside(manifest, table, part)
        existing_types = destination.read_table(database, part_table).types
        key, columns = _columns(entries, part)
        common_columns = [
            column
            for column in columns
            if column.name in existing_types and same_type(column.type, existing_types[column.name])
        ]
        if not existing_types:
            continue
        rollback = TableRollback(
            kept.pages, kept.images, part_table, part, key, common_columns, run_id, number
        )
        counts = database.rows(rollback.kept_rows())[0]
        stay = int(counts["FOUND"]) - int(counts["OWN"] or 0)
        restored = int(database.rows(rollback.restore())[0]["number of rows updated"])
        removed = int(database.rows(rollback.remove())[0]["number of rows deleted"])
        if passing_on:
            database.rows(rollback.pass_on())
        if part:
            done["history" if part == "HISTORY" else "links"] += restored + removed
        else:
            done.update(restored=restored, removed=removed, kept=stay)
    return done


def beside(manifest: Mapping[str, Any], table: Table, part: str) -> Table:
    """The table of a part."""
    return manifest_plan("", manifest, table).beside(part) if part else table


def _columns(
    entries: Sequence[ArchiveEntry], part: str
) -> tuple[Sequence[Column], Sequence[Column]]:
    """The key and the columns of a table as the run knew them."""
    manifest = entries[0].body
    if manifest["reader"] == "RECORDS":
        return kept_columns(part, manifest_plan("", manifest, Table("", "", "")).columns)
    stream = lookup.item_stream(manifest["stream"])
    flattened_lists = [entry.body["flattened"] for entry in entries if entry.kind == "ITEMS"]
    flattened = manifest_columns(flattened_lists[-1]) if flattened_lists else ()
    return key_columns(stream), table_columns(stream, flattened)
