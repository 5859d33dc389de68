"""CREATE PROCEDURE with a Python handler, and CALL."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from snowflake_sandbox import clauses, handlers, results
from snowflake_sandbox.catalog import Parameter, Procedure
from snowflake_sandbox.clauses import Clause, Context
from snowflake_sandbox.errors import SqlError, compilation, invalid_value, missing, unsupported
from snowflake_sandbox.names import Name
from snowflake_sandbox.results import Result, status
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.tokens import Kind, Reader
from snowflake_sandbox.types import DataType, read_type

_CLAUSES = {
    "LANGUAGE": Clause(clauses.word("PYTHON", "SQL", "JAVASCRIPT", "JAVA", "SCALA"), True),
    "RUNTIME_VERSION": Clause(lambda r, _: r.next().value, True),
    "PACKAGES": Clause(clauses.texts, True),
    "HANDLER": Clause(clauses.text, True),
    "IMPORTS": Clause(clauses.texts),
    "EXTERNAL_ACCESS_INTEGRATIONS": Clause(clauses.account_names),
    "SECRETS": Clause(clauses.aliases),
    "ARTIFACT_REPOSITORY": Clause(lambda r, _: ".".join(r.dotted())),
    "COMMENT": Clause(clauses.text),
    "LOG_LEVEL": Clause(clauses.word("OFF", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")),
}
_RUNTIMES = ("3.10", "3.11", "3.12", "3.13", "3.14")


def create(session: LocalSession, reader: Reader, context: Context, mode: str) -> Result:
    """CREATE [OR REPLACE] PROCEDURE … LANGUAGE PYTHON."""
    quiet = reader.accept("IF", "NOT", "EXISTS")
    name = context.qualify(reader.dotted())
    parameters = _parameters(reader)
    if reader.looking_at("COPY", "GRANTS"):
        reader.expect("COPY", "GRANTS")
    reader.expect("RETURNS")
    if reader.looking_at("TABLE"):
        raise unsupported("procedures that return a table")
    returns = read_type(reader)
    reader.accept("NOT", "NULL")
    execute_as = "OWNER"
    found: dict[str, Any] = {}
    while not reader.at_end() and not reader.looking_at("AS"):
        if reader.accept("EXECUTE", "AS"):
            restricted = reader.accept("RESTRICTED")
            execute_as = ("RESTRICTED " if restricted else "") + clauses.word("OWNER", "CALLER")(
                reader, context
            )
        elif _null_handling(reader):
            continue
        else:
            part = clauses.read_clauses(reader, context, _CLAUSES, _STOP, partial=True)
            for key in set(part) & set(found):
                raise clauses.duplicate(key)
            found.update(part)
    source = reader.string() if reader.accept("AS") else None
    reader.end()
    if found.get("LANGUAGE") not in (None, "PYTHON"):
        raise unsupported(f"procedures in {found['LANGUAGE']}")
    clauses.demand(found, _CLAUSES)
    procedure = Procedure(
        name=name,
        parameters=parameters,
        returns=returns,
        handler=found["HANDLER"],
        runtime_version=found["RUNTIME_VERSION"],
        packages=tuple(found["PACKAGES"]),
        imports=tuple(found.get("IMPORTS", ())),
        integrations=tuple(found.get("EXTERNAL_ACCESS_INTEGRATIONS", ())),
        secrets=found.get("SECRETS", {}),
        source=source,
        execute_as=execute_as,
        comment=found.get("COMMENT"),
    )
    _check(session, procedure)
    if quiet and any(p.signature == procedure.signature for p in session.catalog.procedures):
        return status(f"{name.object} already exists, statement succeeded.")
    session.catalog.put_procedure(procedure, replace_existing=mode == "REPLACE")
    return status(f"Function {name.object} successfully created.")


_STOP = ("AS", "EXECUTE", "CALLED", "RETURNS", "STRICT", "VOLATILE", "IMMUTABLE")


def _null_handling(reader: Reader) -> bool:
    return (
        reader.accept("CALLED", "ON", "NULL", "INPUT")
        or reader.accept("RETURNS", "NULL", "ON", "NULL", "INPUT")
        or reader.accept("STRICT")
        or reader.accept("VOLATILE")
        or reader.accept("IMMUTABLE")
    )


def _parameters(reader: Reader) -> tuple[Parameter, ...]:
    reader.expect("(")
    found: list[Parameter] = []
    while not reader.accept(")"):
        name = reader.identifier()
        kind = read_type(reader)
        default = None
        if reader.accept("DEFAULT"):
            start, end, depth = reader.current.start, reader.current.start, 0
            while depth > 0 or not (reader.looking_at(",") or reader.looking_at(")")):
                if reader.at_end():
                    raise reader.error()
                token = reader.next()
                end = token.end
                depth += {"(": 1, ")": -1}.get(token.value, 0)
            default = reader.text[start:end]
        elif found and found[-1].default is not None:
            raise compilation(
                f"Argument '{name}' without a default follows one with a default.", 1003, "42000"
            )
        found.append(Parameter(name, kind, default))
        if not reader.looking_at(")"):
            reader.expect(",")
    return tuple(found)


def _check(session: LocalSession, procedure: Procedure) -> None:
    store, catalog, name = session.store, session.catalog, procedure.name
    if not store.has_schema(name.database, name.schema):
        raise missing("Schema", f"{name.database}.{name.schema}")
    if procedure.runtime_version not in _RUNTIMES:
        raise invalid_value(procedure.runtime_version, "RUNTIME_VERSION")
    if not any(p.startswith("snowflake-snowpark-python") for p in procedure.packages):
        raise compilation(
            "Package 'snowflake-snowpark-python' must be in PACKAGES.", 391546, "42601"
        )
    if procedure.source is None and not procedure.imports:
        raise compilation(
            f"Function {name.object}: the handler {procedure.handler} has neither a body nor"
            " IMPORTS.",
            391520,
            "42601",
        )
    if procedure.source is None and "." not in procedure.handler:
        raise invalid_value(procedure.handler, "HANDLER")
    versioned = catalog.has("SCHEMA", name.schema_key)
    for file in procedure.imports:
        if file.startswith("/") and not versioned:
            raise compilation(
                f"IMPORTS '{file}' from the application's files needs a versioned schema.",
                93082,
                "42601",
            )
        if file.startswith("@") and session.script is not None:
            raise compilation("IMPORTS from a named stage in an application.", 93082, "42601")
    if session.script is not None and procedure.execute_as == "CALLER":
        raise compilation("EXECUTE AS CALLER is not allowed in an application.", 93081, "42601")
    allowed: set[str] = set()
    for integration in procedure.integrations:
        entry = catalog.entry("EXTERNAL ACCESS INTEGRATION", (integration,))
        secrets = entry.options.get("ALLOWED_AUTHENTICATION_SECRETS", [])
        allowed |= {".".join(secret) for secret in secrets}
    for alias, secret in procedure.secrets.items():
        catalog.entry("SECRET", tuple(secret))
        if ".".join(secret) not in allowed:
            raise compilation(
                f"Secret '{secret}' bound to '{alias}' is not allowed by an external access"
                " integration of the procedure.",
                391525,
                "42601",
            )


def read_signature(reader: Reader, context: Context) -> tuple[Name, list[DataType]]:
    """Read ``name(TYPE, …)`` as GRANT, ALTER and DROP name a procedure."""
    name = context.qualify(reader.dotted())
    reader.expect("(")
    types: list[DataType] = []
    while not reader.accept(")"):
        types.append(read_type(reader))
        if not reader.looking_at(")"):
            reader.expect(",")
    return name, types


def alter(session: LocalSession, reader: Reader, context: Context) -> Result:
    """ALTER PROCEDURE … SET SECRETS, EXTERNAL_ACCESS_INTEGRATIONS, COMMENT, LOG_LEVEL."""
    quiet = reader.accept("IF", "EXISTS")
    name, types = read_signature(reader, context)
    if quiet and not session.catalog.overloads(name):
        return status("Statement executed successfully.")
    procedure = session.catalog.procedure(name, types)
    reader.expect("SET")
    settable = ("SECRETS", "EXTERNAL_ACCESS_INTEGRATIONS", "COMMENT", "LOG_LEVEL")
    known = {key: _CLAUSES[key] for key in settable}
    found = clauses.read_clauses(reader, context, known)
    changed = replace(
        procedure,
        secrets=found.get("SECRETS", procedure.secrets),
        integrations=tuple(found.get("EXTERNAL_ACCESS_INTEGRATIONS", procedure.integrations)),
        comment=found.get("COMMENT", procedure.comment),
    )
    _check(session, changed)
    session.catalog.alter_procedure(changed)
    return status("Statement executed successfully.")


def drop(session: LocalSession, reader: Reader, context: Context) -> Result:
    """DROP PROCEDURE name(TYPE, …)."""
    quiet = reader.accept("IF", "EXISTS")
    name, types = read_signature(reader, context)
    reader.end()
    try:
        procedure = session.catalog.procedure(name, types)
    except SqlError:
        if quiet:
            return status("Drop statement executed successfully.")
        raise
    session.catalog.drop_procedure(procedure)
    return status(f"{name.object} successfully dropped.")


# --- CALL ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Argument:
    name: str | None
    sql: str


def call(session: LocalSession, reader: Reader, context: Context) -> Result:
    """CALL [[db.]schema.]name(args): one row, one column named like the procedure."""
    name = context.qualify(reader.dotted())
    arguments = _arguments(reader)
    reader.end()
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
    answer = handlers.run(session.engine, procedure, converted)
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
