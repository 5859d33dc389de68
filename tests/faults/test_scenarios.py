"""Whatever goes wrong, and whatever happens meanwhile: in the end the tables tell the truth.

Each scenario is drawn from a fixed seed, so that all are the same on every machine, and is printed
when it fails: `Scenario(...)` can be played again as it stands.
"""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import Phase, given, seed, settings

from snowflake_sandbox import Engine
from tests.faults.scenarios import Scenario, outcome, scenarios
from tests.faults.together import drawn_together, outcome_together
from tests.lives import bounded, by_night
from tests.nights import few_by_day

FEW = 2
"""Parts that are played before a change is taken, half of them by day: ten scenarios each."""


def ends_with_the_truth(engine: Engine, part: int) -> None:
    """Play five scenarios of one seed, after the simplest of all."""

    @seed(20260921 + part)
    @settings(max_examples=6, database=None, phases=[Phase.generate])
    @given(scenario=scenarios)
    def played(scenario: Scenario) -> None:
        assert outcome(engine, scenario) == []

    played()


@pytest.mark.parametrize("part", few_by_day(range(FEW)))
def test_after_the_last_settled_run_the_tables_equal_the_portal(
    installed: Engine, part: int
) -> None:
    ends_with_the_truth(installed, part)


def test_a_sync_that_reads_everything_every_time_ends_with_the_truth(installed: Engine) -> None:
    """What none of the ten scenarios does."""
    scenario = Scenario(seed=7, full_refresh=True, faults=0.1, happens=0.5)
    assert outcome(installed, scenario) == []


@by_night
@pytest.mark.parametrize("part", range(FEW, FEW + bounded(300) // 5))
def test_the_tables_equal_the_portal_in_hundreds_of_scenarios(installed: Engine, part: int) -> None:
    ends_with_the_truth(installed, part)


@pytest.mark.parametrize("seed", few_by_day(range(FEW)))
def test_syncs_that_run_side_by_side_end_with_the_truth_in_every_table(
    installed: Engine, seed: int
) -> None:
    assert outcome_together(installed, drawn_together(Random(seed))) == []


@by_night
@pytest.mark.parametrize("seed", range(FEW, FEW + bounded(40, one_in=10)))
def test_syncs_that_run_side_by_side_in_many_scenarios(installed: Engine, seed: int) -> None:
    assert outcome_together(installed, drawn_together(Random(seed))) == []
