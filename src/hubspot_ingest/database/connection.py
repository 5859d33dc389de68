"""The only module that uses Snowflake's packages: it runs statements, stages files, reads secrets.

Everything goes through ``session.sql(text, params)`` and ``session.file.put_stream``, so that each
statement shipped is the statement tested. Threads share a transaction: statements come from one,
and another may only ``put`` files, where ``is_thread_safe``.
"""

from __future__ import annotations

import importlib
import io
import json
import random
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from copy import copy
from typing import TYPE_CHECKING, Any, BinaryIO

from hubspot_ingest import times
from hubspot_ingest.database import sql
from hubspot_ingest.errors import DatabaseError, GrantMissing, Refusal, StorageFull
from hubspot_ingest.stopwatch import Activity, Stopwatch

if TYPE_CHECKING:
    from snowflake.snowpark import Session

Row = dict[str, Any]

_PRIVILEGE_MISSING = re.compile(
    r"insufficient privileges|not authorized|has no privileges on it|privilege must be granted"
    r"|does not exist, or operation cannot be performed|grant (?:not|partially) executed",
    re.I,
)
# Numbers that Snowpark and the connector put before Snowflake's message
_ERROR_NUMBERS = re.compile(r"^\(\d+\): (?:[0-9a-f-]{36}: )?")
# Aborted for its place in a table's line (000625), or for a conflict of transactions: such a
# statement changed nothing (Snowflake, "Transactions", resource locking).
_ABORTED = re.compile(
    r"number of waiters for this lock|deadlock|transaction conflict|conflict on|conflicting trans",
    re.I,
)
# Seconds before it is sent again, each up to half as long again.
_WAITS = (0.5, 1, 2, 4, 8, 12, 16, 16)
_STORAGE_FULL = re.compile(r"no space left|disk (?:is )?full|could not write|out of disk", re.I)


class Database:
    """A Snowpark session, reduced to what the product uses of it.

    ``is_thread_safe``: whether a thread may ``put`` files while a statement of another runs.
    """

    is_thread_safe = False

    def __init__(self, session: Session, clock: times.Clock | None = None) -> None:
        """``session`` is the procedure's own, whose current database is the application's.

        ``clock`` is waited by where a statement has to be sent again.
        """
        self._session = session
        self._clock = clock or times.SystemClock()
        self.is_thread_safe = _is_thread_safe(session)
        self._on_staged: Callable[[int], None] | None = None
        self._counting = threading.Lock()
        self._watch: Stopwatch | None = None
        [row] = self.rows(
            "SELECT CURRENT_DATABASE() AS APPLICATION, CURRENT_TRANSACTION() AS TRANSACTION"
        )
        self.application = str(row["APPLICATION"])
        self.in_transaction = row["TRANSACTION"] is not None

    def in_application(self, name: str) -> str:
        """The full name of a schema of the application, or of an object in one (``STATE.RUNS``).

        Every statement uses it: CREATE DATABASE changes the current database.
        """
        return f"{sql.name(self.application)}.{name}"

    def counting(self, on_staged: Callable[[int], None], watch: Stopwatch) -> Database:
        """The same session; it calls ``on_staged`` with the size in bytes of each file it stages.

        One call at a time, whichever thread stages. The time that its statements take is added to
        ``watch``.
        """
        counted = copy(self)
        counted._counting = threading.Lock()
        counted._on_staged = on_staged
        counted._watch = watch
        return counted

    def _timed(self) -> AbstractContextManager[None]:
        return nullcontext() if self._watch is None else self._watch.during(Activity.LOADING)

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[Row]:
        """Run a statement and return its rows by column name. Raises ``DatabaseError``.

        One that was aborted because too many wait for its table is sent again.
        """
        binds = list(params)
        if None in binds:
            statement, binds = sql.with_null_literals(statement, binds)
        for wait in (*_WAITS, None):
            try:
                with self._timed():
                    rows = self._session.sql(statement, params=binds).collect()
                break
            except Exception as error:
                if not _is_from_snowflake(error):
                    raise
                if wait is None or not _ABORTED.search(str(error)):
                    raise _product_error(error) from error
            # those that were aborted together are not to come back together
            self._clock.sleep(wait * random.uniform(1, 1.5))
        # a row is a tuple; its own way to a dictionary takes longer than reading it
        names = list(rows[0].as_dict()) if rows else []
        return [dict(zip(names, row, strict=True)) for row in rows]

    def change(self, statement: str, params: Sequence[object] = ()) -> int:
        """Run a statement that changes rows; returns how many. Raises ``DatabaseError``."""
        [counts] = self.rows(statement, params)
        # beside these an UPDATE counts the rows that it could have set to several values
        of_rows = [count for name, count in counts.items() if name.startswith("number of rows")]
        return sum(int(count or 0) for count in of_rows)

    def all_rows(self, query: str, params: Sequence[object] = ()) -> list[Row]:
        """Run a query and return all of its rows, in no order.

        The caller's ``ROWS_PER_RESULTSET`` holds in a procedure too and cuts results in silence.
        What a deletion is concluded from comes from here. Raises ``DatabaseError`` also when rows
        are missing.
        """
        rows = self.rows(
            f"SELECT q.*, COUNT(*) OVER () AS ROWS_IN_ALL FROM (\n{query}\n) q", params
        )
        if rows and rows[0]["ROWS_IN_ALL"] != len(rows):
            raise DatabaseError(
                f"the account or session cuts results to {len(rows)} rows "
                f"({rows[0]['ROWS_IN_ALL']} are needed); ALTER SESSION SET ROWS_PER_RESULTSET = 0 "
                "(or for the user, or the account), then run again: nothing was marked as deleted"
            )
        for row in rows:
            del row["ROWS_IN_ALL"]
        return rows

    def put(self, stream: BinaryIO, location: str) -> None:
        """Write a stream to a stage, under exactly this name. Raises ``DatabaseError``."""
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        try:
            with self._timed():
                self._session.file.put_stream(
                    stream,
                    location,
                    auto_compress=False,
                    # given, so that it is not guessed anew for each file
                    source_compression="NONE",
                    overwrite=True,
                )
        except Exception as error:
            if not _is_from_snowflake(error):
                raise
            raise _product_error(error) from error
        if self._on_staged is not None:
            with self._counting:
                self._on_staged(size)


ADDS_NOTHING = (
    "INSERT INTO STATE.PROGRESS (SYNC, RUN_ID, TURN, NUMBER) SELECT '', '', 0, 0 WHERE FALSE"
)


def database_of_procedure(session: Session) -> Database:
    """The connection of a procedure, each of whose statements is to be final at once.

    An owner's procedure writes in its caller's open transaction and with its caller's AUTOCOMMIT,
    and may ask for neither (Snowflake, "Understanding caller's rights and owner's rights stored
    procedures"). A transaction without AUTOCOMMIT begins with the first statement that changes
    rows, so one that changes none comes first. Raises ``Refusal`` (``OPEN_TRANSACTION``).
    """
    session.sql(ADDS_NOTHING).collect()
    database = Database(session)
    if database.in_transaction:
        with suppress(DatabaseError):
            # where it is the caller's, Snowflake leaves it to the caller
            database.rows("ROLLBACK")
        raise Refusal(
            "this session has an open transaction or AUTOCOMMIT off, so what the app stores could "
            "be lost; run COMMIT or ROLLBACK, and ALTER SESSION SET AUTOCOMMIT = TRUE, then call "
            "again: nothing was read or changed",
            code="OPEN_TRANSACTION",
        )
    return database


def _is_thread_safe(session: Session) -> bool:
    """Whether threads may share the session; False where it does not tell.

    Sessions are thread-safe since Snowpark 1.24, uploads of files included (its CHANGELOG;
    "Submit Snowpark queries concurrently"), where Snowflake has switched that on for the account.
    Snowpark keeps the answer to itself.
    """
    connection = getattr(session, "_conn", None)
    return getattr(connection, "_thread_safe_session_enabled", False) is True


def _is_from_snowflake(error: Exception) -> bool:
    """Snowpark and the connector raise several unrelated families of errors."""
    return type(error).__module__.split(".")[0] == "snowflake" or isinstance(error, OSError)


def _product_error(error: Exception) -> DatabaseError:
    message = _ERROR_NUMBERS.sub("", " ".join(str(error).split()))[:500]
    if _STORAGE_FULL.search(message):
        return StorageFull(
            f"there is no room left to write to ({message}); free some, then run again: nothing "
            "was lost and the next run carries on",
            snowflake_message=message,
        )
    if _PRIVILEGE_MISSING.search(message):
        return GrantMissing(
            f"the application may not do this ({message}); grant it USAGE on the database and "
            "USAGE, CREATE TABLE on the schema of the destination, then run again",
            snowflake_message=message,
        )
    return DatabaseError(
        f"a statement failed: {message}; nothing was lost, run again after mending",
        snowflake_message=message,
    )


def variant(value: object) -> Any:
    """The Python value of a VARIANT or ARRAY, which Snowpark returns as JSON text."""
    return json.loads(value) if isinstance(value, str) else value


def secret(alias: str) -> str:
    """The value of a secret of the running procedure, by its alias; empty when none was set.

    ``_snowflake`` exists inside procedures only. The value is that at the beginning of the call.
    """
    module = importlib.import_module("_snowflake")
    return str(module.get_generic_secret_string(alias) or "").strip()


def store_secret(database: Database, name: str, value: str) -> None:
    """Store a value in one of the application's secrets. Raises ``DatabaseError`` without it."""
    try:
        secret_name = f"{database.in_application('CONFIG')}.{sql.name(name)}"
        database.rows(f"ALTER SECRET {secret_name} SET SECRET_STRING = ?", (value,))
    except DatabaseError as error:
        # Snowflake's message may quote the value that was bound
        raise DatabaseError(
            "the credential could not be stored; check that the application is installed whole "
            f"(its secret CONFIG.{name} exists), then try again"
        ) from error
