"""Looks up tables and views in DuckDB, and the types of their columns."""

from __future__ import annotations

import duckdb

from snowflake_sandbox.duck import execute, first
from snowflake_sandbox.errors import missing
from snowflake_sandbox.names import Name, path


def kind_of(duck: duckdb.DuckDBPyConnection, name: Name) -> str | None:
    """Return TABLE or VIEW, or None when there is no such table or view."""
    row = first(
        duck,
        "SELECT 'TABLE' FROM duckdb_tables() WHERE database_name = $1 AND schema_name = $2"
        " AND upper(table_name) = upper($3) UNION ALL "
        "SELECT 'VIEW' FROM duckdb_views() WHERE database_name = $1 AND schema_name = $2"
        " AND upper(view_name) = upper($3)",
        [*name],
    )
    return None if row is None else str(row[0])


def column_types(duck: duckdb.DuckDBPyConnection, name: Name) -> dict[str, str]:
    """Return DuckDB's types of the columns of a table or view, in order; empty without one."""
    rows = execute(
        duck,
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ?"
        " AND schema_name = ? AND upper(table_name) = upper(?) ORDER BY column_index",
        [*name],
    )
    return {str(column): str(kind) for column, kind in rows}


def column_names(duck: duckdb.DuckDBPyConnection, name: Name) -> list[str]:
    """Return the columns of a table or view that is there, in order.

    This costs a tenth of asking ``duckdb_columns()``, which lists those of all databases; without
    the relation it would fail, and the open transaction with it.
    """
    rows = execute(duck, "SELECT name FROM pragma_table_info(?) ORDER BY cid", [path(name)])
    return [str(row[0]) for row in rows]


def existing_columns(duck: duckdb.DuckDBPyConnection, table: Name) -> dict[str, str]:
    """Return the column types of a table that must exist.

    Raises:
        SqlError: 2003 when there is no such table.
    """
    if kind_of(duck, table) != "TABLE":
        raise missing("Table", str(table))
    return column_types(duck, table)
