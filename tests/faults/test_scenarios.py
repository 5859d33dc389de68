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


@pytest.mark.parametrize("part", range(8))
def test_after_the_last_settled_run_the_tables_equal_the_portal(
    installed: Engine, part: int
) -> None:
    """Forty scenarios in parts, for the workers to share; each begins with the simplest of all."""

    @seed(20260921 + part)
    @settings(max_examples=6, database=None, phases=[Phase.generate])
    @given(scenario=scenarios)
    def ends_with_the_truth(scenario: Scenario) -> None:
        assert outcome(installed, scenario) == []

    ends_with_the_truth()


@pytest.mark.nightly
@seed(20260922)
@settings(max_examples=300, database=None, phases=[Phase.generate])
@given(scenario=scenarios)
def test_the_tables_equal_the_portal_in_hundreds_of_scenarios(
    installed: Engine, scenario: Scenario
) -> None:
    assert outcome(installed, scenario) == []


@pytest.mark.parametrize("seed", range(5))
def test_syncs_that_run_side_by_side_end_with_the_truth_in_every_table(
    installed: Engine, seed: int
) -> None:
    assert outcome_together(installed, drawn_together(Random(seed))) == []


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 140))
def test_syncs_that_run_side_by_side_in_many_scenarios(installed: Engine, seed: int) -> None:
    assert outcome_together(installed, drawn_together(Random(seed))) == []
