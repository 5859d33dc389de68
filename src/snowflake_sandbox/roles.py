"""What a session may do with a role of the account: what was granted, and nothing else.

Queries, DML and DDL of tables are checked against the grants where they run; what needs no
privilege is listed here, and the rest is refused. Sources: Snowflake, "Access control privileges",
"GRANT APPLICATION ROLE". Administrators of the account are not restricted by the local engine; in
Snowflake they see no more of an application than its roles do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from snowflake_sandbox import access
from snowflake_sandbox.errors import SqlError, missing
from snowflake_sandbox.names import Name
from snowflake_sandbox.results import Result
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql.clauses import Context
from snowflake_sandbox.sql.tokens import Reader
from snowflake_sandbox.storage.stages import no_stage, read_location

ADMINISTRATORS = frozenset({"ACCOUNTADMIN", "SECURITYADMIN", "SYSADMIN", "USERADMIN"})
_PUBLIC = "PUBLIC"
_KINDS = (
    *("EXTERNAL ACCESS INTEGRATION", "NOTIFICATION INTEGRATION", "NETWORK RULE", "FILE FORMAT"),
    *("PROCEDURE", "SECRET", "STAGE", "STREAMLIT", "TASK", "SCHEMA", "APPLICATION"),
)
# checked where they run, or in need of no privilege
_OPEN = (
    *("CALL", "USE", "ALTER SESSION", "BEGIN", "START", "COMMIT", "ROLLBACK", "SHOW"),
    *("CREATE TABLE", "CREATE TRANSIENT TABLE", "CREATE OR REPLACE TABLE", "CREATE VIEW"),
    *("CREATE OR REPLACE VIEW", "CREATE SCHEMA", "CREATE DATABASE", "ALTER TABLE", "COMMENT"),
    *("DROP TABLE", "DROP VIEW", "DROP SCHEMA", "DROP DATABASE", "TRUNCATE"),
    *("DESCRIBE TABLE", "DESCRIBE VIEW", "DESC TABLE", "DESC VIEW"),
)
_OF_STAGES = ("LIST", "LS", "REMOVE", "RM", "GET", "PUT", "COPY")


def take_role(session: LocalSession, role: str) -> None:
    """Let a session act by a role.

    Raises:
        SqlError: 2003 when there is no such role in the account.
    """
    if role != _PUBLIC and role not in ADMINISTRATORS and not session.catalog.has("ROLE", (role,)):
        raise missing("Role", role)
    session.role = None if role in ADMINISTRATORS else role


def check_statement(session: LocalSession, reader: Reader, context: Context) -> None:
    """Refuse what the session's role was not granted; the reader stays where it is.

    Raises:
        SqlError: 2003 for an object that the role may not see, 3001 or 3003 otherwise.
    """
    if session.role is None or any(reader.looking_at(*words.split()) for words in _OPEN):
        return
    index = reader.index
    try:
        _check_closed(session, reader, context)
    finally:
        reader.index = index


def visible(session: LocalSession, result: Result) -> Result:
    """Return a SHOW's rows of objects on which the session's role has a privilege."""
    if session.role is None:
        return result
    titles = {grant.name.partition("(")[0] for grant in session.catalog.grants_to(session.role)}
    titles |= {title.partition(".")[0] for title in titles}
    columns = [column["name"] for column in result.columns]
    parts = [columns.index(name) for name in _TITLE if name in columns]
    if result.table is None:
        rows = [row for row in result.rows if _title(row, parts) in titles]
        return replace(result, rows=rows)
    shown = [
        _title(row, parts) in titles for row in zip(*result.table.to_pydict().values(), strict=True)
    ]
    return replace(result, table=result.table.filter(pa.array(shown, pa.bool_())))


_TITLE = ("database_name", "schema_name", "name")


def _title(row: Sequence[object], parts: list[int]) -> str:
    return ".".join(str(row[part]) for part in parts if row[part]).partition("(")[0]


def _check_closed(session: LocalSession, reader: Reader, context: Context) -> None:
    if reader.looking_at("GRANT") or reader.looking_at("REVOKE"):
        raise SqlError(
            "SQL access control error:\nGrant not executed: Insufficient privileges.",
            3003,
            "42501",
        )
    if any(reader.accept(word) for word in _OF_STAGES):
        while not reader.at_end() and not reader.current.value.startswith("@"):
            reader.next()
        location = read_location(reader, context.database, context.schema, list(context.binds))
        raise no_stage(location.stage)
    verb = reader.next().upper
    kind = next((kind for kind in _KINDS if reader.accept(*kind.split())), "")
    if verb not in ("ALTER", "DROP", "DESCRIBE", "DESC", "EXECUTE") or not kind:
        raise access.insufficient("account", "local")
    reader.if_exists()
    parts = reader.dotted()
    if kind == "TASK" and _may_operate(session, verb, reader, context.qualify(parts)):
        return
    raise missing(kind.capitalize(), ".".join(parts))


def _may_operate(session: LocalSession, verb: str, reader: Reader, task: Name) -> bool:
    """Whether a role may do with a task what OPERATE allows: run, suspend and resume it."""
    paused = reader.looking_at("SUSPEND") or reader.looking_at("RESUME")
    if verb != "EXECUTE" and not (verb == "ALTER" and paused):
        return False
    access.require_schema(session, task.database, task.schema)
    return "OPERATE" in access.held(session, "TASK", ".".join(task))
