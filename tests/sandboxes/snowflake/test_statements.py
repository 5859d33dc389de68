"""What a client reads back: types, comments, rows, errors."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from snowflake.snowpark import Session
from snowflake.snowpark.exceptions import SnowparkSQLException

from snowflake_sandbox import Engine
from tests.sandboxes.snowflake.conftest import Rows

TABLE = """
CREATE TABLE IF NOT EXISTS LAB.BENCH."CONTACTS" (
  "ID" VARCHAR NOT NULL COMMENT 'the record''s id', "NAME" VARCHAR(40), "AMOUNT" NUMBER(38,9),
  "SIZE" NUMBER, "SHARE" FLOAT, "OPEN" BOOLEAN, "DAY" DATE, "AT" TIMESTAMP_NTZ(3),
  "RAW" VARIANT, "COMPANIES_IDS" ARRAY COMMENT 'ids', "BAG" OBJECT
) COMMENT = 'People'
"""


def columns(rows: Rows) -> dict[str, dict[str, Any]]:
    found = rows(
        "SELECT * FROM LAB.INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'CONTACTS'"
        " AND TABLE_SCHEMA = 'BENCH' ORDER BY ORDINAL_POSITION"
    )
    return {row["COLUMN_NAME"]: row for row in found}


def refused(rows: Rows, text: str) -> SnowparkSQLException:
    with pytest.raises(SnowparkSQLException) as caught:
        rows(text)
    return caught.value


def test_declared_types_come_back_in_the_information_schema(rows: Rows) -> None:
    rows(TABLE)
    kinds = {name: row["DATA_TYPE"] for name, row in columns(rows).items()}
    assert kinds == {
        "ID": "TEXT",
        "NAME": "TEXT",
        "AMOUNT": "NUMBER",
        "SIZE": "NUMBER",
        "SHARE": "FLOAT",
        "OPEN": "BOOLEAN",
        "DAY": "DATE",
        "AT": "TIMESTAMP_NTZ",
        "RAW": "VARIANT",
        "COMPANIES_IDS": "ARRAY",
        "BAG": "OBJECT",
    }


def test_numbers_of_a_type_come_back_in_the_information_schema(rows: Rows) -> None:
    rows(TABLE)
    found = columns(rows)
    assert found["NAME"]["CHARACTER_MAXIMUM_LENGTH"] == 40
    assert (found["AMOUNT"]["NUMERIC_PRECISION"], found["AMOUNT"]["NUMERIC_SCALE"]) == (38, 9)
    assert (found["SIZE"]["NUMERIC_PRECISION"], found["SIZE"]["NUMERIC_SCALE"]) == (38, 0)
    assert found["AT"]["DATETIME_PRECISION"] == 3
    assert found["ID"]["IS_NULLABLE"] == "NO"


def test_comments_come_back_everywhere(rows: Rows) -> None:
    rows(TABLE)
    assert columns(rows)["ID"]["COMMENT"] == "the record's id"
    shown = {row["column_name"]: row for row in rows("SHOW COLUMNS IN TABLE CONTACTS")}
    assert shown["COMPANIES_IDS"]["comment"] == "ids"
    described = {row["name"]: row for row in rows("DESCRIBE TABLE CONTACTS")}
    assert described["ID"]["comment"] == "the record's id"
    tables = rows("SELECT COMMENT FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME = 'CONTACTS'")
    assert tables == [{"COMMENT": "People"}]


def test_a_described_table_tells_full_types(rows: Rows) -> None:
    rows(TABLE)
    kinds = {row["name"]: row["type"] for row in rows("DESCRIBE TABLE LAB.BENCH.CONTACTS")}
    assert kinds["AMOUNT"] == "NUMBER(38,9)"
    assert kinds["NAME"] == "VARCHAR(40)"
    assert kinds["AT"] == "TIMESTAMP_NTZ(3)"
    assert kinds["COMPANIES_IDS"] == "ARRAY"


@pytest.mark.parametrize(
    "statement",
    [
        "COMMENT ON COLUMN LAB.BENCH.CONTACTS.NAME IS 'who'",
        "ALTER TABLE CONTACTS ALTER COLUMN NAME COMMENT 'who'",
        "ALTER TABLE CONTACTS MODIFY COLUMN \"NAME\" COMMENT 'who'",
    ],
)
def test_a_column_comment_can_be_changed(rows: Rows, statement: str) -> None:
    rows(TABLE)
    rows(statement)
    found = columns(rows)["NAME"]
    assert (found["COMMENT"], found["CHARACTER_MAXIMUM_LENGTH"]) == ("who", 40)


def test_an_existing_table_keeps_its_comments(rows: Rows) -> None:
    rows(TABLE)
    answer = rows(TABLE.replace("'ids'", "'other'"))
    assert answer == [{"status": "CONTACTS already exists, statement succeeded."}]
    assert columns(rows)["COMPANIES_IDS"]["COMMENT"] == "ids"


def test_a_table_made_anew_has_forgotten_its_comments(rows: Rows) -> None:
    rows(TABLE)
    rows("DROP TABLE CONTACTS")
    rows("CREATE TABLE CONTACTS (COMPANIES_IDS VARIANT)")
    found = columns(rows)["COMPANIES_IDS"]
    assert (found["DATA_TYPE"], found["COMMENT"]) == ("VARIANT", None)


def test_several_columns_are_added_at_once_and_known_ones_left_alone(rows: Rows) -> None:
    rows(TABLE)
    rows(
        'ALTER TABLE CONTACTS ADD COLUMN IF NOT EXISTS "NAME" VARCHAR,'
        ' IF NOT EXISTS "PHONE" VARCHAR COMMENT \'call\', IF NOT EXISTS "TAGS" ARRAY'
    )
    found = columns(rows)
    assert found["PHONE"]["COMMENT"] == "call"
    assert found["TAGS"]["DATA_TYPE"] == "ARRAY"
    assert found["NAME"]["CHARACTER_MAXIMUM_LENGTH"] == 40


def test_adding_a_known_column_without_if_not_exists_is_refused(rows: Rows) -> None:
    rows(TABLE)
    assert "already exists" in str(refused(rows, "ALTER TABLE CONTACTS ADD COLUMN NAME VARCHAR"))


def test_a_column_can_be_widened(rows: Rows) -> None:
    rows(TABLE)
    rows("ALTER TABLE CONTACTS ALTER COLUMN NAME SET DATA TYPE VARCHAR(100)")
    assert columns(rows)["NAME"]["CHARACTER_MAXIMUM_LENGTH"] == 100


@pytest.mark.parametrize("kind", ["NUMBER", "VARCHAR(3)", "BOOLEAN"])
def test_a_column_is_not_changed_to_what_snowflake_would_refuse(rows: Rows, kind: str) -> None:
    rows(TABLE)
    error = refused(rows, f"ALTER TABLE CONTACTS ALTER COLUMN NAME SET DATA TYPE {kind}")
    assert "cannot change column NAME from type VARCHAR(40)" in str(error)


def test_result_columns_are_recognisable_as_array_and_variant(session: Session) -> None:
    session.sql(TABLE).collect()
    kinds = {
        field.name: type(field.datatype).__name__
        for field in session.sql("SELECT * FROM CONTACTS").schema.fields
    }
    assert kinds["COMPANIES_IDS"] == "ArrayType"
    assert kinds["RAW"] == "VariantType"
    assert kinds["BAG"] == "MapType"


def test_types_are_followed_through_subqueries_and_views(session: Session) -> None:
    session.sql(TABLE).collect()
    session.sql("CREATE VIEW SEEN AS SELECT c.COMPANIES_IDS AS IDS FROM CONTACTS c").collect()
    query = "WITH x AS (SELECT IDS FROM SEEN) SELECT y.IDS FROM (SELECT * FROM x) y"
    assert type(session.sql(query).schema.fields[0].datatype).__name__ == "ArrayType"


def test_time_scale_comes_back_with_the_result(shared: Engine) -> None:
    shared.sql("CREATE OR REPLACE SCHEMA LAB.BENCH")
    with shared.connect("LAB", "BENCH") as connection:
        cursor = connection.cursor()
        cursor.execute(TABLE)
        cursor.execute('SELECT "AT", "AMOUNT" FROM CONTACTS')
        assert cursor.description[0].scale == 3
        assert (cursor.description[1].precision, cursor.description[1].scale) == (38, 9)


def test_values_come_back_as_python_has_them(rows: Rows) -> None:
    found = rows(
        "SELECT 1 AS A, 'x' AS B, 1.50::NUMBER(38,9) AS C, TRUE AS D,"
        " TO_TIMESTAMP_NTZ(1700000000123, 3) AS E, NULL::TIMESTAMP_NTZ AS F, NULL AS G"
    )
    assert found == [
        {
            "A": 1,
            "B": "x",
            "C": Decimal("1.500000000"),
            "D": True,
            "E": datetime(2023, 11, 14, 22, 13, 20, 123000),
            "F": None,
            "G": None,
        }
    ]


def test_a_time_before_1970_keeps_its_fraction(rows: Rows) -> None:
    found = rows("SELECT TO_TIMESTAMP_NTZ(-1500, 3) AS T")
    assert found == [{"T": datetime(1969, 12, 31, 23, 59, 58, 500000)}]


@pytest.mark.parametrize(
    "text", ['it\'s "q" \\ $$ \n\t 😀 é', "%s ? :1 --", "\x01", "O'Brien; DROP TABLE x"]
)
def test_bound_text_comes_back_unchanged(rows: Rows, text: str) -> None:
    assert rows("SELECT ? AS T", text) == [{"T": text}]


def test_object_constants_become_json(rows: Rows) -> None:
    found = rows("SELECT {'a': [1, 'x', {'b': TRUE}]} AS O, O:a[2].b::BOOLEAN AS B")
    assert found == [{"O": '{"a":[1,"x",{"b":true}]}', "B": True}]


@pytest.mark.parametrize(
    ("text", "errno", "sqlstate"),
    [
        ("SELECT * FROM NOWHERE", 2003, "42S02"),
        ("SELECT NOTHING FROM LAB.INFORMATION_SCHEMA.TABLES", 904, "42000"),
        ("SELEC 1", 1003, "42000"),
        ("CREATE TABLE BENCH.NEW (A NOTYPE)", 2040, "42601"),
        ("SELECT 'x'::NUMBER", 100038, "22018"),
        ("DROP TABLE NOWHERE", 2003, "02000"),
        ("CREATE FUNCTION F() RETURNS NUMBER AS '1'", 2, "0A000"),
        ("SHOW LOCKS", 2, "0A000"),
        ("BEGIN LET x := 1; END", 2, "0A000"),
    ],
)
def test_what_fails_says_so_in_snowflakes_shape(
    shared: Engine, text: str, errno: int, sqlstate: str
) -> None:
    from snowflake.connector.errors import ProgrammingError

    with shared.connect("LAB", "BENCH") as connection:
        with pytest.raises(ProgrammingError) as caught:
            connection.cursor().execute(text)
        assert (caught.value.errno, caught.value.sqlstate) == (errno, sqlstate)


def test_dml_answers_counts(rows: Rows) -> None:
    rows("CREATE TABLE T (ID VARCHAR)")
    assert rows("INSERT INTO T VALUES ('1'), ('2')") == [{"number of rows inserted": 2}]
    assert rows("UPDATE T SET ID = ? WHERE ID = ?", "3", "1") == [
        {"number of rows updated": 1, "number of multi-joined rows updated": 0}
    ]
    assert rows("DELETE FROM T") == [{"number of rows deleted": 2}]


def test_a_transaction_can_be_rolled_back(rows: Rows) -> None:
    rows("CREATE TABLE T (ID VARCHAR)")
    rows("BEGIN")
    rows("INSERT INTO T VALUES ('1')")
    rows("ROLLBACK")
    assert rows("SELECT * FROM T") == []


def test_ddl_commits_the_open_transaction(rows: Rows) -> None:
    rows("CREATE TABLE T (ID VARCHAR)")
    rows("BEGIN")
    rows("INSERT INTO T VALUES ('1')")
    rows("CREATE TABLE U (ID VARCHAR)")
    rows("ROLLBACK")
    assert rows("SELECT * FROM T") == [{"ID": "1"}]


def test_a_view_means_the_same_from_another_schema(shared: Engine, rows: Rows) -> None:
    rows("CREATE TABLE T (ID VARCHAR)")
    rows("INSERT INTO T VALUES ('1')")
    rows("CREATE OR REPLACE VIEW V AS SELECT * FROM T")
    assert shared.sql("SELECT * FROM LAB.BENCH.V") == [("1",)]


def test_session_parameters_are_accepted(rows: Rows) -> None:
    rows("ALTER SESSION SET QUERY_TAG = 'x', TIMEZONE = 'UTC'")
    rows("ALTER SESSION UNSET QUERY_TAG")
    assert rows("SELECT 1 AS A") == [{"A": 1}]


def test_two_thousand_columns_are_made_described_and_grown(rows: Rows) -> None:
    listed = ", ".join(f"\"C{i}\" VARCHAR COMMENT 'label {i}'" for i in range(2000))
    rows(f"CREATE TABLE CONTACTS ({listed})")
    more = ", ".join(f'IF NOT EXISTS "D{i}" ARRAY' for i in range(50))
    rows(f"ALTER TABLE CONTACTS ADD COLUMN {more}")
    found = columns(rows)
    assert len(found) == 2050
    assert found["C1999"]["COMMENT"] == "label 1999"
    assert found["D49"]["DATA_TYPE"] == "ARRAY"


def test_a_schema_that_was_dropped_leaves_no_comment_behind(rows: Rows) -> None:
    for _ in range(2):
        rows("CREATE OR REPLACE SCHEMA LAB.AGAIN")
        rows("CREATE TABLE LAB.AGAIN.DRAFT (A NUMBER) COMMENT = 'made again'")
        rows("ALTER TABLE LAB.AGAIN.DRAFT RENAME TO LAB.AGAIN.DONE")
        rows("DROP SCHEMA LAB.AGAIN CASCADE")
    rows("CREATE SCHEMA LAB.AGAIN")
    rows("CREATE TABLE LAB.AGAIN.DONE (A NUMBER)")
    tables = "SELECT COMMENT FROM LAB.INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'AGAIN'"
    assert rows(tables) == [{"COMMENT": None}]
    rows("DROP SCHEMA LAB.AGAIN")


def test_an_expression_needs_no_current_schema(shared: Engine, rows: Rows) -> None:
    rows("CREATE TABLE NUMBERED AS SELECT 1 AS A")
    session = shared.session("LAB", "NOWHERE")
    query = (
        "SELECT COUNT(*) AS N FROM (WITH a AS (WITH inner_a AS (SELECT A FROM LAB.BENCH.NUMBERED)"
        " SELECT * FROM inner_a), b AS (SELECT * FROM a) SELECT * FROM b) counted"
    )
    for statement in (query, f"CREATE OR REPLACE VIEW LAB.BENCH.COUNTED AS {query}"):
        session.sql(statement).collect()
    assert session.sql(query).collect()[0]["N"] == 1
    session.close()
    assert rows("SELECT N FROM COUNTED") == [{"N": 1}]


@pytest.mark.parametrize("columns", ["TABLE_NAME, ROW_COUNT", "*"])
def test_the_information_schema_counts_the_rows_that_are_there(rows: Rows, columns: str) -> None:
    listing = (
        f"SELECT {columns} FROM LAB.INFORMATION_SCHEMA.TABLES t WHERE t.TABLE_SCHEMA = 'BENCH'"
    )
    rows("CREATE TABLE T (ID NUMBER)")
    rows("CREATE VIEW V AS SELECT * FROM T")
    rows("INSERT INTO T SELECT COLUMN1 FROM VALUES (1), (2), (3)")
    assert {row["TABLE_NAME"]: row["ROW_COUNT"] for row in rows(listing)} == {"T": 3, "V": None}

    rows("DELETE FROM T WHERE ID > 1")

    assert {row["TABLE_NAME"]: row["ROW_COUNT"] for row in rows(listing)} == {"T": 1, "V": None}
