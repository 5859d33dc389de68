"""Whoever changes a sync, its table, portal or clock, and when: no answer hides that rows differ.

Each life is drawn from a fixed seed and printed when it fails: `Life(...)` can be played again.
"""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, seed, settings

from snowflake_sandbox import Engine
from tests.faults.meddled import Life, lives, outcome


@pytest.mark.parametrize("part", range(8))
def test_live_rows_are_hubspots_truth_or_the_answer_says_that_they_are_not(
    installed: Engine, part: int
) -> None:
    """Forty lives in parts, for the workers to share; each begins with the simplest of all."""

    @seed(20261129 + part)
    @settings(max_examples=6, database=None, phases=[Phase.generate])
    @given(life=lives)
    def ends_with_the_truth(life: Life) -> None:
        assert outcome(installed, life) == []

    ends_with_the_truth()


@pytest.mark.nightly
@seed(20261130)
@settings(max_examples=1_000, database=None, phases=[Phase.generate])
@given(life=lives)
def test_a_thousand_changed_lives_end_with_the_truth(installed: Engine, life: Life) -> None:
    assert outcome(installed, life) == []
