"""Full names of objects: read from syntax trees, completed, quoted for DuckDB."""

from __future__ import annotations

import re
from typing import NamedTuple

from sqlglot import Expr, exp

from snowflake_sandbox.errors import SqlError

_PLAIN = re.compile(r"[A-Z_][A-Z0-9_$]*\Z")


class Name(NamedTuple):
    """The full name of an object that lives in a schema."""

    database: str
    schema: str
    object: str

    def __str__(self) -> str:
        """The name as Snowflake prints it: quoted only where it has to be."""
        return ".".join(part if _PLAIN.match(part) else f'"{part}"' for part in self)

    @property
    def schema_key(self) -> tuple[str, str]:
        """Database and schema."""
        return (self.database, self.schema)


def quote(part: str) -> str:
    """Quote one identifier for DuckDB."""
    return '"' + part.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote one string for DuckDB."""
    return "'" + text.replace("'", "''") + "'"


def path(name: Name) -> str:
    """Write a full name for DuckDB."""
    return ".".join(quote(part) for part in name)


def qualify(parts: tuple[str, ...], database: str | None, schema: str | None) -> Name:
    """Complete a name of one to three parts by the session's database and schema.

    Raises:
        SqlError: 90105 or 90106 when the session has no current database or schema.
    """
    if len(parts) == 3:
        return Name(*parts)
    if database is None:
        raise SqlError(
            "Cannot perform operation. This session does not have a current database. "
            "Call 'USE DATABASE', or use a qualified name.",
            90105,
            "22000",
        )
    if len(parts) == 2:
        return Name(database, parts[0], parts[1])
    if schema is None:
        raise SqlError(
            "Cannot perform operation. This session does not have a current schema. "
            "Call 'USE SCHEMA', or use a qualified name.",
            90106,
            "22000",
        )
    return Name(database, schema, parts[0])


def plain_name(node: Expr) -> str:
    """Return the name a column or identifier stands for: upper case unless quoted."""
    inner = node.this if isinstance(node, exp.Column) else node
    quoted = isinstance(inner, exp.Identifier) and bool(inner.quoted)
    return node.name if quoted else node.name.upper()


def name_parts(table: exp.Table) -> tuple[str, ...]:
    """Return the parts of a table's name as it is written: one to three."""
    return tuple(plain_name(part) for part in table.parts)
