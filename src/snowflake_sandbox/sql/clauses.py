"""Reads the clauses (NAME = value) of CREATE and ALTER statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from snowflake_sandbox.errors import SqlError, compilation, invalid_value, missing_options
from snowflake_sandbox.names import Name, qualify
from snowflake_sandbox.sql.tokens import Kind, Reader


@dataclass(frozen=True)
class Context:
    """The current database and schema and the bound values, for reading clauses."""

    database: str | None
    schema: str | None
    binds: tuple[Any, ...] = ()

    def qualify(self, parts: tuple[str, ...]) -> Name:
        """Complete a name by the current database and schema."""
        return qualify(parts, self.database, self.schema)


_T = TypeVar("_T")
Read = Callable[[Reader, Context], Any]


@dataclass(frozen=True)
class Clause:
    """One clause: how its value is read and whether it is mandatory."""

    read: Read
    required: bool = False


def text(reader: Reader, context: Context) -> str:
    """Read a string literal or a bound value."""
    if reader.current.kind is Kind.BIND:
        return str(bound(reader, context))
    return reader.string()


def bound(reader: Reader, context: Context) -> Any:
    """Read a ``?`` or ``:1`` and return the value bound to it."""
    token = reader.next()
    if token.value == "?":
        place = sum(1 for before in reader.tokens[: reader.index - 1] if before.value == "?")
    else:
        place = int(token.value[1:]) - 1 if token.value[1:].isdigit() else len(context.binds)
    if place >= len(context.binds):
        raise compilation("Bind variable not set.", 2049, "42601")
    return context.binds[place]


def word(*allowed: str) -> Read:
    """Read one of some words, bare or quoted as a string."""

    def read(reader: Reader, _: Context) -> str:
        token = reader.next()
        if token.kind not in (Kind.WORD, Kind.STRING) or token.upper not in allowed:
            raise invalid_value(token.value, "/".join(allowed))
        return token.upper

    return read


def flag(reader: Reader, _: Context) -> bool:
    """Read TRUE or FALSE."""
    token = reader.next()
    if token.upper not in ("TRUE", "FALSE"):
        raise invalid_value(token.value, "TRUE/FALSE")
    return token.upper == "TRUE"


def number(reader: Reader, _: Context) -> int:
    """Read a whole number."""
    token = reader.next()
    if not token.value.isdigit():
        raise invalid_value(token.value, "number")
    return int(token.value)


def size(reader: Reader, _: Context) -> str:
    """Read a warehouse size."""
    token = reader.next()
    plain = token.upper.replace("-", "")
    if plain not in ("XSMALL", "SMALL", "MEDIUM", "LARGE", "XLARGE", "XXLARGE", "X2LARGE"):
        raise invalid_value(token.value, "size")
    return plain


def texts(reader: Reader, context: Context) -> list[str]:
    """Read a list of strings in parentheses."""
    return _list(reader, lambda: text(reader, context))


def schema_names(reader: Reader, context: Context) -> list[Name]:
    """Read a list of objects that live in schemas."""
    return _list(reader, lambda: context.qualify(reader.dotted()))


def account_names(reader: Reader, _: Context) -> list[str]:
    """Read a list of objects of the account."""
    return _list(reader, reader.identifier)


def aliases(reader: Reader, context: Context) -> dict[str, Name]:
    """Read ``('alias' = schema.name, …)``."""

    def pair() -> tuple[str, Name]:
        alias = reader.string()
        reader.expect("=")
        return (alias, context.qualify(reader.dotted()))

    return dict(_list(reader, pair))


def pairs(reader: Reader, context: Context) -> dict[str, str]:
    """Read ``('name' = 'value', …)``."""

    def pair() -> tuple[str, str]:
        name = reader.string()
        reader.expect("=")
        return (name, text(reader, context))

    return dict(_list(reader, pair))


def schema_name(reader: Reader, context: Context) -> Name:
    """Read one object that lives in a schema."""
    return context.qualify(reader.dotted())


def options(reader: Reader, context: Context) -> dict[str, Any]:
    """Read ``(NAME = value …)`` with any names, e.g. of a file format."""
    reader.expect("(")
    values: dict[str, Any] = {}
    while not reader.accept(")"):
        name = reader.identifier()
        reader.expect("=")
        if reader.looking_at("("):
            values[name] = texts(reader, context)
        else:
            token = reader.next()
            if token.kind not in (Kind.WORD, Kind.STRING, Kind.NUMBER):
                raise reader.error()
            values[name] = token.value
        reader.accept(",")
    return values


def _list(reader: Reader, item: Callable[[], _T]) -> list[_T]:
    reader.expect("(")
    items: list[_T] = []
    while not reader.accept(")"):
        items.append(item())
        if not reader.looking_at(")"):
            reader.expect(",")
    return items


def read_clauses(
    reader: Reader,
    context: Context,
    allowed: Mapping[str, Clause],
    stop: tuple[str, ...] = (),
    partial: bool = False,
) -> dict[str, Any]:
    """Read ``NAME = value`` clauses in any order.

    Args:
        reader: stands at the first clause.
        context: the session's names and the bound values.
        known: the clauses by name.
        stop: words that end the clauses, e.g. ``AS``.
        partial: whether mandatory clauses may be left out, as in ALTER … SET.

    Raises:
        SqlError: 1003 for an unknown clause, 2029 for a missing one, 1008 for a wrong value.
    """
    values: dict[str, Any] = {}
    while not reader.at_end() and not any(reader.looking_at(word) for word in stop):
        name = reader.current.upper
        clause = allowed.get(name)
        if clause is None or reader.current.kind is not Kind.WORD:
            raise reader.error()
        if name in values:
            raise duplicate(name)
        reader.next()
        reader.accept("=")
        values[name] = clause.read(reader, context)
        reader.accept(",")
    if not partial:
        demand(values, allowed)
    return values


def duplicate(name: str) -> SqlError:
    """Return the error for a clause given twice."""
    return compilation(f"duplicate property '{name}'", 1004, "42601")


def demand(values: Mapping[str, Any], allowed: Mapping[str, Clause]) -> None:
    """Assert that the mandatory clauses were given.

    Raises:
        SqlError: 2029 naming those that were not.
    """
    missing_names = [
        name for name, clause in allowed.items() if clause.required and name not in values
    ]
    if missing_names:
        raise missing_options(missing_names)
