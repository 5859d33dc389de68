"""Whoever changes a sync, its table, portal or clock, and when: no answer hides that rows differ.

Each life is drawn from a fixed seed and printed when it fails: `Life(...)` can be played again.
"""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, seed, settings

from snowflake_sandbox import Engine
from tests.faults.meddled import Life, Step, lives, outcome
from tests.lives import bounded, by_night

FEW = 8
"""Parts that are lived at every change: forty lives. Ten are too few for a rule that is to hold
during changed settings, hand edits, other portals and clocks that jump."""


def ends_with_the_truth(engine: Engine, part: int) -> None:
    """Live five lives of one seed, after the simplest of all."""

    @seed(20261129 + part)
    @settings(max_examples=6, database=None, phases=[Phase.generate])
    @given(life=lives)
    def lived(life: Life) -> None:
        assert outcome(engine, life) == []

    lived()


@pytest.mark.parametrize("part", range(FEW))
def test_live_rows_are_hubspots_truth_or_the_answer_says_that_they_are_not(
    installed: Engine, part: int
) -> None:
    ends_with_the_truth(installed, part)


def test_a_filter_and_a_clock_that_is_ahead_end_with_the_truth(installed: Engine) -> None:
    """Two changes that few of the lives have."""
    steps = (Step("configure leads", None), Step("clock ahead", 20), Step("records", None))
    assert outcome(installed, Life(steps, seed=7)) == []


@by_night
@pytest.mark.parametrize("part", range(FEW, FEW + bounded(1_000) // 5))
def test_a_thousand_changed_lives_end_with_the_truth(installed: Engine, part: int) -> None:
    ends_with_the_truth(installed, part)
