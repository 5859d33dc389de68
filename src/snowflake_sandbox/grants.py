"""Application roles and the privileges granted to them."""

from __future__ import annotations

from snowflake_sandbox import clauses, ddl, procedures
from snowflake_sandbox.clauses import Clause, Context
from snowflake_sandbox.duck import execute
from snowflake_sandbox.errors import compilation, exists, missing, unsupported
from snowflake_sandbox.records import Entry, Grant
from snowflake_sandbox.results import Result, status
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.tokens import Reader

_PRIVILEGES: dict[str, frozenset[str]] = {
    "DATABASE": frozenset({"USAGE", "CREATE SCHEMA", "MONITOR"}),
    "SCHEMA": frozenset(
        {"USAGE", "CREATE TABLE", "CREATE VIEW", "CREATE STAGE", "CREATE PROCEDURE", "MONITOR"}
    ),
    "TABLE": frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES"}),
    "VIEW": frozenset({"SELECT", "REFERENCES"}),
    "PROCEDURE": frozenset({"USAGE"}),
    "STREAMLIT": frozenset({"USAGE"}),
    "STAGE": frozenset({"READ", "WRITE", "USAGE"}),
    "FILE FORMAT": frozenset({"USAGE"}),
    "SECRET": frozenset({"USAGE", "READ", "MODIFY"}),
    "NETWORK RULE": frozenset({"USAGE"}),
    "TASK": frozenset({"MONITOR", "OPERATE"}),
    "WAREHOUSE": frozenset({"USAGE", "OPERATE", "MONITOR", "MODIFY"}),
    "INTEGRATION": frozenset({"USAGE"}),
}


def create_role(session: LocalSession, reader: Reader, context: Context, mode: str) -> Result:
    """CREATE [OR REPLACE] APPLICATION ROLE."""
    quiet = reader.if_not_exists()
    name = (reader.identifier(),)
    options = clauses.read_clauses(reader, context, {"COMMENT": Clause(clauses.text)})
    if session.catalog.has("APPLICATION ROLE", name):
        if quiet:
            return status(f"{name[0]} already exists, statement succeeded.")
        if not mode:
            raise exists(name[0])
    session.catalog.add(Entry("APPLICATION ROLE", name, options), replace_existing=True)
    return status(f"Application role {name[0]} successfully created.")


def grant(session: LocalSession, reader: Reader, context: Context) -> Result:
    """GRANT … TO APPLICATION ROLE."""
    session.ddl()
    found = _read(session, reader, context, "TO")
    session.catalog.grant(found)
    return status("Statement executed successfully.")


def revoke(session: LocalSession, reader: Reader, context: Context) -> Result:
    """REVOKE … FROM APPLICATION ROLE."""
    session.ddl()
    found = _read(session, reader, context, "FROM")
    session.catalog.revoke(found)
    return status("Statement executed successfully.")


def _read(session: LocalSession, reader: Reader, context: Context, to: str) -> list[Grant]:
    if reader.accept("APPLICATION", "ROLE"):
        role = _role_name(session, reader)
        return [Grant("USAGE", "APPLICATION ROLE", role, _grantee(session, reader, to))]
    privileges = _privileges(reader)
    many = _all_in_schema(session, reader, context)
    if many is not None:
        kind, names = many
    else:
        kind, name = _object(session, reader, context)
        names = [name]
    grantee = _grantee(session, reader, to)
    allowed = _PRIVILEGES[kind]
    if privileges == ["ALL"]:
        privileges = sorted(allowed)
    for privilege in privileges:
        if privilege not in allowed:
            raise compilation(f"Privilege {privilege} cannot be granted on {kind}.", 3008, "0LP01")
    return [Grant(p, kind, name, grantee) for p in privileges for name in names]


def _privileges(reader: Reader) -> list[str]:
    if reader.accept("ALL"):
        reader.accept("PRIVILEGES")
        reader.expect("ON")
        return ["ALL"]
    found: list[str] = []
    words: list[str] = []
    while not reader.accept("ON"):
        if reader.accept(","):
            found.append(" ".join(words))
            words = []
            continue
        words.append(reader.identifier())
    return [*found, " ".join(words)]


def _all_in_schema(
    session: LocalSession, reader: Reader, context: Context
) -> tuple[str, list[str]] | None:
    if reader.looking_at("FUTURE"):
        raise unsupported("future grants in an application")
    if not reader.accept("ALL"):
        return None
    kind = clauses.word("TABLES", "VIEWS", "PROCEDURES")(reader, context).removesuffix("S")
    reader.expect("IN", "SCHEMA")
    parts = reader.dotted()
    full = context.qualify((*parts, ""))
    if not session.store.has_schema(full.database, full.schema):
        raise missing("Schema", f"{full.database}.{full.schema}")
    if kind == "PROCEDURE":
        found = [p for p in session.catalog.procedures if p.name[:2] == full[:2]]
        return kind, [p.signature for p in found]
    source, column = ("duckdb_tables()", "table_name")
    if kind == "VIEW":
        source, column = ("duckdb_views()", "view_name")
    rows = execute(
        session.duck,
        f"SELECT {column} FROM {source} WHERE database_name = ? AND schema_name = ?",
        [full.database, full.schema],
    )
    return kind, [f"{full.database}.{full.schema}.{row[0]}" for row in rows]


def _object(session: LocalSession, reader: Reader, context: Context) -> tuple[str, str]:
    for words in (("FILE", "FORMAT"), ("NETWORK", "RULE")):
        if reader.accept(*words):
            kind = " ".join(words)
            return kind, session.catalog.entry(kind, _full(reader, context)).title
    kind = reader.next().upper
    if kind not in _PRIVILEGES:
        raise unsupported(f"GRANT ON {kind}")
    if kind == "PROCEDURE":
        name, types = procedures.read_signature(reader, context)
        return kind, session.catalog.procedure(name, types).signature
    if kind == "DATABASE":
        database = reader.identifier()
        if not session.store.has_database(database):
            raise missing("Database", database)
        return kind, database
    if kind == "SCHEMA":
        full = context.qualify((*reader.dotted(), ""))
        if not session.store.has_schema(full.database, full.schema):
            raise missing("Schema", f"{full.database}.{full.schema}")
        return kind, f"{full.database}.{full.schema}"
    if kind in ("TABLE", "VIEW"):
        name = context.qualify(reader.dotted())
        found = ddl.kind_of(session, name)
        if found is None:
            raise missing(kind.capitalize(), str(name))
        return found, ".".join(name)
    if kind == "TASK":
        return kind, ".".join(session.catalog.task(context.qualify(reader.dotted())).name)
    if kind == "WAREHOUSE":
        return kind, session.catalog.entry(kind, (reader.identifier(),)).title
    if kind == "INTEGRATION":
        entry = session.catalog.entry("EXTERNAL ACCESS INTEGRATION", (reader.identifier(),))
        return kind, entry.title
    return kind, session.catalog.entry(kind, _full(reader, context)).title


def _full(reader: Reader, context: Context) -> tuple[str, ...]:
    return tuple(context.qualify(reader.dotted()))


def _role_name(session: LocalSession, reader: Reader) -> str:
    parts = reader.dotted()
    # <application>.<role> names it from outside the application
    return session.catalog.entry("APPLICATION ROLE", (parts[-1],)).title


def _grantee(session: LocalSession, reader: Reader, to: str) -> str:
    reader.expect(to)
    if reader.looking_at("ROLE") or reader.looking_at("APPLICATION"):
        if not reader.accept("APPLICATION", "ROLE"):
            raise unsupported(f"grants to a {reader.current.upper}")
    else:
        reader.expect("APPLICATION", "ROLE")
    name = _role_name(session, reader)
    reader.accept("WITH", "GRANT", "OPTION")
    reader.end()
    return name
