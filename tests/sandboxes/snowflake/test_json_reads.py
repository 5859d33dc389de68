"""A query that reads many values of a JSON column parses it once, and answers the same."""

from __future__ import annotations

import json

import pytest
from sqlglot import parse_one

from snowflake_sandbox.sql.json_reads import FEW, share
from tests.sandboxes.snowflake.conftest import Rows

KEYS = ("a b", "a.b", "it's", '"q"', "$x", "0", "ü", *(f"k{n}" for n in range(FEW)))


def reads(keys: tuple[str, ...], path: str = "V") -> str:
    return ", ".join(
        f'{path}:"{key.replace(chr(34), chr(34) * 2)}"::VARCHAR AS P{n}'
        for n, key in enumerate(keys)
    )


@pytest.fixture
def table(rows: Rows) -> str:
    """Rows whose values are text, numbers, null and absent."""
    rows("CREATE TABLE T (N NUMBER, V VARIANT)")
    documents = [
        {key: f"{key} of 0" for key in KEYS},
        dict.fromkeys(KEYS, 12.5),
        dict.fromkeys(KEYS),
        {},
    ]
    for n, document in enumerate(documents):
        rows("INSERT INTO T SELECT ?, PARSE_JSON(?)", n, json.dumps(document))
    return "T"


def test_many_values_are_those_that_are_read_one_by_one(rows: Rows, table: str) -> None:
    together = rows(f"SELECT N, {reads(KEYS)} FROM {table} ORDER BY N")

    for n, key in enumerate(KEYS):
        alone = rows(f"SELECT {reads((key,))} FROM {table} ORDER BY N")
        assert [row[f"P{n}"] for row in together] == [row["P0"] for row in alone]


def test_conditions_and_binds_keep_their_places(rows: Rows, table: str) -> None:
    found = rows(
        f"SELECT N, {reads(KEYS, 'T.V')} FROM {table} WHERE N < ? AND N <> ? AND V:k0::VARCHAR <> ?"
        " ORDER BY N",
        3,
        7,
        "12.5",
    )
    assert [row["N"] for row in found] == [0]


def test_a_bind_before_the_conditions_stays_before_them(rows: Rows, table: str) -> None:
    found = rows(f"SELECT ? AS B, N, {reads(KEYS)} FROM {table} WHERE N = ?", "first", 1)
    assert [(row["B"], row["N"], row["P9"]) for row in found] == [("first", 1, "12.5")]


def test_the_column_is_parsed_once() -> None:
    values = ", ".join(f"V ->> '$.k{n}' AS P{n}" for n in range(FEW + 1))
    shared = share(parse_one(f"SELECT N, {values} FROM T WHERE N > 1", dialect="duckdb"))

    text = shared.sql(dialect="duckdb")
    assert (text.count("JSON_EXTRACT_STRING"), text.count("->>")) == (1, 0)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT *, {} FROM T",
        "SELECT {} FROM T JOIN U ON T.N = U.N",
        "SELECT {} FROM (SELECT V FROM T)",
        "WITH T AS (SELECT 1 AS V) SELECT {} FROM T",
    ],
)
def test_other_queries_stay_as_they_are(query: str) -> None:
    values = ", ".join(f"V ->> '$.k{n}' AS P{n}" for n in range(FEW + 1))
    parsed = parse_one(query.format(values), dialect="duckdb")
    assert share(parsed.copy()) == parsed
