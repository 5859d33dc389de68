"""Stores what DuckDB does not keep of a column: its declared type and its comment.

ARRAY, OBJECT and VARIANT are all JSON in DuckDB, time scales and text lengths are dropped, so the
declaration is kept in a table of its own, from which INFORMATION_SCHEMA, SHOW COLUMNS and
DESCRIBE TABLE answer as Snowflake does.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import duckdb
from sqlglot import exp

from snowflake_sandbox.duck import execute
from snowflake_sandbox.names import Name, literal, path, quote

_META = "_fs_global._fs_information_schema"
DECLARED = f"{_META}._declared"
# Under this name DECLARED keeps of a table or view when it was created, in epoch microseconds:
# it goes with the table when that is renamed.
CREATED = ""
COMMENTS = f"{_META}._fs_tables_ext"
_COMMENTS_KEY = ("ext_table_catalog", "ext_table_schema")
_DECLARED_KEY = ("database_name", "schema_name")

_TYPE = """
    case when d.type is not null then
            case when d.type like 'VARCHAR%' then 'TEXT' else split_part(d.type, '(', 1) end
         when c.data_type in ('BIGINT', 'INTEGER', 'HUGEINT', 'UBIGINT', 'SMALLINT', 'TINYINT')
           or starts_with(c.data_type, 'DECIMAL') then 'NUMBER'
         when c.data_type in ('VARCHAR', 'UUID') then 'TEXT'
         when c.data_type in ('DOUBLE', 'FLOAT') then 'FLOAT'
         when c.data_type = 'BLOB' then 'BINARY'
         when c.data_type = 'TIMESTAMP WITH TIME ZONE' then 'TIMESTAMP_TZ'
         when starts_with(c.data_type, 'TIMESTAMP') then 'TIMESTAMP_NTZ'
         when c.data_type = 'JSON' or c.data_type like '%[]' then 'VARIANT'
         else c.data_type end
"""
_LENGTH = "coalesce(try_cast(regexp_extract(d.type, 'VARCHAR\\((\\d+)\\)', 1) as bigint), 16777216)"
_SCALE = "coalesce(try_cast(regexp_extract(d.type, '\\((\\d+)\\)', 1) as bigint), 9)"

GLOBAL_SQL = f"""
create table if not exists {DECLARED} (
    database_name varchar, schema_name varchar, table_name varchar, column_name varchar,
    type varchar, comment varchar
);
create view if not exists {_META}._fs_columns as
select
    c.database_name as TABLE_CATALOG, c.schema_name as TABLE_SCHEMA, c.table_name as TABLE_NAME,
    c.column_name as COLUMN_NAME, c.column_index as ORDINAL_POSITION,
    c.column_default as COLUMN_DEFAULT,
    case when c.is_nullable then 'YES' else 'NO' end as IS_NULLABLE,
    {_TYPE} as DATA_TYPE,
    case when c.data_type in ('VARCHAR', 'UUID') then {_LENGTH} end as CHARACTER_MAXIMUM_LENGTH,
    case when c.data_type in ('VARCHAR', 'UUID') then least({_LENGTH} * 4, 16777216) end
        as CHARACTER_OCTET_LENGTH,
    case when starts_with(c.data_type, 'DECIMAL') then c.numeric_precision
         when ({_TYPE}) = 'NUMBER' then 38 end as NUMERIC_PRECISION,
    case when ({_TYPE}) = 'NUMBER' then 10 end as NUMERIC_PRECISION_RADIX,
    case when starts_with(c.data_type, 'DECIMAL') then c.numeric_scale
         when ({_TYPE}) = 'NUMBER' then 0 end as NUMERIC_SCALE,
    case when c.data_type like 'TIME%' then {_SCALE} when c.data_type = 'DATE' then 0 end
        as DATETIME_PRECISION,
    null::varchar as COLLATION_NAME, 'NO' as IS_IDENTITY, null::varchar as IDENTITY_GENERATION,
    null::varchar as IDENTITY_CYCLE, d.comment as COMMENT, null::varchar as IDENTITY_START,
    null::varchar as IDENTITY_INCREMENT, null::varchar as IDENTITY_ORDERED,
    null::varchar as DATA_TYPE_ALIAS
from duckdb_columns() c
left join {DECLARED} d
  on d.database_name = c.database_name and d.schema_name = c.schema_name
 and d.table_name = c.table_name and d.column_name = c.column_name
where not c.internal and c.schema_name != '_fs_information_schema';
create view if not exists {_META}._fs_show_columns as
select
    table_name as "table_name", table_schema as "schema_name", column_name as "column_name",
    case data_type
        when 'NUMBER' then '{{"type":"FIXED","precision":' || numeric_precision || ',"scale":'
            || numeric_scale || ',"nullable":' || (is_nullable = 'YES')::varchar || '}}'
        when 'TEXT' then '{{"type":"TEXT","length":' || character_maximum_length
            || ',"byteLength":' || character_octet_length || ',"nullable":'
            || (is_nullable = 'YES')::varchar || ',"fixed":false}}'
        when 'FLOAT' then '{{"type":"REAL","nullable":' || (is_nullable = 'YES')::varchar || '}}'
        when 'BINARY' then '{{"type":"BINARY","length":8388608,"byteLength":8388608,"nullable":'
            || (is_nullable = 'YES')::varchar || ',"fixed":true}}'
        else '{{"type":"' || data_type || '"'
            || case when data_type like 'TIME%'
                    then ',"precision":0,"scale":' || datetime_precision else '' end
            || ',"nullable":' || (is_nullable = 'YES')::varchar || '}}'
    end as "data_type",
    case when is_nullable = 'YES' then 'true' else 'false' end as "null?",
    coalesce(column_default, '') as "default", 'COLUMN' as "kind", '' as "expression",
    coalesce(comment, '') as "comment", table_catalog as "database_name", '' as "autoincrement",
    null::varchar as "schema_evolution_record"
from {_META}._fs_columns
order by table_catalog, table_schema, table_name, ordinal_position;
"""


def loads(database: str) -> str:
    """Return the name of the table with a database's load history.

    It is in the same file as the tables, so that rows and history are written by one commit.
    """
    return f"{quote(database)}._fs_information_schema._loads"


def loads_sql(database: str) -> str:
    """Return the SQL that makes the load history of a database that has none."""
    return (
        f"create table if not exists {loads(database)} (schema_name varchar, table_name varchar,"
        " file varchar, digest varchar, loaded_at timestamptz, row_count bigint)"
    )


def per_database_sql(database: str) -> str:
    """Return the SQL that makes INFORMATION_SCHEMA.TABLES of a new database.

    fakesnow's own view leaves out views; Snowflake's has both.
    """
    schema = f"{quote(database)}._fs_information_schema"
    return f"""
create schema if not exists {schema};
create view if not exists {schema}._fs_tables as
select
    t.database_name as TABLE_CATALOG, t.schema_name as TABLE_SCHEMA, t.name as TABLE_NAME,
    'SYSADMIN' as TABLE_OWNER, t.kind as TABLE_TYPE, 'NO' as IS_TRANSIENT,
    null::varchar as CLUSTERING_KEY, t.row_count as ROW_COUNT,
    case when t.row_count is null then null else 0 end as BYTES, 1 as RETENTION_TIME,
    make_timestamptz(coalesce(d.type::bigint, 0)) as CREATED,
    to_timestamp(0)::timestamptz as LAST_ALTERED,
    to_timestamp(0)::timestamptz as LAST_DDL, 'SYSADMIN' as LAST_DDL_BY,
    'NO' as AUTO_CLUSTERING_ON, e.comment as COMMENT, 'NO' as IS_TEMPORARY,
    'NO' as IS_ICEBERG, 'NO' as IS_DYNAMIC, 'NO' as IS_IMMUTABLE, 'NO' as IS_HYBRID
from (
    select database_name, schema_name, table_name as name, 'BASE TABLE' as kind,
           estimated_size as row_count
    from duckdb_tables() where not internal
    union all
    select database_name, schema_name, view_name, 'VIEW', null
    from duckdb_views() where not internal
) t
left join {COMMENTS} e
  on e.ext_table_catalog = t.database_name and e.ext_table_schema = t.schema_name
 and e.ext_table_name = t.name
left join {DECLARED} d
  on d.database_name = t.database_name and d.schema_name = t.schema_name
 and d.table_name = t.name and d.column_name = {literal(CREATED)}
where t.database_name = {literal(database)} and t.schema_name != '_fs_information_schema';
"""


_DECLARED_BASES = {
    exp.DataType.Type.ARRAY: "ARRAY",
    exp.DataType.Type.LIST: "ARRAY",
    exp.DataType.Type.OBJECT: "OBJECT",
    exp.DataType.Type.TIMESTAMPNTZ: "TIMESTAMP_NTZ",
    exp.DataType.Type.TIMESTAMP: "TIMESTAMP_NTZ",
    exp.DataType.Type.DATETIME: "TIMESTAMP_NTZ",
    exp.DataType.Type.TIMESTAMPLTZ: "TIMESTAMP_LTZ",
    exp.DataType.Type.TIMESTAMPTZ: "TIMESTAMP_TZ",
    exp.DataType.Type.TIME: "TIME",
    exp.DataType.Type.VARCHAR: "VARCHAR",
    exp.DataType.Type.TEXT: "VARCHAR",
    exp.DataType.Type.CHAR: "VARCHAR",
}


def declaration(kind: exp.DataType | None) -> str | None:
    """Return what to store of a declared type, None where DuckDB's type says the same."""
    if kind is None or not isinstance(kind.this, exp.DataType.Type):
        return None
    base = _DECLARED_BASES.get(kind.this)
    if base is None:
        return None
    parameters = [
        parameter for parameter in kind.expressions if isinstance(parameter, exp.DataTypeParam)
    ]
    if parameters:
        return f"{base}({parameters[0].name})"
    if base in ("ARRAY", "OBJECT", "TIMESTAMP_LTZ"):
        return base
    return None


Declared = tuple[str, str | None, str | None]  # column, type, comment


def declare(cursor: duckdb.DuckDBPyConnection, table: Name, columns: Iterable[Declared]) -> None:
    """Replace the stored declarations and comments of some columns of a table."""
    declarations = list(columns)
    if not declarations:
        return
    names = [column for column, _, _ in declarations]
    forget(cursor, table, names)
    rows = [
        (column, declared_type, comment)
        for column, declared_type, comment in declarations
        if declared_type is not None or comment is not None
    ]
    if rows:
        execute(
            cursor,
            f"INSERT INTO {DECLARED} SELECT ?, ?, ?, unnest(?), unnest(?), unnest(?)",
            [*table, [row[0] for row in rows], [row[1] for row in rows], [row[2] for row in rows]],
        )


def created(cursor: duckdb.DuckDBPyConnection, table: Name) -> None:
    """Forget everything about a table or view of that name, and keep that it was created now."""
    forget(cursor, table)
    now = str(time.time_ns() // 1_000)
    execute(cursor, f"INSERT INTO {DECLARED} VALUES (?, ?, ?, ?, ?, NULL)", [*table, CREATED, now])


def forget(
    cursor: duckdb.DuckDBPyConnection, table: Name, columns: list[str] | None = None
) -> None:
    """Delete the stored declarations and comments of a table, or of some of its columns."""
    where = "database_name = ? AND schema_name = ? AND table_name = ?"
    if columns is None:
        execute(cursor, f"DELETE FROM {DECLARED} WHERE {where}", [*table])
    else:
        execute(
            cursor,
            f"DELETE FROM {DECLARED} WHERE {where} AND list_contains(?, column_name)",
            [*table, columns],
        )


def forget_all(cursor: duckdb.DuckDBPyConnection, *scope: str) -> None:
    """Delete what is stored of the tables and views of a database, or of one of its schemas."""
    for table, names in ((DECLARED, _DECLARED_KEY), (COMMENTS, _COMMENTS_KEY)):
        where = " AND ".join(f"{name} = ?" for name, _ in zip(names, scope, strict=False))
        execute(cursor, f"DELETE FROM {table} WHERE {where}", [*scope])


def comment_table(cursor: duckdb.DuckDBPyConnection, table: Name, comment: str | None) -> None:
    """Set or clear the comment of a table or view."""
    execute(
        cursor,
        f"DELETE FROM {COMMENTS} WHERE ext_table_catalog = ? AND ext_table_schema = ?"
        " AND ext_table_name = ?",
        [*table],
    )
    if comment is not None:
        execute(cursor, f"INSERT INTO {COMMENTS} VALUES (?, ?, ?, ?)", [*table, comment])


Shape = tuple[tuple[Any, ...], ...]
"""A relation's columns in order: name, DuckDB's type, declared type, nullable, default."""


def shape_of(cursor: duckdb.DuckDBPyConnection, name: Name) -> Shape | None:
    """Return a relation's columns in order, with DuckDB's types and the declared ones.

    None when there is no such table or view.
    """
    rows = execute(
        cursor,
        "SELECT c.column_name, c.data_type, d.type, c.is_nullable, c.column_default"
        f" FROM duckdb_columns() AS c LEFT JOIN {DECLARED} AS d"
        " ON d.database_name = c.database_name AND d.schema_name = c.schema_name"
        " AND d.table_name = c.table_name AND d.column_name = c.column_name"
        " WHERE c.database_name = ? AND c.schema_name = ? AND c.table_name = ?"
        " ORDER BY c.column_index",
        [*name],
    )
    return tuple(rows) or None


def shape_of_table(cursor: duckdb.DuckDBPyConnection, table: Name) -> Shape | None:
    """Return the columns of a table that is there, as ``shape_of`` does.

    This looks at the table alone, where ``duckdb_columns()`` lists the columns of all databases;
    without the table it would fail, and the open transaction with it.
    """
    rows = execute(
        cursor,
        'SELECT c.name, c.type, d.type, NOT c."notnull", c.dflt_value'
        " FROM pragma_table_info(?) AS c LEFT JOIN (SELECT column_name, type"
        f" FROM {DECLARED} WHERE database_name = ? AND schema_name = ? AND table_name = ?) AS d"
        " ON d.column_name = c.name ORDER BY c.cid",
        [path(table), *table],
    )
    return tuple(rows) or None
