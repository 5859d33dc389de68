"""The statements that touch destinations and staging, as text. Pure.

Every name and literal goes through ``name`` and ``text``. Written for Snowflake, within what the
local engine runs as well: no temporary objects, no DDL in a transaction, no session formats, every
expression aliased, every generated name quoted and upper case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hubspot_ingest.database.columns import Column, Type

# An instant, bound as epoch milliseconds: no session's format or time zone has a say.
INSTANT = "TO_TIMESTAMP_NTZ(CAST(? AS NUMBER(38, 0)), 3)"


@dataclass(frozen=True, slots=True)
class Table:
    """A table by its three names, unquoted."""

    database: str
    schema: str
    table: str

    @property
    def quoted(self) -> str:
        """The full name as it stands in a statement."""
        return ".".join(name(part) for part in (self.database, self.schema, self.table))

    def __str__(self) -> str:
        """The full name as a person writes it."""
        return f"{self.database}.{self.schema}.{self.table}"


def name(identifier: str) -> str:
    """A quoted identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def text(literal: str) -> str:
    """A string literal. Backslashes are escapes inside quotes in Snowflake."""
    return "'" + literal.replace("\\", "\\\\").replace("'", "''") + "'"


def same_key(left: str, right: str, key: Iterable[str]) -> str:
    """Whether two rows have one key, parts of which may be NULL."""
    return " AND ".join(f"EQUAL_NULL({left}.{name(one)}, {right}.{name(one)})" for one in key)


def create_table(table: Table, columns: Iterable[Column], comment: str) -> str:
    """The destination table, made once and only grown afterwards."""
    lines = ",\n  ".join(_definition(column) for column in columns)
    return f"CREATE TABLE IF NOT EXISTS {table.quoted} (\n  {lines}\n) COMMENT = {text(comment)}"


def grant_usage(table: Table) -> tuple[str, str]:
    """Let the application's readers use database and schema: what their owner alone may do."""
    schema = f"{name(table.database)}.{name(table.schema)}"
    return (
        f"GRANT USAGE ON DATABASE {name(table.database)} TO APPLICATION ROLE DATA_READER",
        f"GRANT USAGE ON SCHEMA {schema} TO APPLICATION ROLE DATA_READER",
    )


def grant_select(table: Table, kind: str = "TABLE") -> str:
    """Let the application's readers see a table or view; there are no future grants in an app."""
    return f"GRANT SELECT ON {kind} {table.quoted} TO APPLICATION ROLE DATA_READER"


def add_columns(table: Table, columns: Iterable[Column]) -> str:
    """New columns, all in one statement."""
    lines = ", ".join(f"IF NOT EXISTS {_definition(column)}" for column in columns)
    return f"ALTER TABLE {table.quoted} ADD COLUMN {lines}"


def describe_column(table: Table, column: Column) -> str:
    """The column's comment, after its property was renamed or described anew in HubSpot."""
    return f"COMMENT ON COLUMN {table.quoted}.{name(column.name)} IS {text(column.comment)}"


def _definition(column: Column) -> str:
    comment = f" COMMENT {text(column.comment)}" if column.comment else ""
    return f"{name(column.name)} {column.type}{comment}"


def create_staging(staging: str, columns: Iterable[Column]) -> str:
    """The run's staging table: text only, so that no load can fail on a value."""
    lines = ", ".join(f"{name(column.name)} VARCHAR" for column in columns)
    return f"CREATE TRANSIENT TABLE IF NOT EXISTS {staging} ({lines})"


def copy(staging: str, path: str) -> str:
    """The staged files below ``path`` into the staging table; the files go away with it."""
    return (
        f"COPY INTO {staging} FROM {text(path)} FILE_FORMAT = (TYPE = PARQUET) "
        "MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE ON_ERROR = ABORT_STATEMENT PURGE = TRUE"
    )


def typed(column: Column, staged: str | None = None) -> str:
    """A staged text as the column's type; what does not fit is NULL.

    Instants are staged as epoch milliseconds and dates as ``YYYY-MM-DD``: nothing rests on the
    session's formats or time zone. ``staged`` is the text where it has not the column's name.
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
    """A value of a table as the text that ``typed`` reads back as the same value."""
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
    """One row of another portal, if there is one; binds: the portal's id."""
    return f'SELECT "_PORTAL_ID" FROM {table.quoted} WHERE "_PORTAL_ID" <> ? LIMIT 1'


def portal_of(table: Table) -> str:
    """The portal whose rows a table holds."""
    return f'SELECT MAX("_PORTAL_ID") AS PORTAL_ID FROM {table.quoted}'


def count(table: Table) -> str:
    """How many rows a table has."""
    return f"SELECT COUNT(*) AS FOUND FROM {table.quoted}"


def schema_named(table: Table) -> tuple[str, tuple[str]]:
    """The schema of a table, if it can be seen, with the bind of the statement."""
    return (
        f"SELECT SCHEMA_NAME FROM {name(table.database)}.INFORMATION_SCHEMA.SCHEMATA "
        "WHERE SCHEMA_NAME = ?",
        (table.schema,),
    )


def columns_of(table: Table) -> tuple[str, tuple[str, str]]:
    """The columns of a table as it stands, in their order, with the binds of the statement."""
    return (
        "SELECT COLUMN_NAME, DATA_TYPE, COMMENT "
        f"FROM {name(table.database)}.INFORMATION_SCHEMA.COLUMNS "
        "WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION",
        (table.schema, table.table),
    )
