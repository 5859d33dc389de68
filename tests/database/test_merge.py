"""What a MERGE touches is kept as text that reads back as the same values."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_ingest.database import sql
from hubspot_ingest.database.columns import Column, Type
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.statements import merge
from hubspot_ingest.database.statements.merge import Merge

TABLE = Table("D", "S", "KEPT")
COLUMNS = tuple(Column(f"A {column_type.name}", column_type) for column_type in Type)
ID = Column("ID", Type.TEXT)


@pytest.fixture(scope="module")
def database(bare: Database) -> Database:
    bare.rows(sql.create_table(TABLE, COLUMNS, "Every type"))
    return bare


# as far as the local engine hands instants over: the years 1685 to 2255
instants = st.integers(-9 * 10**12, 9 * 10**12)
numbers = st.decimals(-(10**19), 10**19, places=18, allow_nan=False).map(str)
variants = st.recursive(
    st.none() | st.booleans() | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=5,
)
rows = st.fixed_dictionaries(
    {
        Type.TEXT: st.text(st.characters(codec="utf-8", exclude_characters="\0")) | st.none(),
        Type.NUMBER: numbers | st.none(),
        Type.BOOLEAN: st.sampled_from(["true", "false", None]),
        Type.DATE: st.dates(date(1000, 1, 1)).map(str) | st.none(),
        Type.TIMESTAMP: instants.map(str) | st.none(),
        Type.VARIANT: variants.map(json.dumps) | st.none(),
        Type.ARRAY: st.lists(variants, max_size=3).map(json.dumps) | st.none(),
    }
)


@settings(max_examples=60, deadline=None)
@given(row=rows)
def test_a_row_of_every_type_reads_back_from_its_body(
    database: Database, row: dict[Type, str | None]
) -> None:
    database.rows(f"TRUNCATE TABLE {TABLE.quoted}")
    staged = ", ".join(f"CAST(? AS VARCHAR) AS {sql.name(column.name)}" for column in COLUMNS)
    values = ", ".join(sql.typed(column) for column in COLUMNS)
    database.rows(
        f"INSERT INTO {TABLE.quoted} SELECT {values} FROM (SELECT {staged}) s",
        [row[column.type] for column in COLUMNS],
    )
    body = f"(SELECT {merge.body_of(COLUMNS, 't')} AS BODY FROM {TABLE.quoted} t) b"
    again = ", ".join(
        f"{sql.typed(column, merge.from_body(column, 'b.BODY'))} AS {sql.name(column.name)}"
        for column in COLUMNS
    )

    before = database.rows(f"SELECT * FROM {TABLE.quoted}")
    assert database.rows(f"SELECT {again} FROM {body}") == before
    assert [_python(before[0][column.name], column.type) for column in COLUMNS] == [
        _python(row[column.type], column.type) for column in COLUMNS
    ]


def _python(value: Any, kind: Type) -> Any:
    """A value as text or as read, as what it stands for."""
    if value is None or not isinstance(value, str):
        return value
    match kind:
        case Type.NUMBER:
            return Decimal(value)
        case Type.BOOLEAN:
            return value == "true"
        case Type.DATE:
            return date.fromisoformat(value)
        case Type.TIMESTAMP:
            seconds, ms = divmod(int(value), 1000)
            moment = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
            return moment.replace(microsecond=ms * 1000)
        case Type.VARIANT | Type.ARRAY:
            return json.loads(value)
        case _:
            return value


def test_what_is_said_to_be_touched_is_what_is_touched(database: Database) -> None:
    table = Table("D", "S", "TOUCHED")
    columns = (ID, Column("V", Type.TEXT))
    database.rows(sql.create_table(table, columns, "Two columns"))
    database.rows(f"INSERT INTO {table.quoted} SELECT 'same', 'x' UNION ALL SELECT 'old', 'x'")
    merge = Merge(
        table,
        "SELECT 'same' AS ID, 'x' AS V UNION ALL SELECT 'old', ? UNION ALL SELECT 'new', 'z'",
        't."ID" = s."ID"',
        '"V" = s."V"',
        't."V" IS DISTINCT FROM s."V"',
        [('"ID"', '"ID"'), ('"V"', '"V"')],
    )

    touched = database.rows(merge.touched([ID], columns), ("y",))
    counts = database.rows(str(merge), ("y",))[0]

    bodies = {row["KEY"]: row["BODY"] and json.loads(row["BODY"]) for row in touched}
    assert bodies == {"old": {"ID": "old", "V": "x"}, "new": None}
    assert (counts["number of rows inserted"], counts["number of rows updated"]) == (1, 1)
