"""The engine: an account in memory or in a directory, and the sessions that clients open on it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from snowflake_sandbox import access, dispatch
from snowflake_sandbox.endpoint import loopback
from snowflake_sandbox.endpoint.server import Server
from snowflake_sandbox.endpoint.wire import Wire
from snowflake_sandbox.names import Name
from snowflake_sandbox.queries import execution
from snowflake_sandbox.session import SYSTEM, Host, LocalSession, Script
from snowflake_sandbox.statements.setup_scripts import run_script
from snowflake_sandbox.storage.records import Entry, Grant

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection
    from snowflake.snowpark import Session


class Engine(Host):
    """A local Snowflake.

    Args:
        path: a directory, where everything persists between processes; None keeps all in memory.
        wait_seconds: how long to wait while another process has the directory open.
        memory_limit: DuckDB's buffer limit. Larger work spills to disk; a statement
            that cannot is run again with as much as the machine has.
        threads: DuckDB's worker threads; None takes the machine's, at most 4. With one alone a
            commit may lack memory, after which DuckDB gives the database up.

    Raises:
        EngineBusy: the directory is open elsewhere.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        wait_seconds: float = 5.0,
        memory_limit: str = "256MB",
        threads: int | None = None,
    ) -> None:
        # Arrow's own allocator keeps what it once had, which a laptop may need for something else
        pa.set_memory_pool(pa.system_memory_pool())
        workers = threads or min(4, os.cpu_count() or 2)
        super().__init__(path, memory_limit, workers, wait_seconds)
        self.wire = Wire(self.local_session)
        self._open: list[SnowflakeConnection] = []
        self._closed = False

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def local_session(
        self,
        database: str | None = None,
        schema: str | None = None,
        owner: Name | None = None,
        caller: LocalSession | None = None,
    ) -> LocalSession:
        """Return a session without a client in between."""
        return LocalSession(
            self, dispatch.run_statement, execution.describe_query, database, schema, owner, caller
        )

    def session(
        self,
        database: str | None = None,
        schema: str | None = None,
        owner: Name | None = None,
        caller: LocalSession | None = None,
    ) -> Session:
        """Return a Snowpark session that talks to this engine in process, without a port.

        Args:
            database: the current database.
            schema: the current schema.
            owner: the procedure whose handler will use the session.
            caller: the session that calls the procedure.
        """
        from snowflake.snowpark import Session

        connection = self.connect(database, schema, owner, caller)
        session: Session = Session.builder.configs({"connection": connection}).create()
        return session

    def connect(
        self,
        database: str | None = None,
        schema: str | None = None,
        owner: Name | None = None,
        caller: LocalSession | None = None,
        role: str | None = None,
    ) -> SnowflakeConnection:
        """Return a connection of Snowflake's connector to this engine, without a port.

        Args:
            database: the current database.
            schema: the current schema.
            owner: the procedure whose handler will use the connection.
            caller: the session that calls the procedure.
            role: a role of the account, whose rights the connection has; an administrator's
                without one.
        """
        self._open = [connection for connection in self._open if not connection.is_closed()]
        connection = loopback.connect(
            self.wire, database, schema, None if owner is None else (owner, caller), role
        )
        self._open.append(connection)
        return connection

    def run_task(self, task: Name, definition: str) -> None:
        """Run a task's statement in a session of its own, in the task's schema.

        Raises:
            SqlError: the statement failed.
        """
        session = self.local_session(task.database, task.schema)
        session.login(SYSTEM)
        try:
            session.execute(definition)
        finally:
            session.close()

    def install(self, app: Path, database: str = "HUBSPOT_INGEST") -> None:
        """Install an application, or upgrade it: execute its setup script.

        Args:
            app: the application's root directory, with ``setup.sql``.
            database: the application's name, which is its database.

        Raises:
            SqlError: a statement failed; the message names file and statement.
        """
        root = app.resolve()
        if not self.store.has_database(database):
            self.store.create_database(database)
        self.catalog.add(Entry("APPLICATION", (database,)), replace_existing=True)
        self.catalog.grant(
            Grant(privilege, access.ACCOUNT, access.ACCOUNT, database, "APPLICATION")
            for privilege in access.requested_privileges(root / "manifest.yml")
        )
        session = self.local_session(database)
        try:
            run_script(session, Script(root / "setup.sql", root))
        finally:
            session.close()

    @contextmanager
    def serve(self, port: int = 0) -> Iterator[Server]:
        """Serve the engine to other processes on 127.0.0.1 while the context is open.

        Args:
            port: 0 takes a free one.
        """
        server = Server(self.wire, port)
        server.start()
        try:
            yield server
        finally:
            server.stop()

    def close(self) -> None:
        """Close all sessions and files once no task runs; the directory is free afterwards."""
        if self._closed:
            return
        self._closed = True
        self.background.wait()
        for connection in self._open:
            connection.close()
        self.wire.close()
        self.settle_all()
        self.store.close()

    def sql(self, text: str, params: list[Any] | None = None) -> list[tuple[str | None, ...]]:
        """Run one statement in a session of its own and return its rows as text."""
        session = self.local_session()
        try:
            result = session.execute(text, params)
        finally:
            session.close()
        if result.table is not None:
            rows = zip(*(column.to_pylist() for column in result.table.columns), strict=True)
            return [tuple(None if value is None else str(value) for value in row) for row in rows]
        return [tuple(row) for row in result.rows]
