"""SUM and AVG give NUMBER where Snowflake does."""

from __future__ import annotations

from decimal import Decimal

import pytest
from snowflake.connector.errors import ProgrammingError
from snowflake.snowpark.exceptions import SnowparkSQLException

from snowflake_sandbox import Engine
from tests.sandboxes.snowflake.conftest import Rows


@pytest.fixture
def numbers(rows: Rows) -> Rows:
    rows("CREATE TABLE T (G VARCHAR, N NUMBER(38,0), D NUMBER(10,2), F FLOAT, S VARCHAR)")
    rows("INSERT INTO T VALUES ('a', 1, 1.25, 0.5, '1.5'), ('a', 2, 2.50, 1.0, '2'),"
         " ('b', NULL, NULL, NULL, NULL)")  # fmt: skip
    return rows


def test_a_sum_of_whole_numbers_is_one(numbers: Rows) -> None:
    (found,) = numbers("SELECT SUM(N) AS A, COUNT(N) AS B, SUM(IFF(N > 1, 1, 0)) AS C FROM T")
    assert found == {"A": 3, "B": 2, "C": 1}
    assert [type(value) for value in found.values()] == [int, int, int]


def test_a_sum_of_sums_is_a_whole_number(numbers: Rows) -> None:
    (found,) = numbers(
        "WITH g AS (SELECT G, SUM(N) AS N, COUNT(*) AS C FROM T GROUP BY G)"
        " SELECT SUM(N) AS A, SUM(C) AS B, (SELECT SUM(N) FROM g) AS C FROM g"
    )
    assert found == {"A": 3, "B": 3, "C": 3}
    assert [type(value) for value in found.values()] == [int, int, int]


def test_sums_keep_scale_and_floats_stay_floats(numbers: Rows) -> None:
    (found,) = numbers("SELECT SUM(D) AS A, SUM(F) AS B, AVG(F) AS C FROM T")
    assert found == {"A": Decimal("3.75"), "B": 1.5, "C": 0.75}
    assert [type(value) for value in found.values()] == [Decimal, float, float]


def test_an_average_of_numbers_is_a_number_with_more_places(numbers: Rows) -> None:
    (found,) = numbers("SELECT AVG(N) AS A, AVG(D) AS B FROM T")
    assert (str(found["A"]), str(found["B"])) == ("1.500000", "1.87500000")


def test_windows_and_distinct_values_are_summed(numbers: Rows) -> None:
    found = numbers(
        "SELECT SUM(N) OVER (PARTITION BY G) AS A, AVG(N) OVER (PARTITION BY G) AS B FROM T"
        " WHERE N = 2 UNION ALL SELECT SUM(DISTINCT N), AVG(DISTINCT N) FROM T ORDER BY A"
    )
    assert found == [{"A": 2, "B": Decimal("2")}, {"A": 3, "B": Decimal("1.5")}]


def test_numbers_in_text_are_summed_and_other_text_is_refused(numbers: Rows) -> None:
    assert numbers("SELECT SUM(S) AS A, SUM(N) AS B FROM T") == [{"A": 3.5, "B": 3}]
    with pytest.raises(SnowparkSQLException, match="100038"):
        numbers("SELECT SUM(G) AS A FROM T")


def test_sums_are_described_as_numbers(numbers: Rows, shared: Engine) -> None:
    numbers("CREATE VIEW V AS SELECT SUM(N) AS A, AVG(N) AS B FROM T")
    numbers("CREATE TABLE U AS SELECT SUM(N) AS A, AVG(N) AS B FROM T")
    with shared.connect("LAB", "BENCH") as connection:
        for table in ("V", "U"):
            cursor = connection.cursor()
            cursor.execute(f"SELECT A, B FROM {table}")
            assert [(c.type_code, c.precision, c.scale) for c in cursor.description] == [
                (0, 38, 0),
                (0, 38, 6),
            ]
    kinds = numbers("SELECT DATA_TYPE AS K FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'U'")
    assert kinds == [{"K": "NUMBER"}, {"K": "NUMBER"}]


def test_sums_are_inserted_with_binds(numbers: Rows) -> None:
    numbers("INSERT INTO T (G, N) SELECT ?, SUM(N) + ? FROM T WHERE G = ?", "c", 10, "a")
    assert numbers("SELECT N FROM T WHERE G = 'c'") == [{"N": 13}]
    numbers("UPDATE T SET N = (SELECT SUM(N) FROM T) WHERE G = ?", "b")
    assert numbers("SELECT N FROM T WHERE G = 'b'") == [{"N": 16}]


def test_an_unnamed_sum_is_called_what_was_asked_for(numbers: Rows, shared: Engine) -> None:
    numbers("DELETE FROM T")
    with shared.connect("LAB", "BENCH") as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT sum(n), AVG(D) FROM T")
        assert [c.name for c in cursor.description] == ["SUM(N)", "AVG(D)"]
        with pytest.raises(ProgrammingError, match="NOTHING"):
            cursor.execute("SELECT SUM(NOTHING) FROM T")
