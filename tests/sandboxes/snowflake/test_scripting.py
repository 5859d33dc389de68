"""Blocks of Snowflake Scripting in EXECUTE IMMEDIATE."""

from __future__ import annotations

from pathlib import Path

import pytest
from snowflake.connector.errors import ProgrammingError
from snowflake.snowpark.exceptions import SnowparkSQLException

from snowflake_sandbox import Engine, SqlError
from tests.sandboxes.snowflake.applications import ROLES, SCHEMAS, procedure, write
from tests.sandboxes.snowflake.conftest import Rows


def block(text: str) -> str:
    return f"EXECUTE IMMEDIATE $${text}$$"


def answer(rows: Rows, text: str) -> object:
    (found,) = rows(block(text))
    return found["anonymous block"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("BEGIN RETURN 'x'; END", "x"),
        ("begin return 1 + 2; end;", "3"),
        ("BEGIN NULL; END", None),
        ("DECLARE a VARCHAR DEFAULT 'x'; b NUMBER; BEGIN RETURN a || NVL(b, 7); END", "x7"),
        ("BEGIN LET a := 'it''s'; LET b VARCHAR := a || '; END'; RETURN :b; END", "it's; END"),
        ("BEGIN LET a NUMBER(10,2) := '1.5'; a := :a + 1; RETURN a; END", "2.50"),
        ("BEGIN LET a BOOLEAN := 1 = 1; RETURN a; END", "true"),
        ("BEGIN LET a DEFAULT UPPER('a\\\\n'); RETURN a || 'a' || ':a'; END", "A\\Na:a"),
        ("BEGIN LET n := 'p'; RETURN PARSE_JSON('{\"n\": 1}'):n::VARCHAR || n; END", "1p"),
        ("BEGIN RETURN 1; RETURN 2; END", "1"),
        ("-- first\nBEGIN /* then */ RETURN CURRENT_DATABASE() || '_EAI'; END", "LAB_EAI"),
    ],
)
def test_a_block_answers_what_it_returns(rows: Rows, text: str, value: str | None) -> None:
    assert answer(rows, text) == value


def test_a_block_executes_texts(rows: Rows) -> None:
    answer(
        rows,
        """
        DECLARE name VARCHAR := 'T';
        BEGIN
          LET text := 'CREATE TABLE ' || name || ' (ID VARCHAR)';
          EXECUTE IMMEDIATE :text;
          EXECUTE IMMEDIATE 'INSERT INTO ' || :name || ' SELECT ''x;y''';
          text := 'INSERT INTO T VALUES (\\'z\\')';
          EXECUTE IMMEDIATE text;
        END;
        """,
    )
    assert rows("SELECT ID FROM T ORDER BY ID") == [{"ID": "x;y"}, {"ID": "z"}]


def test_an_exception_is_handled(rows: Rows) -> None:
    text = """
    BEGIN
      EXECUTE IMMEDIATE 'SELECT * FROM NOWHERE';
      RETURN 'not reached';
    EXCEPTION WHEN OTHER THEN
      RETURN SQLCODE || ' ' || SQLSTATE || ' ' || SQLERRM;
    END
    """
    told = str(answer(rows, text))
    assert told.startswith("2003 42S02 ")
    assert "NOWHERE" in told


def test_a_handler_is_passed_over_when_nothing_failed(rows: Rows) -> None:
    text = "BEGIN RETURN 'fine'; EXCEPTION WHEN OTHER THEN EXECUTE IMMEDIATE 'x'; END"
    assert answer(rows, text) == "fine"


def test_an_error_tells_its_place_in_the_block(shared: Engine) -> None:
    text = "BEGIN\n  LET a := 1;\n  EXECUTE IMMEDIATE 'SELECT * FROM LAB.PUBLIC.NOWHERE';\nEND"
    with shared.connect("LAB", "PUBLIC") as connection, pytest.raises(ProgrammingError) as caught:
        connection.cursor().execute(block(text))
    assert (caught.value.errno, caught.value.sqlstate) == (2003, "42S02")
    assert "'STATEMENT_ERROR' on line 3 at position 2 : " in str(caught.value)


@pytest.mark.parametrize(
    ("text", "errno", "reason"),
    [
        ("BEGIN IF (1 = 1) THEN RETURN 1; END IF; END", 2, "Scripting: IF"),
        ("BEGIN SELECT 1; END", 2, "Scripting: SELECT"),
        ("BEGIN BEGIN RETURN 1; END; END", 2, "Scripting: BEGIN"),
        ("BEGIN RAISE; END", 2, "Scripting: RAISE"),
        ("BEGIN RETURN 1; EXCEPTION WHEN STATEMENT_ERROR THEN NULL; END", 2, "STATEMENT_ERROR"),
        ("BEGIN x := 1; END", 904, "invalid identifier 'X'"),
        ("BEGIN RETURN :x; END", 2049, "Bind variable :X not set"),
        ("BEGIN RETURN x; END", 904, "X"),
        ("BEGIN LET a NOTYPE := 1; END", 2040, "NOTYPE"),
        ("BEGIN LET a NUMBER := 'x'; END", 100038, "x"),
        ("BEGIN EXECUTE IMMEDIATE 1; END", 1003, "text of a statement"),
        ("BEGIN RETURN 1;", 1003, "unexpected '<EOF>'"),
        ("BEGIN RETURN 1 END", 1003, "unexpected '<EOF>'"),
        ("BEGIN RETURN 1; END SELECT 2", 1003, "unexpected 'SELECT'"),
        ("BEGIN RETURN 1; IF; END", 2, "Scripting: IF"),
    ],
)
def test_what_a_block_cannot_do_is_refused(
    shared: Engine, text: str, errno: int, reason: str
) -> None:
    with pytest.raises(SqlError, match=reason) as caught:
        shared.sql(block(text))
    assert caught.value.errno == errno


def test_nothing_is_done_when_a_later_statement_cannot_be(rows: Rows) -> None:
    with pytest.raises(SnowparkSQLException):
        rows(block("BEGIN EXECUTE IMMEDIATE 'CREATE TABLE T (ID VARCHAR)'; FOR; END"))
    assert rows("SHOW TABLES LIKE 'T'") == []


def test_transactions_are_no_blocks(rows: Rows) -> None:
    rows("CREATE TABLE T (ID VARCHAR)")
    rows("EXECUTE IMMEDIATE 'BEGIN TRANSACTION'")
    rows("INSERT INTO T VALUES ('1')")
    rows("EXECUTE IMMEDIATE 'ROLLBACK'")
    assert rows("SELECT * FROM T") == []


NAMED = """
CREATE SECRET IF NOT EXISTS config.token TYPE = GENERIC_STRING SECRET_STRING = '';
CREATE SECRET IF NOT EXISTS config.other TYPE = GENERIC_STRING SECRET_STRING = '';
CREATE OR ALTER NETWORK RULE config.hosts
  MODE = EGRESS TYPE = HOST_PORT VALUE_LIST = ('api.example.com');
EXECUTE IMMEDIATE $$
DECLARE
  eai VARCHAR DEFAULT CURRENT_DATABASE() || '_HUBSPOT_EAI';
BEGIN
  EXECUTE IMMEDIATE 'CREATE OR REPLACE EXTERNAL ACCESS INTEGRATION ' || eai
    || ' ALLOWED_NETWORK_RULES = (config.hosts)'
    || ' ALLOWED_AUTHENTICATION_SECRETS = (config.token) ENABLED = TRUE';
END;
$$;
"""
BIND = """
EXECUTE IMMEDIATE $$
BEGIN
  LET eai VARCHAR := CURRENT_DATABASE() || '_HUBSPOT_EAI';
  LET bind := 'ALTER PROCEDURE core.reveal() SET EXTERNAL_ACCESS_INTEGRATIONS = (' || eai
    || ') SECRETS = (''key'' = config.token)';
  EXECUTE IMMEDIATE :bind;
END;
$$;
"""


def test_procedures_are_bound_to_an_integration_named_after_the_application(
    tmp_path: Path,
) -> None:
    app = write(tmp_path, ROLES, SCHEMAS, NAMED, procedure("reveal"), BIND)
    with Engine(None) as engine:
        for name in ("FIRST", "SECOND"):
            engine.install(app, name)
            engine.sql(f"ALTER SECRET {name}.CONFIG.TOKEN SET SECRET_STRING = '{name}'")
        assert [e.title for e in engine.catalog.integrations] == [
            "FIRST_HUBSPOT_EAI",
            "SECOND_HUBSPOT_EAI",
        ]
        bound = {p.name.database: p.integrations for p in engine.catalog.procedures}
        assert bound == {"FIRST": ("FIRST_HUBSPOT_EAI",), "SECOND": ("SECOND_HUBSPOT_EAI",)}
        session = engine.session("SECOND", "CORE")
        assert "SECOND" in session.sql("CALL reveal()").collect()[0][0]
        session.close()
        engine.install(app, "FIRST")


@pytest.mark.parametrize(
    ("bind", "reason"),
    [
        (BIND.replace("'_HUBSPOT_EAI'", "'_OTHER'"), "LAB_OTHER"),
        (BIND.replace("= config.token", "= config.other"), "not allowed by"),
        (BIND.replace("= config.token", "= config.nobody"), "CONFIG.NOBODY"),
        (BIND.replace("core.reveal()", "core.nobody()"), "NOBODY"),
        (BIND.replace("SECRETS", "SECRET"), "unexpected 'SECRET'"),
    ],
)
def test_a_binding_that_does_not_hold_is_refused(tmp_path: Path, bind: str, reason: str) -> None:
    app = write(tmp_path, ROLES, SCHEMAS, NAMED, procedure("reveal"), bind)
    with Engine(None) as engine, pytest.raises(SqlError, match=reason) as caught:
        engine.install(app, "LAB")
    assert "in setup.sql: EXECUTE IMMEDIATE" in str(caught.value)
