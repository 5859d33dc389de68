"""Reads names in a syntax tree as Snowflake does: upper case unless quoted."""

from __future__ import annotations

from sqlglot import Expr, exp


def plain_name(node: Expr) -> str:
    """Return the name a column or identifier stands for: upper case unless quoted."""
    inner = node.this if isinstance(node, exp.Column) else node
    quoted = isinstance(inner, exp.Identifier) and bool(inner.quoted)
    return node.name if quoted else node.name.upper()


def name_parts(table: exp.Table) -> tuple[str, ...]:
    """Return the parts of a table's name as it is written: one to three."""
    return tuple(plain_name(part) for part in table.parts)
