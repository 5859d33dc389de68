"""COPY INTO a table from staged Parquet and JSON files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from snowflake_sandbox import access, results
from snowflake_sandbox.duck import execute, first
from snowflake_sandbox.errors import SqlError, compilation, unsupported
from snowflake_sandbox.names import Name, literal, path, quote
from snowflake_sandbox.results import Result
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql import clauses
from snowflake_sandbox.sql.clauses import Clause, Context
from snowflake_sandbox.sql.tokens import Reader
from snowflake_sandbox.sql.types import read_type
from snowflake_sandbox.statements import staging
from snowflake_sandbox.storage import columns
from snowflake_sandbox.storage.stages import Location, StagedFile

_COPY = {
    "FILE_FORMAT": Clause(clauses.options),
    "MATCH_BY_COLUMN_NAME": Clause(clauses.word("CASE_INSENSITIVE", "CASE_SENSITIVE", "NONE")),
    "PURGE": Clause(clauses.flag),
    "FORCE": Clause(clauses.flag),
    "ON_ERROR": Clause(clauses.word("ABORT_STATEMENT")),
    "FILES": Clause(clauses.texts),
    "TRUNCATECOLUMNS": Clause(clauses.flag),
}
_FORMATS = {
    "JSON": {"TYPE", "COMPRESSION", "STRIP_OUTER_ARRAY", "FORMAT_NAME"},
    "PARQUET": {
        "TYPE",
        "COMPRESSION",
        "FORMAT_NAME",
        "USE_LOGICAL_TYPE",
        "USE_VECTORIZED_SCANNER",
        "BINARY_AS_TEXT",
        "NULL_IF",
    },
}
_ANSWER = [
    ("file", "VARCHAR"),
    ("status", "VARCHAR"),
    ("rows_parsed", "BIGINT"),
    ("rows_loaded", "BIGINT"),
    ("error_limit", "BIGINT"),
    ("errors_seen", "BIGINT"),
    ("first_error", "VARCHAR"),
    ("first_error_line", "BIGINT"),
    ("first_error_character", "BIGINT"),
    ("first_error_column_name", "VARCHAR"),
]


def copy_into(session: LocalSession, reader: Reader, context: Context) -> Result:
    """COPY INTO <table> FROM @stage/path: each file once, unless FORCE."""
    if reader.current.value.startswith("@"):
        raise unsupported("COPY INTO a stage")
    table = context.qualify(reader.dotted())
    if session.temporary.resolve(table) != table:
        raise unsupported("COPY INTO a temporary table")
    access.require_relation(session, "TABLE", table, "INSERT")
    listed = clauses.account_names(reader, context) if reader.looking_at("(") else None
    reader.expect("FROM")
    bracket = reader.accept("(")
    selected = _selected(reader) if bracket else None
    location = staging.read_stage_location(session, reader, context)
    if bracket:
        reader.expect(")")
    options = clauses.read_clauses(reader, context, _COPY)
    kind, format_options = _file_format(session, context, options)
    into = _filled_columns(session, table, listed)
    files = session.stages.files(location)
    if "FILES" in options:
        files = _chosen(files, location, options["FILES"])
    if not files:
        return results.status("Copy executed with 0 files processed.", results.COPY)
    match = options.get("MATCH_BY_COLUMN_NAME", "NONE")
    if bracket and match != "NONE":
        raise compilation(
            "match_by_column_name is not supported with copy transform.", 1109, "22000"
        )
    reading = _Reading(match, selected, format_options)
    if selected is not None and len(selected) != len(into):
        raise compilation(
            f"Insert value list does not match column list expecting {len(into)} but got"
            f" {len(selected)}",
            2020,
            "21S01",
        )

    force = bool(options.get("FORCE"))
    purge = bool(options.get("PURGE"))
    deferred = session.account.deferred

    def load() -> Result:
        answer = []
        for staged in files:
            name = f"{'.'.join(location.stage)}/{staged.path}"
            title = f"{location.stage.object.lower()}/{staged.path}"
            digest = staged.digest
            key = [table.schema, table.object, name, digest]
            deferred_before = deferred.holds(table, name, digest)
            if not force and (deferred_before or _was_loaded(session, table, key)):
                skipped = "File was loaded before."
                answer.append([title, "LOAD_SKIPPED", 0, 0, None, 1, skipped, None, None, None])
                continue
            if purge and kind == "PARQUET" and reading.by_column:
                deferred_rows = _deferred(session, table, into, staged, reading, (name, digest))
                if deferred_rows is not None:
                    answer.append(_loaded_row(title, deferred_rows))
                    continue
            session.account.settle(session.duck, table)
            sql = _statement(session, table, into, staged, kind, reading)
            count = _load(session, sql, kind, table, key)
            answer.append(_loaded_row(title, count))
        return results.rows(_ANSWER, answer, results.COPY)

    loaded = session.write(load)
    if purge:
        session.stages.remove(files)
    return loaded


def _chosen(files: list[StagedFile], at: Location, names: Iterable[str]) -> list[StagedFile]:
    """Return the files of FILES. One that is missing aborts ("COPY INTO <table>", ON_ERROR)."""
    by_path = {staged.path: staged for staged in files}
    paths = [f"{at.path.rstrip('/')}/{name}".lstrip("/") for name in names]
    for absent in (file_path for file_path in paths if file_path not in by_path):
        place = f"{'.'.join(at.stage)}/{absent}"
        raise SqlError(f"Remote file '@{place}' was not found.", 91016, "22000")
    return [by_path[file_path] for file_path in paths]


@dataclass(frozen=True)
class _Reading:
    """How the columns of a file become columns of the table.

    Attributes:
        match: MATCH_BY_COLUMN_NAME.
        selected: with a transformation, the column of the file for each column of the table.
        options: those of the file format.
    """

    match: str
    selected: list[str] | None
    options: dict[str, Any]

    @property
    def by_column(self) -> bool:
        """Whether each column of the table has a column of the file."""
        return self.match != "NONE" or self.selected is not None

    def pairs(self, into: list[tuple[str, str]], columns: Iterable[str]) -> list[_Pair]:
        """Return the table's columns that the file has, and that column."""
        if self.selected is not None:
            held = set(columns)
            named = zip(into, self.selected, strict=True)
            return [(*target, source) for target, source in named if source in held]
        fold = str.upper if self.match == "CASE_INSENSITIVE" else str
        sources = {fold(column): column for column in columns}
        return [
            (column, duck_type, sources[fold(column)])
            for column, duck_type in into
            if fold(column) in sources
        ]

    def value(self, column: str, file_type: str) -> str:
        """Return the expression for a column of the file.

        Texts of NULL_IF become NULL where columns are matched by name, and nowhere else; the
        default is ``\\N``.
        """
        nulls = self.options.get("NULL_IF", ["\\N"])
        if self.match == "NONE" or file_type != "VARCHAR" or not nulls:
            return quote(column)
        listed = ", ".join(literal(text) for text in nulls)
        return f"CASE WHEN {quote(column)} IN ({listed}) THEN NULL ELSE {quote(column)} END"


_Pair = tuple[str, str, str]  # column of the table, its type in DuckDB, column of the file


def _selected(reader: Reader) -> list[str] | None:
    """Read ``SELECT $1:"A"::VARCHAR, … FROM``; None for ``SELECT $1 FROM``, the whole row."""
    reader.expect("SELECT")
    columns: list[str] = []
    while True:
        if not (reader.accept("$") and reader.next().value == "1"):
            raise unsupported("COPY with a transformation other than of $1")
        if not columns and reader.accept("FROM"):
            return None
        reader.expect(":")
        columns.append(reader.next().value)
        reader.expect("::")
        kind = read_type(reader)
        if kind.name != "VARCHAR":
            raise unsupported(f"COPY with a transformation to {kind}")
        if reader.accept("FROM"):
            return columns
        reader.expect(",")


def _refuse_empty(
    session: LocalSession, pairs: list[_Pair], types: dict[str, str], at: str
) -> None:
    """Refuse a file with an empty string in a column that is matched by its name.

    Source: Snowflake, "COPY INTO <table>", the limitations of MATCH_BY_COLUMN_NAME.
    """
    texts = [source for _, _, source in pairs if types[source] == "VARCHAR"]
    if not texts:
        return
    # half as long as counting those that are empty
    lengths = ", ".join(f"min(strlen({quote(column)}))" for column in texts)
    row = first(session.duck, f"SELECT {lengths} FROM read_parquet({at})") or ()
    for column, shortest in zip(texts, row, strict=True):
        if shortest == 0:
            raise SqlError(
                f"Column '{column}' of a Parquet file has an empty value, which"
                " MATCH_BY_COLUMN_NAME cannot load.",
                100071,
                "22000",
            )


def _loaded_row(title: str, count: int) -> list[object]:
    return [title, "LOADED", count, count, 1, 0, None, None, None, None]


def _file_format(
    session: LocalSession, context: Context, options: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    format_options = dict(options.get("FILE_FORMAT", {}))
    if "FORMAT_NAME" in format_options:
        parts = Reader(str(format_options["FORMAT_NAME"])).dotted()
        entry = session.catalog.entry("FILE FORMAT", tuple(context.qualify(parts)))
        format_options = {**entry.options, **format_options}
    kind = str(format_options.get("TYPE", "CSV")).upper()
    if kind not in _FORMATS:
        raise unsupported(f"COPY of {kind} files")
    unknown = set(format_options) - _FORMATS[kind]
    if unknown:
        raise unsupported(f"file format option {sorted(unknown)[0]}")
    return kind, format_options


def _filled_columns(
    session: LocalSession, table: Name, listed: list[str] | None
) -> list[tuple[str, str]]:
    """Return the columns that a load fills, each with DuckDB's type: the listed ones, or all."""
    types = session.account.table_columns(session.duck, table)
    for column in listed or ():
        if column not in types:
            raise compilation(f"invalid identifier '{column}'", 904, "42000")
    return [(column, types[column]) for column in (listed or types)]


def _deferred(
    session: LocalSession,
    table: Name,
    into: list[tuple[str, str]],
    staged: StagedFile,
    reading: _Reading,
    key: tuple[str, str],
) -> int | None:
    """Keep a file of text columns instead of loading it into an empty transient table.

    Returns:
        Its number of rows; None when it has to be loaded.
    """
    if session.in_transaction:
        return None
    try:
        file = pq.read_metadata(staged.file)
    except (pa.ArrowException, OSError):
        return None
    types = {
        field.name: "VARCHAR" if field.type == pa.string() else ""
        for field in file.schema.to_arrow_schema()
    }
    pairs = reading.pairs(into, types)
    texts = all(duck_type == types[source] == "VARCHAR" for _, duck_type, source in pairs)
    if reading.match != "NONE":
        _refuse_empty(session, pairs, types, literal(str(staged.file)))
    values = [(column, reading.value(source, "VARCHAR")) for column, _, source in pairs]
    deferred = session.account.deferred
    if not pairs or not texts or not deferred.accepts(table, values):
        return None
    deferred.keep(table, values, staged.file, key)
    return int(file.num_rows)


def _statement(
    session: LocalSession,
    table: Name,
    into: list[tuple[str, str]],
    staged: StagedFile,
    kind: str,
    reading: _Reading,
) -> str:
    source = literal(str(staged.file))
    if kind == "PARQUET":
        return _parquet(session, table, into, source, reading)
    return _json(table, into, source, reading)


def _load(session: LocalSession, sql: str, kind: str, table: Name, key: list[str]) -> int:
    into = f"INSERT INTO {columns.loads(table.database)} VALUES (?, ?, ?, ?, now(), ?)"
    try:
        with session.atomic():
            row = first(session.duck, sql)
            count = int(row[0]) if row else 0
            execute(session.duck, into, [*key, count])
    except duckdb.InvalidInputException as error:
        raise SqlError(f"Error parsing {kind}: {error}", 100069, "22P02") from error
    return count


def _was_loaded(session: LocalSession, table: Name, key: list[str]) -> bool:
    row = first(
        session.duck,
        f"SELECT 1 FROM {columns.loads(table.database)} WHERE schema_name = ?"
        " AND table_name = ? AND file = ? AND digest = ?",
        key,
    )
    return row is not None


def _parquet(
    session: LocalSession, table: Name, into: list[tuple[str, str]], source: str, reading: _Reading
) -> str:
    read = f"read_parquet({source})"
    described = execute(session.duck, f"DESCRIBE SELECT * FROM {read}")
    types = {str(row[0]): str(row[1]) for row in described}
    if not reading.by_column:
        if len(into) != 1 or into[0][1] != "JSON":
            raise compilation(
                "PARQUET file format can produce one and only one column of type variant, object,"
                " or array. Load data into separate columns using the MATCH_BY_COLUMN_NAME copy"
                " option or copy with transformation.",
                2019,
                "0A000",
            )
        row = ", ".join(f"{quote(column)} := {quote(column)}" for column in types)
        return (
            f"INSERT INTO {path(table)} ({quote(into[0][0])})"
            f" SELECT to_json(struct_pack({row})) FROM {read}"
        )
    pairs = reading.pairs(into, types)
    if not pairs and reading.selected is not None:
        return f"INSERT INTO {path(table)} ({quote(into[0][0])}) SELECT NULL FROM {read}"
    if not pairs:
        raise compilation("No column of the file matches a column of the table.", 2019, "0A000")
    if reading.match != "NONE":
        _refuse_empty(session, pairs, types, source)
    names = ", ".join(quote(column) for column, _, _ in pairs)
    values = ", ".join(
        _stored(reading.value(source_column, types[source_column]), types[source_column], duck_type)
        for _, duck_type, source_column in pairs
    )
    return f"INSERT INTO {path(table)} ({names}) SELECT {values} FROM {read}"


def _stored(value: str, source: str, kind: str) -> str:
    # text put into a VARIANT stays text: only PARSE_JSON makes an object of it
    return f"to_json({value})" if kind == "JSON" and source != "JSON" else value


def _json(table: Name, into: list[tuple[str, str]], source: str, reading: _Reading) -> str:
    if reading.by_column:
        raise unsupported("COPY of JSON files into columns")
    options = reading.options
    if len(into) != 1 or into[0][1] != "JSON":
        raise compilation(
            "JSON file format can produce one and only one column of type variant, object, or"
            " array. Use CSV file format if you want to load more than one column.",
            2018,
            "0A000",
        )
    layout = "array" if str(options.get("STRIP_OUTER_ARRAY", "")).upper() == "TRUE" else "auto"
    compression = str(options.get("COMPRESSION", "AUTO")).lower()
    if compression not in ("auto", "gzip", "none", "zstd"):
        raise unsupported(f"file format option COMPRESSION = {compression}")
    if compression == "auto":
        compression = "auto_detect"
    return (
        f"INSERT INTO {path(table)} ({quote(into[0][0])}) SELECT json FROM read_json_objects("
        f"{source}, format = '{layout}', compression = '{compression}')"
    )
