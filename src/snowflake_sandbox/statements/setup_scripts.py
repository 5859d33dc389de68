"""Runs setup scripts: files whose statements are executed in order."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from snowflake.connector.util_text import split_statements

from snowflake_sandbox import results
from snowflake_sandbox.errors import SqlError, missing
from snowflake_sandbox.results import Result
from snowflake_sandbox.session import LocalSession, Script


def split_script(text: str) -> list[str]:
    """Split a script into its statements; bodies between ``$$`` stay whole."""
    parts = (part.strip() for part, _ in split_statements(StringIO(text), remove_comments=True))
    return [part for part in parts if part.rstrip(";").strip()]


def execute_script(session: LocalSession, target: str) -> Result:
    """EXECUTE IMMEDIATE FROM: a path relative to the running file, or to the application's root.

    Raises:
        SqlError: 2003 for a missing file (names are case-sensitive, as on a stage), or the
            statement's own error with file and statement named.
    """
    script = session.script
    if script is None:
        raise missing("File", target)
    base = script.root if target.startswith("/") else script.file.parent
    file = (base / target.lstrip("/")).resolve()
    if not file.is_relative_to(script.root.resolve()) or not _exists_exactly(file):
        raise missing("File", target)
    run_script(session, Script(file, script.root))
    return results.status("Statement executed successfully.")


def run_script(session: LocalSession, script: Script) -> None:
    """Execute the statements of a file."""
    before = session.script
    session.script = script
    try:
        for statement in split_script(script.file.read_text(encoding="utf-8")):
            try:
                session.execute(statement)
            except SqlError as error:
                raise _located(error, script, statement) from error
    finally:
        session.script = before


def _located(error: SqlError, script: Script, statement: str) -> SqlError:
    if error.located:
        return error
    excerpt = " ".join(statement.split())[:100]
    place = script.file.relative_to(script.root)
    located_error = SqlError(
        f"{error.message}\n in {place}: {excerpt}", error.errno, error.sqlstate
    )
    located_error.located = True
    return located_error


def _exists_exactly(file: Path) -> bool:
    # a case-insensitive file system would find a misspelt name that a stage does not have
    return file.is_file() and file.name in {sibling.name for sibling in file.parent.iterdir()}
