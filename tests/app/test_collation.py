"""A collation of the account's never makes two keys of the state one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from snowflake_sandbox import Engine

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        engine.sql("ALTER ACCOUNT SET DEFAULT_DDL_COLLATION = 'en-ci'")
        engine.install(ROOT / "app")
        yield engine


def test_the_account_has_its_collation_elsewhere(engine: Engine) -> None:
    engine.sql("CREATE DATABASE THEIRS")
    engine.sql("CREATE TABLE THEIRS.PUBLIC.T (A VARCHAR, B VARCHAR COLLATE '')")
    engine.sql("INSERT INTO THEIRS.PUBLIC.T SELECT 'x', 'x'")
    assert engine.sql("SELECT A = 'X', B = 'X' FROM THEIRS.PUBLIC.T") == [("True", "False")]


def test_what_lies_between_hubspot_and_a_table_is_compared_as_it_is(engine: Engine) -> None:
    engine.sql("CREATE TABLE HUBSPOT_INGEST.STAGING.T (A VARCHAR)")
    engine.sql("INSERT INTO HUBSPOT_INGEST.STAGING.T SELECT 'x'")
    assert engine.sql("SELECT A = 'X' FROM HUBSPOT_INGEST.STAGING.T") == [("False",)]


def test_no_text_of_the_state_is_compared_without_its_case(engine: Engine) -> None:
    texts = engine.sql(
        "SELECT TABLE_NAME, COLUMN_NAME FROM HUBSPOT_INGEST.INFORMATION_SCHEMA.COLUMNS"
        " WHERE TABLE_SCHEMA = 'STATE' AND DATA_TYPE = 'TEXT'"
        " AND TABLE_NAME IN (SELECT TABLE_NAME FROM HUBSPOT_INGEST.INFORMATION_SCHEMA.TABLES"
        "   WHERE TABLE_SCHEMA = 'STATE' AND TABLE_TYPE = 'BASE TABLE')"
    )
    assert len(texts) > 50
    for table, column in texts:
        name = f'HUBSPOT_INGEST.STATE."{table}"'
        matches = engine.sql(
            f"SELECT COUNT(*) FROM (SELECT \"{column}\" FROM {name} UNION ALL SELECT 'Key')"
            f" q WHERE q.\"{column}\" = 'KEY'"
        )
        assert matches == [("0",)], (table, column)
