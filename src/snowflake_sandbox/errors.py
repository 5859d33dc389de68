"""Errors in Snowflake's shape: a code, an SQL state and a message."""

from __future__ import annotations

import re

import duckdb
from snowflake.connector.errors import Error as ConnectorError
from sqlglot.errors import SqlglotError


class EngineBusy(RuntimeError):
    """Another process (or another Engine of this one) has the directory open."""


class SqlError(Exception):
    """A statement that Snowflake would refuse, or that the local engine cannot run.

    Attributes:
        message: what the client shows.
        errno: Snowflake's error code, e.g. 1003.
        sqlstate: five characters, e.g. ``42000``.
        located: whether the message names the file and the statement.
    """

    located = False

    def __init__(self, message: str, errno: int, sqlstate: str) -> None:
        super().__init__(message)
        self.message = message
        self.errno = errno
        self.sqlstate = sqlstate


def compilation(message: str, errno: int, sqlstate: str) -> SqlError:
    """Return an error of the kind Snowflake starts with ``SQL compilation error``."""
    return SqlError(f"SQL compilation error:\n{message}", errno, sqlstate)


def unexpected(text: str, line: int, position: int) -> SqlError:
    """Return the syntax error that names the first unexpected word."""
    return compilation(
        f"syntax error line {line} at position {position} unexpected '{text}'.", 1003, "42000"
    )


def missing(kind: str, name: str) -> SqlError:
    """Return the error for an object that does not exist."""
    return compilation(f"{kind} '{name}' does not exist or not authorized.", 2003, "02000")


def exists(name: str) -> SqlError:
    """Return the error for an object that exists already."""
    return compilation(f"Object '{name}' already exists.", 2002, "42710")


def missing_options(names: list[str]) -> SqlError:
    """Return the error for mandatory clauses left out."""
    return compilation(f"Missing option(s): [{', '.join(names)}]", 2029, "42601")


def invalid_value(value: str, name: str) -> SqlError:
    """Return the error for a clause with a value that is not allowed."""
    return compilation(f"invalid value [{value}] for parameter '{name}'", 1008, "22023")


def unsupported(what: str) -> SqlError:
    """Return the error for something Snowflake can do and the local engine cannot."""
    return SqlError(f"Unsupported feature '{what}' (local engine).", 2, "0A000")


# a write may also fail at the user's quota, or at the file size limit of the process
_FULL = re.compile(
    r"no space left|disk full|file too large|quota exceeded|could not write file", re.IGNORECASE
)
_OF_FILES = (
    OSError,
    duckdb.IOException,
    duckdb.TransactionException,
    duckdb.FatalException,
    duckdb.InternalException,
)
_MISSING_TABLE = re.compile(r'(Table|View|Schema|Sequence) with name "?(.+?)"? does not exist')


def translate(error: Exception) -> SqlError:
    """Map an error of DuckDB, sqlglot or fakesnow to Snowflake's shape.

    Anything unknown becomes code 1 with the original type named, so that the client always gets
    an answer and never a broken connection, which it would retry for minutes.
    """
    if isinstance(error, SqlError):
        return error
    text = str(error).strip()
    first = text.split("\n", 1)[0]
    if isinstance(error, ConnectorError):
        return SqlError(error.msg or text, error.errno or 1, error.sqlstate or "XX000")
    if isinstance(error, _OF_FILES) and _FULL.search(text):
        return SqlError(f"Processing aborted: No space left on the disk. {text}", 300002, "53100")
    if isinstance(error, SqlglotError | duckdb.ParserException):
        plain = text.replace("\x1b[4m", "").replace("\x1b[0m", "")
        return compilation(plain, 1003, "42000")
    if isinstance(error, duckdb.CatalogException):
        match = _MISSING_TABLE.search(first)
        if match:
            return compilation(
                f"Object '{match[2]}' does not exist or not authorized.", 2003, "42S02"
            )
        if "already exists" in first:
            return compilation(first, 2002, "42710")
        return compilation(first, 2003, "42S02")
    if isinstance(error, duckdb.BinderException):
        if "Referenced column" in first or "does not have a column" in first:
            return compilation(f"invalid identifier: {text}", 904, "42000")
        return compilation(text, 2043, "02000")
    if isinstance(error, duckdb.ConversionException):
        return SqlError(text, 100038, "22018")
    if isinstance(error, duckdb.TransactionException):
        return SqlError(text, 625, "57014")
    if isinstance(error, duckdb.OutOfMemoryException):
        return SqlError(f"Processing aborted: out of memory. {first}", 300005, "53200")
    if isinstance(error, duckdb.IOException):
        return SqlError(f"Processing aborted: {text}", 300002, "58030")
    if isinstance(error, duckdb.Error):
        return SqlError(text, 100132, "P0000")
    if isinstance(error, NotImplementedError):
        return unsupported(text or "statement")
    return SqlError(f"{type(error).__name__}: {text}", 1, "XX000")
