"""What a run did to its tables, undone: the same in a destination and in a table made again."""

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
    said, run_id = entries[0].body, entries[0].run_id
    done: Counter[str] = Counter()
    for part in kept.parts_changed(run_id):
        of = beside(said, table, part)
        stands = destination.read_table(database, of).types
        key, columns = _columns(entries, part)
        there = [
            one for one in columns if one.name in stands and same_type(one.type, stands[one.name])
        ]
        if not stands:
            continue
        undoing = TableRollback(kept.pages, kept.images, of, part, key, there, run_id, number)
        found = database.rows(undoing.kept_rows())[0]
        stay = int(found["FOUND"]) - int(found["OWN"] or 0)
        restored = int(database.rows(undoing.restore())[0]["number of rows updated"])
        removed = int(database.rows(undoing.remove())[0]["number of rows deleted"])
        if passing_on:
            database.rows(undoing.pass_on())
        if part:
            done["history" if part == "HISTORY" else "links"] += restored + removed
        else:
            done.update(restored=restored, removed=removed, kept=stay)
    return done


def beside(said: Mapping[str, Any], table: Table, part: str) -> Table:
    """The table of a part."""
    return manifest_plan("", said, table).beside(part) if part else table


def _columns(
    entries: Sequence[ArchiveEntry], part: str
) -> tuple[Sequence[Column], Sequence[Column]]:
    """The key and the columns of a table as the run knew them."""
    said = entries[0].body
    if said["reader"] == "RECORDS":
        return kept_columns(part, manifest_plan("", said, Table("", "", "")).columns)
    stream = lookup.item_stream(said["stream"])
    told = [one.body["flattened"] for one in entries if one.kind == "ITEMS"]
    flattened = manifest_columns(told[-1]) if told else ()
    return key_columns(stream), table_columns(stream, flattened)
