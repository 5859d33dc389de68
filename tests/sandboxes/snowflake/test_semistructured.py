"""Elements of VARIANTs, and what they are as text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandboxes.snowflake.conftest import Rows

WAYS = [
    "GET(V, 'p')::VARCHAR",
    "CAST(GET(V, 'p') AS STRING)",
    "(GET(V, 'p'))::TEXT",
    "V['p']::VARCHAR",
    "V:p::VARCHAR",
    'V:"p"::VARCHAR',
    "GET_PATH(V, 'p')::VARCHAR",
    "GET_PATH(V, '[\"p\"]')::VARCHAR",
    "GET(PARSE_JSON(?), 'p')::VARCHAR",
    "PARSE_JSON(?):p::VARCHAR",
    "TO_VARCHAR(V:p)",
    "TO_VARCHAR(GET(V, 'p'))",
]
VALUES: list[tuple[Any, str | None]] = [
    ("plain", "plain"),
    ('say "hi"', 'say "hi"'),
    ("two\nlines\tand \\ more", "two\nlines\tand \\ more"),
    ("😀 é", "😀 é"),
    ("", ""),
    ("null", "null"),
    (12, "12"),
    (123456789012345678, "123456789012345678"),
    (1.5, "1.5"),
    (True, "true"),
    (False, "false"),
    (None, None),
    ([1, "a"], '[1,"a"]'),
    ({"a": None}, '{"a":null}'),
]


@pytest.mark.parametrize("way", WAYS)
def test_an_element_as_text_is_the_text_itself(rows: Rows, way: str) -> None:
    rows("CREATE TABLE T (N NUMBER, V VARIANT)")
    for n, (value, _) in enumerate(VALUES):
        rows("INSERT INTO T SELECT ?, PARSE_JSON(?)", n, json.dumps({"p": value}))
    found = []
    for n, (value, _) in enumerate(VALUES):
        binds = [json.dumps({"p": value})] if "?" in way else []
        found += rows(f"SELECT {way} AS X FROM T WHERE N = {n}", *binds)
    assert [row["X"] for row in found] == [text for _, text in VALUES]


@pytest.mark.parametrize("way", WAYS)
def test_a_missing_element_is_null(rows: Rows, way: str) -> None:
    binds = ['{"q": 1}'] if "?" in way else []
    found = rows(f"SELECT {way} AS X FROM (SELECT PARSE_JSON('{{\"q\": 1}}') AS V)", *binds)
    assert found == [{"X": None}]


@pytest.mark.parametrize("key", ["a.b", "a b", "a\"b", "$x", "0", "ü"])  # fmt: skip
def test_a_key_is_no_path(rows: Rows, key: str) -> None:
    literal = key.replace("'", "''")
    found = rows(
        f"SELECT GET(V, '{literal}')::VARCHAR AS A, V['{literal}']::VARCHAR AS B"
        " FROM (SELECT PARSE_JSON(?) AS V)",
        json.dumps({key: "x"}),
    )
    assert found == [{"A": "x", "B": "x"}]


def test_elements_of_elements_are_found(rows: Rows) -> None:
    found = rows(
        "SELECT GET(GET(V, 'a'), 1)::NUMBER AS A, V['b']['c'][0]::VARCHAR AS B, V:b.c[1]::NUMBER"
        " AS C, GET(V:b, 'c') AS D FROM (SELECT PARSE_JSON(?) AS V)",
        '{"a": [1, 2], "b": {"c": ["x", 3]}}',
    )
    assert found == [{"A": 2, "B": "x", "C": 3, "D": '["x",3]'}]


@pytest.mark.parametrize(
    "text", ["$A", "costs $USD 5", "$$A$$ $A", "it''s $A", "\\\\$A", "-- $A", "/* $A */"]
)
def test_a_dollar_in_a_literal_is_no_variable(rows: Rows, text: str) -> None:
    told = text.replace("''", "'").replace("\\\\", "\\")
    assert rows(f"SELECT '{text}' AS T") == [{"T": told}]


def test_a_dollar_in_a_name_or_comment_is_no_variable(rows: Rows) -> None:
    found = rows('SELECT 1 AS "$A", 2 AS B$A -- $A\n /* $A */')
    assert found == [{"$A": 1, "B$A": 2}]
    rows("CREATE VIEW V AS SELECT 'in $USD' AS T")
    assert rows("SELECT T FROM V") == [{"T": "in $USD"}]


def test_a_variable_stands_for_its_value(rows: Rows) -> None:
    rows("SET WHO = 'it is $A'")
    assert rows("SELECT $WHO AS A, '$WHO' AS B, $who || '!' AS C") == [
        {"A": "it is $A", "B": "$WHO", "C": "it is $A!"}
    ]


def test_a_lambda_is_applied_to_each_element_as_text(rows: Rows) -> None:
    rows("CREATE TABLE T (N NUMBER, X VARCHAR)")
    for n, text in enumerate(["b;a", "c", None, ""]):
        rows("INSERT INTO T SELECT ?, ?", n, text)

    found = rows(
        "SELECT ARRAY_TO_STRING(TRANSFORM(SPLIT(t.X, ';'), one VARCHAR -> "
        "CASE one WHEN 'a' THEN 'A, \"x\"' WHEN 'b' THEN 'it''s' ELSE one END), ';') AS L "
        "FROM T t ORDER BY N"
    )

    assert [row["L"] for row in found] == ['it\'s;A, "x"', "c", None, ""]


def test_the_array_of_a_lambda_is_an_array(rows: Rows) -> None:
    (row,) = rows("SELECT TRANSFORM(SPLIT('a;b', ';'), x VARCHAR -> UPPER(x)) AS L")

    assert json.loads(row["L"]) == ["A", "B"]


def test_a_lambda_whose_argument_has_no_type_is_beyond_the_local_engine(rows: Rows) -> None:
    with pytest.raises(Exception, match="Unsupported feature"):
        rows("SELECT TRANSFORM(SPLIT('a;b', ';'), x -> UPPER(x)) AS L")


def test_json_that_is_tried_is_the_value_however_it_is_spelled(rows: Rows) -> None:
    query = """SELECT TRY_PARSE_JSON(V) = TRY_PARSE_JSON('{"a":1}') AS X, TRY_PARSE_JSON('{') AS Y,
        TRY_PARSE_JSON('') AS Z FROM (SELECT '{"a": 1}' AS V)"""

    assert rows(query) == [{"X": True, "Y": None, "Z": None}]


def test_an_object_leaves_out_what_is_null_and_keeps_null_of_json(rows: Rows) -> None:
    # Snowflake, "OBJECT_CONSTRUCT": its example of a SQL NULL and a JSON null
    [row] = rows(
        "SELECT OBJECT_CONSTRUCT('Key_One', PARSE_JSON('null'), 'Key_Two', NULL,"
        " 'Key_Three', 'null') AS OBJ"
    )
    assert json.loads(row["OBJ"]) == {"Key_One": None, "Key_Three": "null"}


def test_an_object_in_an_object_leaves_out_its_own_nulls(rows: Rows) -> None:
    rows("CREATE TABLE T (A VARCHAR, V VARIANT)")
    rows("INSERT INTO T SELECT NULL, PARSE_JSON('{\"x\": null}')")
    inner = "OBJECT_CONSTRUCT('a', A, 'v', V)"
    [row] = rows(f"SELECT OBJECT_CONSTRUCT('say \"o\"', {inner}, 'none', A) AS X FROM T")
    assert json.loads(row["X"]) == {'say "o"': {"v": {"x": None}}}


def test_an_object_has_computed_keys_unless_they_are_null(rows: Rows) -> None:
    rows("CREATE TABLE T (K VARCHAR, N NUMBER)")
    rows("INSERT INTO T SELECT * FROM VALUES ('a', 1), (NULL, 2)")
    found = rows("SELECT OBJECT_CONSTRUCT(K, N) AS X FROM T ORDER BY N")
    assert [row["X"] for row in found] == ['{"a":1}', "{}"]


def test_an_object_with_kept_nulls_has_them(rows: Rows) -> None:
    [row] = rows("SELECT OBJECT_CONSTRUCT_KEEP_NULL('a', NULL, 'b', 1) AS X")
    assert json.loads(row["X"]) == {"a": None, "b": 1}


@pytest.mark.parametrize(
    "array",
    ["ARRAY_AGG(N)", "ARRAY_AGG(DISTINCT N)", "ARRAY_AGG(N) WITHIN GROUP (ORDER BY N)"],
)
def test_an_array_of_no_row_is_empty(rows: Rows, array: str) -> None:
    # Snowflake, "ARRAY_AGG": "If the input is empty, the function returns an empty array"
    rows("CREATE TABLE T (N NUMBER)")
    assert rows(f"SELECT {array} AS X FROM T") == [{"X": "[]"}]
    rows("INSERT INTO T SELECT NULL")
    assert rows(f"SELECT {array} AS X FROM T") == [{"X": "[]"}]


def test_an_array_of_a_window_leaves_out_null(rows: Rows) -> None:
    rows("CREATE TABLE T (N NUMBER)")
    rows("INSERT INTO T SELECT * FROM VALUES (1), (NULL)")
    found = rows("SELECT ARRAY_AGG(N) OVER (PARTITION BY N IS NULL) AS X FROM T ORDER BY N")
    assert [row["X"] for row in found] == ["[1]", "[]"]


def test_a_list_of_no_text_is_empty(rows: Rows) -> None:
    # Snowflake, "LISTAGG": "If the input is empty, an empty string is returned"
    rows("CREATE TABLE T (A VARCHAR)")
    for ordered in ("", " WITHIN GROUP (ORDER BY A)"):
        assert rows(f"SELECT LISTAGG(A, ','){ordered} AS X FROM T") == [{"X": ""}]
    rows("INSERT INTO T SELECT * FROM VALUES ('b'), ('a'), (NULL)")
    listed = "LISTAGG(A, ',') WITHIN GROUP (ORDER BY A)"
    assert rows(f"SELECT {listed} AS X FROM T") == [{"X": "a,b"}]
    assert rows(f"SELECT {listed} AS X FROM T WHERE A IS NULL") == [{"X": ""}]


@pytest.mark.parametrize("text", ["abc", "[1]", "12", "true", '{"a": 1}', ""])
def test_text_cast_to_a_variant_stays_text(rows: Rows, text: str) -> None:
    # Snowflake, "VARIANT": PARSE_JSON reads JSON, a cast and TO_VARIANT take the text as it is
    rows("CREATE TABLE T (A VARCHAR)")
    rows("INSERT INTO T SELECT ?", text)
    for way in ("A::VARIANT", "CAST(A AS VARIANT)", "TO_VARIANT(A)"):
        assert rows(f"SELECT {way} AS X, ({way})::VARCHAR AS Y FROM T") == [
            {"X": json.dumps(text), "Y": text}
        ]


def test_a_variant_cast_to_a_variant_is_the_same(rows: Rows) -> None:
    rows("CREATE TABLE T (V VARIANT, N NUMBER)")
    rows('INSERT INTO T SELECT PARSE_JSON(\'{"a": [1, "x"]}\'), 5')
    assert rows("SELECT V::VARIANT AS V, V:a::VARIANT AS A, N::VARIANT AS N FROM T") == [
        {"V": '{"a":[1,"x"]}', "A": '[1,"x"]', "N": "5"}
    ]


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ('{"a": 1, "b": [2, {"c": null}]}', '{"b":[2,{"c":null}],"a":1}', True),
        ('{"a": 1}', '{"a": 2}', False),
        ("[1, 2]", "[2, 1]", False),
        ('"1"', "1", False),
        ("no JSON", "[1]", None),
    ],
)
def test_json_is_equal_in_any_order_of_its_keys(
    rows: Rows, left: str, right: str, equal: bool | None
) -> None:
    # frostlake, docs/functions.md: "How VARIANT values order and compare"
    rows("CREATE TABLE T (A VARCHAR, B VARCHAR)")
    rows("INSERT INTO T SELECT ?, ?", left, right)
    same = "TRY_PARSE_JSON(A) = TRY_PARSE_JSON(B)"
    assert rows(f"SELECT {same} AS X FROM T") == [{"X": equal}]
    differ = "TRY_PARSE_JSON(A) IS DISTINCT FROM TRY_PARSE_JSON(B)"
    assert rows(f"SELECT {differ} AS X FROM T") == [{"X": equal is not True}]
