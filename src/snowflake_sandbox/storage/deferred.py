"""Keeps the rows of staging tables in the files they came in until a statement needs the table.

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
from functools import partial
from pathlib import Path
from threading import RLock

from snowflake_sandbox.names import Name, literal, path, quote

_TEXT_OR_NAME = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")


@dataclass
class Rows:
    """The files of one table, all with the same columns, and how a column is read from them."""

    values: tuple[tuple[str, str], ...] = ()
    files: list[Path] = field(default_factory=list)
    loaded: set[tuple[str, str]] = field(default_factory=set)

    def query(self, columns: Sequence[str], files: Sequence[Path] | None = None) -> str:
        """Return a SELECT of the rows of all files, or of some, with these columns of the table."""
        values = dict(self.values)
        listed = ", ".join(f"{values.get(name, 'NULL')} AS {quote(name)}" for name in columns)
        paths = ", ".join(literal(str(file)) for file in files or self.files)
        return f"SELECT {listed} FROM read_parquet([{paths}])"


class Deferred:
    """The followed tables: transient ones that are empty, or whose rows are all in kept files.

    Args:
        root: a directory of its own, emptied at the beginning.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._tables: dict[Name, Rows] = {}
        self._lock = RLock()
        shutil.rmtree(root, ignore_errors=True)

    def created(self, table: Name) -> None:
        """Follow a transient table that was created or emptied."""
        with self._lock:
            self.dropped(table)
            self._tables[table] = Rows()

    def emptied(self, table: Name) -> None:
        """Note that a table was emptied; it stays followed if it was followed."""
        with self._lock:
            if table in self._tables:
                self.created(table)

    def dropped(self, table: Name) -> None:
        """Stop following a table that was dropped, or whose rows are no longer only in files."""
        with self._lock:
            rows = self._tables.pop(table, None)
            for file in rows.files if rows is not None else ():
                file.unlink(missing_ok=True)

    def holds(self, table: Name, name: str, digest: str) -> bool:
        """Whether a file of that name and content is among the table's rows."""
        with self._lock:
            rows = self._tables.get(table)
            return rows is not None and (name, digest) in rows.loaded

    def accepts(self, table: Name, values: Sequence[tuple[str, str]]) -> bool:
        """Whether a file whose columns are read this way can be kept instead of loaded."""
        with self._lock:
            rows = self._tables.get(table)
            return rows is not None and (not rows.files or rows.values == tuple(values))

    def keep(
        self, table: Name, values: Sequence[tuple[str, str]], file: Path, key: tuple[str, str]
    ) -> None:
        """Take a file, which is moved; ``key`` is its name and digest."""
        with self._lock:
            self._root.mkdir(parents=True, exist_ok=True)
            moved_file = file.rename(self._root / f"{uuid.uuid4().hex}.parquet")
            rows = self._tables[table]
            rows.values = tuple(values)
            rows.files.append(moved_file)
            rows.loaded.add(key)

    def named_in(self, text: str) -> list[Name]:
        """Return the followed tables whose names occur in a statement."""
        with self._lock:
            upper = text.upper() if self._tables else ""
            return [table for table in self._tables if table.object.upper() in upper]

    def settle(self, table: Name, insert: Callable[[str], object], columns: Sequence[str]) -> None:
        """Put the rows into their table, by a statement that ``insert`` runs."""
        with self._lock:
            rows = self._tables.get(table)
            if rows is not None and rows.files:
                insert(f"INSERT INTO {path(table)} {rows.query(columns)}")
            self.dropped(table)

    def distinct(self, table: Name, key: str, read: Callable[[str], object]) -> bool:
        """Whether each row in the files of a table has another key, as ``read`` answers a query."""
        with self._lock:
            rows = self._tables[table]
            if not rows.files:
                return True
            query = f"({rows.query([key])})"
        column = quote(key)
        return bool(read(f"SELECT count(*) = count(DISTINCT {column}) FROM {query}"))

    def read_in(
        self, sql: str, table: Name, columns: Sequence[str], *, apart: bool = False
    ) -> list[str] | None:
        """Return statements that read the files instead of a table: one of all files, or of each.

        Args:
            sql: a MERGE, an INSERT or a query.
            table: the table.
            columns: its columns.
            apart: whether to take each file by itself.

        Returns:
            None where it writes to the table, or names it without its database and schema.
        """
        with self._lock:
            rows = self._tables.get(table)
            parts = [f"(?:{re.escape(quote(part))}|{re.escape(part)})" for part in table]
            named = re.compile(r"(?<![\w\".])" + r"\.".join(parts) + r"(?![\w\".])")
            if rows is None or re.match(r"(?:MERGE|INSERT)\s+INTO\s+" + named.pattern, sql):
                return None
            if not rows.files:
                return [sql]
            own = rf"(?<!\w){re.escape(table.object)}(?!\w)"
            if re.search(own, named.sub("", sql), re.IGNORECASE):
                return None
            parts_of_rows = [[file] for file in rows.files] if apart else [rows.files]
            # of a replacement that is a text, backslashes would be read
            read = _named_in(sql, columns)
            sources = [f"({rows.query(read, files)})" for files in parts_of_rows]
            return [named.sub(partial(_always, source), sql) for source in sources]

    def all(self) -> list[Name]:
        """Return every followed table."""
        with self._lock:
            return list(self._tables)


def _named_in(sql: str, columns: Sequence[str]) -> Sequence[str]:
    """Return the columns whose names are in a statement: DuckDB plans no others.

    All of them where a star may mean any.
    """
    names = _TEXT_OR_NAME.sub(lambda found: found[0] if found[0][0] == '"' else "", sql).upper()
    if "*" in names:
        return columns
    return [column for column in columns if quote(column)[1:-1].upper() in names] or columns


def _always(text: str, _match: re.Match[str]) -> str:
    return text
