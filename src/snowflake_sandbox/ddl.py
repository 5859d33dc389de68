"""Databases, schemas, tables and views."""

from __future__ import annotations

import shutil

from sqlglot import exp

from snowflake_sandbox import columns, results, tables
from snowflake_sandbox.catalog import Entry
from snowflake_sandbox.clauses import Context
from snowflake_sandbox.duck import execute, first
from snowflake_sandbox.errors import compilation, exists, missing, unsupported
from snowflake_sandbox.lineage import declared_outputs, qualify_tables
from snowflake_sandbox.names import Name, path, quote
from snowflake_sandbox.results import Result, status
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.tokens import Kind, Reader
from snowflake_sandbox.types import DataType, read_type


def if_not_exists(reader: Reader) -> bool:
    """Read IF NOT EXISTS."""
    return reader.accept("IF", "NOT", "EXISTS")


def if_exists(reader: Reader) -> bool:
    """Read IF EXISTS."""
    return reader.accept("IF", "EXISTS")


def kind_of(session: LocalSession, name: Name) -> str | None:
    """Return TABLE or VIEW, or None when there is no such table or view."""
    row = first(
        session.duck,
        "SELECT 'TABLE' FROM duckdb_tables() WHERE database_name = $1 AND schema_name = $2"
        " AND upper(table_name) = upper($3) UNION ALL "
        "SELECT 'VIEW' FROM duckdb_views() WHERE database_name = $1 AND schema_name = $2"
        " AND upper(view_name) = upper($3)",
        [*name],
    )
    return None if row is None else str(row[0])


def _known_schema(session: LocalSession, name: Name) -> None:
    if not session.store.has_schema(name.database, name.schema):
        raise missing("Schema", f"{name.database}.{name.schema}")


# --- databases and schemas -------------------------------------------------------------------


def create_database(session: LocalSession, reader: Reader, _: Context, mode: str) -> Result:
    """CREATE DATABASE: makes it current, as Snowflake does."""
    quiet = if_not_exists(reader)
    name = reader.identifier()
    _schema_clauses(reader)
    if session.store.has_database(name):
        if quiet:
            return status(f"{name} already exists, statement succeeded.")
        if mode != "REPLACE":
            raise exists(name)
        _drop_database(session, name)
    session.store.create_database(name)
    session.changed()
    if session.script is None:
        session.use(name, "PUBLIC")
    return status(f"Database {name} successfully created.")


def create_schema(session: LocalSession, reader: Reader, context: Context, mode: str) -> Result:
    """CREATE SCHEMA: makes it current, but not in a setup script."""
    quiet = if_not_exists(reader)
    database, name = _schema_name(reader, context)
    _schema_clauses(reader)
    if session.store.has_schema(database, name):
        if quiet:
            return status(f"{name} already exists, statement succeeded.")
        if mode != "REPLACE":
            raise exists(name)
        _drop_schema(session, database, name)
    _new_schema(session, database, name)
    if session.script is None:
        session.use(database, name)
    return status(f"Schema {name} successfully created.")


def create_versioned_schema(
    session: LocalSession, reader: Reader, context: Context, mode: str
) -> Result:
    """CREATE OR ALTER VERSIONED SCHEMA: what an application's code lives in.

    Each version of an application has its own copy of such a schema, so its procedures, views and
    pages are made anew by every run of the setup script.
    """
    if mode != "ALTER":
        raise compilation("VERSIONED SCHEMA needs CREATE OR ALTER.", 1003, "42000")
    database, name = _schema_name(reader, context)
    _schema_clauses(reader)
    if not session.store.has_schema(database, name):
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
    quiet = if_exists(reader)
    name = reader.identifier()
    if not session.store.has_database(name):
        if quiet:
            return status("Drop statement executed successfully.")
        raise missing("Database", name)
    _drop_database(session, name)
    return status(f"{name} successfully dropped.")


def _drop_database(session: LocalSession, name: str) -> None:
    if session.database == name:
        session.use(None, None)
    session.store.drop_database(name)
    session.catalog.drop_schema(name)
    execute(session.duck, f"DELETE FROM {columns.DECLARED} WHERE database_name = ?", [name])
    session.changed()


def drop_schema(session: LocalSession, reader: Reader, context: Context) -> Result:
    """DROP SCHEMA with everything in it."""
    quiet = if_exists(reader)
    database, name = _schema_name(reader, context)
    if not session.store.has_schema(database, name):
        if quiet:
            return status("Drop statement executed successfully.")
        raise missing("Schema", f"{database}.{name}")
    _drop_schema(session, database, name)
    return status(f"{name} successfully dropped.")


def _drop_schema(session: LocalSession, database: str, name: str) -> None:
    if (session.database, session.schema) == (database, name):
        session.use(database, None)
    execute(session.duck, f"DROP SCHEMA {quote(database)}.{quote(name)} CASCADE")
    execute(
        session.duck,
        f"DELETE FROM {columns.DECLARED} WHERE database_name = ? AND schema_name = ?",
        [database, name],
    )
    session.catalog.drop_schema(database, name)
    shutil.rmtree(session.stages.directory(Name(database, name, "")), ignore_errors=True)
    session.changed()


def use(session: LocalSession, reader: Reader, context: Context) -> Result:
    """USE DATABASE, SCHEMA, ROLE, WAREHOUSE, SECONDARY ROLES."""
    done = status("Statement executed successfully.", results.USE)
    if reader.accept("ROLE") or reader.accept("WAREHOUSE"):
        reader.identifier()
        return done
    if reader.accept("SECONDARY", "ROLES"):
        reader.next()
        return done
    if reader.accept("SCHEMA"):
        database, schema = _schema_name(reader, context)
    else:
        reader.accept("DATABASE")
        parts = reader.dotted()
        database, schema = parts[0], parts[1] if len(parts) > 1 else ""
    reader.end()
    if not session.store.has_database(database):
        raise missing("Database", database)
    if schema == "INFORMATION_SCHEMA" or session.store.has_schema(database, schema):
        session.use(database, schema)
    elif schema:
        raise missing("Schema", f"{database}.{schema}")
    else:
        public = session.store.has_schema(database, "PUBLIC")
        session.use(database, "PUBLIC" if public else None)
    return done


# --- tables and views ------------------------------------------------------------------------


def create_table(session: LocalSession, reader: Reader, context: Context, mode: str) -> Result:
    """CREATE [TRANSIENT] TABLE."""
    quiet = if_not_exists(reader)
    name = context.qualify(reader.dotted())
    # CREATE TABLE t IF NOT EXISTS is an accepted variant
    quiet = if_not_exists(reader) or quiet
    _known_schema(session, name)
    found = kind_of(session, name)
    if found is not None:
        if quiet:
            return status(f"{name.object} already exists, statement succeeded.")
        if mode != "REPLACE" or found == "VIEW":
            raise exists(name.object)
    definition = tables.read_columns(reader)
    if definition is None:
        _create_by_tree(session, reader.text, name)
        return status(f"Table {name.object} successfully created.")
    translate = session.translator.expression
    body = ", ".join(column.duck(translate) for column in definition.columns)
    verb = "CREATE OR REPLACE TABLE" if mode == "REPLACE" else "CREATE TABLE"
    execute(session.duck, f"{verb} {path(name)} ({body})")
    _new_table(session, name)
    columns.declare(
        session.duck, name, ((c.name, c.type.declared, c.comment) for c in definition.columns)
    )
    if definition.comment is not None:
        columns.comment_table(session.duck, name, definition.comment)
    return status(f"Table {name.object} successfully created.")


def _new_table(session: LocalSession, name: Name) -> None:
    columns.forget(session.duck, name)
    columns.comment_table(session.duck, name, None)
    forget_loads(session, name)
    session.catalog.revoke_all("TABLE", ".".join(name))
    session.changed()


def forget_loads(session: LocalSession, name: Name) -> None:
    """Forget which files were loaded into a table that is made anew, emptied or dropped."""
    execute(
        session.duck,
        "DELETE FROM _fs_global._fs_information_schema._loads"
        " WHERE database_name = ? AND schema_name = ? AND table_name = ?",
        [*name],
    )


def _create_by_tree(session: LocalSession, text: str, name: Name) -> None:
    root = session.translator.parse(text)
    if not isinstance(root, exp.Create):
        raise unsupported("CREATE TABLE of this form")
    source = root.expression
    kept: list[tuple[str, str | None, str | None]] = []
    if isinstance(source, exp.Query):
        relation = session.duck.sql(session.translator.plan(source.copy(), None).sql[-1])
        types = declared_outputs(session, source)
        kept = [(c, t, None) for c, t in zip(relation.columns, types, strict=False)]
    clone = root.args.get("clone") or root.find(exp.LikeProperty)
    for sql in session.translator.plan(root, None).sql:
        execute(session.duck, sql)
    _new_table(session, name)
    if clone is not None:
        table = clone.find(exp.Table)
        if table is not None:
            parts = tuple(p.name if p.quoted else p.name.upper() for p in table.parts)
            old = session.context().qualify(parts)
            execute(
                session.duck,
                f"INSERT INTO {columns.DECLARED} SELECT ?, ?, ?, column_name, type, comment FROM"
                f" {columns.DECLARED} WHERE database_name = ? AND schema_name = ?"
                " AND table_name = ?",
                [*name, *old],
            )
    columns.declare(session.duck, name, kept)


def create_view(session: LocalSession, reader: Reader, context: Context, mode: str) -> Result:
    """CREATE VIEW; its tables are looked up now, so that it means the same everywhere."""
    quiet = if_not_exists(reader)
    name = context.qualify(reader.dotted())
    _known_schema(session, name)
    found = kind_of(session, name)
    if found is not None:
        if quiet:
            return status(f"{name.object} already exists, statement succeeded.")
        if mode != "REPLACE" or found == "TABLE":
            raise exists(name.object)
    titles, comments = _view_columns(reader)
    comment = None
    while not reader.looking_at("AS"):
        if reader.accept("COPY", "GRANTS"):
            continue
        reader.expect("COMMENT", "=")
        comment = reader.string()
    reader.expect("AS")
    query = session.translator.parse(reader.rest())
    if not isinstance(query, exp.Query):
        raise unsupported("CREATE VIEW of this form")
    qualify_tables(query, context)
    types = declared_outputs(session, query)
    body = session.translator.plan(query, None).sql[-1]
    listed = f" ({', '.join(quote(t) for t in titles)})" if titles else ""
    execute(session.duck, f"CREATE OR REPLACE VIEW {path(name)}{listed} AS {body}")
    real = [
        str(row[0])
        for row in execute(
            session.duck,
            "SELECT column_name FROM duckdb_columns() WHERE database_name = ? AND schema_name = ?"
            " AND table_name = ? ORDER BY column_index",
            [*name],
        )
    ]
    columns.forget(session.duck, name)
    kept = list(types) + [None] * (len(real) - len(types))
    columns.declare(
        session.duck,
        name,
        [(c, t, comments.get(c)) for c, t in zip(real, kept, strict=False)],
    )
    columns.comment_table(session.duck, name, comment)
    session.catalog.revoke_all("VIEW", ".".join(name))
    session.changed()
    return status(f"View {name.object} successfully created.")


def _view_columns(reader: Reader) -> tuple[list[str], dict[str, str]]:
    titles: list[str] = []
    comments: dict[str, str] = {}
    if reader.accept("("):
        while not reader.accept(")"):
            titles.append(reader.identifier())
            if reader.accept("COMMENT"):
                comments[titles[-1]] = reader.string()
            reader.accept(",")
    return titles, comments


def create_other(session: LocalSession, reader: Reader, mode: str) -> Result:
    """CREATE of what only fakesnow knows: temporary tables, sequences."""
    del mode
    root = session.translator.parse(reader.text)
    if not isinstance(root, exp.Create):
        raise unsupported(f"CREATE {reader.current.upper}")
    session.ddl()
    for sql in session.translator.plan(root, None).sql:
        execute(session.duck, sql)
    session.changed()
    return status("Statement executed successfully.")


def drop_table(session: LocalSession, reader: Reader, context: Context) -> Result:
    """DROP TABLE."""
    return _drop(session, reader, context, "TABLE")


def drop_view(session: LocalSession, reader: Reader, context: Context) -> Result:
    """DROP VIEW."""
    return _drop(session, reader, context, "VIEW")


def _drop(session: LocalSession, reader: Reader, context: Context, kind: str) -> Result:
    quiet = if_exists(reader)
    name = context.qualify(reader.dotted())
    if not reader.accept("CASCADE"):
        reader.accept("RESTRICT")
    reader.end()
    found = kind_of(session, name)
    if found is None:
        if quiet:
            return status("Drop statement executed successfully.")
        raise missing(kind.capitalize(), str(name))
    if found != kind:
        raise compilation(f"Object found is of type '{found}', not '{kind}'.", 2203, "42601")
    execute(session.duck, f"DROP {kind} {path(name)}")
    _new_table(session, name)
    session.catalog.revoke_all(kind, ".".join(name))
    session.store.tidy(name.database)
    return status(f"{name.object} successfully dropped.")


def truncate(session: LocalSession, reader: Reader, context: Context) -> Result:
    """TRUNCATE TABLE: Snowflake forgets the load history with the rows."""
    session.ddl()
    reader.accept("TABLE")
    quiet = if_exists(reader)
    name = context.qualify(reader.dotted())
    reader.end()
    if kind_of(session, name) != "TABLE":
        if quiet:
            return status("Statement executed successfully.")
        raise missing("Table", str(name))
    execute(session.duck, f"TRUNCATE {path(name)}")
    forget_loads(session, name)
    session.store.tidy(name.database)
    return status("Statement executed successfully.")


# --- changes ---------------------------------------------------------------------------------


def alter_table(session: LocalSession, reader: Reader, context: Context) -> Result:
    """ALTER TABLE: add, drop, rename and widen columns, comments."""
    quiet = if_exists(reader)
    name = context.qualify(reader.dotted())
    if kind_of(session, name) != "TABLE":
        if quiet:
            return status("Statement executed successfully.")
        raise missing("Table", str(name))
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
    session.changed()
    return status("Statement executed successfully.")


def _existing(session: LocalSession, name: Name) -> dict[str, str]:
    rows = execute(
        session.duck,
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ?"
        " AND schema_name = ? AND table_name = ? ORDER BY column_index",
        [*name],
    )
    return {str(column): str(kind) for column, kind in rows}


def _add(session: LocalSession, reader: Reader, name: Name) -> None:
    reader.accept("COLUMN")
    there = {column.upper() for column in _existing(session, name)}
    added: list[tables.Column] = []
    quiet = False
    while True:
        # IF NOT EXISTS stands before each column; one at the front covers those that follow
        quiet = if_not_exists(reader) or quiet
        column = tables.read_column(reader)
        if column is None:
            raise unsupported("ALTER TABLE ADD of an AUTOINCREMENT column")
        if column.name.upper() in there:
            if not quiet:
                raise compilation(f"column '{column.name}' already exists", 2028, "42711")
        else:
            there.add(column.name.upper())
            added.append(column)
        if not reader.accept(","):
            break
        reader.accept("COLUMN")
    reader.end()
    execute(session.duck, "BEGIN")
    try:
        for column in added:
            definition = column.duck(session.translator.expression).removesuffix(" NOT NULL")
            execute(session.duck, f"ALTER TABLE {path(name)} ADD COLUMN {definition}")
    except BaseException:
        execute(session.duck, "ROLLBACK")
        raise
    execute(session.duck, "COMMIT")
    columns.declare(session.duck, name, [(c.name, c.type.declared, c.comment) for c in added])


def _rename_table(session: LocalSession, reader: Reader, context: Context, name: Name) -> None:
    new = context.qualify(reader.dotted())
    reader.end()
    if new[:2] != name[:2]:
        raise unsupported("renaming a table into another schema")
    if kind_of(session, new) is not None:
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
    quiet = if_exists(reader)
    there = _existing(session, name)
    while True:
        column = reader.identifier()
        if column in there:
            execute(session.duck, f"ALTER TABLE {path(name)} DROP COLUMN {quote(column)}")
            columns.forget(session.duck, name, [column])
        elif not quiet:
            raise compilation(f"column '{column}' does not exist", 2003, "42S02")
        if not reader.accept(","):
            break
    reader.end()


def _modify(session: LocalSession, reader: Reader, name: Name) -> None:
    bracket = reader.accept("(")
    there = _existing(session, name)
    while True:
        reader.accept("COLUMN")
        column = reader.identifier()
        if column not in there:
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
    refused = tables.refuse_change(column, old, new)
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
    return _kept(session, name, column)[1]


def _kept(session: LocalSession, name: Name, column: str) -> tuple[str | None, str | None]:
    row = first(
        session.duck,
        f"SELECT type, comment FROM {columns.DECLARED} WHERE database_name = ?"
        " AND schema_name = ? AND table_name = ? AND column_name = ?",
        [*name, column],
    )
    return (None, None) if row is None else (row[0], row[1])


def _comment_column(session: LocalSession, name: Name, column: str, text: str | None) -> None:
    columns.declare(session.duck, name, [(column, _kept(session, name, column)[0], text)])


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
    session.ddl()
    quiet = if_exists(reader)
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
    if kind_of(session, name) is None:
        if quiet:
            return status("Statement executed successfully.")
        raise missing("Table", str(name))
    if column is None:
        columns.comment_table(session.duck, name, text)
    elif column not in _existing(session, name):
        raise compilation(f"column '{column}' does not exist", 2003, "42S02")
    else:
        _comment_column(session, name, column, text)
    return status("Statement executed successfully.")


def alter_session(session: LocalSession, reader: Reader, _: Context) -> Result:
    """ALTER SESSION SET and UNSET: kept; only AUTOCOMMIT changes what the engine does."""
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
                session.parameters.autocommit = value.upper() == "TRUE"
            session.parameters.values[name] = value
        reader.accept(",")
    return status("Statement executed successfully.")
