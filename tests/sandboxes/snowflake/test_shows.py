"""SHOW with LIKE, STARTS WITH and LIMIT."""

from __future__ import annotations

import pytest
from snowflake.snowpark.exceptions import SnowparkSQLException

from snowflake_sandbox import Engine
from tests.sandboxes.snowflake.conftest import Rows


@pytest.fixture
def filled(rows: Rows) -> Rows:
    for name in ("CONTACTS", "CONTACTS_HISTORY", "CONTACTSX"):
        rows(f"CREATE TABLE {name} (ID VARCHAR, EMAIL VARCHAR, EMAIL_2 VARCHAR)")
        rows(f"CREATE VIEW {name}_V AS SELECT * FROM {name}")
        rows(f"CREATE STAGE {name}")
    return rows


def names(rows: Rows, statement: str, column: str = "name") -> list[str]:
    return [row[column] for row in rows(statement)]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("LAB", ["LAB"]),
        ("lab", ["LAB"]),
        ("L%", ["LAB"]),
        ("L_B", ["LAB"]),
        ("", []),
        ("NOWHERE", []),
    ],
)
def test_databases_are_shown_by_pattern(rows: Rows, pattern: str, found: list[str]) -> None:
    assert names(rows, f"SHOW DATABASES LIKE '{pattern}'") == found
    assert names(rows, f"SHOW TERSE DATABASES LIKE '{pattern}'") == found


def test_only_databases_of_snowflake_are_shown(rows: Rows) -> None:
    assert names(rows, "SHOW DATABASES") == ["LAB"]


def test_schemas_are_shown_by_pattern(rows: Rows) -> None:
    assert names(rows, "SHOW SCHEMAS LIKE 'BEN%' IN DATABASE LAB") == ["BENCH"]
    assert names(rows, "SHOW SCHEMAS LIKE 'BEN'") == []
    assert "BENCH" in names(rows, "SHOW SCHEMAS IN DATABASE LAB")


@pytest.mark.parametrize("kind", ["TABLES", "STAGES"])
def test_objects_are_shown_by_pattern_start_and_number(filled: Rows, kind: str) -> None:
    assert names(filled, f"SHOW {kind} LIKE 'contacts'") == ["CONTACTS"]
    # an escaped underscore is itself, a bare one any character
    assert names(filled, f"SHOW {kind} LIKE 'CONTACTS\\\\_%'") == ["CONTACTS_HISTORY"]
    assert sorted(names(filled, f"SHOW {kind} LIKE 'CONTACTS_%' IN SCHEMA LAB.BENCH")) == [
        "CONTACTSX",
        "CONTACTS_HISTORY",
    ]
    assert names(filled, f"SHOW {kind} STARTS WITH 'CONTACTS_'") == ["CONTACTS_HISTORY"]
    assert names(filled, f"SHOW {kind} STARTS WITH 'contacts'") == []
    assert len(names(filled, f"SHOW {kind} LIMIT 2")) == 2


def test_views_are_shown_by_pattern(filled: Rows) -> None:
    assert names(filled, "SHOW VIEWS LIKE '%HISTORY\\\\_V'") == ["CONTACTS_HISTORY_V"]


def test_columns_are_shown_by_pattern(filled: Rows) -> None:
    found = names(filled, "SHOW COLUMNS LIKE 'email' IN TABLE CONTACTS", "column_name")
    assert found == ["EMAIL"]


def test_what_a_show_cannot_be_told_is_refused(filled: Rows) -> None:
    with pytest.raises(SnowparkSQLException, match="unexpected 'WITH'"):
        filled("SHOW STAGES LIMIT WITH")
    with pytest.raises(SnowparkSQLException, match="unexpected 'NOW'"):
        filled("SHOW STAGES NOW")


def test_schemas_are_shown_to_a_session_whose_schema_is_not_there(shared: Engine) -> None:
    session = shared.session("LAB", "NOWHERE")
    shown = session.sql("SHOW TERSE SCHEMAS IN DATABASE LAB LIMIT 10000").collect()
    session.close()
    assert "PUBLIC" in [row["name"] for row in shown]
