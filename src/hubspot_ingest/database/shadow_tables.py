"""Shadow tables, in which a replay builds a table before one MERGE brings it to the destination.

A shadow lies in STAGING and is named after its run, so that it is cleaned up with the run's staging
tables. The MERGE never overwrites a newer row with an older one.
"""

from __future__ import annotations

from collections.abc import Sequence

from hubspot_ingest.database.columns import RUN_ID, SYNCED_AT, Column
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table, name, same_key
from hubspot_ingest.database.staging import merged_rows

RUN, SYNCED = name(RUN_ID.name), name(SYNCED_AT.name)
SEEN, REMOVED = name("_LAST_SEEN_AT"), name("_REMOVED_AT")


def shadow_of(database: Database, run_id: str) -> Table:
    """The name of the shadow of the run ``run_id``."""
    return Table(database.application, "STAGING", f"LOAD_{run_id}_TABLE".upper())


def create_shadow(
    database: Database,
    shadow: Table,
    columns: Sequence[Column],
    table: Table,
    existing: Sequence[str],
) -> None:
    """Create a shadow with the rows of ``table``; ``existing``: its columns (none: no table)."""
    lines = ", ".join(f"{name(column.name)} {column.type}" for column in columns)
    database.rows(f"CREATE TRANSIENT TABLE IF NOT EXISTS {shadow.quoted} ({lines})")
    both = ", ".join(name(column.name) for column in columns if column.name in existing)
    if both:
        database.rows(f"INSERT INTO {shadow.quoted} ({both}) SELECT {both} FROM {table.quoted}")


def merge_shadow(
    database: Database,
    shadow: Table,
    table: Table,
    key: Sequence[Column],
    columns: Sequence[Column],
) -> tuple[int, int]:
    """Merge the shadow's rows into the table; returns rows inserted and updated."""
    names = [column.name for column in columns]
    own = {column.name for column in key}
    newer = ""
    if RUN_ID.name in names:
        differs = f"t.{RUN} IS DISTINCT FROM s.{RUN} OR t.{SYNCED} IS DISTINCT FROM s.{SYNCED}"
        newer = f"(t.{SYNCED} IS NULL OR s.{SYNCED} >= t.{SYNCED}) AND ({differs})"
    elif "_LAST_SEEN_AT" in names:
        ended = f"t.{REMOVED} IS NULL AND s.{REMOVED} >= t.{SEEN}"
        newer = f"s.{SEEN} > t.{SEEN} OR (s.{SEEN} = t.{SEEN} AND {ended})"
    sets = ", ".join(f"{name(column)} = s.{name(column)}" for column in names if column not in own)
    update = f"WHEN MATCHED AND ({newer}) THEN UPDATE SET {sets}\n" if newer else ""
    listed = ", ".join(map(name, names))
    merged = database.rows(
        f"MERGE INTO {table.quoted} t USING (SELECT {listed} FROM {shadow.quoted}) s "
        f"ON {same_key('t', 's', [column.name for column in key])}\n{update}"
        f"WHEN NOT MATCHED THEN INSERT ({listed})\n"
        f"VALUES ({', '.join(f's.{name(column)}' for column in names)})"
    )
    return merged_rows(merged)


def drop_shadow(database: Database, shadow: Table) -> None:
    """Drop the shadow, if it exists."""
    database.rows(f"DROP TABLE IF EXISTS {shadow.quoted}")
