"""A remembered plan is used as long as nothing that it reads was defined anew."""

from __future__ import annotations

import pytest
from sqlglot import exp

from snowflake_sandbox.names import Name
from snowflake_sandbox.plan_cache import PlanCache
from snowflake_sandbox.sql.translation import Plan
from tests.sandboxes.snowflake.conftest import Rows

TABLE, OTHER = Name("DB", "PUBLIC", "T"), Name("DB", "PUBLIC", "OTHER")
VIEW, OVER_VIEW = Name("DB", "PUBLIC", "V"), Name("DB", "REPORTS", "W")
KEY = ("SELECT 1", "DB")


@pytest.fixture
def plans() -> PlanCache:
    plans = PlanCache()
    plans.define(TABLE)
    plans.define(OTHER)
    plans.define(VIEW, [TABLE])
    plans.define(OVER_VIEW, [VIEW])
    return plans


def is_known_after(plans: PlanCache, relations: list[Name], *scope: str) -> bool:
    plans.put(KEY, Plan(("SELECT 1",), exp.Select()), relations)
    plans.forget(*scope)
    return plans.get(KEY) is not None


def test_a_change_elsewhere_leaves_a_plan(plans: PlanCache) -> None:
    assert is_known_after(plans, [TABLE], *OTHER)
    assert is_known_after(plans, [OVER_VIEW], *OTHER)
    assert is_known_after(plans, [TABLE], "ANOTHER")


@pytest.mark.parametrize("scope", [(), ("DB",), ("db", "public"), TABLE])
@pytest.mark.parametrize("relation", [TABLE, VIEW, OVER_VIEW])
def test_a_change_of_what_is_read_forgets_a_plan(
    plans: PlanCache, relation: Name, scope: tuple[str, ...]
) -> None:
    assert not is_known_after(plans, [relation], *scope)


@pytest.mark.parametrize(
    "relations",
    [[], [Name("DB", "PUBLIC", "FOUND_ON_DISK")], [Name("DB", "INFORMATION_SCHEMA", "TABLES")]],
)
def test_a_plan_of_unknown_relations_is_forgotten_at_every_change(
    plans: PlanCache, relations: list[Name]
) -> None:
    assert not is_known_after(plans, relations, *OTHER)


def test_a_table_takes_the_name_of_one_that_was_dropped(rows: Rows) -> None:
    rows("CREATE TABLE T (A INTEGER)")
    rows("DROP TABLE T")
    rows("DROP TABLE IF EXISTS T")
    rows("CREATE TABLE U (B VARCHAR)")
    rows("ALTER TABLE U RENAME TO T")
    rows("INSERT INTO T VALUES ('b')")

    assert rows("SELECT * FROM T") == [{"B": "b"}]
    rows("CREATE TABLE IF NOT EXISTS T (A INTEGER)")
    rows("DROP TABLE T")


def test_what_was_read_while_something_changed_is_not_remembered(plans: PlanCache) -> None:
    def read() -> str:
        plans.define(TABLE)
        return "of before"

    plans.remember("kind", TABLE, read)

    assert plans.remember("kind", TABLE, lambda: "of now") == "of now"


def test_a_view_reads_what_its_table_became_meanwhile(rows: Rows) -> None:
    rows("CREATE TABLE T (A INTEGER)")
    rows("CREATE VIEW V AS WITH T AS (SELECT A FROM T) SELECT A FROM T")
    rows("INSERT INTO T VALUES (1)")
    assert rows("SELECT MAX(A) AS A FROM V") == [{"A": 1}]
    assert rows("WITH T AS (SELECT MIN(A) AS A FROM T) SELECT A FROM T") == [{"A": 1}]

    rows("CREATE OR REPLACE TABLE T (A VARCHAR)")
    rows("INSERT INTO T VALUES ('b'), ('a')")

    assert rows("SELECT MAX(A) AS A FROM V") == [{"A": "b"}]
    assert rows("WITH T AS (SELECT MIN(A) AS A FROM T) SELECT A FROM T") == [{"A": "a"}]
