"""Quoting, and the SQL of single statements on destination and staging tables. Pure.

Every name and literal goes through ``name`` and ``text``. Written for Snowflake, within what the
local engine runs as well: no temporary objects, no DDL in a transaction, no session formats, every
expression aliased, every generated name quoted and upper case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hubspot_ingest.database.columns import NAME_LIMIT, Column, Type, unique_name

# An instant bound as epoch milliseconds, so that no session format or time zone matters.
INSTANT = "TO_TIMESTAMP_NTZ(CAST(? AS NUMBER(38, 0)), 3)"

# The elements of a bound JSON array, as ``f.VALUE``, for a JOIN. Others, whose FLATTEN itself stood
# left of one, were answered "Lateral View cannot be on the left side of join" (001072).
BOUND_ROWS = "(SELECT f.VALUE AS VALUE FROM TABLE(FLATTEN(INPUT => PARSE_JSON(?))) f) f"

# An account or database may give new text columns a collation (DEFAULT_DDL_COLLATION) by which
# keys and values that differ in case only are equal: ours are compared as they are.
BINARY = "COLLATE ''"

_TEXT_NAME_OR_BIND = re.compile(r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"]|"")*"|\?""", re.S)


@dataclass(frozen=True, slots=True)
class Table:
    """A table by its three names, unquoted."""

    database: str
    schema: str
    table: str

    @property
    def quoted(self) -> str:
        """The full name, quoted for a statement."""
        return ".".join(name(part) for part in (self.database, self.schema, self.table))

    def __str__(self) -> str:
        """The full name without quotes, for messages; of a schema where it names no table."""
        return f"{self.database}.{self.schema}.{self.table}".removesuffix(".")


def table_beside(table: Table, part: str) -> Table:
    """What stands next to a destination: the links to a stream, its history, a view of it."""
    full_name = f"{table.table}_{part.upper().replace('-', '_')}"
    if len(full_name) > NAME_LIMIT:
        full_name = unique_name(full_name, full_name, ())
    return replace(table, table=full_name)


def name(identifier: str) -> str:
    """A quoted identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def text(literal: str) -> str:
    """A string literal. Backslashes are escapes inside quotes in Snowflake."""
    return "'" + literal.replace("\\", "\\\\").replace("'", "''") + "'"


def with_null_literals(statement: str, params: Sequence[object]) -> tuple[str, list[object]]:
    """Writes NULL where None would be bound; returns the statement and the values left to bind.

    In a procedure None bound to a number fails (snowpark-python #1760, open in 2024-06; of FLOAT,
    by one of Snowflake's, trulens PR 1628).
    """
    values: Iterator[object] = iter(params)
    left: list[object] = []

    def written(match: re.Match[str]) -> str:
        if match[0] != "?":
            return match[0]
        value = next(values)
        if value is None:
            return "NULL"
        left.append(value)
        return "?"

    return _TEXT_NAME_OR_BIND.sub(written, statement), left


def same_key(left: str, right: str, key: Iterable[str]) -> str:
    """The condition that two rows have the same key; NULL equals NULL."""
    return " AND ".join(
        f"EQUAL_NULL({left}.{name(column)}, {right}.{name(column)})" for column in key
    )


def create_table(table: Table, columns: Iterable[Column], comment: str) -> str:
    """Creates a destination table; later changes only add columns and comments."""
    lines = ",\n  ".join(_definition(column) for column in columns)
    return f"CREATE TABLE IF NOT EXISTS {table.quoted} (\n  {lines}\n) COMMENT = {text(comment)}"


def grant_usage(table: Table) -> tuple[str, str]:
    """Grants the application's readers USAGE on database and schema; only the owner may do this."""
    schema = f"{name(table.database)}.{name(table.schema)}"
    return (
        f"GRANT USAGE ON DATABASE {name(table.database)} TO APPLICATION ROLE DATA_READER",
        f"GRANT USAGE ON SCHEMA {schema} TO APPLICATION ROLE DATA_READER",
    )


def grant_select(table: Table, kind: str = "TABLE") -> str:
    """Grants the application's readers SELECT; an app has no future grants."""
    return f"GRANT SELECT ON {kind} {table.quoted} TO APPLICATION ROLE DATA_READER"


def add_columns(table: Table, columns: Iterable[Column]) -> str:
    """Adds columns, all in one statement."""
    lines = ", ".join(f"IF NOT EXISTS {_definition(column)}" for column in columns)
    return f"ALTER TABLE {table.quoted} ADD COLUMN {lines}"


def comment_columns(table: Table, comments: Mapping[str, str]) -> str:
    """Sets the comments of columns, after HubSpot changed labels, descriptions or types."""
    lines = ", ".join(
        f"COLUMN {name(column)} COMMENT {text(comment)}" for column, comment in comments.items()
    )
    return f"ALTER TABLE {table.quoted} MODIFY {lines}"


def _definition(column: Column) -> str:
    comment = f" COMMENT {text(column.comment)}" if column.comment else ""
    collation = f" {BINARY}" if column.type is Type.TEXT else ""
    return f"{name(column.name)} {column.type}{collation}{comment}"


def create_staging(staging: str, columns: Iterable[Column]) -> str:
    """Creates a staging table of text columns only, so that no load can fail on a value."""
    lines = ", ".join(f"{name(column.name)} VARCHAR {BINARY}" for column in columns)
    return f"CREATE TRANSIENT TABLE IF NOT EXISTS {staging} ({lines})"


def copy(staging: str, columns: Iterable[Column], path: str, files: Iterable[str]) -> str:
    """Copies some of the staged files below ``path`` into the staging table and deletes them.

    Columns are selected one by one: MATCH_BY_COLUMN_NAME refuses an empty string in Parquet, and
    reads a text that is exactly ``\\N`` as NULL (Snowflake, "COPY INTO <table>").
    """
    names = [name(column.name) for column in columns]
    values = ", ".join(f"$1:{quoted}::VARCHAR" for quoted in names)
    return (
        f"COPY INTO {staging} ({', '.join(names)}) FROM (SELECT {values} FROM {text(path)}) "
        f"FILES = ({', '.join(map(text, files))}) "
        "FILE_FORMAT = (TYPE = PARQUET USE_VECTORIZED_SCANNER = TRUE NULL_IF = ()) "
        "ON_ERROR = ABORT_STATEMENT PURGE = TRUE"
    )


def delete_staged(leftovers: str, path: str) -> tuple[str, ...]:
    """Copies all staged files below ``path`` into a new table, which deletes them.

    An owner's rights procedure may not REMOVE files; a COPY with PURGE deletes what it loaded
    instead (Snowflake, "Understanding caller's rights and owner's rights stored procedures"; "COPY
    INTO <table>").
    """
    return (
        f"CREATE TRANSIENT TABLE IF NOT EXISTS {leftovers} (FILE VARIANT)",
        f"COPY INTO {leftovers} FROM (SELECT $1 FROM {text(path)}) "
        "FILE_FORMAT = (TYPE = PARQUET) ON_ERROR = ABORT_STATEMENT PURGE = TRUE",
    )


def record_number(id_column: str) -> str:
    """A record's id as a number; NULL where the text is none that HubSpot can have given."""
    # below what comparisons call above any id; TRY_TO_NUMBER rounds 1.5, and takes signs and blanks
    return (
        f"IFF(REGEXP_LIKE({id_column}, '^[1-9][0-9]{{0,17}}$'), TRY_TO_NUMBER({id_column}), NULL)"
    )


def typed(column: Column, staged: str | None = None) -> str:
    """The expression that casts a staged text to the column's type; what does not fit is NULL.

    Instants are staged as epoch milliseconds and dates as ``YYYY-MM-DD``: nothing depends on the
    session's formats or time zone. ``staged`` is the text, by default the column of that name.
    """
    quoted = staged or name(column.name)
    match column.type:
        case Type.TEXT:
            return quoted
        case Type.NUMBER:
            return f"TRY_TO_NUMBER({quoted}, 38, 18)"
        case Type.BOOLEAN:
            return f"TRY_TO_BOOLEAN({quoted})"
        case Type.DATE:
            return f"TRY_TO_DATE({quoted}, 'YYYY-MM-DD')"
        case Type.TIMESTAMP:
            return f"TO_TIMESTAMP_NTZ(TRY_TO_NUMBER({quoted}), 3)"
        case Type.VARIANT:
            return f"PARSE_JSON({quoted})"
        case Type.ARRAY:
            return f"PARSE_JSON({quoted})::ARRAY"


def as_text(column: Column, of: str) -> str:
    """The expression for a value as text, which ``typed`` reads back as the same value."""
    quoted = f"{of}.{name(column.name)}"
    match column.type:
        case Type.TEXT:
            return quoted
        case Type.NUMBER | Type.BOOLEAN:
            return f"TO_VARCHAR({quoted})"
        case Type.DATE:
            return f"TO_VARCHAR({quoted}, 'YYYY-MM-DD')"
        case Type.TIMESTAMP:
            return f"TO_VARCHAR(DATE_PART(EPOCH_MILLISECOND, {quoted}))"
        case Type.VARIANT | Type.ARRAY:
            return f"TO_JSON({quoted})"


def other_portal(table: Table) -> str:
    """Selects one row of another portal, if there is one; binds: the portal's id."""
    return f'SELECT "_PORTAL_ID" FROM {table.quoted} WHERE "_PORTAL_ID" <> ? LIMIT 1'


def count(table: Table) -> str:
    """Counts the rows of a table."""
    return f"SELECT COUNT(*) AS FOUND FROM {table.quoted}"


def schema_named(table: Table) -> tuple[str, tuple[str]]:
    """Selects the schema of a table, if it can be seen; with the bind of the statement."""
    return (
        f"SELECT SCHEMA_NAME FROM {name(table.database)}.INFORMATION_SCHEMA.SCHEMATA "
        "WHERE SCHEMA_NAME = ?",
        (table.schema,),
    )


def columns_of(table: Table) -> tuple[str, tuple[str, str]]:
    """Selects the columns of a table in their order; with the binds of the statement."""
    return (
        "SELECT COLUMN_NAME, DATA_TYPE, COMMENT "
        f"FROM {name(table.database)}.INFORMATION_SCHEMA.COLUMNS "
        "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION",
        (table.schema, table.table),
    )
