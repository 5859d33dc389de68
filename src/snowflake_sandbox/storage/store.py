"""The directory of an engine with its lock, and the DuckDB files in it."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, RLock

import duckdb
from fakesnow import info_schema, macros
from fakesnow.transforms import show

from snowflake_sandbox.duck import execute
from snowflake_sandbox.errors import EngineBusy, compilation, exists, translate, unsupported
from snowflake_sandbox.names import literal, quote
from snowflake_sandbox.storage import columns

GLOBAL = "_fs_global"
# Rows of a row group, two of DuckDB's vectors, about a file of a backfill. A checkpoint makes whole
# ones of those that are not full, and writes their rows a second time: of 10,240 rows nearly all of
# a backfill.
_ROW_GROUP_ROWS = 4_096
# how much a database may log before a checkpoint: until then rows stay in memory uncompressed
_LOG_BYTES = 96 * 1024 * 1024
_NAME = re.compile(r"[A-Z_][A-Z0-9_]*\Z")
_HIDDEN = frozenset({"memory", "system", "temp", GLOBAL})
# the ending of a file's name until the file is complete
DRAFT = ".new"
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # fakesnow's SQL still writes lambdas with an arrow
    "lambda_syntax": "ENABLE_SINGLE_ARROW",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    # Texts of so many bytes on average are compressed by zstd. By default, 4,096, the JSON of a
    # record is not, and takes most of the disk.
    "zstd_min_string_length": 512,
}


class Store:
    """One DuckDB instance with one file per Snowflake database.

    DuckDB's main database stays empty and in memory; ``_fs_global`` holds what spans databases
    (declared column types, comments, load history).

    Args:
        home: the directory, created if missing; None keeps everything in memory, but for staged
            files, which then live in a temporary directory.
        memory_limit: DuckDB's buffer limit, e.g. ``"256MB"``; larger work spills to disk.
        threads: DuckDB's worker threads.
        wait_seconds: how long to wait for another owner of the directory.

    Raises:
        EngineBusy: the directory is still open elsewhere after ``wait_seconds``.
    """

    def __init__(
        self, home: Path | None, memory_limit: str, threads: int, wait_seconds: float
    ) -> None:
        self.persistent = home is not None
        self._memory_limit = memory_limit
        self._memory_lock = RLock()
        # held while a database or schema is looked up and then created, so that no other thread
        # creates it in between
        self.defining = Lock()
        self.root = home if home is not None else Path(tempfile.mkdtemp(prefix="snowflake-"))
        self.root.mkdir(parents=True, exist_ok=True)
        self._lock_file = self._lock(wait_seconds)
        self._guard = Lock()
        # schemas that were seen since one was dropped
        self._schemas: set[tuple[str, str]] = set()
        self.databases_dir.mkdir(exist_ok=True)
        self.stages_dir.mkdir(exist_ok=True)
        self.duck = duckdb.connect(
            ":memory:",
            config={
                **_CONFIG,
                "memory_limit": memory_limit,
                "threads": threads,
                # with it DuckDB 2.0.0 gives a database up where an INSERT runs out of memory
                "preserve_insertion_order": False,
                "temp_directory": str(self.root / "spill"),
                # DuckDB must not checkpoint by itself: that needs more memory, see _checkpoint
                "checkpoint_threshold": "1TB",
            },
        )
        try:
            self._open()
        except BaseException as error:
            self.close()
            raise translate(error) if isinstance(error, Exception) else error from error

    def _open(self) -> None:
        execute(self.duck, "SET GLOBAL TimeZone = 'UTC'")
        _forget_drafts(self.root)
        _forget_drafts(self.databases_dir)
        file = self.root / "global.db"
        if self.persistent and file.exists():
            self._attach(GLOBAL, file)
            # of temporary tables, when the process that had them was killed
            execute(self.duck, f"DELETE FROM {columns.DECLARED} WHERE database_name = 'temp'")
        else:
            self._create(GLOBAL, file, _global_sql())
        if self.persistent:
            for file in sorted(self.databases_dir.glob("*.db")):
                self._attach(file.stem, file)
                execute(self.duck, columns.loads_sql(file.stem))

    @property
    def databases_dir(self) -> Path:
        """Where the DuckDB files are."""
        return self.root / "databases"

    @property
    def stages_dir(self) -> Path:
        """Where staged files are."""
        return self.root / "stages"

    def _lock(self, wait_seconds: float) -> int:
        descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        until = time.monotonic() + wait_seconds
        while True:
            try:
                # the kernel releases the lock when the process ends, however it ends
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return descriptor
            except BlockingIOError:
                if time.monotonic() >= until:
                    os.close(descriptor)
                    raise EngineBusy(
                        f"{self.root} is open in another process: "
                        "stop that one, or connect to its endpoint"
                    ) from None
                time.sleep(0.05)

    def _attach(self, name: str, file: Path | None) -> None:
        _attach(self.duck, name, file)

    def _create(self, name: str, file: Path, statements: Sequence[str]) -> None:
        """Create a database file, complete or not at all: the disk may be full, the process killed.

        It is made in an instance apart, and attached when it is whole: somebody who looked at half
        a file here would hold on to it, and what is not yet written to it be lost.
        """
        if not self.persistent:
            self._attach(name, None)
            with self.cursor() as cursor:
                for sql in statements:
                    execute(cursor, sql)
            return
        draft = file.with_name(file.name + DRAFT)
        try:
            with duckdb.connect(":memory:", config=_CONFIG) as apart:
                if name != GLOBAL:
                    # the views of a database name it
                    _attach(apart, GLOBAL, None)
                    statements = (*_global_sql(), *statements)
                _attach(apart, name, draft)
                for sql in (*statements, f"CHECKPOINT {quote(name)}", f"DETACH {quote(name)}"):
                    execute(apart, sql)
            draft.rename(file)
            self._attach(name, file)
        except BaseException:
            _forget_drafts(file.parent)
            raise

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a new connection to the instance, with its own transaction and schema."""
        return self.duck.cursor()

    def databases(self) -> list[str]:
        """Return the names of the Snowflake databases."""
        rows = execute(self.cursor(), "SELECT database_name FROM duckdb_databases()")
        return sorted(row[0] for row in rows if row[0] not in _HIDDEN)

    def has_database(self, name: str) -> bool:
        """Whether a database exists."""
        return any(name.upper() == database.upper() for database in self.databases())

    def has_schema(self, database: str, schema: str) -> bool:
        """Whether a schema exists; one that was found is remembered until any is dropped."""
        key, seen = (database.upper(), schema.upper()), self._schemas
        if key in seen:
            return True
        rows = execute(
            self.cursor(),
            "SELECT 1 FROM duckdb_schemas() WHERE upper(database_name) = upper(?)"
            " AND upper(schema_name) = upper(?)",
            [database, schema],
        )
        if rows:
            seen.add(key)
        return bool(rows)

    def forget_schemas(self) -> None:
        """Look for schemas anew: one was dropped."""
        # who looks just now adds what it finds to the set of before
        self._schemas = set()

    def create_database(self, name: str) -> None:
        """Create a database with its PUBLIC schema.

        Raises:
            SqlError: 2002 when it exists.
        """
        with self._guard:
            if self.has_database(name):
                raise exists(name)
            if not _NAME.match(name):
                raise unsupported(f'database name "{name}"')
            if name.lower() in _HIDDEN:
                raise compilation(f"Database name '{name}' is reserved.", 2002, "42710")
            self._create(name, self.databases_dir / f"{name}.db", _database_sql(name))

    def drop_database(self, name: str) -> None:
        """Remove a database, its file and its staged files."""
        with self._guard:
            execute(self.duck, f"DETACH {quote(name)}")
            self.forget_schemas()
            file = self.databases_dir / f"{name}.db"
            file.unlink(missing_ok=True)
            file.with_name(file.name + ".wal").unlink(missing_ok=True)
            shutil.rmtree(self.stages_dir / name, ignore_errors=True)

    @contextmanager
    def with_more_memory(self) -> Iterator[None]:
        """Raise the memory limit while the context is open; one thread at a time."""
        with self._memory_lock:
            with self.cursor() as cursor:
                execute(cursor, "SET GLOBAL memory_limit = '80%'")
            try:
                yield
            finally:
                with suppress(duckdb.Error), self.cursor() as cursor:
                    execute(cursor, f"SET GLOBAL memory_limit = '{self._memory_limit}'")

    def checkpoint_all(self) -> None:
        """Write the logs of all databases to their files, which frees the memory of their rows."""
        for database in self.databases():
            # not possible while another session has an open transaction
            with suppress(duckdb.Error):
                self._checkpoint(database)

    def shorten_log(self, database: str) -> None:
        """Shorten a database's log after a table was emptied or dropped, when it has grown.

        Rows that were deleted before the checkpoint are never written to the database's file.
        """
        log = self.databases_dir / f"{database}.db.wal"
        if self.persistent and log.exists() and log.stat().st_size > _LOG_BYTES:
            # not possible while another session has an open transaction: done at the next call
            with suppress(duckdb.TransactionException):
                self._checkpoint(database)

    def _checkpoint(self, database: str) -> None:
        """Checkpoint with more memory: DuckDB gives a database up when a checkpoint lacks it."""
        with self.with_more_memory(), self.cursor() as cursor:
            execute(cursor, f"CHECKPOINT {quote(database)}")

    def close(self) -> None:
        """Write everything to the files and release the directory."""
        self.duck.close()
        if not self.persistent:
            shutil.rmtree(self.root, ignore_errors=True)
        else:
            shutil.rmtree(self.root / "spill", ignore_errors=True)
        os.close(self._lock_file)


def _attach(duck: duckdb.DuckDBPyConnection, name: str, file: Path | None) -> None:
    target = "':memory:'" if file is None else literal(str(file))
    execute(duck, f"ATTACH {target} AS {quote(name)} (ROW_GROUP_SIZE {_ROW_GROUP_ROWS})")


def _global_sql() -> tuple[str, ...]:
    return (
        info_schema.SQL_CREATE_GLOBAL_FS_INFORMATION_SCHEMA,
        columns.GLOBAL_SQL,
        info_schema.fs_global_creation_sql(),
        show.fs_global_creation_sql(),
    )


def _database_sql(name: str) -> tuple[str, ...]:
    return (
        columns.per_database_sql(name),
        columns.loads_sql(name),
        info_schema.per_db_creation_sql(name),
        macros.creation_sql(name),
        f'CREATE SCHEMA {quote(name)}."PUBLIC"',
    )


def _forget_drafts(directory: Path) -> None:
    for pattern in (f"*{DRAFT}", f"*{DRAFT}.wal"):
        for draft in directory.glob(pattern):
            draft.unlink(missing_ok=True)
