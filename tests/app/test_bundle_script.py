"""The setup script is read as Snowflake reads it."""

from __future__ import annotations

from scripts.setup_objects import created_by, granted_by
from scripts.setup_script import Statement, run_order, statements


def one(sql: str) -> Statement:
    """The one statement of a text."""
    (statement,) = statements(sql, "setup.sql")
    return statement


def test_semicolons_in_strings_bodies_comments_and_names_end_no_statement() -> None:
    sql = """SELECT 'a;''b' AS ";"; -- one; two
    /* three; */ EXECUTE IMMEDIATE $$ BEGIN; END; $$; // four;
    SELECT 'c\\';'"""
    assert [each.line for each in statements(sql, "setup.sql")] == [1, 2, 3]


def test_parts_run_where_they_are_named() -> None:
    files = {
        "setup.sql": b"SELECT 1; EXECUTE IMMEDIATE FROM './sql/a.sql'; SELECT 4;",
        "sql/a.sql": b"SELECT 2; EXECUTE IMMEDIATE FROM 'b.sql';",
        "sql/b.sql": b"SELECT 3;",
    }
    ran = [each.text for each in run_order(files, "setup.sql") if each.text.startswith("SELECT")]
    assert ran == ["SELECT 1", "SELECT 2", "SELECT 3", "SELECT 4"]


def test_a_signature_is_its_arguments_types_in_one_spelling() -> None:
    created = created_by(
        one("create procedure core.f(a string, b NUMBER(38, 0) default 1, c variant) returns text")
    )
    assert created is not None
    assert created.label == "PROCEDURE CORE.F(VARCHAR, NUMBER, VARIANT)"


def test_a_procedure_without_arguments_is_granted_by_empty_brackets() -> None:
    created = created_by(one("CREATE OR REPLACE PROCEDURE core.all() RETURNS VARIANT"))
    grant = granted_by(one("GRANT USAGE ON PROCEDURE core.all() TO APPLICATION ROLE reader"))
    assert created is not None
    assert grant is not None
    assert grant.covers(created)


def test_a_role_granted_to_a_role_is_a_grant_on_that_role() -> None:
    grant = granted_by(one("GRANT APPLICATION ROLE reader TO APPLICATION ROLE admin"))
    assert grant is not None
    assert (grant.label, grant.role) == ("APPLICATION ROLE READER", "ADMIN")
