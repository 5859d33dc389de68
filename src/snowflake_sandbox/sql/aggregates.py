"""Gives SUM, AVG and other numeric aggregates the argument and result types of Snowflake.

DuckDB averages every number as DOUBLE and refuses text; Snowflake keeps NUMBER and reads numbers
from text (Snowflake, "Numeric data types", "AVG").
"""

from __future__ import annotations

import re
from typing import Any

import duckdb
from sqlglot import Expr, exp

from snowflake_sandbox.duck import execute

_AGGREGATES = (
    exp.Sum,
    exp.Avg,
    exp.Median,
    exp.Variance,
    exp.VariancePop,
    exp.Stddev,
    exp.StddevSamp,
    exp.StddevPop,
)
_TEXTS = ("VARCHAR", "JSON", "STRING_LITERAL")
_WHOLE = re.compile(r"U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?(?:_LITERAL)?\Z")
_DECIMAL = re.compile(r"DECIMAL\(\d+,\s*(\d+)\)")
_REFUSED = re.compile(r"argument types '\w+\((.*?)(?:, STRING_LITERAL){2}\)'")
# AVG has at least this many places more than its argument, up to the limit
_MORE_PLACES, _MOST_PLACES = 6, 12
_STATE = "aggregate"


def typed_aggregates(duck: duckdb.DuckDBPyConnection, root: Expr, params: list[Any] | None) -> Expr:
    """Cast the arguments and results of numeric aggregates, in place.

    Args:
        duck: knows the tables.
        root: a query or DML in DuckDB's terms.
        params: values of its placeholders.
    """
    # inner aggregates first: their results are the arguments of outer ones
    for node in reversed(list(root.find_all(*_AGGREGATES))):
        title = f"{node.key.upper()}({node.this.sql(dialect='snowflake').upper()})"
        kind = _argument_type(duck, root, node, params)
        if kind in _TEXTS:
            argument = _argument(node)
            double = exp.DataType(this=exp.DataType.Type.DOUBLE)
            argument.replace(exp.Cast(this=argument.copy(), to=double))
        parent = node.parent
        target = parent if isinstance(parent, exp.Window) else node
        new = _averaged(target, kind) if isinstance(node, exp.Avg) else target
        if isinstance(target.parent, exp.Select) and target.arg_key == "expressions":
            new = exp.alias_(new.copy(), title, quoted=True)
        if new is not target:
            target.replace(new)
    return root


def _argument(node: Expr) -> Expr:
    argument = node.this.expressions[0] if isinstance(node.this, exp.Distinct) else node.this
    assert isinstance(argument, Expr)
    return argument


def _averaged(target: Expr, kind: str | None) -> Expr:
    decimal = _DECIMAL.match(kind or "")
    if decimal is None and not _WHOLE.match(kind or ""):
        return target
    places = int(decimal[1]) if decimal is not None else 0
    scale = max(places, min(places + _MORE_PLACES, _MOST_PLACES))
    return exp.Cast(this=target.copy(), to=exp.DataType.build(f"DECIMAL(38, {scale})"))


def _argument_type(
    duck: duckdb.DuckDBPyConnection, root: Expr, node: Expr, params: list[Any] | None
) -> str | None:
    """Return DuckDB's type of an aggregate's argument, None when the statement does not bind.

    Given two arguments too many, DuckDB refuses the aggregate and names their types.
    """
    node.meta[_STATE] = "asked"
    asking = root.copy()
    node.meta[_STATE] = "typed"
    for other in list(asking.find_all(*_AGGREGATES)):
        if other.meta.get(_STATE) == "asked":
            extra = [exp.Literal.string("") for _ in range(2)]
            arguments = [_argument(other).copy(), *extra]
            other.replace(exp.Anonymous(this="AVG", expressions=arguments))
        elif other.meta.get(_STATE) != "typed":
            other.replace(exp.Count(this=exp.Star()))
    values = params or [None] * len(list(asking.find_all(exp.Placeholder)))
    try:
        execute(duck, f"EXPLAIN {asking.sql(dialect='duckdb')}", values)
    except duckdb.Error as error:
        refusal = _REFUSED.search(str(error))
        return None if refusal is None else refusal[1]
    return None
