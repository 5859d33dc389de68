"""Runs blocks of Snowflake Scripting, as much of the language as a setup script needs.

A block in EXECUTE IMMEDIATE: DECLARE, LET, assignments, EXECUTE IMMEDIATE, NULL, RETURN and
EXCEPTION WHEN OTHER. Everything else in a block is refused, never passed over.

Source: Snowflake, "Snowflake Scripting Developer Guide".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from snowflake_sandbox import results
from snowflake_sandbox.errors import SqlError, compilation, unsupported
from snowflake_sandbox.results import Result
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql.tokens import Kind, Reader, Token
from snowflake_sandbox.sql.types import read_type

_BLOCK = re.compile(
    r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(?:DECLARE\b|BEGIN\b(?!\s*(?:;|\Z|TRANSACTION\b|WORK\b|NAME\b)))",
    re.IGNORECASE | re.DOTALL,
)
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")


class _Returned(Exception):
    """RETURN was reached."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


def is_block(text: str) -> bool:
    """Whether a text is a block and not a statement, e.g. ``BEGIN TRANSACTION``."""
    return _BLOCK.match(text) is not None


def run_block(session: LocalSession, text: str) -> Result:
    """Run a block, after it was read to its end.

    Returns:
        One row with one column named ``anonymous block``: the value of RETURN, else NULL.

    Raises:
        SqlError: what a statement raised, with its place in the block, or 2 (0A000) for a
            statement that the local engine does not run in blocks.
    """
    steps, handler = _read(Reader(text))
    block = _Block(session, text)
    try:
        try:
            block.run(steps)
        except SqlError as error:
            if handler is None:
                raise
            block.handle(error, handler)
        value: Any = None
    except _Returned as returned:
        value = returned.value
    column = results.column("anonymous block", "VARCHAR")
    return Result([column], rows=[[_as_text(value)]], type_id=results.UNKNOWN)


@dataclass(frozen=True)
class _Step:
    """One statement of a block.

    Attributes:
        verb: LET, EXECUTE or RETURN.
        start: its first token.
        expression: the tokens of its value, none for a variable without one.
        name: the variable of a LET or an assignment.
        kind: the type the value is cast to.
    """

    verb: str
    start: Token
    expression: tuple[Token, ...] = ()
    name: str = ""
    kind: str = ""


def _read(reader: Reader) -> tuple[list[_Step], list[_Step] | None]:
    """Read a block: its steps, and those of its exception handler."""
    steps: list[_Step] = []
    handler = None
    if reader.accept("DECLARE"):
        while not reader.looking_at("BEGIN"):
            steps.append(_declaration(reader, reader.current))
    variables = {step.name for step in steps}
    reader.expect("BEGIN")
    steps += _steps(reader, variables)
    if reader.accept("EXCEPTION"):
        reader.expect("WHEN")
        if not reader.accept("OTHER"):
            raise unsupported(f"exception handler for {reader.current.value}")
        reader.expect("THEN")
        handler = _steps(reader, variables)
    reader.expect("END")
    reader.accept(";")
    reader.end()
    return steps, handler


def _steps(reader: Reader, variables: set[str]) -> list[_Step]:
    steps: list[_Step] = []
    while not (reader.looking_at("END") or reader.looking_at("EXCEPTION")):
        start = reader.current
        if reader.at_end():
            raise reader.error()
        if reader.accept("LET"):
            steps.append(_declaration(reader, start))
            variables.add(steps[-1].name)
        elif reader.accept("EXECUTE", "IMMEDIATE"):
            steps.append(_Step("EXECUTE", start, _expression(reader)))
        elif reader.accept("RETURN"):
            steps.append(_Step("RETURN", start, _expression(reader)))
        elif reader.accept("NULL"):
            reader.expect(";")
        elif reader.ahead(1).value == ":" and reader.ahead(2).value == "=":
            name = reader.identifier()
            if name not in variables:
                raise compilation(f"invalid identifier '{name}'", 904, "42000")
            reader.expect(":", "=")
            steps.append(_Step("LET", start, _expression(reader), name))
        else:
            raise unsupported(f"Snowflake Scripting: {start.value}")
    return steps


def _declaration(reader: Reader, start: Token) -> _Step:
    name, kind = reader.identifier(), ""
    if reader.current.kind is Kind.WORD and not reader.looking_at("DEFAULT"):
        before = reader.current.start
        read_type(reader)
        kind = reader.text[before : reader.current.start]
    if reader.accept("DEFAULT") or reader.accept(":", "="):
        return _Step("LET", start, _expression(reader), name, kind)
    reader.expect(";")
    return _Step("LET", start, (), name, kind)


def _expression(reader: Reader) -> tuple[Token, ...]:
    tokens: list[Token] = []
    depth = 0
    while depth or not reader.looking_at(";"):
        if reader.at_end():
            raise reader.error()
        token = reader.next()
        if token.kind is Kind.MARK:
            depth += (token.value in _OPEN) - (token.value in _CLOSE)
        tokens.append(token)
    if not tokens:
        raise reader.error()
    reader.expect(";")
    return tuple(tokens)


class _Block:
    """A block being run: its variables."""

    def __init__(self, session: LocalSession, text: str) -> None:
        self._session = session
        self._text = text
        self._variables: dict[str, Any] = {}

    def run(self, steps: list[_Step]) -> None:
        """Run steps; raises _Returned at a RETURN."""
        for step in steps:
            value = self._value(step.expression, step.kind) if step.expression else None
            if step.verb == "RETURN":
                raise _Returned(value)
            if step.verb == "EXECUTE":
                self._execute(step, value)
            else:
                self._variables[step.name] = value

    def handle(self, error: SqlError, steps: list[_Step]) -> None:
        """Run the exception handler."""
        self._variables["SQLCODE"] = error.errno
        self._variables["SQLERRM"] = error.message
        self._variables["SQLSTATE"] = error.sqlstate
        self.run(steps)

    def _execute(self, step: _Step, text: Any) -> None:
        if not isinstance(text, str):
            raise compilation("EXECUTE IMMEDIATE needs the text of a statement.", 1003, "42000")
        try:
            self._session.execute(text)
        except SqlError as error:
            before = self._text[: step.start.start]
            line = before.count("\n") + 1
            position = step.start.start - (before.rfind("\n") + 1)
            raise SqlError(
                f"Uncaught exception of type 'STATEMENT_ERROR' on line {line} at position"
                f" {position} : {error.message}",
                error.errno,
                error.sqlstate,
            ) from error

    def _value(self, tokens: tuple[Token, ...], kind: str) -> Any:
        expression = self._with_values(tokens)
        text = f"SELECT ({expression})::{kind}" if kind else f"SELECT {expression}"
        result = self._session.execute(text)
        if result.table is None or result.table.num_columns != 1 or result.table.num_rows != 1:
            raise unsupported(f"Snowflake Scripting: {expression[:40]}")
        return result.table.column(0).to_pylist()[0]

    def _with_values(self, tokens: tuple[Token, ...]) -> str:
        """Return an expression's text with the values of variables in their places."""
        parts: list[str] = []
        position = tokens[0].start
        for place, token in enumerate(tokens):
            before = tokens[place - 1] if place else None
            after = tokens[place + 1] if place + 1 < len(tokens) else None
            name = token.upper if token.kind is Kind.WORD else token.value
            if token.kind not in (Kind.WORD, Kind.QUOTED) or (after and after.value in ("(", ".")):
                continue
            bound = before is not None and before.value == ":" and not _is_path(tokens, place)
            if before is not None and before.value in (".", ":", "::") and not bound:
                continue
            if name not in self._variables:
                if bound:
                    raise compilation(f"Bind variable :{name} not set.", 2049, "42601")
                continue
            start = before.start if bound and before is not None else token.start
            parts.append(self._text[position:start] + _literal(self._variables[name]))
            position = token.end
        parts.append(self._text[position : tokens[-1].end])
        return "".join(parts)


def _is_path(tokens: tuple[Token, ...], place: int) -> bool:
    """Whether the colon before a name takes an element of the expression before it."""
    if place < 2:
        return False
    holder = tokens[place - 2]
    ends = holder.kind in (Kind.WORD, Kind.QUOTED) or holder.value in _CLOSE
    return ends and holder.end == tokens[place - 1].start


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | Decimal):
        return f"({value})"
    if isinstance(value, float):
        return f"({value!r}::FLOAT)"
    text = "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"
    for kind, name in ((datetime, "TIMESTAMP_NTZ"), (date, "DATE"), (time, "TIME")):
        if isinstance(value, kind):
            return f"({text}::{name})"
    return text


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)
