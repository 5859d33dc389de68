"""A session: current schema, transaction, session parameters; every statement enters here."""

from __future__ import annotations

import re
import time
from abc import abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from time import sleep
from typing import TYPE_CHECKING, Any, ClassVar

import duckdb
from fakesnow.conn import FakeSnowflakeConnection
from sqlglot import Expr

from snowflake_sandbox import results
from snowflake_sandbox.account import Account
from snowflake_sandbox.duck import execute, out_of_memory
from snowflake_sandbox.errors import SqlError, translate
from snowflake_sandbox.names import Name, quote
from snowflake_sandbox.results import Result
from snowflake_sandbox.session_parameters import SessionParameters
from snowflake_sandbox.sql.clauses import Context
from snowflake_sandbox.sql.transforming import TRANSACTION, USER
from snowflake_sandbox.sql.translation import Params, Translator
from snowflake_sandbox.storage import columns
from snowflake_sandbox.storage.catalog import Catalog
from snowflake_sandbox.storage.locks import Holder
from snowflake_sandbox.storage.stages import Stages
from snowflake_sandbox.storage.store import Store
from snowflake_sandbox.temporary import Temporary

if TYPE_CHECKING:
    from snowflake.snowpark import Session

# how long DML waits for another session's transaction on the same rows; Snowflake waits longer
LOCK_WAIT_SECONDS = 20.0


@dataclass(frozen=True)
class Script:
    """A file of a setup script that is being executed, and the application's root directory."""

    file: Path
    root: Path


# whom a task runs as (Snowflake, "Introduction to tasks")
SYSTEM = "SYSTEM"
LOCAL = "LOCAL"

_PUT = re.compile(r"\s*PUT\b", re.IGNORECASE)

# the documentation gives the words of these errors, not their numbers
_OTHER_SCOPE, _INCOMPLETE = 90229, 90226

RunStatement = Callable[["LocalSession", str, Params | None], Result]
"""Runs or describes one statement: session, Snowflake SQL, values of its placeholders."""


class Host(Account):
    """An account that opens sessions for the handlers of its procedures."""

    @abstractmethod
    def session(
        self,
        database: str | None = None,
        schema: str | None = None,
        owner: Name | None = None,
        caller: LocalSession | None = None,
    ) -> Session:
        """Return a Snowpark session, as the handler of a procedure gets one.

        Args:
            database: the current database.
            schema: the current schema.
            owner: the procedure whose handler will use the session.
            caller: the session that calls the procedure.
        """


class LocalSession:
    """A session: current database and schema, transaction, variables.

    Args:
        account: what it shares with the other sessions.
        run: runs a statement of any kind. The modules that run one kind each stand above this
            one; where they run further statements, they come back here.
        describe: answers the columns of a statement without running it.
        database: the current database, if it exists.
        schema: the current schema, if it exists.
        owner: the procedure whose handler uses this session; such a session is refused what
            Snowflake refuses an application's owner procedure.
        caller: the session that called that procedure. Its open transaction is the procedure's
            too, which can neither commit nor roll it back.
    """

    listeners: ClassVar[list[Callable[[LocalSession, str], None]]] = []
    """What hears of every statement that a session has run."""

    def __init__(
        self,
        account: Host,
        run: RunStatement,
        describe: RunStatement,
        database: str | None = None,
        schema: str | None = None,
        owner: Name | None = None,
        caller: LocalSession | None = None,
    ) -> None:
        self.account = account
        self.role: str | None = None
        self._run = run
        self._describe = describe
        self.owner = owner
        self.script: Script | None = None
        self.lock = RLock()
        self.parameters = SessionParameters()
        self.in_transaction = False
        self.holder = Holder()
        self.temporary = Temporary()
        self.called: LocalSession | None = None
        self.enclosing: LocalSession | None = None
        if caller is not None:
            caller.called = self
            self.parameters = caller.parameters.inherited()
            if caller.in_transaction:
                self.enclosing, self.in_transaction = caller, True
                self.holder = caller.holder
        self.duck: duckdb.DuckDBPyConnection = (
            self.enclosing.duck if self.enclosing else account.store.cursor()
        )
        self._fake = FakeSnowflakeConnection(
            self.duck, {}, create_database=False, create_schema=False
        )
        self.translator = Translator(self._fake)
        # an owner's procedure sees its caller, a task the system
        if caller is not None:
            self.login(caller.user)
        else:
            self.login(LOCAL if owner is None else SYSTEM)
        if database is not None and account.store.has_database(database):
            self.use(database, None)
            if schema is not None and account.store.has_schema(database, schema):
                self.use(database, schema)

    def login(self, user: str | None) -> None:
        """Say who uses the session; None where Snowflake would not tell."""
        self.user = user
        name = "NULL" if user is None else f"'{user.replace(chr(39), chr(39) * 2)}'"
        execute(self.duck, f"SET VARIABLE {USER} = {name}::VARCHAR")

    # --- current names --------------------------------------------------------------------------

    @property
    def database(self) -> str | None:
        """The current database."""
        return self._fake.database if self._fake.database_set else None

    @property
    def schema(self) -> str | None:
        """The current schema."""
        return self._fake.schema if self._fake.schema_set else None

    @property
    def store(self) -> Store:
        """The account's databases."""
        return self.account.store

    @property
    def catalog(self) -> Catalog:
        """The account's recorded objects."""
        return self.account.catalog

    @property
    def stages(self) -> Stages:
        """The account's staged files."""
        return self.account.stages

    def context(self, params: list[Any] | None = None) -> Context:
        """Return the current names and the bound values, as reading clauses needs them."""
        return Context(self.database, self.schema, tuple(params or ()))

    def parse(self, text: str) -> Expr:
        """Parse one statement; what is temporary has the name that DuckDB knows."""
        return self.temporary.rename(self.translator.parse(text), self.context())

    def has_variables(self) -> bool:
        """Whether session variables are set, whose values are part of what a statement means."""
        return bool(self._fake.variables._variables)

    def use(self, database: str | None, schema: str | None) -> None:
        """Set current database and schema; they must exist, or be None."""
        fake = self._fake
        fake.database, fake.database_set = database, database is not None
        fake._schema, fake.schema_set = schema, schema is not None
        if database is None:
            execute(self.duck, "SET schema = 'memory.main'")
        elif schema is None:
            execute(self.duck, f"SET schema = '{quote(database)}.main'")
        else:
            inner = "_fs_information_schema" if schema == "INFORMATION_SCHEMA" else schema
            if schema == "INFORMATION_SCHEMA":
                fake._schema = "_FS_INFORMATION_SCHEMA"
            execute(self.duck, f"SET schema = '{quote(database)}.{quote(inner)}'")

    # --- statements ----------------------------------------------------------------------------

    def execute(self, text: str, params: list[Any] | None = None) -> Result:
        """Run one statement.

        Args:
            text: Snowflake SQL.
            params: values of its placeholders.

        Raises:
            SqlError: whatever went wrong, in Snowflake's shape.
        """
        result = self._execute(text, params)
        for listener in self.listeners:
            listener(self, text)
        return result

    def _execute(self, text: str, params: list[Any] | None) -> Result:
        # threads may share a session; files are put beside a statement, as they are no rows yet
        with nullcontext() if _PUT.match(text) else self.lock:
            try:
                try:
                    return self._run(self, text, params)
                except duckdb.Error as error:
                    # the statement changed nothing; in a transaction what came before is lost too
                    if self.in_transaction or not out_of_memory(error):
                        raise
                self.store.checkpoint_all()
                try:
                    return self._run(self, text, params)
                except duckdb.Error as error:
                    if not out_of_memory(error):
                        raise
                with self.store.with_more_memory():
                    return self._run(self, text, params)
            except Exception as error:
                raise translate(error) from error

    def describe(self, text: str, params: list[Any] | None = None) -> Result:
        """Return the columns of a statement's result, without running it where possible."""
        with self.lock:
            try:
                return self._describe(self, text, params)
            except Exception as error:
                raise translate(error) from error

    def begin_ddl(self) -> None:
        """Commit the open transaction, as Snowflake does before DDL."""
        self.commit()

    # --- transactions --------------------------------------------------------------------------

    def begin(self) -> Result:
        """Open a transaction; one that is open stays open, as in Snowflake.

        Unlike Snowflake's, a transaction is over when a statement in it fails while it runs
        (a value that cannot be cast, a conflict): all but ROLLBACK is refused then. One that is
        refused before it runs (syntax, names) leaves it open. DuckDB has no savepoints.
        """
        if not self.in_transaction:
            self.account.settle_all()
            self.holder.transaction = str(time.time_ns())
            execute(self.duck, f"SET VARIABLE {TRANSACTION} = '{self.holder.transaction}'")
            execute(self.duck, "BEGIN")
            self.in_transaction = True
        return results.status("Statement executed successfully.", results.TCL)

    def commit(self) -> Result:
        """Commit the open transaction, if there is one."""
        self._end("COMMIT")
        return results.status("Statement executed successfully.", results.TCL)

    def rollback(self) -> Result:
        """Roll the open transaction back, if there is one."""
        self._end("ROLLBACK")
        return results.status("Statement executed successfully.", results.TCL)

    def _end(self, statement: str) -> None:
        if not self.in_transaction:
            return
        if self.enclosing is not None:
            raise SqlError(
                "Modifying a transaction that has started at a different scope is not allowed.",
                _OTHER_SCOPE,
                "42000",
            )
        self.in_transaction = False
        try:
            execute(self.duck, statement)
        finally:
            execute(self.duck, f"RESET VARIABLE {TRANSACTION}")
            self.account.locks.release(self.holder)

    def end_call(self) -> None:
        """Roll back what a procedure that this session called has left uncommitted.

        Where AUTOCOMMIT is off, that is everything since the procedure's last DDL.

        Raises:
            SqlError: 90226 when there was such a transaction.
        """
        called, self.called = self.called, None
        if called is not None and called.in_transaction and called.enclosing is None:
            called.rollback()
            raise SqlError(
                "Stored procedure execution error: Scoped transaction started in stored procedure"
                " is incomplete and it was rolled back.",
                _INCOMPLETE,
                "42000",
            )

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Run several statements of DuckDB in one transaction: all of them, or none."""
        if self.in_transaction:
            yield
            return
        execute(self.duck, "BEGIN")
        try:
            yield
            execute(self.duck, "COMMIT")
        except BaseException:
            # a commit that failed has rolled back already
            with suppress(duckdb.Error):
                execute(self.duck, "ROLLBACK")
            raise

    def write(self, action: Callable[[], Result], table: Name | None = None) -> Result:
        """Run DML; wait where Snowflake would wait for the lock of another transaction.

        Args:
            action: runs it.
            table: the table that it locks until the transaction ends: that of UPDATE, DELETE
                and MERGE; None for INSERT.

        Raises:
            SqlError: 625 when the table's line is full.
        """
        if not self.parameters.autocommit:
            self.begin()
        if table is not None:
            self.account.locks.acquire(table, self.holder, LOCK_WAIT_SECONDS)
            if self.account.change_seconds:
                sleep(self.account.change_seconds)
        if self.in_transaction:
            return action()
        until = time.monotonic() + LOCK_WAIT_SECONDS
        try:
            while True:
                try:
                    return action()
                except duckdb.TransactionException as error:
                    if "onflict" not in str(error) or time.monotonic() >= until:
                        raise
                    sleep(0.02)
        finally:
            self.account.locks.release(self.holder)

    def close(self) -> None:
        """End the session; an open transaction is rolled back."""
        with self.lock:
            if self.enclosing is not None:
                self.enclosing.use(self.enclosing.database, self.enclosing.schema)
                return
            with suppress(duckdb.Error):
                self.rollback()
            for table in self.temporary:
                with suppress(duckdb.Error):
                    columns.forget(self.duck, table)
            self.duck.close()
