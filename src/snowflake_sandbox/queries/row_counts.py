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

_MOST = 128
_counting: dict[tuple[str, ...], str] = {}
"""Queries with the counts in them, by the query without and what counts the tables of each
database that it lists: a sixth of a short run's time was to write the same ones anew."""


def count_rows(duck: duckdb.DuckDBPyConnection, plan: Plan) -> str:
    """Return the last statement of a plan, with the counts of this moment in it."""
    sql = plan.sql[-1]
    if plan.tree is None or _LISTING not in sql or not (_COLUMN in sql or "*" in sql):
        return sql
    databases = [table.catalog for table in _listings(plan.tree)]
    counted = [_counted(duck, database) for database in databases]
    key = (sql, *counted)
    query = _counting.get(key)
    if query is None:
        if len(_counting) >= _MOST:
            _counting.clear()
        query = _counting[key] = _with_counts(plan.tree.copy(), counted)
    return query


def _listings(tree: exp.Expr) -> list[exp.Table]:
    """The places in a query that list the tables of a database."""
    return [t for t in tree.find_all(exp.Table) if t.name == _LISTING and t.catalog]


def _with_counts(tree: exp.Expr, counted: list[str]) -> str:
    for table, listing in zip(_listings(tree), counted, strict=True):
        counts = parse_one(listing, dialect="duckdb")
        table.replace(exp.Subquery(this=counts, alias=table.args.get("alias")))
    return tree.sql(dialect="duckdb", copy=False)


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
