"""Finds out what kind a statement is and calls the function that runs that kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from snowflake_sandbox import results, roles, rules
from snowflake_sandbox.errors import unsupported
from snowflake_sandbox.queries import execution
from snowflake_sandbox.results import Result
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql.clauses import Context
from snowflake_sandbox.sql.tokens import Reader
from snowflake_sandbox.statements import (
    altering,
    applications,
    calling,
    copying,
    databases,
    grants,
    notifications,
    procedures,
    scripting,
    setup_scripts,
    shows,
    staging,
    tables,
    tasks,
)

Run = Callable[[LocalSession, Reader, Context], Result]

_QUERY = re.compile(
    r"(?:\s+|--[^\n]*\n|/\*.*?\*/)*(?:\(*\s*SELECT|WITH|INSERT|UPDATE|DELETE|MERGE)\b",
    re.IGNORECASE | re.DOTALL,
)

# these handle rows that COPY left in files; before any other the rows are put into the table
_HANDLES_DEFERRED = re.compile(r"\s*(?:COPY|TRUNCATE|DROP\s+TABLE|MERGE)\b", re.IGNORECASE)


def run_statement(session: LocalSession, text: str, params: list[Any] | None) -> Result:
    """Run one statement in a session."""
    rules.check_binds(session, params)
    if not _HANDLES_DEFERRED.match(text):
        for table in session.account.deferred.named_in(text):
            session.account.settle(session.duck, table)
    if _QUERY.match(text):
        return execution.run_query(session, text, params)
    reader = Reader(text)
    if reader.at_end():
        return results.status("Statement executed successfully.")
    rules.check_words(session, reader)
    context = session.context(params)
    roles.check_statement(session, reader, context)
    for words, function in _ROUTES:
        if reader.accept(*words):
            return function(session, reader, context)
    return execution.run_query(session, text, params)


def _create(session: LocalSession, reader: Reader, context: Context) -> Result:
    mode = ""
    if reader.accept("OR", "REPLACE"):
        mode = "REPLACE"
    elif reader.accept("OR", "ALTER"):
        mode = "ALTER"
    for words, function in _CREATE:
        if reader.accept(*words):
            session.begin_ddl()
            return function(session, reader, context, mode)
    return tables.create_other(session, reader, mode)


def _alter(session: LocalSession, reader: Reader, context: Context) -> Result:
    for words, function in _ALTER:
        if reader.accept(*words):
            session.begin_ddl()
            return function(session, reader, context)
    raise unsupported(f"ALTER {reader.current.upper}")


def _drop(session: LocalSession, reader: Reader, context: Context) -> Result:
    for words, function in _DROP:
        if reader.accept(*words):
            session.begin_ddl()
            return function(session, reader, context)
    raise unsupported(f"DROP {reader.current.upper}")


def _execute(session: LocalSession, reader: Reader, context: Context) -> Result:
    if reader.accept("TASK"):
        return tasks.execute_task(session, reader, context)
    reader.expect("IMMEDIATE")
    if reader.accept("FROM"):
        return setup_scripts.execute_script(session, reader.string())
    statement = reader.string()
    reader.end()
    if scripting.is_block(statement):
        return scripting.run_block(session, statement)
    return session.execute(statement)


def _begin(session: LocalSession, reader: Reader, _: Context) -> Result:
    if not (reader.accept("TRANSACTION") or reader.accept("WORK")) and not reader.at_end():
        if reader.accept("NAME"):
            reader.identifier()
        else:
            raise unsupported("Snowflake Scripting")
    if session.enclosing is not None:
        raise unsupported("a transaction of a procedure inside its caller's")
    return session.begin()


def _commit(session: LocalSession, reader: Reader, _: Context) -> Result:
    reader.accept("WORK")
    reader.end()
    return session.commit()


def _rollback(session: LocalSession, reader: Reader, _: Context) -> Result:
    reader.accept("WORK")
    reader.end()
    return session.rollback()


def _show(session: LocalSession, reader: Reader, context: Context) -> Result:
    return roles.visible(session, shows.show(session, reader, context))


_Create = Callable[[LocalSession, Reader, Context, str], Result]

_CREATE: tuple[tuple[tuple[str, ...], _Create], ...] = (
    (("DATABASE",), databases.create_database),
    (("TRANSIENT", "DATABASE"), databases.create_database),
    (("VERSIONED", "SCHEMA"), databases.create_versioned_schema),
    (("TRANSIENT", "SCHEMA"), databases.create_schema),
    (("SCHEMA",), databases.create_schema),
    (("TABLE",), tables.create_table),
    (("TRANSIENT", "TABLE"), tables.create_transient_table),
    (("TEMPORARY", "TABLE"), tables.create_temporary_table),
    (("TEMP", "TABLE"), tables.create_temporary_table),
    (("VIEW",), tables.create_view),
    (("SECURE", "VIEW"), tables.create_view),
    (("TEMPORARY", "VIEW"), tables.create_temporary_view),
    (("TEMP", "VIEW"), tables.create_temporary_view),
    (("PROCEDURE",), procedures.create_procedure),
    (("TASK",), tasks.create_task),
    (("STAGE",), staging.create_stage),
    (("FILE", "FORMAT"), staging.create_file_format),
    (("SECRET",), applications.create_secret),
    (("NETWORK", "RULE"), applications.create_network_rule),
    (("EXTERNAL", "ACCESS", "INTEGRATION"), applications.create_integration),
    (("NOTIFICATION", "INTEGRATION"), notifications.create_notification_integration),
    (("STREAMLIT",), applications.create_streamlit),
    (("WAREHOUSE",), applications.create_warehouse),
    (("APPLICATION", "ROLE"), grants.create_role),
    (("ROLE",), grants.create_account_role),
)

_ALTER: tuple[tuple[tuple[str, ...], Run], ...] = (
    (("TABLE",), altering.alter_table),
    (("SESSION",), altering.alter_session),
    (("PROCEDURE",), procedures.alter_procedure),
    (("TASK",), tasks.alter_task),
    (("SCHEMA",), tasks.alter_schema),
    (("ACCOUNT",), tasks.alter_account),
    (("SECRET",), applications.alter_secret),
    (("NETWORK", "RULE"), applications.alter_network_rule),
    (("EXTERNAL", "ACCESS", "INTEGRATION"), applications.alter_integration),
    (("NOTIFICATION", "INTEGRATION"), notifications.alter_notification_integration),
    (("APPLICATION",), applications.alter_application),
    (("WAREHOUSE",), applications.alter_warehouse),
    (("STREAMLIT",), applications.alter_streamlit),
)

_DROP: tuple[tuple[tuple[str, ...], Run], ...] = (
    (("DATABASE",), databases.drop_database),
    (("SCHEMA",), databases.drop_schema),
    (("TABLE",), tables.drop_table),
    (("VIEW",), tables.drop_view),
    (("PROCEDURE",), procedures.drop_procedure),
    (("TASK",), tasks.drop_task),
    (("STAGE",), staging.drop_stage),
    (("FILE", "FORMAT"), applications.drop_object("FILE FORMAT")),
    (("SECRET",), applications.drop_object("SECRET")),
    (("NETWORK", "RULE"), applications.drop_object("NETWORK RULE")),
    (
        ("EXTERNAL", "ACCESS", "INTEGRATION"),
        applications.drop_object("EXTERNAL ACCESS INTEGRATION"),
    ),
    (("NOTIFICATION", "INTEGRATION"), notifications.drop_integration),
    (("INTEGRATION",), notifications.drop_integration),
    (("STREAMLIT",), applications.drop_object("STREAMLIT")),
    (("WAREHOUSE",), applications.drop_object("WAREHOUSE")),
    (("APPLICATION", "ROLE"), grants.drop_role),
    (("APPLICATION",), databases.drop_application),
    (("ROLE",), applications.drop_object("ROLE")),
)

_ROUTES: tuple[tuple[tuple[str, ...], Run], ...] = (
    (("CALL",), calling.call),
    (("COPY", "INTO"), copying.copy_into),
    (("PUT",), staging.put),
    (("GET",), staging.get),
    (("LIST",), staging.list_files),
    (("LS",), staging.list_files),
    (("REMOVE",), staging.remove),
    (("RM",), staging.remove),
    (("CREATE",), _create),
    (("ALTER",), _alter),
    (("DROP",), _drop),
    (("TRUNCATE",), tables.truncate),
    (("COMMENT",), altering.comment),
    (("USE",), databases.set_current),
    (("GRANT",), grants.grant),
    (("REVOKE",), grants.revoke),
    (("EXECUTE",), _execute),
    (("BEGIN",), _begin),
    (("START", "TRANSACTION"), _begin),
    (("COMMIT",), _commit),
    (("ROLLBACK",), _rollback),
    (("SHOW",), _show),
    (("DESCRIBE",), shows.describe_object),
    (("DESC",), shows.describe_object),
)
