"""Rows of staging tables that stay in the files they came in until something needs them elsewhere.

A staging table is filled by COPY, read by a few MERGEs and emptied. Writing its rows into a table
first would cost as much as the MERGE itself, so COPY of Parquet into an empty transient table only
keeps the file, and a MERGE reads it there. Any other statement that names the table, and closing
the engine, puts the rows into it first. Only a process that is killed loses them.
"""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock

from snowflake_sandbox.names import Name, literal, path, quote


@dataclass
class Rows:
    """The files of one table, all with the same columns, and how a column is read from them."""

    values: tuple[tuple[str, str], ...] = ()
    files: list[Path] = field(default_factory=list)
    loaded: set[tuple[str, str]] = field(default_factory=set)

    def query(self, columns: Sequence[str]) -> str:
        """A SELECT of the rows with all columns of the table."""
        read = dict(self.values)
        listed = ", ".join(f"{read.get(one, 'NULL')} AS {quote(one)}" for one in columns)
        files = ", ".join(literal(str(one)) for one in self.files)
        return f"SELECT {listed} FROM read_parquet([{files}])"


class Deferred:
    """The transient tables whose content is known to be in files, or to be nothing.

    Args:
        root: a directory of its own, emptied at the beginning.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._tables: dict[Name, Rows] = {}
        self._lock = RLock()
        shutil.rmtree(root, ignore_errors=True)

    def made(self, table: Name) -> None:
        """A transient table was made, or emptied."""
        with self._lock:
            self.gone(table)
            self._tables[table] = Rows()

    def emptied(self, table: Name) -> None:
        """A table was emptied; it is followed only if it was."""
        with self._lock:
            if table in self._tables:
                self.made(table)

    def gone(self, table: Name) -> None:
        """A table is no more, or what it holds is no longer known."""
        with self._lock:
            rows = self._tables.pop(table, None)
            for file in rows.files if rows is not None else ():
                file.unlink(missing_ok=True)

    def holds(self, table: Name, name: str, digest: str) -> bool:
        """Whether a file of that name and content is among the table's rows."""
        with self._lock:
            rows = self._tables.get(table)
            return rows is not None and (name, digest) in rows.loaded

    def takes(self, table: Name, values: Sequence[tuple[str, str]]) -> bool:
        """Whether a file whose columns are read so can be kept instead of loaded."""
        with self._lock:
            rows = self._tables.get(table)
            return rows is not None and (not rows.files or rows.values == tuple(values))

    def keep(
        self, table: Name, values: Sequence[tuple[str, str]], file: Path, key: tuple[str, str]
    ) -> None:
        """Take a file, which is moved; ``key`` is its name and digest."""
        with self._lock:
            self._root.mkdir(parents=True, exist_ok=True)
            kept = file.rename(self._root / f"{uuid.uuid4().hex}.parquet")
            rows = self._tables[table]
            rows.values = tuple(values)
            rows.files.append(kept)
            rows.loaded.add(key)

    def named_in(self, text: str) -> list[Name]:
        """The tables whose names stand in a statement."""
        with self._lock:
            upper = text.upper() if self._tables else ""
            return [one for one in self._tables if one.object.upper() in upper]

    def settle(self, table: Name, insert: Callable[[str], object], columns: Sequence[str]) -> None:
        """Put the rows into their table, by a statement that ``insert`` runs."""
        with self._lock:
            rows = self._tables.get(table)
            if rows is not None and rows.files:
                insert(f"INSERT INTO {path(table)} {rows.query(columns)}")
            self.gone(table)

    def read_in(self, sql: str, table: Name, columns: Sequence[str]) -> str | None:
        """A MERGE that reads the files instead of the table; None where it writes to the table."""
        with self._lock:
            rows = self._tables.get(table)
            parts = [f"(?:{re.escape(quote(one))}|{re.escape(one)})" for one in table]
            named = re.compile(r"(?<![\w\".])" + r"\.".join(parts) + r"(?![\w\".])")
            if rows is None or re.match(r"MERGE\s+INTO\s+" + named.pattern, sql):
                return None
            if not rows.files:
                return sql
            source = f"({rows.query(columns)})"
            return named.sub(lambda _: source, sql)

    def all(self) -> list[Name]:
        """Every table that is followed."""
        with self._lock:
            return list(self._tables)
