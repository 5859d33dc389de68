"""Runs DuckDB statements and fetches all their rows."""

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


def out_of_memory(error: duckdb.Error) -> bool:
    """Whether a statement failed because memory ran out, while it ran or when it was committed."""
    messages = ("failed to pin block", "could not allocate block")
    return isinstance(error, duckdb.OutOfMemoryException) or any(
        message in str(error) for message in messages
    )


def first(
    duck: duckdb.DuckDBPyConnection, sql: str, params: Sequence[Any] | None = None
) -> tuple[Any, ...] | None:
    """Run a statement and return its first row, None when there is none."""
    rows = execute(duck, sql, params)
    return rows[0] if rows else None
