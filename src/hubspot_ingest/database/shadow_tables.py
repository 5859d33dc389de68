"""A table beside the destination in which a table is made again, unseen until it is whole.

It lies in STAGING under the name of what makes it, so that it is cleared away with its staging
tables. What was made goes into the destination by one MERGE that never sets an older row over a
newer one.
"""

from __future__ import annotations

from collections.abc import Sequence

from hubspot_ingest.database.columns import Column
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table, name, same_key

RUN, SYNCED = name("_RUN_ID"), name("_SYNCED_AT")
SEEN, REMOVED = name("_LAST_SEEN_AT"), name("_REMOVED_AT")


def shadow_of(database: Database, run_id: str) -> Table:
    """The shadow that the run ``run_id`` makes."""
    return Table(database.application, "STAGING", f"LOAD_{run_id}_TABLE".upper())


def create_shadow(
    database: Database, shadow: Table, columns: Sequence[Column], table: Table, there: Sequence[str]
) -> None:
    """Make a shadow with the rows of ``table``, whose columns are ``there`` (none: no table)."""
    lines = ", ".join(f"{name(one.name)} {one.type}" for one in columns)
    database.rows(f"CREATE TRANSIENT TABLE IF NOT EXISTS {shadow.quoted} ({lines})")
    both = ", ".join(name(one.name) for one in columns if one.name in there)
    if both:
        database.rows(f"INSERT INTO {shadow.quoted} ({both}) SELECT {both} FROM {table.quoted}")


def merge_shadow(
    database: Database,
    shadow: Table,
    table: Table,
    key: Sequence[Column],
    columns: Sequence[Column],
) -> tuple[int, int]:
    """Bring the shadow's rows into the table; rows inserted and updated."""
    names = [one.name for one in columns]
    own = {one.name for one in key}
    newer = ""
    if "_SYNCED_AT" in names:
        differs = f"t.{RUN} IS DISTINCT FROM s.{RUN} OR t.{SYNCED} IS DISTINCT FROM s.{SYNCED}"
        newer = f"(t.{SYNCED} IS NULL OR s.{SYNCED} >= t.{SYNCED}) AND ({differs})"
    elif "_LAST_SEEN_AT" in names:
        ended = f"t.{REMOVED} IS NULL AND s.{REMOVED} >= t.{SEEN}"
        newer = f"s.{SEEN} > t.{SEEN} OR (s.{SEEN} = t.{SEEN} AND {ended})"
    sets = ", ".join(f"{name(one)} = s.{name(one)}" for one in names if one not in own)
    update = f"WHEN MATCHED AND ({newer}) THEN UPDATE SET {sets}\n" if newer else ""
    listed = ", ".join(map(name, names))
    counts = database.rows(
        f"MERGE INTO {table.quoted} t USING (SELECT {listed} FROM {shadow.quoted}) s "
        f"ON {same_key('t', 's', [one.name for one in key])}\n{update}"
        f"WHEN NOT MATCHED THEN INSERT ({listed})\n"
        f"VALUES ({', '.join(f's.{name(one)}' for one in names)})"
    )[0]
    return (
        int(counts.get("number of rows inserted") or 0),
        int(counts.get("number of rows updated") or 0),
    )


def drop_shadow(database: Database, shadow: Table) -> None:
    """Leave nothing behind."""
    database.rows(f"DROP TABLE IF EXISTS {shadow.quoted}")
