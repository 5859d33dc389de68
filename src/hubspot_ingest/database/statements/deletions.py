"""Statements about what is gone, and about the tables beside the destination. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from hubspot_ingest.database.columns import (
    DELETE_KIND,
    DELETED_AT,
    KEY,
    LINK_KEY,
    LINK_SEEN,
    Column,
)
from hubspot_ingest.database.sql import INSTANT, Table, name, same_key, typed
from hubspot_ingest.database.statements.merge import Merge

_KIND = name(DELETE_KIND.name)
_ID = name(KEY)


def upsert_links(links: Table, staging: str, staged: Sequence[Column]) -> Merge:
    """Links that were read: new ones, and those that are still there; bind: now."""
    first, last, removed = (name(column.name) for column in LINK_SEEN)
    names = [name(column.name) for column in staged]
    return Merge(
        links,
        f"  SELECT {', '.join(names)}, {INSTANT} AS SEEN_AT FROM {staging}\n"
        f"  QUALIFY ROW_NUMBER() OVER (PARTITION BY {', '.join(LINK_KEY)} "
        f"ORDER BY {', '.join(LINK_KEY)}) = 1",
        _same(LINK_KEY),
        f'"LABEL" = s."LABEL", {last} = s.SEEN_AT, {removed} = NULL',
        inserts=[*((one, one) for one in names), (first, "SEEN_AT"), (last, "SEEN_AT")],
    )


def mark_removed(links: Table, staging: str, staged_links: str, ids: Column) -> Merge:
    """Links of records that were read again and are gone; bind: now.

    Only records whose ``ids`` were fetched count: what was not fetched is not gone.
    """
    keys = ", ".join(f"l.{name(one)} AS {name(one)}" for one in LINK_KEY)
    found = " AND ".join(f"f.{name(one)} = l.{name(one)}" for one in LINK_KEY)
    return Merge(
        links,
        f"  SELECT DISTINCT {keys}, {INSTANT} AS REMOVED_AT\n"
        f"  FROM {links.quoted} l\n"
        f'  JOIN {staging} m ON m.{_ID} = l."FROM_ID" AND m.{name(ids.name)} IS NOT NULL\n'
        f"  LEFT JOIN {staged_links} f ON {found}\n"
        '  WHERE f."FROM_ID" IS NULL AND l."_REMOVED_AT" IS NULL',
        _same(LINK_KEY),
        '"_REMOVED_AT" = s.REMOVED_AT',
    )


def end_links(links: Table, table: Table) -> Merge:
    """Links of records that are gone from HubSpot, which no read of associations tells of."""
    keys = ", ".join(f"l.{name(one)} AS {name(one)}" for one in LINK_KEY)
    return Merge(
        links,
        f"  SELECT {keys}, g.{name(DELETED_AT.name)} AS REMOVED_AT\n"
        f'  FROM {links.quoted} l JOIN {table.quoted} g ON g.{_ID} = l."FROM_ID"\n'
        f"  WHERE l.\"_REMOVED_AT\" IS NULL AND g.{_KIND} IN ('ARCHIVED', 'MERGED', 'PURGED')",
        _same(LINK_KEY),
        '"_REMOVED_AT" = s.REMOVED_AT',
    )


def reappeared_ids(table: Table, staging: str) -> str:
    """Rows marked as deleted whose records were just read."""
    return (
        f"SELECT DISTINCT t.{_ID} AS FOUND FROM {table.quoted} t "
        f"JOIN {staging} s ON s.{_ID} = t.{_ID} WHERE t.{_KIND} IS NOT NULL"
    )


def insert_new(table: Table, staging: str, staged: Sequence[Column], key: Sequence[str]) -> Merge:
    """Rows that are not there yet, told apart by ``key``."""
    values = ", ".join(f"{typed(column)} AS {name(column.name)}" for column in staged)
    by = ", ".join(map(name, key))
    names = [name(column.name) for column in staged]
    return Merge(
        table,
        f"  SELECT {values} FROM {staging}\n"
        f"  QUALIFY ROW_NUMBER() OVER (PARTITION BY {by} ORDER BY {by}) = 1",
        _same(key),
        inserts=[(one, one) for one in names],
    )


def _same(key: Sequence[str]) -> str:
    return same_key("t", "s", key)


def mark_deleted(table: Table) -> Merge:
    """Rows that are gone from HubSpot; binds: run id, now, JSON array of the marks.

    A mark is ``{"id", "kind", "into", "at"}`` with ``at`` in epoch milliseconds. MERGED is what
    the survivor tells and holds against every other kind, which is only concluded; FILTERED_OUT is
    said of records that are there, whatever was concluded before.
    """
    return Merge(
        table,
        "  SELECT f.VALUE:id::VARCHAR AS MARKED, f.VALUE:kind::VARCHAR AS KIND,\n"
        "    f.VALUE:into::VARCHAR AS MERGED_INTO,\n"
        "    TO_TIMESTAMP_NTZ(f.VALUE:at::NUMBER, 3) AS DELETED_AT,\n"
        f"    CAST(? AS VARCHAR) AS RUN_ID, {INSTANT} AS MARKED_AT\n"
        "  FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f",
        f"t.{_ID} = s.MARKED",
        f"{name(DELETED_AT.name)} = s.DELETED_AT, {_KIND} = s.KIND, "
        '"_MERGED_INTO" = s.MERGED_INTO, "_RUN_ID" = s.RUN_ID, "_SYNCED_AT" = s.MARKED_AT',
        f"(t.{_KIND} IS NULL OR (s.KIND = 'MERGED' AND "
        f"(t.{_KIND} <> 'MERGED' OR t.\"_MERGED_INTO\" IS DISTINCT FROM s.MERGED_INTO)) OR "
        f"(s.KIND = 'PURGED' AND t.{_KIND} IN ('ARCHIVED', 'FILTERED_OUT')) OR "
        f"(s.KIND = 'FILTERED_OUT' AND t.{_KIND} IN ('ARCHIVED', 'PURGED')))",
    )


def missing_ids(table: Table, staging: str) -> str:
    """Live rows with an id in a range that was just read whole, and not found there.

    Binds: the id the range begins after, the id it ends with.
    """
    return (
        f"SELECT t.{_ID} AS MISSING FROM {table.quoted} t "
        f"LEFT JOIN {staging} s ON s.{_ID} = t.{_ID} "
        f"WHERE s.{_ID} IS NULL AND t.{_KIND} IS NULL "
        f"AND TRY_TO_NUMBER(t.{_ID}) > CAST(? AS NUMBER(38, 0)) "
        f"AND TRY_TO_NUMBER(t.{_ID}) <= CAST(? AS NUMBER(38, 0))"
    )


def stored_properties(table: Table, properties: Sequence[str], limit: int) -> str:
    """What PROPERTIES holds of some properties, by ascending id; bind: the id to begin after.

    The columns are ``ID`` and the properties' values as ``P0``, ``P1`` and so on.
    """
    values = [f"{name('PROPERTIES')}:{name(one)}::VARCHAR" for one in properties]
    told = ", ".join(f"{value} AS P{n}" for n, value in enumerate(values))
    some = " OR ".join(f"{value} IS NOT NULL" for value in values)
    return (
        f"SELECT {_ID}, {told} FROM {table.quoted} WHERE {_ID} > ? AND ({some}) "
        f"ORDER BY {_ID} LIMIT {int(limit)}"
    )


def fill_columns(table: Table, staging: str, filled: Sequence[Column]) -> str:
    """Values of new columns, staged by ``ID``, into rows that stay as they are otherwise."""
    values = ", ".join(f"{typed(column)} AS {name(column.name)}" for column in filled)
    sets = ", ".join(f"{name(column.name)} = s.{name(column.name)}" for column in filled)
    return (
        f"MERGE INTO {table.quoted} t USING (SELECT {_ID}, {values} FROM {staging}) s "
        f"ON t.{_ID} = s.{_ID} WHEN MATCHED THEN UPDATE SET {sets}"
    )


def marked_ids(table: Table) -> str:
    """Rows marked as of one kind since some time; binds: the kind, the time."""
    return (
        f"SELECT {_ID} AS MARKED FROM {table.quoted} "
        f"WHERE {_KIND} = ? AND {name(DELETED_AT.name)} >= {INSTANT}"
    )


def unfiltered_ids(table: Table) -> str:
    """Which of some ids have rows not marked FILTERED_OUT or MERGED; bind: JSON array of ids."""
    return (
        f"SELECT t.{_ID} AS FOUND FROM {table.quoted} t JOIN "
        "(SELECT f.VALUE::VARCHAR AS ASKED FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f) s "
        f"ON s.ASKED = t.{_ID} "
        f"WHERE t.{_KIND} IS NULL OR t.{_KIND} IN ('ARCHIVED', 'PURGED')"
    )
