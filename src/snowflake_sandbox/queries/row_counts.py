"""Counts rows where a query reads ROW_COUNT of INFORMATION_SCHEMA.TABLES.

DuckDB has an estimate alone, in which rows that were deleted go on being counted.
"""

from __future__ import annotations

import duckdb
from sqlglot import exp, parse_one

from snowflake_sandbox.duck import execute
from snowflake_sandbox.names import Name, literal, path, quote
from snowflake_sandbox.sql.translation import Plan

_COLUMN = "ROW_COUNT"
_LISTING = "_FS_TABLES"


def count_rows(duck: duckdb.DuckDBPyConnection, plan: Plan) -> str:
    """Return the last statement of a plan, with the counts of this moment in it."""
    sql = plan.sql[-1]
    if plan.tree is None or _LISTING not in sql or not (_COLUMN in sql or "*" in sql):
        return sql
    tree = plan.tree.copy()
    for table in list(tree.find_all(exp.Table)):
        if table.name == _LISTING and table.catalog:
            listing = parse_one(_counted(duck, table.catalog), dialect="duckdb")
            table.replace(exp.Subquery(this=listing, alias=table.args.get("alias")))
    return tree.sql(dialect="duckdb")


def _counted(duck: duckdb.DuckDBPyConnection, database: str) -> str:
    """The query of a database's tables with how many rows each has."""
    listing = f'{quote(database)}."_FS_INFORMATION_SCHEMA".{quote(_LISTING)}'
    names = execute(
        duck,
        "SELECT schema_name, table_name FROM duckdb_tables()"
        " WHERE upper(database_name) = upper(?) AND NOT internal",
        [database],
    )
    counts = " UNION ALL ".join(
        f"SELECT {literal(schema)} AS s, {literal(table)} AS t, COUNT(*) AS n"
        f" FROM {path(Name(database, schema, table))}"
        for schema, table in names
    )
    if not counts:
        return f"SELECT * FROM {listing}"
    return (
        f"SELECT l.* REPLACE (c.n AS {_COLUMN}) FROM {listing} AS l LEFT JOIN ({counts}) AS c"
        " ON c.s = l.TABLE_SCHEMA AND c.t = l.TABLE_NAME"
    )
