"""Running DuckDB statements to their end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb


def execute(
    duck: duckdb.DuckDBPyConnection, sql: str, params: Sequence[Any] | None = None
) -> list[tuple[Any, ...]]:
    """Run a statement and return all its rows.

    DuckDB refuses other work on a connection while rows of a statement are not fetched.
    """
    return duck.execute(sql, params or None).fetchall()


def first(
    duck: duckdb.DuckDBPyConnection, sql: str, params: Sequence[Any] | None = None
) -> tuple[Any, ...] | None:
    """Run a statement and return its first row, None when there is none."""
    rows = execute(duck, sql, params)
    return rows[0] if rows else None
