"""CREATE, DROP and USE of databases and schemas."""

from __future__ import annotations

import shutil

from snowflake_sandbox import access, results, roles
from snowflake_sandbox.duck import execute
from snowflake_sandbox.errors import compilation, exists, missing
from snowflake_sandbox.names import Name, path, quote
from snowflake_sandbox.results import Result, status
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql.clauses import Context
from snowflake_sandbox.sql.tokens import Reader
from snowflake_sandbox.storage import columns
from snowflake_sandbox.storage.records import Entry


def create_database(session: LocalSession, reader: Reader, _: Context, mode: str) -> Result:
    """CREATE DATABASE: makes it current, as Snowflake does."""
    quiet = reader.if_not_exists()
    name = reader.identifier()
    _schema_clauses(reader)
    access.require_on_account(session, "CREATE DATABASE")
    with session.store.defining:
        if session.store.has_database(name):
            hidden = access.hidden_conflict(session, "DATABASE", name)
            if hidden is not None:
                raise hidden
            if quiet:
                return status(f"{name} already exists, statement succeeded.")
            if mode != "REPLACE":
                raise exists(name)
            access.require_ownership(session, "DATABASE", name)
            _drop_database(session, name)
        session.store.create_database(name)
        access.record_owner(session, "DATABASE", name)
        session.account.plans.forget(name)
    if session.script is None:
        session.use(name, "PUBLIC")
    return status(f"Database {name} successfully created.")


def create_schema(session: LocalSession, reader: Reader, context: Context, mode: str) -> Result:
    """CREATE SCHEMA: makes it current, but not in a setup script."""
    quiet = reader.if_not_exists()
    database, name = _schema_name(reader, context)
    _schema_clauses(reader)
    access.require_database(session, database, "CREATE SCHEMA")
    with session.store.defining:
        if session.store.has_schema(database, name):
            if quiet:
                return status(f"{name} already exists, statement succeeded.")
            if mode != "REPLACE":
                raise exists(name)
            access.require_ownership(session, "SCHEMA", f"{database}.{name}")
            _drop_schema(session, database, name)
        _new_schema(session, database, name)
        access.record_owner(session, "SCHEMA", f"{database}.{name}")
    if session.script is None:
        session.use(database, name)
    return status(f"Schema {name} successfully created.")


def create_versioned_schema(
    session: LocalSession, reader: Reader, context: Context, mode: str
) -> Result:
    """CREATE OR ALTER VERSIONED SCHEMA: the schema of an application's code.

    Each version of an application has its own copy of such a schema, so its procedures, views and
    pages are made anew by every run of the setup script.
    """
    if mode != "ALTER":
        raise compilation("VERSIONED SCHEMA needs CREATE OR ALTER.", 1003, "42000")
    database, name = _schema_name(reader, context)
    _schema_clauses(reader)
    if session.store.has_schema(database, name):
        # objects that the new version does not create any more go with the old one
        _drop_schema(session, database, name)
    _new_schema(session, database, name)
    entry = Entry("SCHEMA", (database, name), {"VERSIONED": True})
    session.catalog.add(entry, replace_existing=True)
    return status(f"Schema {name} successfully created.")


def _new_schema(session: LocalSession, database: str, name: str) -> None:
    if not session.store.has_database(database):
        raise missing("Database", database)
    execute(session.duck, f"CREATE SCHEMA {quote(database)}.{quote(name)}")


def _schema_name(reader: Reader, context: Context) -> tuple[str, str]:
    parts = reader.dotted()
    if len(parts) == 3:
        raise compilation(f"invalid schema name '{'.'.join(parts)}'", 1003, "42000")
    full = context.qualify((*parts, ""))
    return full.database, full.schema


def _schema_clauses(reader: Reader) -> None:
    while not reader.at_end():
        if reader.accept("WITH", "MANAGED", "ACCESS"):
            continue
        if reader.current.upper not in ("COMMENT", "DATA_RETENTION_TIME_IN_DAYS"):
            raise reader.error()
        reader.next()
        reader.expect("=")
        reader.next()


def drop_database(session: LocalSession, reader: Reader, _: Context) -> Result:
    """DROP DATABASE."""
    quiet = reader.if_exists()
    name = reader.identifier()
    if not session.store.has_database(name):
        if quiet:
            return status("Drop statement executed successfully.")
        raise missing("Database", name)
    access.require_ownership(session, "DATABASE", name)
    _drop_database(session, name)
    return status(f"{name} successfully dropped.")


def _drop_database(session: LocalSession, name: str) -> None:
    if session.database == name:
        session.use(None, None)
    session.store.drop_database(name)
    session.catalog.drop_schema(name)
    _forget_files(session, name)
    columns.forget_all(session.duck, name)
    session.account.plans.forget(name)


def drop_application(session: LocalSession, reader: Reader, _: Context) -> Result:
    """DROP APPLICATION [CASCADE]: refused while it owns anything outside itself."""
    quiet = reader.if_exists()
    name = reader.identifier()
    cascade = reader.accept("CASCADE")
    reader.end()
    if not session.catalog.has("APPLICATION", (name,)):
        if quiet:
            return status("Drop statement executed successfully.")
        raise missing("Application", name)
    owned = [
        grant
        for grant in session.catalog.grants_on("", name)
        if grant.privilege == access.OWNERSHIP
    ]
    if owned and not cascade:
        raise compilation(
            f"Application {name} owns objects outside of itself ({owned[0].name} and"
            f" {len(owned) - 1} more): transfer their ownership, or DROP APPLICATION … CASCADE.",
            93130,
            "2BP01",
        )
    for database in {grant.name for grant in owned if grant.on == "DATABASE"}:
        _drop_database(session, database)
    for table in (grant.name for grant in owned if grant.on == "TABLE"):
        execute(session.duck, "DROP TABLE IF EXISTS " + path(Name(*table.split("."))))
        session.account.plans.forget(*table.split("."))
    session.catalog.drop_application(name)
    _drop_database(session, name)
    return status(f"{name} successfully dropped.")


def drop_schema(session: LocalSession, reader: Reader, context: Context) -> Result:
    """DROP SCHEMA with everything in it."""
    quiet = reader.if_exists()
    database, name = _schema_name(reader, context)
    if not session.store.has_schema(database, name):
        if quiet:
            return status("Drop statement executed successfully.")
        raise missing("Schema", f"{database}.{name}")
    access.require_ownership(session, "SCHEMA", f"{database}.{name}")
    _drop_schema(session, database, name)
    return status(f"{name} successfully dropped.")


def _drop_schema(session: LocalSession, database: str, name: str) -> None:
    if (session.database, session.schema) == (database, name):
        session.use(database, None)
    execute(session.duck, f"DROP SCHEMA {quote(database)}.{quote(name)} CASCADE")
    session.store.forget_schemas()
    columns.forget_all(session.duck, database, name)
    session.catalog.drop_schema(database, name)
    _forget_files(session, database, name)
    shutil.rmtree(session.stages.directory(Name(database, name, "")), ignore_errors=True)
    session.account.plans.forget(database, name)


def _forget_files(session: LocalSession, database: str, schema: str | None = None) -> None:
    """Forget the rows that COPY left in files for tables of a dropped database or schema."""
    for table in session.account.deferred.all():
        if table.database == database and schema in (None, table.schema):
            session.account.deferred.dropped(table)


def set_current(session: LocalSession, reader: Reader, context: Context) -> Result:
    """USE DATABASE, SCHEMA, ROLE, WAREHOUSE, SECONDARY ROLES."""
    answer = status("Statement executed successfully.", results.USE)
    if reader.accept("WAREHOUSE"):
        reader.identifier()
        return answer
    if reader.accept("ROLE"):
        roles.take_role(session, reader.identifier())
        return answer
    if reader.accept("SECONDARY", "ROLES"):
        reader.next()
        return answer
    if reader.accept("SCHEMA"):
        database, schema = _schema_name(reader, context)
    else:
        reader.accept("DATABASE")
        parts = reader.dotted()
        database, schema = parts[0], parts[1] if len(parts) > 1 else ""
    reader.end()
    if not session.store.has_database(database):
        raise missing("Database", database)
    access.require_database(session, database)
    if schema and schema != "INFORMATION_SCHEMA":
        access.require_schema(session, database, schema)
    if schema == "INFORMATION_SCHEMA" or session.store.has_schema(database, schema):
        session.use(database, schema)
    elif schema:
        raise missing("Schema", f"{database}.{schema}")
    else:
        public = session.store.has_schema(database, "PUBLIC")
        session.use(database, "PUBLIC" if public else None)
    return answer
