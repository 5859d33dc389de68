"""How many statements runs send to Snowflake: each costs money, whatever it does.

``python -m tests.runs.statement_counts`` prints them all.
"""

from __future__ import annotations

from collections.abc import Sequence

from tests.runs.conftest import MakeWorld
from tests.runs.statement_counts import of_passes, of_small_runs, shortened

BUDGET = {"first run of 300 rows": 52, "idle sync": 8, "1 changed record": 14}


def within(limit: int, statements: Sequence[str]) -> None:
    """Fail with the statements where there are more than that."""
    assert len(statements) <= limit, f"{len(statements)} statements\n{shortened(statements)}"


def test_runs_of_one_sync_stay_within_their_budget(make: MakeWorld) -> None:
    for title, statements in of_small_runs(make({"contacts": 300})).items():
        within(BUDGET[title], statements)


def test_a_pass_in_which_nothing_changed_sends_no_statement_for_each_sync(make: MakeWorld) -> None:
    within(12, of_passes(make({"contacts": 3}), 40))
