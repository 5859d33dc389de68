"""CREATE STAGE and FILE FORMAT, PUT, GET, LIST, REMOVE."""

from __future__ import annotations

import time
from typing import Any

from snowflake_sandbox import results
from snowflake_sandbox.errors import exists, missing, unsupported
from snowflake_sandbox.results import Result, status
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql import clauses
from snowflake_sandbox.sql.clauses import Clause, Context
from snowflake_sandbox.sql.tokens import Reader
from snowflake_sandbox.storage import stages
from snowflake_sandbox.storage.records import Entry
from snowflake_sandbox.storage.stages import Location, read_location, read_options

_STAGE = {
    "DIRECTORY": Clause(clauses.options),
    "ENCRYPTION": Clause(clauses.options),
    "FILE_FORMAT": Clause(clauses.options),
    "COMMENT": Clause(clauses.text),
}


def create_stage(session: LocalSession, reader: Reader, context: Context, mode: str) -> Result:
    """CREATE STAGE: internal ones only."""
    quiet = reader.if_not_exists()
    name = context.qualify(reader.dotted())
    if reader.looking_at("URL"):
        raise unsupported("external stage")
    options = clauses.read_clauses(reader, context, _STAGE)
    if not session.store.has_schema(name.database, name.schema):
        raise missing("Schema", f"{name.database}.{name.schema}")
    if session.catalog.has("STAGE", name):
        if quiet:
            return status(f"{name.object} already exists, statement succeeded.")
        if mode != "REPLACE":
            raise exists(str(name))
        session.stages.remove(session.stages.files(Location(name, "")))
    session.catalog.add(Entry("STAGE", tuple(name), options), replace_existing=True)
    session.stages.directory(name).mkdir(parents=True, exist_ok=True)
    return status(f"Stage area {name.object} successfully created.")


def drop_stage(session: LocalSession, reader: Reader, context: Context) -> Result:
    """DROP STAGE with its files."""
    quiet = reader.if_exists()
    name = context.qualify(reader.dotted())
    reader.end()
    if not session.catalog.has("STAGE", name):
        if quiet:
            return status("Drop statement executed successfully.")
        raise stages.no_stage(name)
    session.stages.remove(session.stages.files(Location(name, "")))
    session.catalog.drop("STAGE", name)
    return status(f"{name.object} successfully dropped.")


_FORMAT_TYPES = ("CSV", "JSON", "PARQUET", "AVRO", "ORC", "XML")


def create_file_format(
    session: LocalSession, reader: Reader, context: Context, mode: str
) -> Result:
    """CREATE FILE FORMAT."""
    quiet = reader.if_not_exists()
    name = context.qualify(reader.dotted())
    options: dict[str, Any] = {}
    while not reader.at_end():
        option = reader.identifier()
        reader.expect("=")
        if option == "TYPE":
            options[option] = clauses.word(*_FORMAT_TYPES)(reader, context)
        elif reader.looking_at("("):
            options[option] = clauses.texts(reader, context)
        else:
            options[option] = reader.next().value
    if not session.store.has_schema(name.database, name.schema):
        raise missing("Schema", f"{name.database}.{name.schema}")
    if quiet and session.catalog.has("FILE FORMAT", name):
        return status(f"{name.object} already exists, statement succeeded.")
    session.catalog.add(
        Entry("FILE FORMAT", tuple(name), options), replace_existing=mode in ("REPLACE", "ALTER")
    )
    return status(f"File format {name.object} successfully created.")


def read_stage_location(session: LocalSession, reader: Reader, context: Context) -> Location:
    """Read a location in a stage that exists."""
    location = read_location(reader, context.database, context.schema, list(context.binds))
    if not session.catalog.has("STAGE", location.stage):
        raise stages.no_stage(location.stage)
    return location


def put(session: LocalSession, reader: Reader, context: Context) -> Result:
    """PUT: the client is told where to copy the file."""
    source = reader.next().value
    if reader.text[reader.tokens[1].start] != "'":
        # an unquoted URL reads as several tokens
        while not reader.current.value.startswith("@") and not reader.at_end():
            source += reader.next().value
    location = read_stage_location(session, reader, context)
    if session.owner is not None and stages.STREAM_SOURCE not in source:
        raise unsupported("PUT in an owner's procedure")
    time.sleep(session.account.upload_seconds)
    return stages.upload(source, session.stages.place(location), read_options(reader))


def get(session: LocalSession, reader: Reader, context: Context) -> Result:
    """GET: the client is told what to copy where."""
    location = read_stage_location(session, reader, context)
    target = reader.string()
    files = session.stages.files(location)
    base = session.stages.directory(location.stage)
    return stages.download(files, base, target, read_options(reader))


def list_files(session: LocalSession, reader: Reader, context: Context) -> Result:
    """LIST."""
    location = read_stage_location(session, reader, context)
    if not reader.at_end():
        raise unsupported("LIST with PATTERN")
    return session.stages.list(location)


def remove(session: LocalSession, reader: Reader, context: Context) -> Result:
    """REMOVE."""
    location = read_stage_location(session, reader, context)
    if not reader.at_end():
        raise unsupported("REMOVE with PATTERN")
    files = session.stages.files(location)
    session.stages.remove(files)
    prefix = location.stage.object.lower()
    names = [("name", "VARCHAR"), ("result", "VARCHAR")]
    return results.rows(names, [[f"{prefix}/{staged.path}", "removed"] for staged in files])
