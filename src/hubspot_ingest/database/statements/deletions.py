"""Statements about deleted records, and about the tables beside the destination. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hubspot_ingest.database.columns import (
    DELETE_KIND,
    DELETED_AT,
    KEY,
    LINK,
    LINK_KEY,
    LINK_SEEN,
    SYNCED_AT,
    Column,
    Type,
)
from hubspot_ingest.database.sql import INSTANT, Table, name, record_number, same_key, typed
from hubspot_ingest.database.statements.merge import Merge

# How HubSpot spells nearly all instants.
_INSTANT_FORMAT = """'YYYY-MM-DD"T"HH24:MI:SS.FF3"Z"'"""
_KIND = name(DELETE_KIND.name)
_ID = name(KEY)
_SYNCED = name(SYNCED_AT.name)


def merge_links(links: Table, staging: str, staged_links: str, ids: Column) -> Merge:
    """Brings in the links that were read, and marks those that are gone; binds: now, twice.

    A known link that is as it was keeps the time it was changed here. Only of records whose ``ids``
    were fetched a link is marked as removed: one that was not fetched may still exist.
    """
    first, last, removed = (name(column.name) for column in LINK_SEEN)
    names = [name(column.name) for column in LINK]
    keys = ", ".join(map(name, LINK_KEY))
    of_table = ", ".join(f"l.{column}" for column in names)
    same_link = " AND ".join(f"f.{name(column)} = l.{name(column)}" for column in LINK_KEY)
    unchanged = f't.{removed} IS NULL AND EQUAL_NULL(t."LABEL", s."LABEL")'
    return Merge(
        links,
        f"  SELECT {', '.join(names)}, {INSTANT} AS SEEN_AT, FALSE AS IS_GONE FROM (\n"
        f"    SELECT {', '.join(names)} FROM {staged_links}\n"
        f"    QUALIFY ROW_NUMBER() OVER (PARTITION BY {keys} ORDER BY {keys}) = 1)\n"
        f"  UNION ALL SELECT DISTINCT {of_table}, {INSTANT}, TRUE\n"
        f"  FROM {links.quoted} l\n"
        f'  JOIN {staging} m ON m.{_ID} = l."FROM_ID" AND m.{name(ids.name)} IS NOT NULL\n'
        f"  LEFT JOIN {staged_links} f ON {same_link}\n"
        '  WHERE f."FROM_ID" IS NULL AND l."_REMOVED_AT" IS NULL',
        _same(LINK_KEY),
        f'"LABEL" = s."LABEL", {last} = IFF(s.IS_GONE, t.{last}, s.SEEN_AT), '
        f"{removed} = IFF(s.IS_GONE, s.SEEN_AT, NULL), "
        f"{_SYNCED} = IFF(NOT s.IS_GONE AND {unchanged}, "
        f"COALESCE(t.{_SYNCED}, s.SEEN_AT), s.SEEN_AT)",
        inserts=[
            *((column, column) for column in names),
            *((column, "SEEN_AT") for column in (first, last, _SYNCED)),
        ],
    )


def end_links(links: Table, table: Table, *, orphans: bool) -> Merge:
    """Marks the links of deleted records as removed: reading associations never reports them.

    With ``orphans`` those too whose records have no row at all, once all records were read; binds:
    now, twice.
    """
    keys = ", ".join(f"l.{name(column)} AS {name(column)}" for column in LINK_KEY)
    join, of, at, synced = "JOIN", "", f"g.{name(DELETED_AT.name)}", f"g.{_SYNCED}"
    if orphans:
        join, of = "LEFT JOIN", f"g.{_ID} IS NULL OR "
        at, synced = (f"IFNULL({value}, {INSTANT})" for value in (at, synced))
    return Merge(
        links,
        f"  SELECT {keys}, {at} AS REMOVED_AT, {synced} AS SYNCED_AT\n"
        f'  FROM {links.quoted} l {join} {table.quoted} g ON g.{_ID} = l."FROM_ID"\n'
        f'  WHERE l."_REMOVED_AT" IS NULL '
        f"AND ({of}g.{_KIND} IN ('ARCHIVED', 'MERGED', 'PURGED'))",
        _same(LINK_KEY),
        f'"_REMOVED_AT" = s.REMOVED_AT, {_SYNCED} = s.SYNCED_AT',
    )


def insert_new(table: Table, staging: str, staged: Sequence[Column], key: Sequence[str]) -> Merge:
    """Inserts the staged rows whose ``key`` is not in the table yet; bind: now."""
    values = ", ".join(f"{typed(column)} AS {name(column.name)}" for column in staged)
    by = ", ".join(map(name, key))
    names = [name(column.name) for column in staged]
    return Merge(
        table,
        f"  SELECT {values}, {INSTANT} AS {_SYNCED} FROM {staging}\n"
        f"  QUALIFY ROW_NUMBER() OVER (PARTITION BY {by} ORDER BY {by}) = 1",
        _same(key),
        inserts=[(column, column) for column in (*names, _SYNCED)],
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


def follow_merges(table: Table) -> Merge:
    """Says of rows merged into records that were merged in turn what those were merged into.

    Binds: as of ``mark_deleted``, whose marks of the kind MERGED it follows.
    """
    marks = mark_deleted(table)
    return replace(
        marks,
        on='t."_MERGED_INTO" = s.MARKED',
        sets='"_MERGED_INTO" = s.MERGED_INTO, "_RUN_ID" = s.RUN_ID, "_SYNCED_AT" = s.MARKED_AT',
        when=f"(t.{_KIND} = 'MERGED' AND s.KIND = 'MERGED' AND t.{_ID} <> s.MERGED_INTO)",
    )


def mark_foreign(table: Table) -> Merge:
    """Marks rows whose id HubSpot cannot have given, or that have none; binds: run id, now."""
    return Merge(
        table,
        f"  SELECT DISTINCT {_ID}, CAST(? AS VARCHAR) AS RUN_ID, {INSTANT} AS MARKED_AT\n"
        f"  FROM {table.quoted}\n"
        f"  WHERE {_KIND} IS NULL AND {record_number(_ID)} IS NULL",
        f"t.{_ID} IS NOT DISTINCT FROM s.{_ID}",
        f"{name(DELETED_AT.name)} = s.MARKED_AT, {_KIND} = 'PURGED', "
        '"_RUN_ID" = s.RUN_ID, "_SYNCED_AT" = s.MARKED_AT',
        f"t.{_KIND} IS NULL",
    )


def doubtful_ids(table: Table, staging: str) -> str:
    """Selects live rows missing from an id range that was just read completely, and marked ones
    whose records were read.

    Binds: the id the range begins after, the id it ends with.
    """
    number = record_number(f"t.{_ID}")
    return (
        f"SELECT t.{_ID} AS DOUBTFUL FROM {table.quoted} t "
        f"LEFT JOIN {staging} s ON s.{_ID} = t.{_ID} "
        f"WHERE s.{_ID} IS NULL AND t.{_KIND} IS NULL "
        f"AND {number} > CAST(? AS NUMBER(38, 0)) AND {number} <= CAST(? AS NUMBER(38, 0)) "
        f"UNION SELECT t.{_ID} FROM {table.quoted} t "
        f"JOIN {staging} s ON s.{_ID} = t.{_ID} WHERE t.{_KIND} IS NOT NULL"
    )


def cast_anew(table: Table, columns: Sequence[Column], limit: int, *, live: bool) -> str:
    """Selects rows whose columns may hold other values than PROPERTIES gives, by id.

    Bind: the id to begin after. The columns are ``ID`` and the values of PROPERTIES as ``P0``,
    ``P1`` and so on. Usual values are compared here; a row with an unusual one, which only
    ``casts`` can read, is always selected. ``live``: only rows that are not marked as deleted.
    """
    values = [f"{name('PROPERTIES')}:{name(column.property or '')}::VARCHAR" for column in columns]
    selected = ", ".join(f"{value} AS P{n}" for n, value in enumerate(values))
    some = "\n  OR ".join(map(_may_differ, columns, values))
    which = f"{_KIND} IS NULL AND " if live else ""
    return (
        f"SELECT {_ID}, {selected} FROM {table.quoted} WHERE {_ID} > ? AND {which}(\n  {some}\n) "
        f"ORDER BY {_ID} LIMIT {int(limit)}"
    )


def _may_differ(column: Column, value: str) -> str:
    quoted = name(column.name)
    if column.type is Type.TEXT:
        return f"{quoted} IS DISTINCT FROM NULLIF({value}, '')"
    cast = typed(column, value)
    if column.type is Type.TIMESTAMP:
        cast = f"TRY_TO_TIMESTAMP_NTZ({value}, {_INSTANT_FORMAT})"
    return f"{quoted} IS DISTINCT FROM {cast} OR ({cast} IS NULL AND {value} <> '')"


def fill_columns(table: Table, staging: str, filled: Sequence[Column]) -> Merge:
    """Sets columns to the values staged by ``ID``; everything else in the rows stays."""
    values = ", ".join(f"{typed(column)} AS {name(column.name)}" for column in filled)
    names = [name(column.name) for column in filled]
    return Merge(
        table,
        f"  SELECT {_ID}, {values} FROM {staging}",
        f"t.{_ID} = s.{_ID}",
        ", ".join(f"{column} = s.{column}" for column in names),
        "(" + " OR ".join(f"t.{column} IS DISTINCT FROM s.{column}" for column in names) + ")",
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
