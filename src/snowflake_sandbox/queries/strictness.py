"""Refuses statements where DuckDB is laxer than Snowflake."""

from __future__ import annotations

import re

from sqlglot import Expr, exp

from snowflake_sandbox import access, results
from snowflake_sandbox.errors import SqlError, compilation
from snowflake_sandbox.results import Result
from snowflake_sandbox.session import LocalSession

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


def check_flattened(root: Expr) -> None:
    """Refuse FLATTEN on either side of a JOIN with a condition, or of an outer one.

    On the right Snowflake documents it ("JOIN", usage notes), on the left others were answered
    001072. A FLATTEN of a constant is taken by an inner JOIN; nothing is known of an outer one. So
    FLATTEN stands alone, behind a comma, or in a subquery of its own.

    Raises:
        SqlError: 2, 1072.
    """
    for query in root.find_all(exp.Select, exp.Update):
        source = query.args.get("from_")
        if source is None:
            continue
        joins = [*source.this.args.get("joins", []), *query.args.get("joins", [])]
        sources = [source.this, *(join.this for join in joins)]
        for place, join in enumerate(joins):
            if not (join.side or join.args.get("on") or join.args.get("using")):
                continue
            if _is_flatten(join.this):
                what = "lateral table function called with OUTER JOIN syntax or a join predicate"
                raise SqlError(f"Unsupported feature '{what} (ON clause)'.", 2, "0A000")
            if any(map(_is_flatten, sources[: place + 1])):
                raise compilation("Lateral View cannot be on the left side of join", 1072, "42601")


def _is_flatten(source: Expr) -> bool:
    is_function = isinstance(source, exp.Lateral | exp.TableFromRows)
    return is_function and isinstance(source.this, exp.Explode)
