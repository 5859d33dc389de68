"""How many statements runs send to Snowflake: each costs money, whatever it does.

``python -m tests.runs.statement_counts`` prints them all.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.runs.conftest import MakeWorld
from tests.runs.statement_counts import (
    of_more_rows,
    of_passes,
    of_rotation,
    of_small_runs,
    shortened,
)

BUDGET = {"first run of 300 rows": 38, "idle sync": 8, "1 changed record": 10}
# of a narrow table
FIRST_4_000_ROWS = 43
FURTHER_10_000_ROWS = 6
SLICE = 6
# once a day: what is remembered of old runs, and what was left in the stage
DAILY_WORK = 7


def within(limit: int, statements: Sequence[str]) -> None:
    """Fail with the statements where there are more than that."""
    assert len(statements) <= limit, f"{len(statements)} statements\n{shortened(statements)}"


def test_runs_of_one_sync_stay_within_their_budget(make: MakeWorld) -> None:
    for title, statements in of_small_runs(make({"contacts": 300})).items():
        within(BUDGET[title], statements)


@pytest.mark.long
def test_a_slice_of_a_rotation_stays_within_its_budget(make: MakeWorld) -> None:
    statements, slices = of_rotation(make({"contacts": 1_500}))
    within(BUDGET["idle sync"] + DAILY_WORK + slices * SLICE, statements)


@pytest.mark.long
def test_more_rows_cost_little_more_than_their_files(make: MakeWorld) -> None:
    within(
        FIRST_4_000_ROWS + 2 * FURTHER_10_000_ROWS, of_more_rows(make({"contacts": 24_000}), 24_000)
    )


def test_a_pass_in_which_nothing_changed_sends_no_statement_for_each_sync(make: MakeWorld) -> None:
    within(8, of_passes(make({"contacts": 3}), 12))
