"""The statements that touch destinations and staging, as text. Pure.

Every name and literal goes through ``name`` and ``text``. Written for Snowflake, within what the
local engine runs as well: no temporary objects, no DDL in a transaction, no session formats, every
expression aliased, every generated name quoted and upper case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hubspot_ingest.database.columns import (
    BOOKKEEPING,
    DELETE_KIND,
    DELETED_AT,
    KEY,
    UPDATED,
    Column,
    Type,
)

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


def create_table(table: Table, columns: Iterable[Column], comment: str) -> str:
    """The destination table, made once and only grown afterwards."""
    lines = ",\n  ".join(_definition(column) for column in columns)
    return f"CREATE TABLE IF NOT EXISTS {table.quoted} (\n  {lines}\n) COMMENT = {text(comment)}"


def let_enter(table: Table) -> tuple[str, str]:
    """Let the application's readers use database and schema: what their owner alone may do."""
    schema = f"{name(table.database)}.{name(table.schema)}"
    return (
        f"GRANT USAGE ON DATABASE {name(table.database)} TO APPLICATION ROLE DATA_READER",
        f"GRANT USAGE ON SCHEMA {schema} TO APPLICATION ROLE DATA_READER",
    )


def let_read(table: Table, kind: str = "TABLE") -> str:
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


def typed(column: Column) -> str:
    """A staged text as the column's type; what does not fit is NULL.

    Instants are staged as epoch milliseconds and dates as ``YYYY-MM-DD``: nothing rests on the
    session's formats or time zone.
    """
    quoted = name(column.name)
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


def merge(
    table: Table,
    staging: str,
    staged: Sequence[Column],
    *,
    revive: bool,
    insert: bool = True,
    distinct: bool = False,
) -> str:
    """The staged rows into the destination; binds: portal id, run id, now.

    The newest version of a record wins, an older one never overwrites it, and a row that is
    already as it should be is left alone, so that ``_RUN_ID`` and the counts tell what changed.
    Columns that were not staged are not touched, nor are associations that were not fetched.
    A row that is marked as deleted lives again when a newer version of it comes; with ``revive``
    (the rows come from HubSpot's primary store, not from its search index) when any comes.
    Where no id was staged twice (``distinct``), nobody has to look for the newest version.
    """
    values = ",\n    ".join(f"{typed(column)} AS {name(column.name)}" for column in staged)
    key, updated, kind = name(KEY), name(UPDATED), name(DELETE_KIND.name)
    marked = DELETE_KIND in staged
    reasons = [f"s.{updated} > t.{updated}"]
    if marked:
        # deleted, restored and deleted again since: the kind is the same, the time is not
        at = name(DELETED_AT.name)
        reasons += [f"t.{one} IS DISTINCT FROM s.{one}" for one in (kind, at)]
    elif revive:
        reasons.append(f"t.{kind} IS NOT NULL")
    else:
        # a filter that takes a record again is no question of its version
        reasons.append(f"t.{kind} = 'FILTERED_OUT'")
    differs = " OR ".join(_differs(one) for one in staged if one.type in _CONTENT)
    reasons.append(f"({differs})" if marked or revive else f"(t.{kind} IS NULL AND ({differs}))")
    fresh = ["_PORTAL_ID", "_RUN_ID", "_SYNCED_AT"]
    inserted = [*(column.name for column in staged), *fresh]
    emptied = [column.name for column in BOOKKEEPING if column.name not in inserted]
    sets = ", ".join(
        [
            *(f"{name(one.name)} = {_kept(one)}" for one in staged if one.name != KEY),
            *(f"{name(one)} = s.{name(one)}" for one in fresh),
            *(f"{name(one)} = NULL" for one in emptied),
        ]
    )
    newest = (
        ""
        if distinct
        else f"  QUALIFY ROW_NUMBER() OVER (PARTITION BY {key} "
        f"ORDER BY TRY_TO_NUMBER({updated}) DESC NULLS LAST) = 1\n"
    )
    statement = (
        f"MERGE INTO {table.quoted} t USING (\n"
        f"  SELECT\n    {values},\n"
        '    CAST(? AS VARCHAR) AS "_PORTAL_ID", CAST(? AS VARCHAR) AS "_RUN_ID",\n'
        f'    {INSTANT} AS "_SYNCED_AT"\n'
        f"  FROM {staging}\n{newest}"
        f") s ON t.{key} = s.{key}\n"
        f"WHEN MATCHED AND (t.{updated} IS NULL OR s.{updated} >= t.{updated}) AND "
        f"(t.{updated} IS NULL OR {' OR '.join(reasons)})\n"
        f"THEN UPDATE SET {sets}"
    )
    if not insert:
        return statement
    return (
        f"{statement}\n"
        f"WHEN NOT MATCHED THEN INSERT ({', '.join(map(name, inserted))})\n"
        f"VALUES ({', '.join(f's.{name(one)}' for one in inserted)})"
    )


_CONTENT = (Type.VARIANT, Type.ARRAY)


def _differs(column: Column) -> str:
    quoted = name(column.name)
    told = f"TO_JSON(s.{quoted}) IS DISTINCT FROM TO_JSON(t.{quoted})"
    return f"(s.{quoted} IS NOT NULL AND {told})" if column.type is Type.ARRAY else told


def _kept(column: Column) -> str:
    """What a column is set to; associations that were not fetched stay."""
    quoted = name(column.name)
    if column.type is Type.ARRAY:
        return f"COALESCE(s.{quoted}, t.{quoted})"
    return f"s.{quoted}"


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
