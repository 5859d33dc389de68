"""Migrations that would lose something, or come twice, are found."""

from __future__ import annotations

import pytest

from scripts.bundle_migrations import migrations_only_add
from scripts.bundle_tree import Tree

FIRST = """
CREATE TABLE IF NOT EXISTS state.runs (id VARCHAR NOT NULL);
INSERT INTO state.migrations (number, applied_at)
SELECT 1, SYSDATE() WHERE NOT EXISTS (SELECT 1 FROM state.migrations WHERE number = 1);
"""
SECOND = """
ALTER TABLE state.runs ADD COLUMN IF NOT EXISTS cost FLOAT COMMENT 'seconds';
UPDATE state.runs SET cost = 0 WHERE cost IS NULL;
INSERT INTO state.migrations (number, applied_at)
SELECT 2, SYSDATE() WHERE NOT EXISTS (SELECT 1 FROM state.migrations WHERE number = 2);
"""
LIST = """
EXECUTE IMMEDIATE FROM './sql/migrations/0001_first.sql';
EXECUTE IMMEDIATE FROM './sql/migrations/0002_cost.sql';
"""


def findings(setup: str = LIST, second: str = SECOND) -> list[str]:
    files = {
        "setup.sql": setup,
        "sql/migrations/0001_first.sql": FIRST,
        "sql/migrations/0002_cost.sql": second,
        "sql/migrations/0002_other.sql": second,
    }
    return [str(f) for f in migrations_only_add(Tree({p: s.encode() for p, s in files.items()}))]


def test_steps_in_order_that_only_add_are_right() -> None:
    assert findings() == []


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE state.runs DROP COLUMN id",
        "ALTER TABLE state.runs RENAME COLUMN id TO run_id",
        "ALTER TABLE state.runs ADD COLUMN cost FLOAT",
        "CREATE OR REPLACE TABLE state.runs (id VARCHAR)",
        "CREATE TABLE state.more (id VARCHAR)",
        "DELETE FROM state.runs WHERE id IS NULL",
        "INSERT INTO state.runs SELECT 'one'",
    ],
)
def test_a_statement_that_loses_something_or_runs_once_only_is_found(statement: str) -> None:
    (wrong,) = findings(second=f"{SECOND}{statement};")
    assert wrong == "sql/migrations/0002_cost.sql:6: a step only adds, and may run again"


def test_a_column_that_the_version_before_cannot_leave_out_is_found() -> None:
    (wrong,) = findings(second=SECOND.replace("FLOAT", "FLOAT NOT NULL"))
    assert "must allow NULL" in wrong


def test_a_step_that_is_not_recorded_is_found() -> None:
    (wrong,) = findings(second=SECOND.replace("number = 2", "number = 1"))
    assert wrong == "sql/migrations/0002_cost.sql: never records step 2 in STATE.MIGRATIONS"


def test_two_steps_of_one_number_are_found() -> None:
    twice = f"{LIST}EXECUTE IMMEDIATE FROM './sql/migrations/0002_other.sql';"
    assert "sql/migrations/0002_other.sql: is step 3 in order: name it 0003_….sql" in findings(
        twice
    )


def test_steps_out_of_order_are_found() -> None:
    first, second = LIST.strip().splitlines()
    assert "0002_cost.sql: is step 1 in order" in findings(f"{second}\n{first}")[0]
