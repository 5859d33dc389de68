"""A small application for tests: directories of SQL files, and handlers of its procedures."""

from __future__ import annotations

import importlib
import threading
from pathlib import Path
from typing import Any

from snowflake.snowpark import Session

ROLES = "CREATE APPLICATION ROLE IF NOT EXISTS app_admin;"
SCHEMAS = """
CREATE OR ALTER VERSIONED SCHEMA core;
GRANT USAGE ON SCHEMA core TO APPLICATION ROLE app_admin;
CREATE SCHEMA IF NOT EXISTS config;
CREATE SCHEMA IF NOT EXISTS state;
CREATE SCHEMA IF NOT EXISTS tasks;
"""
EGRESS = """
CREATE SECRET IF NOT EXISTS config.token TYPE = GENERIC_STRING SECRET_STRING = '';
CREATE OR ALTER NETWORK RULE config.hosts
  MODE = EGRESS TYPE = HOST_PORT VALUE_LIST = ('api.example.com');
CREATE OR REPLACE EXTERNAL ACCESS INTEGRATION lab_eai
  ALLOWED_NETWORK_RULES = (config.hosts)
  ALLOWED_AUTHENTICATION_SECRETS = (config.token) ENABLED = TRUE;
ALTER APPLICATION SET SPECIFICATION api TYPE = EXTERNAL_ACCESS LABEL = 'API'
  DESCRIPTION = 'Reads' HOST_PORTS = ('api.example.com');
"""
STATE = "CREATE TABLE IF NOT EXISTS state.notes (NOTE VARCHAR, AT TIMESTAMP_NTZ(3));"


def procedure(name: str, arguments: str = "", clauses: str = "", schema: str = "core") -> str:
    """The CREATE PROCEDURE of one of the handlers below."""
    return (
        f"CREATE OR REPLACE PROCEDURE {schema}.{name}({arguments}) RETURNS VARIANT"
        " LANGUAGE PYTHON RUNTIME_VERSION = '3.11' PACKAGES = ('snowflake-snowpark-python')"
        f" IMPORTS = ('/lib/app.zip') HANDLER = '{__name__}.{name}' {clauses}"
        " EXECUTE AS OWNER;"
    )


BOUND = "EXTERNAL_ACCESS_INTEGRATIONS = (lab_eai) SECRETS = ('key' = config.token)"
PROCEDURES = "\n".join(
    [
        procedure("echo", "first VARCHAR, second VARIANT DEFAULT NULL, third NUMBER DEFAULT 7"),
        "GRANT USAGE ON PROCEDURE core.echo(VARCHAR, VARIANT, NUMBER)"
        " TO APPLICATION ROLE app_admin;",
        procedure("where_am_i"),
        procedure("reveal", clauses=BOUND),
        procedure("fail"),
        procedure("run", "statement VARCHAR"),
        procedure("note", "text VARCHAR"),
    ]
)


def write(root: Path, *statements: str, **files: str) -> Path:
    """Write an application whose setup script has these statements; files go to ``sql/``."""
    (root / "sql").mkdir(parents=True, exist_ok=True)
    (root / "setup.sql").write_text("\n".join(statements), encoding="utf-8")
    for name, text in files.items():
        (root / "sql" / f"{name}.sql").write_text(text, encoding="utf-8")
    return root


def whole(root: Path) -> Path:
    """Write the whole application."""
    return write(root, ROLES, SCHEMAS, EGRESS, STATE, PROCEDURES)


def echo(_: Session, *arguments: Any) -> dict[str, Any]:
    """Answer the arguments with the names of their Python types."""
    return {
        "values": [None if hasattr(a, "is_sql_null") else a for a in arguments],
        "types": [type(a).__name__ for a in arguments],
    }


def where_am_i(session: Session) -> list[str | None]:
    """Answer the current database and schema of the handler's session."""
    return [session.get_current_database(), session.get_current_schema()]


def reveal(_: Session) -> list[str]:
    """Answer the bound secret as read by this thread, and what a thread gets that it starts."""
    # there is such a module only while a handler runs
    secrets = importlib.import_module("_snowflake")
    found: list[str] = [secrets.get_generic_secret_string("key")]

    def read() -> None:
        try:
            found.append(secrets.get_generic_secret_string("key"))
        except RuntimeError as error:
            found.append(str(error))

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    return found


def fail(_: Session) -> None:
    """Raise."""
    raise ValueError("nothing works")


def run(session: Session, statement: str) -> list[dict[str, Any]]:
    """Answer the rows of a statement."""
    return [row.as_dict() for row in session.sql(statement).collect()]


def note(session: Session, text: str) -> str:
    """Insert a row."""
    session.sql("INSERT INTO state.notes (NOTE) SELECT ?", params=[text]).collect()
    return text


gate = threading.Event()
"""What a handler of ``wait`` waits for."""


def wait(_: Session) -> str:
    """Answer once the gate is open."""
    return "waited" if gate.wait(20) else "gave up"
