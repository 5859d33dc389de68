"""CREATE, ALTER and DROP of procedures with a Python handler."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from snowflake_sandbox.errors import SqlError, compilation, invalid_value, missing, unsupported
from snowflake_sandbox.names import Name
from snowflake_sandbox.results import Result, status
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql import clauses
from snowflake_sandbox.sql.clauses import Clause, Context
from snowflake_sandbox.sql.tokens import Reader
from snowflake_sandbox.sql.types import DataType, read_type
from snowflake_sandbox.storage.records import Parameter, Procedure

_CLAUSES = {
    "LANGUAGE": Clause(clauses.word("PYTHON", "SQL", "JAVASCRIPT", "JAVA", "SCALA"), True),
    "RUNTIME_VERSION": Clause(lambda reader, _: reader.next().value, True),
    "PACKAGES": Clause(clauses.texts, True),
    "HANDLER": Clause(clauses.text, True),
    "IMPORTS": Clause(clauses.texts),
    "EXTERNAL_ACCESS_INTEGRATIONS": Clause(clauses.account_names),
    "SECRETS": Clause(clauses.aliases),
    "ARTIFACT_REPOSITORY": Clause(lambda reader, _: ".".join(reader.dotted())),
    "COMMENT": Clause(clauses.text),
    "LOG_LEVEL": Clause(clauses.word("OFF", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")),
}
_RUNTIMES = ("3.10", "3.11", "3.12", "3.13", "3.14")


def create_procedure(session: LocalSession, reader: Reader, context: Context, mode: str) -> Result:
    """CREATE [OR REPLACE] PROCEDURE … LANGUAGE PYTHON."""
    quiet = reader.if_not_exists()
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
    values: dict[str, Any] = {}
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
            for key in set(part) & set(values):
                raise clauses.duplicate(key)
            values.update(part)
    source = reader.string() if reader.accept("AS") else None
    reader.end()
    if values.get("LANGUAGE") not in (None, "PYTHON"):
        raise unsupported(f"procedures in {values['LANGUAGE']}")
    clauses.demand(values, _CLAUSES)
    procedure = Procedure(
        name=name,
        parameters=parameters,
        returns=returns,
        handler=values["HANDLER"],
        runtime_version=values["RUNTIME_VERSION"],
        packages=tuple(values["PACKAGES"]),
        imports=tuple(values.get("IMPORTS", ())),
        integrations=tuple(values.get("EXTERNAL_ACCESS_INTEGRATIONS", ())),
        secrets=values.get("SECRETS", {}),
        source=source,
        execute_as=execute_as,
        comment=values.get("COMMENT"),
    )
    _check(session, procedure)
    if quiet and any(
        existing.signature == procedure.signature for existing in session.catalog.procedures
    ):
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
    parameters: list[Parameter] = []
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
        elif parameters and parameters[-1].default is not None:
            raise compilation(
                f"Argument '{name}' without a default follows one with a default.", 1003, "42000"
            )
        parameters.append(Parameter(name, kind, default))
        if not reader.looking_at(")"):
            reader.expect(",")
    return tuple(parameters)


def _check(session: LocalSession, procedure: Procedure) -> None:
    store, catalog, name = session.store, session.catalog, procedure.name
    if not store.has_schema(name.database, name.schema):
        raise missing("Schema", f"{name.database}.{name.schema}")
    if procedure.runtime_version not in _RUNTIMES:
        raise invalid_value(procedure.runtime_version, "RUNTIME_VERSION")
    if not any(package.startswith("snowflake-snowpark-python") for package in procedure.packages):
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


def alter_procedure(session: LocalSession, reader: Reader, context: Context) -> Result:
    """ALTER PROCEDURE … SET SECRETS, EXTERNAL_ACCESS_INTEGRATIONS, COMMENT, LOG_LEVEL."""
    quiet = reader.if_exists()
    name, types = read_signature(reader, context)
    if quiet and not session.catalog.overloads(name):
        return status("Statement executed successfully.")
    procedure = session.catalog.procedure(name, types)
    reader.expect("SET")
    settable = ("SECRETS", "EXTERNAL_ACCESS_INTEGRATIONS", "COMMENT", "LOG_LEVEL")
    allowed = {key: _CLAUSES[key] for key in settable}
    values = clauses.read_clauses(reader, context, allowed)
    changed = replace(
        procedure,
        secrets=values.get("SECRETS", procedure.secrets),
        integrations=tuple(values.get("EXTERNAL_ACCESS_INTEGRATIONS", procedure.integrations)),
        comment=values.get("COMMENT", procedure.comment),
    )
    _check(session, changed)
    session.catalog.alter_procedure(changed)
    return status("Statement executed successfully.")


def drop_procedure(session: LocalSession, reader: Reader, context: Context) -> Result:
    """DROP PROCEDURE name(TYPE, …)."""
    quiet = reader.if_exists()
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
