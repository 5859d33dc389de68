"""A MERGE looks its rows up in the table, however large that is."""

from __future__ import annotations

import pytest
from sqlglot import exp, parse_one

from snowflake_sandbox.queries.merging import restrict_to_source_keys

THEN = "WHEN MATCHED THEN UPDATE SET A = S.A"


def condition(using: str, on: str = "T.ID = S.ID") -> str:
    root = parse_one(f"MERGE INTO DB.X.T USING {using} ON {on} {THEN}", dialect="snowflake")
    assert isinstance(root, exp.Merge)
    restrict_to_source_keys(root)
    return str(root.args["on"].sql("snowflake"))


@pytest.mark.parametrize(
    ("using", "values"),
    [
        ("DB.X.SOURCE AS S", "SELECT ID FROM DB.X.SOURCE"),
        ("(SELECT NO AS ID, ? AS A FROM SOURCE) AS S", "SELECT NO FROM SOURCE"),
        (
            "(SELECT ID, A FROM SOURCE QUALIFY ROW_NUMBER() OVER (ORDER BY A) = 1) AS S",
            "SELECT ID FROM SOURCE",
        ),
    ],
)
def test_only_rows_with_a_key_of_the_source_are_looked_at(using: str, values: str) -> None:
    assert condition(using) == f"T.ID = S.ID AND T.ID IN ({values})"


@pytest.mark.parametrize(
    "using",
    [
        "(SELECT ? AS ID, A FROM SOURCE) AS S",
        "(SELECT ID, A FROM SOURCE JOIN OTHER USING (ID)) AS S",
        "(SELECT MAX(ID) AS ID, A FROM SOURCE GROUP BY A) AS S",
        "(SELECT COLUMN1 AS ID, COLUMN2 AS A FROM VALUES (1, 2)) AS S",
    ],
)
def test_a_source_whose_keys_only_itself_tells_is_left_alone(using: str) -> None:
    assert condition(using) == "T.ID = S.ID"


def test_further_conditions_stay() -> None:
    found = condition("SOURCE AS S", "T.KIND = 'x' AND T.ID = S.ID")

    assert found == "(T.KIND = 'x' AND T.ID = S.ID) AND T.ID IN (SELECT ID FROM SOURCE)"
