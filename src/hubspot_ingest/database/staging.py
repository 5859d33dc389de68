"""Loads rows: columns of text → Parquet → stage → staging tables → MERGE; few rows by a bind.

Parquet of text is the fastest form that both Snowflake and the local engine load without typing
surprises (docs/decisions/0002-landing-format.md).
"""

from __future__ import annotations

import io
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic_core import to_json

from hubspot_ingest.database import sql
from hubspot_ingest.database.columns import KEY, LINK, Column, nested_links
from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.errors import DatabaseError

# Rows of so few bytes of JSON go with the MERGE itself: binds count for the 1 MB that Snowflake
# advises for a statement ("Limits on query text size"). So many columns keep its text small.
BOUND_BYTES = 400_000
BOUND_COLUMNS = 500
# The part that takes the files which nobody merges any more.
LEFT_OVER = "LEFT_OVER"


def parquet(values: Mapping[str, Sequence[str | bytes | None]]) -> bytes:
    """A Parquet file of text columns, all of the same length."""
    table = pa.table({name: _array(column) for name, column in values.items()})
    buffer = io.BytesIO()
    # statistics and dictionaries cost time and help no one: the file is read once, whole
    pq.write_table(
        table, buffer, compression="snappy", use_dictionary=False, write_statistics=False
    )
    return buffer.getvalue()


def merged_rows(counts: Sequence[Row]) -> tuple[int, int]:
    """How many rows a MERGE inserted, and how many it updated, by its answer."""
    return (
        int(counts[0].get("number of rows inserted") or 0),
        int(counts[0].get("number of rows updated") or 0),
    )


def _array(column: Sequence[str | bytes | None]) -> pa.Array:
    return column if isinstance(column, pa.Array) else pa.array(column, pa.string())


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """Files that ``Staging.upload`` dealt with: their names in the stage, by part.

    ``small`` is the content of a file so small that it was not uploaded, as it may be bound.
    """

    names: Mapping[str, str]
    small: bytes | None = None


@dataclass
class Staging:
    """The staging tables of one run, created with their first rows and dropped at the end.

    ``columns`` has the columns of each part: of the records under ``""``, and of the tables beside.
    Links may be nested in the records instead, which saves a file, a table and a COPY for each
    stream. ``filled`` are the parts that hold rows of files. A file of few rows may not be staged:
    these come by ``binds``, after the other binds of a statement that names ``table`` once.

    Another thread may ``upload`` files while statements run, all else is for one thread.
    """

    database: Database
    run_id: str
    columns: Mapping[str, Sequence[Column]]
    _held: bytes | None = field(default=None, init=False)
    _bound: str | None = field(default=None, init=False)
    _created: set[str] = field(default_factory=set, init=False)
    # held while a file is uploaded, so that none is uploaded after ``drop``
    _uploading: threading.Lock = field(default_factory=threading.Lock, init=False)
    _files: int = field(default=0, init=False)
    _copied: int = field(default=0, init=False)
    _to_copy: dict[str, list[str]] = field(default_factory=dict, init=False)
    _dropped: bool = field(default=False, init=False)
    filled: set[str] = field(default_factory=set, init=False)

    @property
    def _schema(self) -> str:
        return self.database.in_application("STAGING")

    def table(self, part: str = "") -> str:
        """What a part's rows are selected from: its staging table, or the links in the records."""
        if part and nested_links(part) in self.columns.get("", ()):
            return _unnested(self.table(), part)
        if not part and self._bound is not None:
            return _selected_bind(self.columns[part])
        return self._name(part)

    def _name(self, part: str) -> str:
        own = f"LOAD_{self.run_id}_{part}" if part else f"LOAD_{self.run_id}"
        return f"{self._schema}.{sql.name(own.upper())}"

    @property
    def binds(self) -> tuple[str, ...]:
        """What a statement that selects from ``table`` binds for it."""
        return () if self._bound is None else (self._bound,)

    def ensure_table(self, part: str = "") -> str:
        """As ``table``; creates the table if it does not exist yet."""
        if part not in self._created:
            self.database.rows(sql.create_staging(self._name(part), self.columns[part]))
            self._created.add(part)
        return self.table(part)

    def add(self, parts: Mapping[str, bytes | None], *, binds_few: bool = False) -> None:
        """Stage Parquet files, by part; the next MERGE finds their rows in the parts' tables.

        None stands for a part that is nested in the records. With ``binds_few`` a file of few rows
        that stays alone is bound instead.
        """
        self.take(self.upload(parts, binds_few=binds_few))

    def upload(self, parts: Mapping[str, bytes | None], *, binds_few: bool = False) -> UploadedFile:
        """Put the files of ``add`` into the stage, for ``take``; after ``drop`` nothing is put.

        Raises ``DatabaseError``; then what was put of them is never copied by ``copy``.
        """
        files = {part: file for part, file in parts.items() if file is not None}
        if binds_few and len(files[""]) <= BOUND_BYTES:
            return UploadedFile({}, files[""])
        return UploadedFile({part: self._put(part, file) for part, file in files.items()})

    def take(self, uploaded: UploadedFile) -> None:
        """Let the next MERGE find the rows of files that were uploaded."""
        is_first = self._held is None and not self._to_copy
        if uploaded.small is not None and is_first:
            self._held = uploaded.small
            return
        self._stage_held()
        names = uploaded.names
        if uploaded.small is not None:
            names = {"": self._put("", uploaded.small)}
        for part, file in names.items():
            self._to_copy.setdefault(part, []).append(file)

    def _stage_held(self) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            self._to_copy.setdefault("", []).append(self._put("", held))

    def _put(self, part: str, file: bytes) -> str:
        with self._uploading:
            if self._dropped:
                return ""
            self._files += 1
            # a new name each time: COPY skips the names it loaded in the last 64 days
            name = f"{self._files:06d}.parquet"
            self.database.put(io.BytesIO(file), f"{self._location(part)}/{name}")
            return name

    @property
    def _directory(self) -> str:
        return f"@{self._schema}.LOADS/{self.run_id}/"

    def _location(self, part: str) -> str:
        return f"{self._directory}{part or 'RECORDS'}"

    def copy(self) -> None:
        """Copy the files that were taken to their tables; one statement reads all in parallel."""
        if self._held is not None:
            self._bound = _as_json(self._held, self.columns[""])
            if self._bound is None:
                self._stage_held()
            self._held = None
        for part in sorted(self._to_copy):
            self.ensure_table(part)
            location, names = f"{self._location(part)}/", self._to_copy[part]
            self.database.rows(sql.copy(self._name(part), self.columns[part], location, names))
            self._copied += len(names)
        self.filled |= {*self._to_copy}
        self._to_copy = {}

    def truncate(self) -> None:
        """Empty the staging tables, whose rows were merged, for the next ones."""
        self._bound = None
        for part in sorted(self.filled):
            self.database.rows(f"TRUNCATE TABLE {self._name(part)}")
        self.filled.clear()

    def drop(self) -> None:
        """Drop the staging tables and delete files not copied; waits for an upload under way."""
        with self._uploading:
            self._dropped = True
        if self._files > self._copied:
            # an upload that failed may have left its file too
            with suppress(DatabaseError):
                self._created.add(LEFT_OVER)
                for statement in sql.delete_staged(self._name(LEFT_OVER), self._directory):
                    self.database.rows(statement)
        for part in sorted(self._created):
            self.database.rows(f"DROP TABLE IF EXISTS {self._name(part)}")
        self._created.clear()


def _unnested(records: str, stream: str) -> str:
    """Selects the links to a stream that are nested in staged records."""
    column = sql.name(nested_links(stream).name)
    values = ", ".join(
        f"f.VALUE[{place}]::VARCHAR AS {sql.name(link.name)}" for place, link in enumerate(LINK[1:])
    )
    return (
        f"(SELECT r.{sql.name(KEY)} AS {sql.name(LINK[0].name)}, {values} FROM {records} r, "
        f"LATERAL FLATTEN(INPUT => PARSE_JSON(r.{column})) f)"
    )


def _as_json(file: bytes, columns: Sequence[Column]) -> str | None:
    """The rows of a Parquet file as a JSON array of arrays, in the order of ``columns``.

    None where they do not go into a statement: too long, or with a character that PARSE_JSON
    refuses.
    """
    if len(columns) > BOUND_COLUMNS:
        return None
    table = pq.read_table(io.BytesIO(file))
    values = [table.column(column.name).to_pylist() for column in columns]
    json = to_json([*zip(*values, strict=True)])
    return None if len(json) > BOUND_BYTES or b"\\u0000" in json else json.decode()


def _selected_bind(columns: Sequence[Column]) -> str:
    """Selects the rows of ``_as_json``, which is bound."""
    values = ", ".join(
        f"f.VALUE[{place}]::VARCHAR AS {sql.name(column.name)}"
        for place, column in enumerate(columns)
    )
    return f"(SELECT {values} FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f)"
