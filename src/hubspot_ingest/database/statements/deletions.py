"""Statements about deleted records, and about the tables beside the destination. Pure."""

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
    """Inserts the links that were read, and marks the known ones as seen again; bind: now."""
    first, last, removed = (name(column.name) for column in LINK_SEEN)
    names = [name(column.name) for column in staged]
    return Merge(
        links,
        f"  SELECT {', '.join(names)}, {INSTANT} AS SEEN_AT FROM {staging}\n"
        f"  QUALIFY ROW_NUMBER() OVER (PARTITION BY {', '.join(LINK_KEY)} "
        f"ORDER BY {', '.join(LINK_KEY)}) = 1",
        _same(LINK_KEY),
        f'"LABEL" = s."LABEL", {last} = s.SEEN_AT, {removed} = NULL',
        inserts=[*((column, column) for column in names), (first, "SEEN_AT"), (last, "SEEN_AT")],
    )


def mark_removed(links: Table, staging: str, staged_links: str, ids: Column) -> Merge:
    """Marks links as removed that a record read again no longer has; bind: now.

    Only records whose ``ids`` were fetched count: a link that was not fetched may still exist.
    """
    keys = ", ".join(f"l.{name(column)} AS {name(column)}" for column in LINK_KEY)
    same_link = " AND ".join(f"f.{name(column)} = l.{name(column)}" for column in LINK_KEY)
    return Merge(
        links,
        f"  SELECT DISTINCT {keys}, {INSTANT} AS REMOVED_AT\n"
        f"  FROM {links.quoted} l\n"
        f'  JOIN {staging} m ON m.{_ID} = l."FROM_ID" AND m.{name(ids.name)} IS NOT NULL\n'
        f"  LEFT JOIN {staged_links} f ON {same_link}\n"
        '  WHERE f."FROM_ID" IS NULL AND l."_REMOVED_AT" IS NULL',
        _same(LINK_KEY),
        '"_REMOVED_AT" = s.REMOVED_AT',
    )


def end_links(links: Table, table: Table) -> Merge:
    """Marks the links of deleted records as removed: reading associations never reports them."""
    keys = ", ".join(f"l.{name(column)} AS {name(column)}" for column in LINK_KEY)
    return Merge(
        links,
        f"  SELECT {keys}, g.{name(DELETED_AT.name)} AS REMOVED_AT\n"
        f'  FROM {links.quoted} l JOIN {table.quoted} g ON g.{_ID} = l."FROM_ID"\n'
        f"  WHERE l.\"_REMOVED_AT\" IS NULL AND g.{_KIND} IN ('ARCHIVED', 'MERGED', 'PURGED')",
        _same(LINK_KEY),
        '"_REMOVED_AT" = s.REMOVED_AT',
    )


def reappeared_ids(table: Table, staging: str) -> str:
    """Selects rows marked as deleted whose records were just read."""
    return (
        f"SELECT DISTINCT t.{_ID} AS FOUND FROM {table.quoted} t "
        f"JOIN {staging} s ON s.{_ID} = t.{_ID} WHERE t.{_KIND} IS NOT NULL"
    )


def insert_new(table: Table, staging: str, staged: Sequence[Column], key: Sequence[str]) -> Merge:
    """Inserts the staged rows whose ``key`` is not in the table yet."""
    values = ", ".join(f"{typed(column)} AS {name(column.name)}" for column in staged)
    by = ", ".join(map(name, key))
    names = [name(column.name) for column in staged]
    return Merge(
        table,
        f"  SELECT {values} FROM {staging}\n"
        f"  QUALIFY ROW_NUMBER() OVER (PARTITION BY {by} ORDER BY {by}) = 1",
        _same(key),
        inserts=[(column, column) for column in names],
    )


def _same(key: Sequence[str]) -> str:
    return same_key("t", "s", key)


def mark_deleted(table: Table) -> Merge:
    """Marks rows whose records are deleted in HubSpot; binds: run id, now, JSON array of the marks.

    A mark is ``{"id", "kind", "into", "at"}`` with ``at`` in epoch milliseconds. MERGED is reported
    by the surviving record and overrides every other kind, which is only inferred. FILTERED_OUT is
    for records that exist, and overrides ARCHIVED and PURGED.
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


def mark_foreign(table: Table) -> Merge:
    """Marks rows whose id HubSpot cannot have given, or that have none; binds: run id, now."""
    return Merge(
        table,
        f"  SELECT DISTINCT {_ID}, CAST(? AS VARCHAR) AS RUN_ID, {INSTANT} AS MARKED_AT\n"
        f"  FROM {table.quoted}\n"
        f"  WHERE {_KIND} IS NULL AND TRY_TO_NUMBER({_ID}) IS NULL",
        f"t.{_ID} IS NOT DISTINCT FROM s.{_ID}",
        f"{name(DELETED_AT.name)} = s.MARKED_AT, {_KIND} = 'PURGED', "
        '"_RUN_ID" = s.RUN_ID, "_SYNCED_AT" = s.MARKED_AT',
        f"t.{_KIND} IS NULL",
    )


def missing_ids(table: Table, staging: str) -> str:
    """Selects live rows missing from an id range that was just read completely.

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
    """Selects the values of some properties from PROPERTIES, by id; bind: the id to begin after.

    The columns are ``ID`` and the properties' values as ``P0``, ``P1`` and so on.
    """
    values = [
        f"{name('PROPERTIES')}:{name(property_name)}::VARCHAR" for property_name in properties
    ]
    selected = ", ".join(f"{value} AS P{n}" for n, value in enumerate(values))
    some = " OR ".join(f"{value} IS NOT NULL" for value in values)
    return (
        f"SELECT {_ID}, {selected} FROM {table.quoted} WHERE {_ID} > ? AND ({some}) "
        f"ORDER BY {_ID} LIMIT {int(limit)}"
    )


def fill_columns(table: Table, staging: str, filled: Sequence[Column]) -> str:
    """Sets new columns to the values staged by ``ID``; everything else in the rows stays."""
    values = ", ".join(f"{typed(column)} AS {name(column.name)}" for column in filled)
    sets = ", ".join(f"{name(column.name)} = s.{name(column.name)}" for column in filled)
    return (
        f"MERGE INTO {table.quoted} t USING (SELECT {_ID}, {values} FROM {staging}) s "
        f"ON t.{_ID} = s.{_ID} WHEN MATCHED THEN UPDATE SET {sets}"
    )


def marked_ids(table: Table) -> str:
    """Selects rows marked with a kind since some time; binds: the kind, the time."""
    return (
        f"SELECT {_ID} AS MARKED FROM {table.quoted} "
        f"WHERE {_KIND} = ? AND {name(DELETED_AT.name)} >= {INSTANT}"
    )


def unfiltered_ids(table: Table) -> str:
    """Selects the ids whose rows are not FILTERED_OUT or MERGED; bind: JSON array of ids."""
    return (
        f"SELECT t.{_ID} AS FOUND FROM {table.quoted} t JOIN "
        "(SELECT f.VALUE::VARCHAR AS ASKED FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f) s "
        f"ON s.ASKED = t.{_ID} "
        f"WHERE t.{_KIND} IS NULL OR t.{_KIND} IN ('ARCHIVED', 'PURGED')"
    )
