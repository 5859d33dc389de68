"""Rows as JSON binds: how the state of pushes is written many rows at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pydantic_core import to_json

# A VARIANT holds 16 MB (Snowflake, "Semi-structured data types"); small binds are parsed sooner.
MOST_CHARACTERS = 4_000_000


def json_binds(rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """JSON lists of rows, each short enough for one bind; nothing for no rows.

    None is left out: JSON's null in a VARIANT is no NULL.
    """
    return _lists({name: value for name, value in row.items() if value is not None} for row in rows)


def text_binds(texts: Iterable[str]) -> Iterator[str]:
    """As ``json_binds``, lists of texts."""
    return _lists(texts)


def _lists(items: Iterable[object]) -> Iterator[str]:
    parts: list[str] = []
    size = 0
    for item in items:
        part = to_json(item).decode()
        if parts and size + len(part) > MOST_CHARACTERS:
            yield f"[{','.join(parts)}]"
            parts, size = [], 0
        parts.append(part)
        size += len(part) + 1
    if parts:
        yield f"[{','.join(parts)}]"


def json_columns(columns: Mapping[str, str]) -> str:
    """The select list that reads columns of such types from ``f.VALUE``; their keys are lower case.

    An absent key, or JSON's null, is NULL.
    """
    parts = []
    for column, kind in columns.items():
        value = f"f.VALUE:{column.lower()}"
        if kind == "INSTANT":
            parts.append(f"TO_TIMESTAMP_NTZ({value}::NUMBER(38, 0), 3) AS {column}")
        elif kind == "VARIANT":
            parts.append(f"{value} AS {column}")
        else:
            parts.append(f"{value}::{kind} AS {column}")
    return ", ".join(parts)


FROM_BIND = "FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f"
