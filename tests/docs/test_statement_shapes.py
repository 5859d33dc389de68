"""Statements of one shape are read once, and what another reader cannot read fails the tests."""

from __future__ import annotations

from pathlib import Path

from scripts.statement_shapes import outline, shape
from tests.statement_reading import unreadable

WIDE = (
    'SELECT "A", "B", "D", TRY_CAST("C" AS DATE) AS "C" FROM T WHERE N = 1 AND "V":a = \'it\'\'s\''
)


def test_values_and_the_number_of_columns_make_no_shape_of_their_own() -> None:
    narrow = 'SELECT "Z", "Y", TRY_CAST("Q" AS DATE) AS "Q" FROM T WHERE N = 7 AND "V":a = \'no\''
    assert shape(WIDE) == shape(narrow)
    assert shape(WIDE) == (
        'SELECT "N", "N", TRY_CAST ("N" AS DATE) AS "N" FROM T WHERE N = 1 AND "N":a = \'x\''
    )


def test_each_query_of_a_union_keeps_its_tables() -> None:
    query = "SELECT A, B FROM T t, LATERAL FLATTEN(INPUT => t.C) f"
    assert shape(f"{query} UNION ALL {query}") == (
        "SELECT A, B FROM T t, LATERAL FLATTEN (INPUT => t.C) f UNION ALL SELECT A, B FROM T t, "
        "LATERAL FLATTEN (INPUT => t.C) f"
    )


def test_other_words_do() -> None:
    assert shape(WIDE) != shape(WIDE.replace("DATE", "FLOAT"))


def test_an_outline_names_the_first_of_a_list() -> None:
    assert outline(WIDE).startswith("SELECT N, … FROM T")


def test_what_cannot_be_read_is_complained_of_once_it_is_not_listed() -> None:
    good, listed = shape(WIDE), "SHOW SPECIFICATIONS IN APPLICATION X"
    assert [*unreadable([good, listed, "MERGE INTO T USING NOWHERE"])] == [
        "MERGE INTO T USING NOWHERE"
    ]
    assert unreadable(["GRANT SELECT ON VIEW A.B TO APPLICATION ROLE C"]) == {}


def test_what_was_read_before_is_not_read_again(tmp_path: Path) -> None:
    known = tmp_path / "deep" / "read.txt"
    assert unreadable(["SELECT 1"], known) == {}
    known.write_text(known.read_text() + "NO SQL AT ALL\n")
    assert unreadable(["SELECT 1", "NO SQL AT ALL"], known) == {}
