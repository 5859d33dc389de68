"""CALL: evaluates the arguments, chooses the overload, returns the handler's value."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from snowflake_sandbox import access, handlers, results
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
    expressions = [argument.sql for argument in arguments]
    if parts == (notifications.SEND,):
        values, _ = _evaluate(session, expressions, list(context.binds))
        return notifications.send_notification(session, values)
    name = context.qualify(parts)
    overloads = access.callable_overloads(session, name)
    values, types = _evaluate(session, expressions, list(context.binds))
    procedure = _choose(overloads, arguments, types)
    values_by_name = _match(procedure, arguments, values, types)
    omitted = [param for param in procedure.parameters if param.name not in values_by_name]
    defaults = [param.default or "NULL" for param in omitted]
    for param, value, duck_type in zip(omitted, *_evaluate(session, defaults, []), strict=True):
        values_by_name[param.name] = (value, duck_type)
    converted = [
        _convert(parameter, *values_by_name[parameter.name]) for parameter in procedure.parameters
    ]
    answer = handlers.run_handler(session, procedure, converted)
    kind = procedure.returns
    column = results.column(procedure.name.object, kind.duck, kind.declared)
    return Result([column], rows=[[_text(answer, kind)]], type_id=results.UNKNOWN)


def _arguments(reader: Reader) -> list[_Argument]:
    reader.expect("(")
    arguments: list[_Argument] = []
    while not reader.accept(")"):
        name = None
        if reader.ahead(1).value == "=>":
            name = reader.identifier()
            reader.expect("=>")
        elif arguments and arguments[-1].name is not None:
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
        arguments.append(_Argument(name, reader.text[start:end]))
        if not reader.looking_at(")"):
            reader.expect(",")
    return arguments


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
    candidates = []
    for procedure in overloads:
        names = [parameter.name for parameter in procedure.parameters]
        positional = sum(1 for argument in arguments if argument.name is None)
        filled = names[:positional] + [
            argument.name for argument in arguments if argument.name is not None
        ]
        needed = {parameter.name for parameter in procedure.parameters if parameter.default is None}
        if (
            positional <= len(names)
            and len(filled) == len(set(filled))
            and set(filled) <= set(names)
            and needed <= set(filled)
        ):
            by_name = {parameter.name: parameter for parameter in procedure.parameters}
            score = sum(
                _fits(by_name[str(name)].type, kind)
                for name, kind in zip(filled, types, strict=True)
            )
            candidates.append((score, procedure))
    if not candidates:
        signatures = ", ".join(overload.signature for overload in overloads)
        arguments_text = ", ".join(
            f"{argument.name} => {argument.sql}" if argument.name else argument.sql
            for argument in arguments
        )
        raise compilation(
            f"Invalid argument types for function '{overloads[0].name.object}': ({arguments_text})."
            f" Known: {signatures}",
            1044,
            "42P13",
        )
    return max(candidates, key=lambda pair: pair[0])[1]


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
    values_by_name: dict[str, tuple[Any, str]] = {}
    for place, (argument, value, kind) in enumerate(zip(arguments, values, types, strict=True)):
        values_by_name[argument.name or procedure.parameters[place].name] = (value, kind)
    return values_by_name


def _convert(parameter: Parameter, value: Any, duck_type: str) -> Any:
    """Turn an SQL value into what Snowflake hands a Python handler."""
    kind = parameter.type
    if value is None:
        return handlers.SQL_NULL if kind.name == "VARIANT" else None
    if kind.semistructured:
        if duck_type == "JSON":
            return json.loads(value)
        if kind.name != "VARIANT":
            raise _wrong(parameter, value)
        return value
    converters: dict[str, Callable[[Any], Any]] = {
        "VARCHAR": _as_text,
        "NUMBER": lambda value: int(value) if kind.number[1] == 0 else value,
        "FLOAT": float,
        "BOOLEAN": _as_flag,
    }
    try:
        return converters.get(kind.name, lambda value: value)(
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
