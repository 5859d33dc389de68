"""The state that all sessions of an engine share: databases, objects, files, runs, plans."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import partial
from pathlib import Path

import duckdb

from snowflake_sandbox.background import Background
from snowflake_sandbox.duck import execute
from snowflake_sandbox.names import Name
from snowflake_sandbox.plan_cache import PlanCache
from snowflake_sandbox.storage import columns, relations
from snowflake_sandbox.storage.catalog import Catalog
from snowflake_sandbox.storage.deferred import Deferred
from snowflake_sandbox.storage.history import History
from snowflake_sandbox.storage.locks import TableLocks
from snowflake_sandbox.storage.secrets import Secrets
from snowflake_sandbox.storage.stages import Stages
from snowflake_sandbox.storage.store import Store


class Account(ABC):
    """The state of an engine, and what running statements ask of the engine itself.

    Args:
        path: a directory, where everything persists between processes; None keeps all in memory.
        memory_limit: DuckDB's buffer limit.
        threads: DuckDB's worker threads.
        wait_seconds: how long to wait while another process has the directory open.

    Attributes:
        locks: who changes rows of which table; the 21st that waits for one is aborted.
        change_seconds: how long UPDATE, DELETE and MERGE hold their table at least. Snowflake
            needs some tenths of a second for the smallest.
        upload_seconds: how long a PUT takes at least, which in Snowflake is some tenths of a
            second too.

    Raises:
        EngineBusy: the directory is open elsewhere.
    """

    def __init__(
        self, path: Path | None, memory_limit: str, threads: int, wait_seconds: float
    ) -> None:
        self.store = Store(path, memory_limit, threads, wait_seconds)
        home = self.store.root if path is not None else None
        self.catalog = Catalog(home / "catalog.json" if home is not None else None)
        self.secrets = Secrets(home / "secrets.json" if home is not None else None)
        self.history = History(home / "history.json" if home is not None else None)
        self.background = Background(self.history, self.catalog, self.run_task)
        self.stages = Stages(self.store.stages_dir)
        self.plans = PlanCache()
        self.locks = TableLocks()
        self.change_seconds = 0.0
        self.upload_seconds = 0.0
        self.deferred = Deferred(self.store.root / "deferred")

    @abstractmethod
    def run_task(self, task: Name, definition: str) -> None:
        """Run a task's statement in a session of its own, in the task's schema.

        Raises:
            SqlError: the statement failed.
        """

    def table_columns(self, duck: duckdb.DuckDBPyConnection, table: Name) -> dict[str, str]:
        """Return DuckDB's types of a table's columns, in order; remembered until tables change.

        Raises:
            SqlError: 2003 when there is no such table.
        """
        return self.plans.remember(
            "existing", table, lambda: relations.existing_columns(duck, table)
        )

    def kind_of(self, duck: duckdb.DuckDBPyConnection, name: Name) -> str | None:
        """Return TABLE or VIEW, None without one of that name; what is there is remembered."""
        return self.plans.remember(
            "kind", name, lambda: relations.kind_of(duck, name), of_views=True
        )

    def shape_of(self, duck: duckdb.DuckDBPyConnection, name: Name) -> columns.Shape | None:
        """Return a relation's columns with their types; of a table they are remembered."""
        is_table = self.plans.is_table(name) and self.kind_of(duck, name) == "TABLE"
        shape = columns.shape_of_table if is_table else columns.shape_of
        return self.plans.remember("shape", name, lambda: shape(duck, name))

    def settle(self, duck: duckdb.DuckDBPyConnection, table: Name) -> None:
        """Put rows that COPY left in files into their table, before something else reads it."""
        if table in self.deferred.all():
            names = list(self.table_columns(duck, table))
            self.deferred.settle(table, partial(execute, duck), names)

    def settle_all(self) -> None:
        """Put all rows that COPY left in files into their tables.

        They must outlive the process, and no transaction that is rolled back may take them along.
        """
        tables = self.deferred.all()
        if not tables:
            return
        with self.store.cursor() as duck:
            for table in tables:
                self.settle(duck, table)
