"""Refuses text that a statement writes into a VARIANT or ARRAY, as Snowflake does.

DuckDB would parse it as JSON. In Snowflake only PARSE_JSON and casts make another type of a text;
others were answered 002023, "expecting VARIANT but got VARCHAR(3)", before a row was read.
"""

from __future__ import annotations

from typing import Any

import duckdb
from sqlglot import Expr, exp

from snowflake_sandbox.duck import execute
from snowflake_sandbox.errors import SqlError, compilation
from snowflake_sandbox.names import name_parts, plain_name
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.storage import relations


def check_written_types(session: LocalSession, root: Expr, params: list[Any] | None) -> None:
    """Refuse an INSERT, UPDATE or MERGE that writes text into a column of another family.

    Raises:
        SqlError: 2023.
    """
    if isinstance(root, exp.Insert):
        _check_insert(session, root, params)
    elif isinstance(root, exp.Update):
        _check_update(session, root, params)
    elif isinstance(root, exp.Merge):
        _check_merge(session, root, params)


def _check_insert(session: LocalSession, root: exp.Insert, params: list[Any] | None) -> None:
    is_listed = isinstance(root.this, exp.Schema)
    kinds = _column_types(session, root.this.this if is_listed else root.this)
    targets = [plain_name(node) for node in root.this.expressions] if is_listed else [*kinds]
    if not any(kinds.get(target) == "JSON" for target in targets):
        return
    source = session.translator.plan(root.expression.copy(), params).sql[-1]
    if isinstance(root.expression, exp.Values):
        source = f"SELECT * FROM ({source})"
    types = [kind for _, kind in _described(session.duck, source, params)]
    for target, kind in zip(targets, types, strict=False):
        _check(kinds.get(target), kind, target)


def _check_update(session: LocalSession, root: exp.Update, params: list[Any] | None) -> None:
    kinds = _column_types(session, root.this)
    written = [pair for pair in root.expressions if kinds.get(plain_name(pair.this)) == "JSON"]
    if not written:
        return
    values = exp.select(*(pair.expression.copy() for pair in root.expressions))
    values = values.from_(root.this.copy())
    if root.args.get("from_"):
        values = values.join(root.args["from_"].this.copy(), join_type="cross")
    if root.args.get("where"):
        values.set("where", root.args["where"].copy())
    described = _described(session.duck, session.translator.plan(values, params).sql[-1], params)
    for pair, (_, kind) in zip(root.expressions, described, strict=False):
        target = plain_name(pair.this)
        _check(kinds.get(target), kind, target)


def _check_merge(session: LocalSession, root: exp.Merge, params: list[Any] | None) -> None:
    source = root.args.get("using")
    kinds = _column_types(session, root.this)
    if not isinstance(source, exp.Subquery) or "JSON" not in kinds.values():
        return
    query = session.translator.plan(source.this.copy(), params).sql[-1]
    types = dict(_described(session.duck, query, params))
    for target, value in _assignments(root):
        is_of_source = isinstance(value, exp.Column) and value.table.upper() == source.alias.upper()
        is_text = isinstance(value, exp.Literal) and value.is_string
        kind = types.get(plain_name(value)) if is_of_source else "VARCHAR" if is_text else None
        _check(kinds.get(plain_name(target)), kind, plain_name(target))


def _check(column_type: str | None, value_type: str | None, column: str) -> None:
    if column_type == "JSON" and value_type == "VARCHAR":
        raise _mismatch(column)


def _mismatch(column: str) -> SqlError:
    return compilation(
        "Expression type does not match column data type, expecting VARIANT but got VARCHAR"
        f" for column {column}",
        2023,
        "22000",
    )


def _assignments(root: exp.Merge) -> list[tuple[Expr, Expr]]:
    assignments: list[tuple[Expr, Expr]] = []
    whens = root.args.get("whens")
    for when in whens.expressions if isinstance(whens, Expr) else whens or []:
        then = when.args.get("then")
        if isinstance(then, exp.Update):
            assignments += [
                (assignment.this, assignment.expression)
                for assignment in then.expressions
                if isinstance(assignment, exp.EQ)
            ]
        elif isinstance(then, exp.Insert) and then.this is not None:
            assignments += list(
                zip(then.this.expressions, then.expression.expressions, strict=False)
            )
    return assignments


def _column_types(session: LocalSession, table: Expr | None) -> dict[str, str]:
    """Return DuckDB's types of a table's columns; empty when there is no such table."""
    if not isinstance(table, exp.Table):
        return {}
    name = session.context().qualify(name_parts(table))
    return session.account.plans.remember(
        "types", name, lambda: relations.column_types(session.duck, name)
    )


def _described(
    duck: duckdb.DuckDBPyConnection, sql: str, params: list[Any] | None
) -> list[tuple[str, str]]:
    """Return the columns of a query with DuckDB's types; none where it cannot tell."""
    try:
        rows = execute(duck, f"DESCRIBE {sql}", params or None)
    except duckdb.Error:
        return []
    return [(str(row[0]), str(row[1])) for row in rows]
