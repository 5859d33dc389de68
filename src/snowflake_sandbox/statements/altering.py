"""ALTER TABLE, COMMENT and ALTER SESSION."""

from __future__ import annotations

from snowflake_sandbox import access, temporary
from snowflake_sandbox.duck import execute, first
from snowflake_sandbox.errors import compilation, exists, missing, unsupported
from snowflake_sandbox.names import Name, path, quote
from snowflake_sandbox.results import Result, status
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql import table_definitions
from snowflake_sandbox.sql.clauses import Context
from snowflake_sandbox.sql.tokens import Kind, Reader
from snowflake_sandbox.sql.types import DataType, read_type
from snowflake_sandbox.storage import columns


def alter_table(session: LocalSession, reader: Reader, context: Context) -> Result:
    """ALTER TABLE: add, drop, rename and widen columns, comments."""
    quiet = reader.if_exists()
    name = session.temporary.resolve(context.qualify(reader.dotted()))
    if session.account.kind_of(session.duck, name) != "TABLE":
        if quiet:
            return status("Statement executed successfully.")
        raise missing("Table", str(name))
    access.require_ownership(session, "TABLE", ".".join(name))
    if reader.accept("ADD"):
        _add(session, reader, name)
    elif reader.accept("RENAME", "TO"):
        _rename_table(session, reader, context, name)
    elif reader.accept("RENAME", "COLUMN"):
        old = reader.identifier()
        reader.expect("TO")
        _rename(session, name, old, reader.identifier())
    elif reader.accept("DROP", "CLUSTERING", "KEY") or reader.accept("CLUSTER", "BY"):
        reader.rest()
    elif reader.accept("DROP"):
        _drop_columns(session, reader, name)
    elif reader.accept("ALTER") or reader.accept("MODIFY"):
        _modify(session, reader, name)
    elif reader.accept("SET"):
        _set(session, reader, name)
    elif reader.accept("UNSET", "COMMENT"):
        columns.comment_table(session.duck, name, None)
    else:
        raise reader.error()
    session.account.plans.define(name)
    return status("Statement executed successfully.")


def _column_types(session: LocalSession, name: Name) -> dict[str, str]:
    rows = execute(
        session.duck,
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ?"
        " AND schema_name = ? AND table_name = ? ORDER BY column_index",
        [*name],
    )
    return {str(column): str(kind) for column, kind in rows}


def _add(session: LocalSession, reader: Reader, name: Name) -> None:
    reader.accept("COLUMN")
    column_names = {column.upper() for column in _column_types(session, name)}
    added: list[table_definitions.Column] = []
    quiet = False
    while True:
        # IF NOT EXISTS comes before each column; the first one also covers those that follow
        quiet = reader.if_not_exists() or quiet
        column = table_definitions.read_column(reader)
        if column is None:
            raise unsupported("ALTER TABLE ADD of an AUTOINCREMENT column")
        if column.name.upper() in column_names:
            if not quiet:
                raise compilation(f"column '{column.name}' already exists", 2028, "42711")
        else:
            column_names.add(column.name.upper())
            added.append(column)
        if not reader.accept(","):
            break
        reader.accept("COLUMN")
    reader.end()
    collation = session.catalog.collation(name.database, name.schema)
    execute(session.duck, "BEGIN")
    try:
        for column in added:
            definition = column.duck(session.translator.expression, collation)
            definition = definition.removesuffix(" NOT NULL")
            execute(session.duck, f"ALTER TABLE {path(name)} ADD COLUMN {definition}")
    except BaseException:
        execute(session.duck, "ROLLBACK")
        raise
    execute(session.duck, "COMMIT")
    columns.declare(
        session.duck,
        name,
        [(column.name, column.type.declared, column.comment) for column in added],
    )


def _rename_table(session: LocalSession, reader: Reader, context: Context, name: Name) -> None:
    new = context.qualify(reader.dotted())
    reader.end()
    if name.database == temporary.DATABASE:
        raise unsupported("renaming a temporary table")
    if new[:2] != name[:2]:
        raise unsupported("renaming a table into another schema")
    if session.account.kind_of(session.duck, new) is not None:
        raise exists(new.object)
    execute(session.duck, f"ALTER TABLE {path(name)} RENAME TO {quote(new.object)}")
    for table, prefix in ((columns.DECLARED, ""), (columns.COMMENTS, "ext_")):
        catalog = "table_catalog" if prefix else "database_name"
        schema = "table_schema" if prefix else "schema_name"
        execute(
            session.duck,
            f"UPDATE {table} SET {prefix}table_name = ? WHERE {prefix}{catalog} = ?"
            f" AND {prefix}{schema} = ? AND {prefix}table_name = ?",
            [new.object, *name],
        )
    session.account.plans.define(new)


def _rename(session: LocalSession, name: Name, old: str, new: str) -> None:
    execute(session.duck, f"ALTER TABLE {path(name)} RENAME COLUMN {quote(old)} TO {quote(new)}")
    execute(
        session.duck,
        f"UPDATE {columns.DECLARED} SET column_name = ? WHERE database_name = ?"
        " AND schema_name = ? AND table_name = ? AND column_name = ?",
        [new, *name, old],
    )


def _drop_columns(session: LocalSession, reader: Reader, name: Name) -> None:
    reader.accept("COLUMN")
    quiet = reader.if_exists()
    column_types = _column_types(session, name)
    while True:
        column = reader.identifier()
        if column in column_types:
            execute(session.duck, f"ALTER TABLE {path(name)} DROP COLUMN {quote(column)}")
            columns.forget(session.duck, name, [column])
        elif not quiet:
            raise compilation(f"column '{column}' does not exist", 2003, "42S02")
        if not reader.accept(","):
            break
    reader.end()


def _modify(session: LocalSession, reader: Reader, name: Name) -> None:
    bracket = reader.accept("(")
    column_types = _column_types(session, name)
    while True:
        reader.accept("COLUMN")
        column = reader.identifier()
        if column not in column_types:
            raise compilation(f"column '{column}' does not exist", 2003, "42S02")
        if reader.accept("COMMENT"):
            _comment_column(session, name, column, reader.string())
        elif reader.accept("UNSET", "COMMENT"):
            _comment_column(session, name, column, None)
        elif reader.accept("DROP", "NOT", "NULL"):
            execute(
                session.duck, f"ALTER TABLE {path(name)} ALTER COLUMN {quote(column)} DROP NOT NULL"
            )
        elif reader.accept("SET", "NOT", "NULL"):
            execute(
                session.duck, f"ALTER TABLE {path(name)} ALTER COLUMN {quote(column)} SET NOT NULL"
            )
        else:
            if not reader.accept("SET", "DATA", "TYPE"):
                reader.accept("TYPE")
            _retype(session, name, column, read_type(reader))
        if not reader.accept(","):
            break
    if bracket:
        reader.expect(")")
    reader.end()


def column_type(session: LocalSession, name: Name, column: str) -> DataType:
    """Return the declared type of a column."""
    row = first(
        session.duck,
        "SELECT data_type, character_maximum_length, numeric_precision, numeric_scale,"
        " datetime_precision FROM _fs_global._fs_information_schema._fs_columns"
        " WHERE table_catalog = ? AND table_schema = ? AND table_name = ? AND column_name = ?",
        [*name, column],
    )
    if row is None:
        raise compilation(f"column '{column}' does not exist", 2003, "42S02")
    kind = str(row[0])
    if kind == "TEXT":
        return DataType("VARCHAR", (int(row[1]),))
    if kind == "NUMBER":
        return DataType("NUMBER", (int(row[2]), int(row[3])))
    return DataType(kind, (int(row[4]),) if kind.startswith("TIME") else ())


def _retype(session: LocalSession, name: Name, column: str, new: DataType) -> None:
    old = column_type(session, name, column)
    refused = table_definitions.refuse_change(column, old, new)
    if refused is not None:
        raise refused
    if old.duck != new.duck:
        execute(
            session.duck,
            f"ALTER TABLE {path(name)} ALTER COLUMN {quote(column)} SET DATA TYPE {new.duck}",
        )
    comment = _comment_of(session, name, column)
    columns.declare(session.duck, name, [(column, new.declared, comment)])


def _comment_of(session: LocalSession, name: Name, column: str) -> str | None:
    return _declaration_of(session, name, column)[1]


def _declaration_of(
    session: LocalSession, name: Name, column: str
) -> tuple[str | None, str | None]:
    row = first(
        session.duck,
        f"SELECT type, comment FROM {columns.DECLARED} WHERE database_name = ?"
        " AND schema_name = ? AND table_name = ? AND column_name = ?",
        [*name, column],
    )
    return (None, None) if row is None else (row[0], row[1])


def _comment_column(session: LocalSession, name: Name, column: str, text: str | None) -> None:
    columns.declare(session.duck, name, [(column, _declaration_of(session, name, column)[0], text)])


def _set(session: LocalSession, reader: Reader, name: Name) -> None:
    while not reader.at_end():
        option = reader.identifier()
        reader.expect("=")
        token = reader.next()
        if option == "COMMENT" and token.kind is Kind.STRING:
            columns.comment_table(session.duck, name, token.value)
        elif option not in (
            "CHANGE_TRACKING",
            "ENABLE_SCHEMA_EVOLUTION",
            "DATA_RETENTION_TIME_IN_DAYS",
        ):
            raise reader.error()
        reader.accept(",")


def comment(session: LocalSession, reader: Reader, context: Context) -> Result:
    """COMMENT ON TABLE, VIEW or COLUMN."""
    session.begin_ddl()
    quiet = reader.if_exists()
    reader.expect("ON")
    kind = reader.next().upper
    if kind == "COLUMN":
        parts = [reader.identifier()]
        while reader.accept("."):
            parts.append(reader.identifier())
        name, column = context.qualify(tuple(parts[:-1])), parts[-1]
    elif kind in ("TABLE", "VIEW"):
        name, column = context.qualify(reader.dotted()), None
    else:
        raise unsupported(f"COMMENT ON {kind}")
    reader.expect("IS")
    text = reader.string()
    reader.end()
    existing_kind = session.account.kind_of(session.duck, name)
    if existing_kind is None:
        if quiet:
            return status("Statement executed successfully.")
        raise missing("Table", str(name))
    access.require_ownership(session, existing_kind, ".".join(name))
    if column is None:
        columns.comment_table(session.duck, name, text)
    elif column not in _column_types(session, name):
        raise compilation(f"column '{column}' does not exist", 2003, "42S02")
    else:
        _comment_column(session, name, column, text)
    return status("Statement executed successfully.")


def alter_session(session: LocalSession, reader: Reader, _: Context) -> Result:
    """ALTER SESSION SET and UNSET; setting AUTOCOMMIT commits, to whatever it is set."""
    unset = reader.accept("UNSET")
    if not unset:
        reader.expect("SET")
    while not reader.at_end():
        name = reader.identifier()
        if unset:
            session.parameters.values.pop(name, None)
        else:
            reader.expect("=")
            value = reader.next().value
            if name == "AUTOCOMMIT":
                session.commit()
            session.parameters.values[name] = value
        reader.accept(",")
    return status("Statement executed successfully.")
