"""Results of statements: rows, and columns as they are described to a Snowflake client."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
from fakesnow.rowtype import ColumnInfo

SELECT, DML, INSERT, UPDATE, DELETE, MERGE = 0x1000, 0x3000, 0x3100, 0x3200, 0x3300, 0x3400
COPY, SHOW, DESCRIBE, USE, DDL, TCL, UNKNOWN = 0x3600, 0x4400, 0x4500, 0x4300, 0x6000, 0x5000, 0
_COUNTED = frozenset({INSERT, UPDATE, DELETE, MERGE})

_TYPES = {
    "BIGINT": "fixed",
    "INTEGER": "fixed",
    "SMALLINT": "fixed",
    "TINYINT": "fixed",
    "UBIGINT": "fixed",
    "UINTEGER": "fixed",
    "HUGEINT": "fixed",
    "BLOB": "binary",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "real",
    "FLOAT": "real",
    "JSON": "variant",
    "TIME": "time",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMP_NS": "timestamp_ntz",
    "TIMESTAMP_MS": "timestamp_ntz",
    "TIMESTAMP_S": "timestamp_ntz",
    "TIMESTAMP WITH TIME ZONE": "timestamp_tz",
}


def column(name: str, duck_type: str, declared: str | None = None) -> ColumnInfo:
    """Describe one result column to the client.

    Args:
        name: the column's name.
        duck_type: DuckDB's type of it.
        declared: Snowflake's declaration where DuckDB's type is not enough, e.g. ``ARRAY`` or
            ``TIMESTAMP_NTZ(3)``.
    """
    kind = "fixed" if duck_type.startswith("DECIMAL") else _TYPES.get(duck_type, "text")
    precision = scale = length = None
    base, _, rest = (declared or "").partition("(")
    size = int(rest.rstrip(")")) if rest else None
    if duck_type.startswith("DECIMAL"):
        digits, _, places = duck_type[8:-1].partition(",")
        precision, scale = int(digits), int(places)
    elif kind == "fixed":
        precision, scale = 38, 0
    elif kind.startswith("time"):
        precision, scale = 0, 9
        if base.startswith("TIME"):
            kind = base.lower()
            scale = 9 if size is None else size
    elif kind in ("variant", "text") and base in ("ARRAY", "OBJECT", "VARIANT"):
        kind = base.lower()
    elif kind == "text":
        length = size if base == "VARCHAR" and size is not None else 16777216
    elif kind == "binary":
        length = 8388608
    return {
        "name": name,
        "database": "",
        "schema": "",
        "table": "",
        "nullable": True,
        "type": kind,
        "byteLength": min(length * 4, 16777216) if kind == "text" and length else length,
        "length": length,
        "scale": scale,
        "precision": precision,
        "collation": None,
    }


@dataclass
class Result:
    """What a statement answers: columns with an Arrow table or with rows of text.

    Attributes:
        columns: the described columns.
        table: the rows of a query.
        rows: the rows of everything else, each value as text or None.
        type_id: Snowflake's statement type.
        transfer: for PUT and GET, the instructions to the client, which moves the files.
    """

    columns: list[ColumnInfo]
    table: pa.Table | None = None
    rows: list[list[str | None]] = field(default_factory=list)
    type_id: int = UNKNOWN
    transfer: dict[str, Any] | None = None
    query_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def count(self) -> int:
        """Rows affected by DML, else rows in the result."""
        if self.table is not None:
            return int(self.table.num_rows)
        if self.type_id in _COUNTED and self.rows:
            return sum(int(value or 0) for value in self.rows[0])
        return len(self.rows)


def rows(
    names: Sequence[tuple[str, str]], values: Sequence[Sequence[Any]], type_id: int = UNKNOWN
) -> Result:
    """Return a result of named columns (name, DuckDB type) with values given as Python objects."""
    texts = [[None if value is None else _text(value) for value in row] for row in values]
    return Result(
        [column(name, duck_type) for name, duck_type in names], rows=texts, type_id=type_id
    )


def _text(value: object) -> str:
    return ("1" if value else "0") if isinstance(value, bool) else str(value)


def status(message: str, type_id: int = DDL) -> Result:
    """Return the answer of a statement without rows: one message."""
    return rows([("status", "VARCHAR")], [[message]], type_id)


def counts(type_id: int, **named: int) -> Result:
    """Return the answer of DML: ``inserted=3`` becomes ``number of rows inserted``."""
    names = [(f"number of rows {name.replace('_', ' ')}", "BIGINT") for name in named]
    return rows(names, [list(named.values())], type_id)


def query(
    relation: duckdb.DuckDBPyRelation, declared: Sequence[str | None], type_id: int = SELECT
) -> Result:
    """Run a relation and return its rows."""
    described = describe_columns(relation, declared)
    return Result(described, table=relation.to_arrow_table(), type_id=type_id)


def describe_columns(
    relation: duckdb.DuckDBPyRelation, declared: Sequence[str | None]
) -> list[ColumnInfo]:
    """Return the columns of a relation without running it."""
    declarations = list(declared) + [None] * (len(relation.columns) - len(declared))
    return [
        column(name, str(kind), declaration)
        for name, kind, declaration in zip(
            relation.columns, relation.types, declarations, strict=False
        )
    ]
