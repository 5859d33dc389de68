"""Refuses or changes statements where DuckDB is laxer than Snowflake about values."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import duckdb
from sqlglot import Expr, exp

from snowflake_sandbox import access, results
from snowflake_sandbox.duck import execute
from snowflake_sandbox.errors import SqlError, compilation
from snowflake_sandbox.names import name_parts, plain_name, quote
from snowflake_sandbox.results import Result
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql.translation import Plan
from snowflake_sandbox.storage import relations

_CANCEL = re.compile(r"\s*SELECT\s+SYSTEM\$CANCEL_ALL_QUERIES\s*\(", re.IGNORECASE)
_HELD = re.compile(
    r"\s*SELECT\s+SYSTEM\$HOLD_PRIVILEGE_ON_ACCOUNT\s*\(\s*'([^']*)'\s*\)\s+AS\s+(\w+)\s*",
    re.IGNORECASE,
)
_NOT_IN_VALUES = (exp.ParseJSON, exp.ToVariant, exp.Array, exp.JSONObject, exp.StrToMap)
_NOT_IN_VALUES_NAMES = {
    "PARSE_JSON",
    "TRY_PARSE_JSON",
    "TO_VARIANT",
    "TO_OBJECT",
    "TO_ARRAY",
    "ARRAY_CONSTRUCT",
    "OBJECT_CONSTRUCT",
    "JSON_ARRAY",
    "JSON_OBJECT",
    "SPLIT",
}


def system_call(session: LocalSession, text: str) -> Result | None:
    """Return the answer to a call of a system function; None for other statements.

    Snowpark cancels what runs when a session closes. SYSTEM$HOLD_PRIVILEGE_ON_ACCOUNT is for
    applications alone.

    Raises:
        SqlError: 2140 where somebody else asks what is held.
    """
    if _CANCEL.match(text):
        return results.status("cancelled", results.SELECT)
    held = _HELD.fullmatch(text)
    if held is None:
        return None
    if access.acting_application(session) is None:
        raise SqlError("SYSTEM$HOLD_PRIVILEGE_ON_ACCOUNT is for applications.", 2140, "42601")
    answer = access.has_privileges(session, held[1].upper())
    return results.rows([(held[2].upper(), "BOOLEAN")], [[answer]], results.SELECT)


def check_values(root: Expr) -> None:
    """Refuse functions in VALUES of an INSERT, as Snowflake does.

    Raises:
        SqlError: 2014.
    """
    if not isinstance(root, exp.Insert) or not isinstance(root.expression, exp.Values):
        return
    for node in root.expression.walk():
        name = node.name.upper() if isinstance(node, exp.Anonymous) else ""
        if isinstance(node, _NOT_IN_VALUES) or name in _NOT_IN_VALUES_NAMES:
            excerpt = node.sql(dialect="snowflake")
            raise compilation(f"Invalid expression [{excerpt}] in VALUES clause", 2014, "22000")


def check_subqueries(root: Expr) -> None:
    """Refuse a subquery for a value that refers to the query around it by more than equality.

    Snowflake documents that correlated scalar subqueries are supported only where they return one
    row for each row of the outer query ("Working with subqueries"); people report this error for
    range conditions.

    Raises:
        SqlError: 2031.
    """
    for subquery in root.find_all(exp.Subquery):
        if isinstance(subquery.parent, exp.From | exp.Join | exp.In | exp.Exists | exp.Merge):
            continue
        inside = {source.alias_or_name.upper() for source in _sources(subquery)}
        for column in subquery.find_all(exp.Column):
            outer = bool(column.table) and column.table.upper() not in inside
            comparison = column.find_ancestor(exp.Predicate)
            if outer and not isinstance(comparison, exp.EQ):
                raise compilation("Unsupported subquery type cannot be evaluated", 2031, "42601")


def _sources(subquery: Expr) -> list[Expr]:
    return [
        source
        for source in subquery.find_all(exp.Table, exp.Subquery, exp.Lateral, exp.CTE)
        if source is not subquery
    ]


def check_memberships(root: Expr) -> None:
    """Refuse IN, ANY, ALL and a correlated EXISTS but as a condition of a WHERE.

    Snowflake documents them for WHERE only, and not as an operand of OR ("Subquery operators"),
    which is what NOT makes of several conditions.

    Raises:
        SqlError: 2031.
    """
    for node in root.find_all(exp.In, exp.Any, exp.All, exp.Exists):
        of_rows = node.args.get("query") if isinstance(node, exp.In) else node.this
        if not isinstance(of_rows, exp.Query):
            continue
        if isinstance(node, exp.Exists) and not _refers_outside(node):
            continue
        if not _is_condition_of_where(node):
            raise compilation("Unsupported subquery type cannot be evaluated", 2031, "42601")


def _refers_outside(subquery: Expr) -> bool:
    inside = {source.alias_or_name.upper() for source in _sources(subquery)}
    columns = subquery.find_all(exp.Column)
    return any(column.table and column.table.upper() not in inside for column in columns)


def _is_condition_of_where(node: Expr) -> bool:
    place = node.parent
    if isinstance(node, exp.Any | exp.All) and isinstance(place, exp.Predicate):
        place = place.parent
    one_of_several = False
    while isinstance(place, exp.And | exp.Not | exp.Paren):
        if isinstance(place, exp.Not) and one_of_several:
            return False
        one_of_several = one_of_several or isinstance(place, exp.And)
        place = place.parent
    return isinstance(place, exp.Where)


def keep_inserted_text(session: LocalSession, plan: Plan, params: list[Any] | None) -> Plan:
    """Keep text that is inserted into a VARIANT column as text.

    DuckDB would parse it as JSON. In Snowflake only PARSE_JSON does.
    """
    root = plan.root
    if not isinstance(root, exp.Insert):
        return plan
    table = root.this.this if isinstance(root.this, exp.Schema) else root.this
    if not isinstance(table, exp.Table):
        return plan
    listed_columns = _names(root.this.expressions) if isinstance(root.this, exp.Schema) else None
    kinds = _table_types(session, table)
    targets = listed_columns if listed_columns is not None else list(kinds)
    if not any(kinds.get(target) == "JSON" for target in targets):
        return plan
    source = root.expression
    translated = session.translator.plan(source.copy(), params).sql[-1]
    if isinstance(source, exp.Values):
        translated = f"SELECT * FROM ({translated})"
    source_types = types_of(session.duck, translated, params)
    if source_types is None or len(source_types) != len(targets):
        return plan
    names = [f"c{position}" for position in range(len(source_types))]
    values = [
        f"to_json(s.{name})"
        if kinds.get(target) == "JSON" and source_type == "VARCHAR"
        else f"s.{name}"
        for name, target, source_type in zip(names, targets, source_types, strict=True)
    ]
    if all(value == f"s.{name}" for value, name in zip(values, names, strict=True)):
        return plan
    into = ".".join(quote(part) for part in name_parts(table))
    listed = ", ".join(quote(target) for target in targets)
    sql = (
        f"INSERT INTO {into} ({listed}) SELECT {', '.join(values)}"
        f" FROM ({translated}) AS s({', '.join(names)})"
    )
    return replace(plan, sql=(*plan.sql[:-1], sql))


def keep_merged_text(session: LocalSession, root: exp.Merge, params: list[Any] | None) -> None:
    """Keep text that a MERGE writes from plain columns of its source into VARIANT, in place."""
    source = root.args.get("using")
    if not isinstance(root.this, exp.Table) or not isinstance(source, exp.Subquery):
        return
    kinds = _table_types(session, root.this)
    if "JSON" not in kinds.values():
        return
    translated = session.translator.plan(source.this.copy(), params).sql[-1]
    source_types = columns_of(session.duck, translated, params)
    alias = source.alias.upper()
    for pair in _assignments(root):
        target, value = pair
        if kinds.get(plain_name(target)) != "JSON" or not isinstance(value, exp.Column):
            continue
        if value.table.upper() == alias and source_types.get(plain_name(value)) == "VARCHAR":
            value.replace(exp.Anonymous(this="TO_JSON", expressions=[value.copy()]))


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


def _table_types(session: LocalSession, table: exp.Table) -> dict[str, str]:
    """Return DuckDB's types of a table's columns; empty when there is no such table."""
    name = session.context().qualify(name_parts(table))
    return session.account.plans.remember(
        "types", name, lambda: relations.column_types(session.duck, name)
    )


def types_of(
    duck: duckdb.DuckDBPyConnection, sql: str, params: list[Any] | None
) -> list[str] | None:
    """Return DuckDB's types of a query's columns, None when it cannot tell."""
    try:
        rows = execute(duck, f"DESCRIBE {sql}", params or None)
    except duckdb.Error:
        return None
    return [str(row[1]) for row in rows]


def columns_of(
    duck: duckdb.DuckDBPyConnection, sql: str, params: list[Any] | None
) -> dict[str, str]:
    """Return DuckDB's types of a query's columns by name."""
    try:
        rows = execute(duck, f"DESCRIBE {sql}", params or None)
    except duckdb.Error:
        return {}
    return {str(row[0]): str(row[1]) for row in rows}


def _names(nodes: list[Expr]) -> list[str]:
    return [plain_name(node) for node in nodes]
