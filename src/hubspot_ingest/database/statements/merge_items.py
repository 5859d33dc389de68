"""Statements about tables of fixed columns, whose rows are told apart by a key. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from hubspot_ingest.database.columns import (
    BOOKKEEPING,
    DELETE_KIND,
    DELETED_AT,
    Column,
    Type,
)
from hubspot_ingest.database.sql import INSTANT, Table, name, text, typed
from hubspot_ingest.database.statements.merge import Merge

RAW = Column("RAW", Type.VARIANT, comment="The whole of it as HubSpot sent it")
# Staged beside the columns: the order of reading, and what is flattened by name.
SEQUENCE = Column("_SEQUENCE", Type.TEXT)
FLAT = Column("_FLAT", Type.TEXT)

_KIND = name(DELETE_KIND.name)
_FRESH = ("_PORTAL_ID", "_RUN_ID", "_SYNCED_AT")
_MARKS = (DELETED_AT, DELETE_KIND)


def bookkeeping(*, marked: bool) -> tuple[Column, ...]:
    """The columns of ours; with the marks of deletion where deletions can be seen."""
    wanted = {*_FRESH, *(one.name for one in _MARKS if marked)}
    return tuple(one for one in BOOKKEEPING if one.name in wanted)


def merge(
    table: Table,
    staging: str,
    staged: Sequence[Column],
    flattened: Sequence[Column],
    key: Sequence[str],
    *,
    compared: Sequence[str] = (),
    every: bool = False,
) -> Merge:
    """The staged rows into the table; binds: portal id, run id, now.

    What was read last wins. A row whose RAW (or what is ``compared``) is as it was is left alone,
    so that ``_RUN_ID`` and the counts tell what changed; with ``every`` (the table has new
    columns) none is.
    """
    flat = f"PARSE_JSON({name(FLAT.name)})"
    values = [
        *(f"{typed(one)} AS {name(one.name)}" for one in staged),
        *(
            f"{flat}:{name(one.property or '')}::{one.type} AS {name(one.name)}"
            for one in flattened
        ),
        'CAST(? AS VARCHAR) AS "_PORTAL_ID", CAST(? AS VARCHAR) AS "_RUN_ID"',
        f'{INSTANT} AS "_SYNCED_AT"',
    ]
    names = [*(one.name for one in (*staged, *flattened)), *_FRESH]
    reasons = [f"s.{name(one)} IS DISTINCT FROM t.{name(one)}" for one in compared] or [
        f"TO_JSON(s.{name(RAW.name)}) IS DISTINCT FROM TO_JSON(t.{name(RAW.name)})"
    ]
    if DELETE_KIND in staged:
        reasons.append(f"t.{_KIND} IS DISTINCT FROM s.{_KIND}")
    by = ", ".join(map(name, key))
    lines = ",\n    ".join(values)
    return Merge(
        table,
        f"  SELECT\n    {lines}\n"
        f"  FROM {staging}\n"
        f"  QUALIFY ROW_NUMBER() OVER (PARTITION BY {by} "
        f"ORDER BY TRY_TO_NUMBER({name(SEQUENCE.name)}) DESC) = 1",
        _same("t", "s", key),
        ", ".join(f"{name(one)} = s.{name(one)}" for one in names if one not in key),
        "" if every else f"({' OR '.join(reasons)})",
        [(name(one), name(one)) for one in names],
    )


def note_seen(seen: str, staging: str, key: Sequence[str]) -> str:
    """The keys of the staged rows, for ``mark_missing``."""
    names = ", ".join(map(name, key))
    return f"INSERT INTO {seen} ({names}) SELECT DISTINCT {names} FROM {staging}"


def mark_missing(
    table: Table, seen: str, key: Sequence[Column], scope: Sequence[str], kind: str
) -> Merge:
    """Mark rows that a whole reading did not find; binds: run id, now, scopes not read whole.

    ``scope`` are the columns that together, with ``>`` between them, tell the parent; the bind is
    a JSON array of such texts. Without ``scope`` the bind is an empty array.
    """
    names = [one.name for one in key]
    keys = ", ".join(f"l.{name(one)} AS {name(one)}" for one in names)
    read = ", ".join(f"{typed(one)} AS {name(one.name)}" for one in key)
    told = " || '>' || ".join(f"l.{name(one)}" for one in scope) or text("")
    return Merge(
        table,
        f"  SELECT {keys}, {_GONE}\n"
        f"  FROM {table.quoted} l\n"
        f"  LEFT JOIN (SELECT DISTINCT {read} FROM {seen}) f ON {_same('f', 'l', names)}\n"
        "  LEFT JOIN (SELECT DISTINCT i.VALUE::VARCHAR AS UNREAD "
        "FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) i) u\n"
        f"    ON u.UNREAD = {told}\n"
        f"  WHERE f.{name(names[0])} IS NULL AND u.UNREAD IS NULL AND l.{_KIND} IS NULL",
        _same("t", "s", names),
        _marked(kind),
    )


_GONE = f"CAST(? AS VARCHAR) AS RUN_ID, {INSTANT} AS GONE_AT"


def _marked(kind: str) -> str:
    return (
        f'{_KIND} = {text(kind)}, "_RUN_ID" = s.RUN_ID, {name(DELETED_AT.name)} = s.GONE_AT, '
        '"_SYNCED_AT" = s.GONE_AT'
    )


def mark_again(table: Table, staging: str, key: Sequence[Column], kind: str) -> Merge:
    """Mark rows that an earlier ``mark_missing`` did, by their staged keys; binds: run id, now."""
    names = [one.name for one in key]
    keys = ", ".join(f"{typed(one)} AS {name(one.name)}" for one in key)
    return Merge(
        table,
        f"  SELECT DISTINCT {keys}, {_GONE} FROM {staging}",
        _same("t", "s", names),
        _marked(kind),
        f"t.{_KIND} IS NULL",
    )


def _same(left: str, right: str, key: Sequence[str]) -> str:
    return " AND ".join(f"{left}.{name(one)} = {right}.{name(one)}" for one in key)
