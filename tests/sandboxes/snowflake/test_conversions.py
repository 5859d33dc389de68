"""Instants with a time zone from text and numbers, and SYSTEM$TYPEOF."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from snowflake.snowpark.exceptions import SnowparkSQLException

from tests.sandboxes.snowflake.conftest import Rows

MORNING = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def texts(rows: Rows) -> Rows:
    rows("CREATE TABLE TEXTS (A VARCHAR)")
    rows("INSERT INTO TEXTS VALUES ('2024-01-02 05:04:05.000 +0200')")
    return rows


def value(rows: Rows, expression: str) -> Any:
    return rows(f"SELECT {expression} AS V FROM TEXTS")[0]["V"]


@pytest.mark.parametrize(
    "expression",
    [
        "A::TIMESTAMP_TZ",
        "(TRIM(A))::TIMESTAMP_TZ",
        "TRY_CAST(A AS TIMESTAMP_TZ)",
        "TO_TIMESTAMP_TZ(A)",
        "TO_TIMESTAMP_TZ('2024-01-02 05:04:05 +0200')",
        "TO_TIMESTAMP_TZ(1704164645)",
        "TO_TIMESTAMP_TZ(1704164645000, 3)",
        "TO_TIMESTAMP_TZ('2024-01-02 03:04:05'::TIMESTAMP_NTZ)",
    ],
)
def test_an_instant_of_a_column_keeps_its_offset(texts: Rows, expression: str) -> None:
    assert value(texts, expression) == MORNING


def test_text_that_is_no_instant_is_refused_or_null(texts: Rows) -> None:
    texts("UPDATE TEXTS SET A = 'yesterday'")
    assert value(texts, "TRY_CAST(A AS TIMESTAMP_TZ)") is None
    with pytest.raises(SnowparkSQLException):
        value(texts, "A::TIMESTAMP_TZ")


def test_the_last_instant_of_the_calendar_is_fetched(rows: Rows) -> None:
    end = "'9999-12-31 23:59:59.999 +0000'::TIMESTAMP_TZ"
    rows("CREATE TABLE SPANS (A TIMESTAMP_TZ)")
    rows(f"INSERT INTO SPANS SELECT {end}")
    rows("CREATE VIEW OPEN_SPANS AS SELECT COALESCE(NULL, A) AS A FROM SPANS")
    last = datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
    assert rows(f"SELECT A, {end} AS B FROM OPEN_SPANS") == [{"A": last, "B": last}]


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("A", "VARCHAR(16777216)[LOB]"),
        ("'abc'", "VARCHAR(3)[LOB]"),
        ("1", "NUMBER(1,0)[SB1]"),
        ("10000", "NUMBER(5,0)[SB2]"),
        ("CAST(300.00 AS NUMBER(10,2))", "NUMBER(10,2)[SB2]"),
        ("1.5::FLOAT", "FLOAT[DOUBLE]"),
        ("TRUE", "BOOLEAN[SB1]"),
        ("'2024-01-02'::DATE", "DATE[SB4]"),
        ("'2024-01-02'::TIMESTAMP_NTZ", "TIMESTAMP_NTZ(9)[SB16]"),
        ("A::TIMESTAMP_TZ", "TIMESTAMP_TZ(9)[SB16]"),
        ("PARSE_JSON('{}')", "VARIANT[LOB]"),
    ],
)
def test_the_type_of_a_value_is_told(texts: Rows, expression: str, answer: str) -> None:
    assert value(texts, f"SYSTEM$TYPEOF({expression})") == answer
