"""CALL: arguments, overloads, the handler's answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from snowflake_sandbox import handlers, results
from snowflake_sandbox.errors import SqlError, compilation
from snowflake_sandbox.results import Result
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql.clauses import Context
from snowflake_sandbox.sql.tokens import Kind, Reader
from snowflake_sandbox.sql.types import DataType
from snowflake_sandbox.statements import notifications
from snowflake_sandbox.storage.records import Parameter, Procedure


@dataclass(frozen=True)
class _Argument:
    name: str | None
    sql: str


def call(session: LocalSession, reader: Reader, context: Context) -> Result:
    """CALL [[db.]schema.]name(args): one row, one column named like the procedure."""
    parts = reader.dotted()
    arguments = _arguments(reader)
    reader.end()
    if parts == (notifications.SEND,):
        sent, _ = _evaluate(session, [a.sql for a in arguments], list(context.binds))
        return notifications.send(session, sent)
    name = context.qualify(parts)
    overloads = session.catalog.overloads(name)
    if not overloads:
        raise compilation(f"Unknown user-defined procedure {name}.", 2141, "42601")
    values, types = _evaluate(session, [a.sql for a in arguments], list(context.binds))
    procedure = _choose(overloads, arguments, types)
    given = _match(procedure, arguments, values, types)
    missing_ones = [p for p in procedure.parameters if p.name not in given]
    if missing_ones:
        fill, kinds = _evaluate(session, [p.default or "NULL" for p in missing_ones], [])
        given.update({p.name: (v, k) for p, v, k in zip(missing_ones, fill, kinds, strict=True)})
    converted = [_convert(p, *given[p.name]) for p in procedure.parameters]
    answer = handlers.run_handler(session.account, procedure, converted)
    kind = procedure.returns
    column = results.column(procedure.name.object, kind.duck, kind.declared)
    return Result([column], rows=[[_text(answer, kind)]], type_id=results.UNKNOWN)


def _arguments(reader: Reader) -> list[_Argument]:
    reader.expect("(")
    found: list[_Argument] = []
    while not reader.accept(")"):
        name = None
        if reader.ahead(1).value == "=>":
            name = reader.identifier()
            reader.expect("=>")
        elif found and found[-1].name is not None:
            raise compilation("A positional argument follows a named one.", 1003, "42000")
        start, end, depth = reader.current.start, -1, 0
        while depth > 0 or not (reader.looking_at(",") or reader.looking_at(")")):
            if reader.at_end():
                raise reader.error()
            token = reader.next()
            end = token.end
            if token.kind is Kind.MARK:
                depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.value, 0)
        if end < 0:
            raise reader.error()
        found.append(_Argument(name, reader.text[start:end]))
        if not reader.looking_at(")"):
            reader.expect(",")
    return found


def _evaluate(
    session: LocalSession, expressions: list[str], binds: list[Any]
) -> tuple[list[Any], list[str]]:
    if not expressions:
        return [], []
    root = session.translator.parse("SELECT " + ", ".join(expressions))
    plan = session.translator.plan(root, binds or None)
    relation = session.duck.sql(plan.sql[-1], params=plan.params or None)
    rows = relation.fetchall()
    return list(rows[0]), [str(kind) for kind in relation.types]


def _choose(overloads: list[Procedure], arguments: list[_Argument], types: list[str]) -> Procedure:
    fitting = []
    for procedure in overloads:
        names = [p.name for p in procedure.parameters]
        positional = sum(1 for a in arguments if a.name is None)
        taken = names[:positional] + [a.name for a in arguments if a.name is not None]
        needed = {p.name for p in procedure.parameters if p.default is None}
        if (
            positional <= len(names)
            and len(taken) == len(set(taken))
            and set(taken) <= set(names)
            and needed <= set(taken)
        ):
            by_name = {p.name: p for p in procedure.parameters}
            score = sum(
                _fits(by_name[str(n)].type, kind) for n, kind in zip(taken, types, strict=True)
            )
            fitting.append((score, procedure))
    if not fitting:
        known = ", ".join(p.signature for p in overloads)
        shown = ", ".join(f"{a.name} => {a.sql}" if a.name else a.sql for a in arguments)
        raise compilation(
            f"Invalid argument types for function '{overloads[0].name.object}': ({shown})."
            f" Known: {known}",
            1044,
            "42P13",
        )
    return max(fitting, key=lambda pair: pair[0])[1]


def _fits(kind: DataType, duck_type: str) -> int:
    if kind.duck == duck_type:
        return 3
    numeric = ("INT", "DEC", "DOU", "HUG", "BIG")
    if kind.name in ("NUMBER", "FLOAT") and duck_type.startswith(numeric):
        return 2
    return 1 if duck_type in ("VARCHAR", '"NULL"') else 0


def _match(
    procedure: Procedure, arguments: list[_Argument], values: list[Any], types: list[str]
) -> dict[str, tuple[Any, str]]:
    given: dict[str, tuple[Any, str]] = {}
    for place, (argument, value, kind) in enumerate(zip(arguments, values, types, strict=True)):
        given[argument.name or procedure.parameters[place].name] = (value, kind)
    return given


def _convert(parameter: Parameter, value: Any, duck_type: str) -> Any:
    """Turn an SQL value into what Snowflake hands a Python handler."""
    kind = parameter.type
    if value is None:
        return None
    if kind.semistructured:
        if duck_type == "JSON":
            return json.loads(value)
        if kind.name != "VARIANT":
            raise _wrong(parameter, value)
        return value
    converters: dict[str, Callable[[Any], Any]] = {
        "VARCHAR": _as_text,
        "NUMBER": lambda v: int(v) if kind.number[1] == 0 else v,
        "FLOAT": float,
        "BOOLEAN": _as_flag,
    }
    try:
        return converters.get(kind.name, lambda v: v)(
            json.loads(value) if duck_type == "JSON" else value
        )
    except (TypeError, ValueError) as error:
        raise _wrong(parameter, value) from error


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def _as_flag(value: Any) -> bool:
    if isinstance(value, str):
        if value.lower() not in ("true", "false"):
            raise ValueError(value)
        return value.lower() == "true"
    return bool(value)


def _wrong(parameter: Parameter, value: Any) -> SqlError:
    return SqlError(
        f"Invalid value {value!r} for argument {parameter.name} of type {parameter.type}.",
        100038,
        "22018",
    )


def _text(value: Any, kind: DataType) -> str | None:
    if value is None:
        return None
    if kind.semistructured:
        return json.dumps(value, indent=2, ensure_ascii=False, default=str)
    if kind.name == "BOOLEAN":
        return "1" if value else "0"
    return str(value)
