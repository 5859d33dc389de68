"""Undoes a run in its tables, be they a destination or the tables that a replay makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hubspot_ingest.database.columns import same_type
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.page_archive import ArchiveEntry, PageArchive
from hubspot_ingest.database.statements.rollback import TableRollback
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.replay.target_tables import target_tables


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
    run_id = entries[0].run_id
    tables = target_tables(table, entries, [entries[0].body]).parts
    done: Counter[str] = Counter()
    for part in kept.parts_changed(run_id):
        spec = tables[part]
        existing_types = destination.read_table(database, spec.table).types
        common_columns = [
            column
            for column in spec.columns
            if column.name in existing_types and same_type(column.type, existing_types[column.name])
        ]
        if not existing_types:
            continue
        rollback = TableRollback(
            kept.pages, kept.images, spec.table, part, spec.key, common_columns, run_id, number
        )
        counts = database.rows(rollback.kept_rows())[0]
        stay = int(counts["FOUND"]) - int(counts["OWN"] or 0)
        restored = database.change(rollback.restore())
        removed = database.change(rollback.remove())
        if passing_on:
            database.rows(rollback.pass_on())
        if part:
            done["history" if part == "HISTORY" else "links"] += restored + removed
        else:
            done.update(restored=restored, removed=removed, kept=stay)
    return done
