"""Where DuckDB would be laxer than Snowflake."""

from __future__ import annotations

import pytest
from snowflake.snowpark.exceptions import SnowparkSQLException

from tests.sandboxes.snowflake.conftest import Rows


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO T (ID, V) SELECT '1', '[1]'",
        "INSERT INTO T VALUES ('1', '[1]')",
        "INSERT INTO T (ID, V) SELECT ID, ID FROM T WHERE FALSE",
        "UPDATE T SET V = '[1]'",
        "UPDATE T SET V = u.ID FROM T u WHERE u.ID = T.ID",
        "MERGE INTO T USING (SELECT '1' AS K) s ON T.ID = s.K WHEN MATCHED THEN UPDATE SET V = s.K",
        "MERGE INTO T USING (SELECT '1' AS K) s ON T.ID = s.K "
        "WHEN NOT MATCHED THEN INSERT (ID, V) VALUES (s.K, s.K)",
    ],
)
def test_text_is_no_variant(rows: Rows, statement: str) -> None:
    rows("CREATE TABLE T (ID VARCHAR, V VARIANT)")
    with pytest.raises(SnowparkSQLException, match="expecting VARIANT but got VARCHAR"):
        rows(statement)


def test_bound_text_is_no_variant(rows: Rows) -> None:
    rows("CREATE TABLE T (ID VARCHAR, V VARIANT)")
    with pytest.raises(SnowparkSQLException, match="expecting VARIANT but got VARCHAR"):
        rows("INSERT INTO T (ID, V) SELECT ?, ?", "1", "[1]")
    with pytest.raises(SnowparkSQLException, match="expecting VARIANT but got VARCHAR"):
        rows("UPDATE T SET V = ? WHERE ID = ?", "[1]", "1")


def test_what_is_a_variant_or_nothing_is_written_into_one(rows: Rows) -> None:
    rows("CREATE TABLE T (ID VARCHAR, V VARIANT)")
    rows("INSERT INTO T SELECT '1', NULL")
    rows("UPDATE T SET V = OBJECT_CONSTRUCT('a', 1)")
    rows("UPDATE T SET V = u.W FROM (SELECT '1' AS K, PARSE_JSON('[7]') AS W) u WHERE u.K = T.ID")
    assert rows("SELECT V[0]::NUMBER AS A FROM T") == [{"A": 7}]


def test_parsed_json_inserted_into_a_variant_is_an_object(rows: Rows) -> None:
    rows("CREATE TABLE T (ID VARCHAR, V VARIANT)")
    rows("INSERT INTO T (ID, V) SELECT ?, PARSE_JSON(?)", "1", '{"a": [1, 2]}')
    assert rows("SELECT V:a[1]::NUMBER AS A FROM T") == [{"A": 2}]


@pytest.mark.parametrize("value", ["PARSE_JSON('{}')", "ARRAY_CONSTRUCT(1)", "{'a': 1}"])
def test_functions_in_values_are_refused(rows: Rows, value: str) -> None:
    rows("CREATE TABLE T (V VARIANT)")
    with pytest.raises(SnowparkSQLException, match="in VALUES clause"):
        rows(f"INSERT INTO T (V) VALUES ({value})")


@pytest.mark.parametrize("create", ["", "CREATE VIEW V AS "])
def test_a_value_from_rows_in_a_range_of_the_outer_row_is_refused(rows: Rows, create: str) -> None:
    rows("CREATE TABLE T (ID VARCHAR, N NUMBER)")
    with pytest.raises(SnowparkSQLException, match="Unsupported subquery type"):
        rows(f"{create}SELECT (SELECT SUM(b.N) FROM T b WHERE b.N >= a.N) AS S FROM T a")


def test_a_value_from_rows_of_equal_key_is_computed(rows: Rows) -> None:
    rows("CREATE TABLE T (ID VARCHAR, N NUMBER)")
    rows("INSERT INTO T VALUES ('1', 2), ('1', 3)")
    answer = rows("SELECT (SELECT SUM(b.N) FROM T b WHERE b.ID = a.ID AND b.N > 0) AS S FROM T a")
    assert answer == [{"S": 5}, {"S": 5}]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT ID IN (SELECT ID FROM U) AS LISTED FROM T",
        "UPDATE T SET N = IFF(ID IN (SELECT ID FROM U), 1, 0)",
        "SELECT ID FROM T WHERE N = 1 OR ID IN (SELECT ID FROM U)",
        "SELECT ID FROM T WHERE N = 1 OR NOT (ID NOT IN (SELECT ID FROM U))",
        "DELETE FROM T WHERE NOT (N = 1 AND ID IN (SELECT ID FROM U))",
        "SELECT t.ID FROM T t JOIN U u ON u.ID = t.ID AND t.ID IN (SELECT ID FROM U)",
        "SELECT t.ID FROM T t WHERE N = 1 OR EXISTS (SELECT 1 FROM U u WHERE u.ID = t.ID)",
        "SELECT EXISTS (SELECT 1 FROM U u WHERE u.ID = t.ID) AS THERE FROM T t",
    ],
)
def test_rows_are_looked_for_in_conditions_of_where_alone(rows: Rows, statement: str) -> None:
    rows("CREATE TABLE T (ID VARCHAR, N NUMBER)")
    rows("CREATE TABLE U (ID VARCHAR)")
    with pytest.raises(SnowparkSQLException, match="Unsupported subquery type"):
        rows(statement)


@pytest.mark.parametrize(
    "condition",
    [
        "ID IN (SELECT ID FROM U) AND (N = 1 OR N = 2)",
        "NOT (ID NOT IN (SELECT ID FROM U))",
        "EXISTS (SELECT 1 FROM U u WHERE u.ID = t.ID AND (u.ID = '1' OR u.ID = '2'))",
        "N = 7 OR EXISTS (SELECT 1 FROM U)",
    ],
)
def test_rows_are_looked_for_in_conditions_of_where(rows: Rows, condition: str) -> None:
    rows("CREATE TABLE T (ID VARCHAR, N NUMBER)")
    rows("CREATE TABLE U (ID VARCHAR)")
    rows("INSERT INTO T VALUES ('1', 1)")
    rows("INSERT INTO U VALUES ('1')")
    assert rows(f"SELECT ID FROM T t WHERE {condition}") == [{"ID": "1"}]


def test_json_with_a_null_character_is_refused(rows: Rows) -> None:
    rows("CREATE TABLE T (J VARCHAR)")
    rows("INSERT INTO T SELECT ?", '{"a": "x\\u0000"}')
    with pytest.raises(SnowparkSQLException, match="Error parsing JSON"):
        rows("SELECT PARSE_JSON(J) AS V FROM T")


def test_json_with_a_text_that_looks_like_a_null_character_is_parsed(rows: Rows) -> None:
    rows("CREATE TABLE T (J VARCHAR)")
    rows("INSERT INTO T SELECT ?", '{"a": "x\\\\u0000"}')
    assert rows("SELECT PARSE_JSON(J):a::VARCHAR AS A FROM T") == [{"A": "x\\u0000"}]


def test_columns_that_differ_in_case_only_are_refused(rows: Rows) -> None:
    with pytest.raises(SnowparkSQLException):
        rows('CREATE TABLE T ("a" VARCHAR, "A" VARCHAR)')


def test_a_column_named_twice_is_refused(rows: Rows) -> None:
    with pytest.raises(SnowparkSQLException, match="duplicate column name 'A'"):
        rows("CREATE TABLE T (a VARCHAR, A VARCHAR)")


def test_a_merge_clause_after_one_without_a_condition_is_refused(rows: Rows) -> None:
    rows("CREATE TABLE T (ID VARCHAR)")
    with pytest.raises(SnowparkSQLException, match="last of its kind"):
        rows(
            "MERGE INTO T t USING T s ON t.ID = s.ID WHEN MATCHED THEN DELETE"
            " WHEN MATCHED AND s.ID = '1' THEN UPDATE SET ID = '2'"
        )


def test_insert_lists_of_unequal_length_are_refused_in_a_merge(rows: Rows) -> None:
    rows("CREATE TABLE T (ID VARCHAR, N VARCHAR)")
    with pytest.raises(SnowparkSQLException, match="expecting 2 but got 1"):
        rows(
            "MERGE INTO T t USING T s ON t.ID = s.ID"
            " WHEN NOT MATCHED THEN INSERT (ID, N) VALUES (s.ID)"
        )


@pytest.mark.parametrize("create", ["", "CREATE VIEW W AS "])
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("T t JOIN TABLE(FLATTEN(INPUT => t.V)) f ON f.VALUE = t.ID", "a join predicate"),
        ("T t LEFT JOIN LATERAL FLATTEN(INPUT => t.V) f", "OUTER JOIN syntax"),
        ("T t, LATERAL FLATTEN(INPUT => t.V) f LEFT JOIN T u ON u.ID = f.KEY", "left side of join"),
        ("TABLE(FLATTEN(INPUT => PARSE_JSON('[]'))) f LEFT JOIN T u ON u.ID = f.KEY", "left side"),
    ],
)
def test_flatten_on_a_side_of_a_join_is_refused(
    rows: Rows, source: str, message: str, create: str
) -> None:
    rows("CREATE TABLE T (ID VARCHAR, V VARIANT)")
    with pytest.raises(SnowparkSQLException, match=message):
        rows(f"{create}SELECT f.VALUE AS X FROM {source}")


def test_flatten_is_joined_by_a_comma_or_in_a_subquery(rows: Rows) -> None:
    rows("CREATE TABLE T (ID VARCHAR, V VARIANT)")
    rows("INSERT INTO T SELECT '1', PARSE_JSON('[7]')")
    assert rows(
        "SELECT f.VALUE::NUMBER AS A, u.ID AS B FROM T t LEFT JOIN T u ON u.ID = t.ID, "
        "LATERAL FLATTEN(INPUT => t.V) f"
    ) == [{"A": 7, "B": "1"}]
    assert rows(
        "SELECT f.VALUE::NUMBER AS A, u.ID AS B FROM (SELECT f.VALUE AS VALUE FROM "
        "TABLE(FLATTEN(INPUT => PARSE_JSON('[8]'))) f) f LEFT JOIN T u ON u.ID = f.VALUE::VARCHAR"
    ) == [{"A": 8, "B": None}]


@pytest.mark.parametrize(
    "value",
    [
        "TRY_TO_NUMBER(NULL)",
        "TRY_TO_NUMBER(V:a, 38, 18)",
        "TRY_TO_DOUBLE(V['a'])",
        "TRY_TO_BOOLEAN(TRUE)",
        "TRY_TO_DATE(20240101, 'YYYYMMDD')",
        "TRY_TO_TIMESTAMP_NTZ(V:a)",
        "TRY_TO_TIMESTAMP_NTZ(NULL, 'AUTO')",
        "TRY_CAST(V:a AS NUMBER)",
        "TRY_CAST(1 AS DATE)",
    ],
)
def test_only_text_is_tried(rows: Rows, value: str) -> None:
    rows("CREATE TABLE T (ID VARCHAR, V VARIANT)")
    with pytest.raises(SnowparkSQLException, match="TRY_CAST cannot be used with arguments"):
        rows(f"SELECT {value} AS X FROM T")


@pytest.mark.parametrize(
    "value",
    [
        "TRY_TO_NUMBER(V:a::VARCHAR)",
        "TRY_TO_NUMBER(ID, 38, 18)",
        "TRY_TO_BOOLEAN(CAST(NULL AS VARCHAR))",
        "TRY_TO_DATE(ID, 'YYYY-MM-DD')",
        "TRY_CAST(ID AS NUMBER)",
        "TRY_TO_DOUBLE('x')",
    ],
)
def test_text_is_tried(rows: Rows, value: str) -> None:
    rows("CREATE TABLE T (ID VARCHAR, V VARIANT)")
    rows("INSERT INTO T SELECT 'x', PARSE_JSON('{}')")
    assert rows(f"SELECT {value} AS X FROM T") == [{"X": None}]
