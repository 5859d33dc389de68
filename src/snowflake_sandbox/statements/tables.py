"""CREATE and DROP of tables and views, and TRUNCATE."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from sqlglot import exp

from snowflake_sandbox import access, recollections
from snowflake_sandbox.duck import execute, first
from snowflake_sandbox.errors import compilation, exists, missing, unsupported
from snowflake_sandbox.names import Name, name_parts, path, quote
from snowflake_sandbox.queries import strictness
from snowflake_sandbox.queries.lineage import declared_outputs, qualify_tables
from snowflake_sandbox.results import Result, status
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql import table_definitions
from snowflake_sandbox.sql.clauses import Context
from snowflake_sandbox.sql.tokens import Reader
from snowflake_sandbox.storage import columns, relations
from snowflake_sandbox.temporary import DATABASE


def _known_schema(session: LocalSession, name: Name, privilege: str) -> None:
    access.require_schema(session, name.database, name.schema, privilege)
    if not session.store.has_schema(name.database, name.schema):
        raise missing("Schema", f"{name.database}.{name.schema}")


def create_transient_table(
    session: LocalSession, reader: Reader, context: Context, mode: str
) -> Result:
    """CREATE TRANSIENT TABLE: rows that are copied into it may stay in files (``deferred``)."""
    return create_table(session, reader, context, mode, transient=True)


def create_temporary_table(
    session: LocalSession, reader: Reader, context: Context, mode: str
) -> Result:
    """CREATE TEMPORARY TABLE: this session's alone; it hides a table of that name from it."""
    return create_table(session, reader, context, mode, temporary=True)


def create_table(
    session: LocalSession,
    reader: Reader,
    context: Context,
    mode: str,
    *,
    transient: bool = False,
    temporary: bool = False,
) -> Result:
    """CREATE [TRANSIENT | TEMPORARY] TABLE."""
    quiet = reader.if_not_exists()
    name = context.qualify(reader.dotted())
    # CREATE TABLE t IF NOT EXISTS is an accepted variant
    quiet = reader.if_not_exists() or quiet
    _known_schema(session, name, "CREATE TABLE")
    given, name = name, session.temporary.stand_in(name) if temporary else name
    existing_kind = session.account.kind_of(session.duck, name)
    if existing_kind is not None:
        hidden = access.hidden_conflict(session, existing_kind, ".".join(name))
        if hidden is not None:
            raise hidden
        if quiet:
            return status(f"{given.object} already exists, statement succeeded.")
        if mode != "REPLACE" or existing_kind == "VIEW":
            raise exists(given.object)
        access.require_ownership(session, existing_kind, ".".join(name))
    definition = table_definitions.read_columns(reader)
    if definition is None:
        _create_by_tree(session, reader.text, given, name)
        return status(f"Table {given.object} successfully created.")
    translate = session.translator.expression
    collation = session.catalog.collation(name.database, name.schema)
    body = ", ".join(column.duck(translate, collation) for column in definition.columns)
    execute(session.duck, f"{_verb(mode == 'REPLACE', name, 'TABLE')} {path(name)} ({body})")
    _new(session, given, name)
    columns.declare(
        session.duck,
        name,
        ((column.name, column.type.declared, column.comment) for column in definition.columns),
    )
    session.account.plans.define(name)
    if transient:
        session.account.deferred.created(name)
    if definition.comment is not None:
        columns.comment_table(session.duck, name, definition.comment)
    return status(f"Table {given.object} successfully created.")


def _verb(replaces: bool, name: Name, kind: str) -> str:
    temporary = "TEMPORARY " if name.database == DATABASE else ""
    return f"CREATE {'OR REPLACE ' if replaces else ''}{temporary}{kind}"


def _new(session: LocalSession, given: Name, name: Name) -> None:
    if given == name:
        _new_table(session, name)
    else:
        columns.created(session.duck, name)
        session.temporary.add(given)
        session.account.plans.define(name)


def _new_table(session: LocalSession, name: Name) -> None:
    columns.created(session.duck, name)
    columns.comment_table(session.duck, name, None)
    forget_loads(session, name)
    session.account.deferred.dropped(name)
    session.catalog.revoke_all("TABLE", ".".join(name))
    access.record_owner(session, "TABLE", ".".join(name))
    session.account.plans.define(name)


def forget_loads(session: LocalSession, name: Name) -> None:
    """Forget which files were loaded into a table that is created, emptied or dropped."""
    where = f"{columns.loads(name.database)} WHERE schema_name = ? AND table_name = ?"
    # a SELECT costs less than a DELETE of no rows, which writes to the file
    if first(session.duck, f"SELECT 1 FROM {where} LIMIT 1", [name.schema, name.object]):
        execute(session.duck, f"DELETE FROM {where}", [name.schema, name.object])


def _create_by_tree(session: LocalSession, text: str, given: Name, name: Name) -> None:
    root = session.parse(text)
    if not isinstance(root, exp.Create):
        raise unsupported("CREATE TABLE of this form")
    source = root.expression
    declarations: list[tuple[str, str | None, str | None]] = []
    if isinstance(source, exp.Query):
        relation = session.duck.sql(session.translator.plan(source.copy(), None).sql[-1])
        types = declared_outputs(session, source)
        declarations = [
            (column, declared_type, None)
            for column, declared_type in zip(relation.columns, types, strict=False)
        ]
    clone = root.args.get("clone") or root.find(exp.LikeProperty)
    if isinstance(source, exp.Query) and isinstance(root.this, exp.Table):
        verb = _verb(bool(root.args.get("replace")), name, "TABLE")
        body = session.translator.plan(source, None).sql[-1]
        execute(session.duck, f"{verb} {path(name)} AS {body}")
    elif given != name:
        raise unsupported("CREATE TEMPORARY TABLE of this form")
    else:
        for sql in session.translator.plan(root, None).sql:
            execute(session.duck, sql)
    _new(session, given, name)
    if clone is not None:
        table = clone.find(exp.Table)
        if table is not None:
            old = session.context().qualify(name_parts(table))
            execute(
                session.duck,
                f"INSERT INTO {columns.DECLARED} SELECT ?, ?, ?, column_name, type, comment FROM"
                f" {columns.DECLARED} WHERE database_name = ? AND schema_name = ?"
                " AND table_name = ? AND column_name <> ?",
                [*name, *old, columns.CREATED],
            )
    columns.declare(session.duck, name, declarations)


def create_temporary_view(
    session: LocalSession, reader: Reader, context: Context, mode: str
) -> Result:
    """CREATE TEMPORARY VIEW: this session's alone."""
    return create_view(session, reader, context, mode, temporary=True)


def create_view(
    session: LocalSession, reader: Reader, context: Context, mode: str, *, temporary: bool = False
) -> Result:
    """CREATE VIEW; table names are completed now, so that it reads the same in every session."""
    quiet = reader.if_not_exists()
    name = context.qualify(reader.dotted())
    _known_schema(session, name, "CREATE VIEW")
    given, name = name, session.temporary.stand_in(name) if temporary else name
    existing_kind = session.account.kind_of(session.duck, name)
    if existing_kind is not None:
        hidden = access.hidden_conflict(session, existing_kind, ".".join(name))
        if hidden is not None:
            raise hidden
        if quiet:
            return status(f"{given.object} already exists, statement succeeded.")
        if mode != "REPLACE" or existing_kind == "TABLE":
            raise exists(given.object)
        access.require_ownership(session, existing_kind, ".".join(name))
    titles, comments = _view_columns(reader)
    comment, copied = None, False
    while not reader.looking_at("AS"):
        if reader.accept("COPY", "GRANTS"):
            copied = True
            continue
        reader.expect("COMMENT", "=")
        comment = reader.string()
    reader.expect("AS")
    planned = _planned_view(session, reader.rest(), context)
    access.check_access(session, planned.named)
    types, body = planned.types, planned.body
    read_names = [each for each, _ in planned.named]
    listed = f" ({', '.join(quote(title) for title in titles)})" if titles else ""
    execute(session.duck, f"{_verb(True, name, 'VIEW')} {path(name)}{listed} AS {body}")
    column_names = relations.column_names(session.duck, name)
    columns.created(session.duck, name)
    declared_types = list(types) + [None] * (len(column_names) - len(types))
    columns.declare(
        session.duck,
        name,
        [
            (column, declared_type, comments.get(column))
            for column, declared_type in zip(column_names, declared_types, strict=False)
        ],
    )
    if temporary:
        session.temporary.add(given)
        session.account.plans.define(name, read_names)
        return status(f"View {given.object} successfully created.")
    columns.comment_table(session.duck, name, comment)
    title = ".".join(name)
    before = [
        grant for grant in session.catalog.grants if (grant.on, grant.name) == ("VIEW", title)
    ]
    session.catalog.revoke_all("VIEW", title)
    if copied:
        session.catalog.grant([grant for grant in before if grant.privilege != access.OWNERSHIP])
    access.record_owner(session, "VIEW", title)
    session.account.plans.define(name, read_names)
    return status(f"View {name.object} successfully created.")


@dataclass(frozen=True)
class _PlannedView:
    """A view's query, ready for DuckDB; the relations it names and its columns' declared types."""

    body: str
    named: access.NamedRelations
    types: list[str | None]


def _planned_view(session: LocalSession, text: str, context: Context) -> _PlannedView:
    """Return a view's query as DuckDB takes it, remembered while what it reads has its columns."""
    key = ("view", text, session.database, session.schema)
    is_plain = session.temporary.key is None and not session.has_variables()
    columns_of = partial(session.account.shape_of, session.duck)
    if is_plain:
        planned: _PlannedView | None = recollections.recall(key, columns_of)
        if planned is not None:
            return planned
    query = session.parse(text)
    if not isinstance(query, exp.Query):
        raise unsupported("CREATE VIEW of this form")
    strictness.check_subqueries(query)
    strictness.check_memberships(query)
    strictness.check_flattened(query)
    qualify_tables(query, context)
    named = access.named_relations(session, query)
    access.check_access(session, named)
    types = declared_outputs(session, query)
    planned = _PlannedView(session.translator.plan(query, None).sql[-1], named, types)
    if is_plain:
        recollections.keep(key, planned, [name for name, _ in named], columns_of)
    return planned


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
    """CREATE of objects that are left to fakesnow: sequences."""
    del mode
    root = session.translator.parse(reader.text)
    if not isinstance(root, exp.Create) or root.kind != "SEQUENCE":
        raise unsupported(f"CREATE {reader.current.upper}")
    session.begin_ddl()
    for sql in session.translator.plan(root, None).sql:
        execute(session.duck, sql)
    session.account.plans.forget()
    return status("Statement executed successfully.")


def drop_table(session: LocalSession, reader: Reader, context: Context) -> Result:
    """DROP TABLE."""
    return _drop(session, reader, context, "TABLE")


def drop_view(session: LocalSession, reader: Reader, context: Context) -> Result:
    """DROP VIEW."""
    return _drop(session, reader, context, "VIEW")


def _drop(session: LocalSession, reader: Reader, context: Context, kind: str) -> Result:
    quiet = reader.if_exists()
    given = context.qualify(reader.dotted())
    name = session.temporary.resolve(given)
    if not reader.accept("CASCADE"):
        reader.accept("RESTRICT")
    reader.end()
    existing_kind = session.account.kind_of(session.duck, name)
    if existing_kind is None:
        if quiet:
            return status("Drop statement executed successfully.")
        raise missing(kind.capitalize(), str(name))
    if existing_kind != kind:
        raise compilation(
            f"Object found is of type '{existing_kind}', not '{kind}'.", 2203, "42601"
        )
    access.require_ownership(session, kind, ".".join(name))
    execute(session.duck, f"DROP {kind} {path(name)}")
    if name != given:
        session.temporary.remove(name)
        columns.forget(session.duck, name)
        session.account.plans.forget(*name)
        return status(f"{given.object} successfully dropped.")
    _new_table(session, name)
    columns.forget(session.duck, name)
    for table_kind in ("TABLE", "VIEW"):
        session.catalog.revoke_all(table_kind, ".".join(name))
    session.store.shorten_log(name.database)
    return status(f"{name.object} successfully dropped.")


def truncate(session: LocalSession, reader: Reader, context: Context) -> Result:
    """TRUNCATE TABLE: Snowflake forgets the load history with the rows."""
    session.begin_ddl()
    reader.accept("TABLE")
    quiet = reader.if_exists()
    name = session.temporary.resolve(context.qualify(reader.dotted()))
    reader.end()
    if session.account.kind_of(session.duck, name) != "TABLE":
        if quiet:
            return status("Statement executed successfully.")
        raise missing("Table", str(name))
    access.require_ownership(session, "TABLE", ".".join(name))
    with session.atomic():
        execute(session.duck, f"TRUNCATE {path(name)}")
        if name.database != DATABASE:
            forget_loads(session, name)
    session.account.deferred.emptied(name)
    session.store.shorten_log(name.database)
    return status("Statement executed successfully.")
