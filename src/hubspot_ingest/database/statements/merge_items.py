"""The MERGE of staged items into their table, and the marking of missing items. Pure.

Items have fixed columns, and a key of one or several columns.
"""

from __future__ import annotations

from collections.abc import Sequence

from hubspot_ingest.database.columns import (
    DELETE_KIND,
    DELETED_AT,
    STAMPS,
    Column,
    Type,
)
from hubspot_ingest.database.sql import INSTANT, Table, name, text, typed
from hubspot_ingest.database.statements.merge import Merge

RAW = Column("RAW", Type.VARIANT, comment="The whole of it as HubSpot sent it")
# Staged beside the columns: the order of reading, and an object of the flattened properties.
SEQUENCE = Column("_SEQUENCE", Type.TEXT)
FLAT = Column("_FLAT", Type.TEXT)

_KIND = name(DELETE_KIND.name)
_DELETION_COLUMNS = (DELETED_AT, DELETE_KIND)


def bookkeeping(*, marked: bool) -> tuple[Column, ...]:
    """The app's own columns; with ``marked`` those for deletions, where HubSpot shows them."""
    return (*STAMPS, *_DELETION_COLUMNS) if marked else STAMPS


def merge(
    table: Table,
    staging: str,
    staged: Sequence[Column],
    flattened: Sequence[Column],
    key: Sequence[str],
    *,
    compared: Sequence[str] = (),
    lasting: Sequence[str] = (),
    every: bool = False,
) -> Merge:
    """Merges the staged rows into the table; binds: portal id, run id, now.

    The row read last wins. A row is updated only if its RAW (or one of the ``compared`` columns)
    changed, so that ``_RUN_ID`` and the counts show what changed; with ``every``, for a table with
    new columns, all rows are updated. ``lasting`` columns keep their value where none was staged.
    """
    flat = f"PARSE_JSON({name(FLAT.name)})"
    values = [
        *(f"{typed(column)} AS {name(column.name)}" for column in staged),
        *(
            f"{flat}:{name(column.property or '')}::{column.type} AS {name(column.name)}"
            for column in flattened
        ),
        'CAST(? AS VARCHAR) AS "_PORTAL_ID", CAST(? AS VARCHAR) AS "_RUN_ID"',
        f'{INSTANT} AS "_SYNCED_AT"',
    ]
    names = [column.name for column in (*staged, *flattened, *STAMPS)]
    reasons = [f"s.{name(column)} IS DISTINCT FROM t.{name(column)}" for column in compared] or [
        f"TO_JSON(s.{name(RAW.name)}) IS DISTINCT FROM TO_JSON(t.{name(RAW.name)})"
    ]
    if DELETE_KIND in staged:
        reasons.append(f"t.{_KIND} IS DISTINCT FROM s.{_KIND}")
    by = ", ".join(map(name, key))
    lines = ",\n    ".join(values)

    def new_value(column: str) -> str:
        value = f"s.{name(column)}"
        return f"COALESCE({value}, t.{name(column)})" if column in lasting else value

    return Merge(
        table,
        f"  SELECT\n    {lines}\n"
        f"  FROM {staging}\n"
        f"  QUALIFY ROW_NUMBER() OVER (PARTITION BY {by} "
        f"ORDER BY TRY_TO_NUMBER({name(SEQUENCE.name)}) DESC) = 1",
        _same("t", "s", key),
        ", ".join(f"{name(column)} = {new_value(column)}" for column in names if column not in key),
        "" if every else f"({' OR '.join(reasons)})",
        [(name(column), name(column)) for column in names],
    )


def note_seen(seen: str, staging: str, key: Sequence[str]) -> str:
    """Collects the keys of the staged rows, for ``mark_missing``."""
    names = ", ".join(map(name, key))
    return f"INSERT INTO {seen} ({names}) SELECT DISTINCT {names} FROM {staging}"


def mark_missing(
    table: Table, seen: str, key: Sequence[Column], scope: Sequence[str], kind: str
) -> Merge:
    """Marks rows that a complete reading did not return; binds: run id, now, unread parents.

    ``scope`` are the columns that identify the parent, joined with ``>``. The bind is a JSON array
    of such texts for the parents that were not read completely; empty without ``scope``.
    """
    names = [column.name for column in key]
    keys = ", ".join(f"l.{name(column)} AS {name(column)}" for column in names)
    read = ", ".join(f"{typed(column)} AS {name(column.name)}" for column in key)
    return Merge(
        table,
        f"  SELECT {keys}, {_MISSING}\n"
        f"  FROM {table.quoted} l\n"
        f"  LEFT JOIN (SELECT DISTINCT {read} FROM {seen}) f ON {_same('f', 'l', names)}\n"
        "  LEFT JOIN (SELECT DISTINCT i.VALUE::VARCHAR AS UNREAD "
        "FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) i) u\n"
        f"    ON u.UNREAD = {_parent(scope, 'l')}\n"
        f"  WHERE f.{name(names[0])} IS NULL AND u.UNREAD IS NULL AND l.{_KIND} IS NULL",
        _same("t", "s", names),
        _set_deleted(kind),
    )


def missing_scopes(merge: Merge, scope: Sequence[str]) -> str:
    """Selects the parents, spelled alike, of the rows that a ``mark_missing`` would mark."""
    return f"SELECT DISTINCT {_parent(scope, 's')} AS SCOPE FROM (\n{merge.source}\n) s"


def _parent(scope: Sequence[str], of: str) -> str:
    return " || '>' || ".join(f"{of}.{name(column)}" for column in scope) or text("")


def scopes(table: Table, scope: Sequence[str]) -> str:
    """Selects the parents of the rows, spelled as ``mark_missing`` takes them."""
    return f"SELECT DISTINCT {_parent(scope, 't')} AS SCOPE FROM {table.quoted} t"


_MISSING = f"CAST(? AS VARCHAR) AS RUN_ID, {INSTANT} AS GONE_AT"


def _set_deleted(kind: str) -> str:
    return (
        f'{_KIND} = {text(kind)}, "_RUN_ID" = s.RUN_ID, {name(DELETED_AT.name)} = s.GONE_AT, '
        '"_SYNCED_AT" = s.GONE_AT'
    )


def mark_again(table: Table, staging: str, key: Sequence[Column], kind: str) -> Merge:
    """Repeats an earlier ``mark_missing`` by the staged keys of its rows; binds: run id, now."""
    names = [column.name for column in key]
    keys = ", ".join(f"{typed(column)} AS {name(column.name)}" for column in key)
    return Merge(
        table,
        f"  SELECT DISTINCT {keys}, {_MISSING} FROM {staging}",
        _same("t", "s", names),
        _set_deleted(kind),
        f"t.{_KIND} IS NULL",
    )


def _same(left: str, right: str, key: Sequence[str]) -> str:
    return " AND ".join(f"{left}.{name(column)} = {right}.{name(column)}" for column in key)
