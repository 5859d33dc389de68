"""A plan comes back for tables that are made anew as they were, and for no others."""

from __future__ import annotations

from typing import Any

import pytest

from snowflake_sandbox.queries import execution
from snowflake_sandbox.session import LocalSession
from snowflake_sandbox.sql.translation import Plan
from tests.sandboxes.snowflake.conftest import Rows

RUN, NEXT = "0123456789AB", "BA9876543210"


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that were planned, and not recalled."""
    texts: list[str] = []
    plan = execution._new_plan

    def listened(session: LocalSession, text: str, params: list[Any] | None) -> Plan:
        texts.append(text)
        return plan(session, text, params)

    monkeypatch.setattr(execution, "_new_plan", listened)
    return texts


def merge(run: str, part: str) -> str:
    return (
        f'MERGE INTO T USING (SELECT ID, V FROM "LOAD_{run}{part}") AS s ON T.ID = s.ID'
        " WHEN MATCHED THEN UPDATE SET V = s.V"
        " WHEN NOT MATCHED THEN INSERT (ID, V) VALUES (s.ID, s.V)"
    )


def test_a_table_of_the_same_columns_has_the_same_plan(rows: Rows, planned: list[str]) -> None:
    for value in (1, 2):
        rows("CREATE OR REPLACE TABLE T (A INTEGER)")
        rows(f"INSERT INTO T SELECT {value}")
        planned.clear()
        assert rows("SELECT A AS RECALLED FROM T") == [{"RECALLED": value}]
    assert planned == []


@pytest.mark.parametrize("columns", ["A VARCHAR", "B INTEGER, A INTEGER", "A NUMBER(5, 2)"])
def test_a_table_of_other_columns_has_a_plan_of_its_own(
    rows: Rows, planned: list[str], columns: str
) -> None:
    query = f"SELECT * FROM T /* before {columns} */"
    rows("CREATE OR REPLACE TABLE T (A INTEGER)")
    rows(query)
    rows(f"CREATE OR REPLACE TABLE T ({columns})")
    planned.clear()
    rows(query)
    assert planned == [query]


@pytest.mark.parametrize("part", ["", "_1", "_SEEN"])
def test_the_next_run_reads_its_own_rows_by_the_same_plans(
    rows: Rows, planned: list[str], part: str
) -> None:
    for run, value in ((RUN, "first"), (NEXT, "second")):
        table = f'"LOAD_{run}{part}"'
        query = f"SELECT ID, V FROM {table}"
        rows("CREATE OR REPLACE TABLE T (ID VARCHAR, V VARCHAR)")
        rows(f"CREATE TABLE {table} (ID VARCHAR, V VARCHAR)")
        rows(f"INSERT INTO {table} VALUES ('1', '{value}')")
        planned.clear()
        rows(merge(run, part))
        assert rows("SELECT V FROM T") == [{"V": value}]
        assert rows(query) == [{"ID": "1", "V": value}]
    assert merge(NEXT, part) not in planned
    assert query not in planned


def test_a_view_over_a_table_of_other_columns_is_translated_anew(rows: Rows) -> None:
    view = "CREATE OR REPLACE VIEW W AS SELECT * FROM T"
    rows("CREATE OR REPLACE TABLE T (A INTEGER)")
    rows(view)
    rows("CREATE OR REPLACE TABLE T (A VARCHAR, B VARIANT)")
    rows(view)
    rows("INSERT INTO T SELECT 'x', PARSE_JSON('[1]')")
    assert rows("SELECT A, B[0] AS N FROM W") == [{"A": "x", "N": "1"}]
