"""Whatever happens, each row is in HubSpot once, and what others wrote is as they left it."""

from __future__ import annotations

import os

import pytest

from tests.push.conftest import MakePushWorld
from tests.push.link_scenarios import LinkedLife
from tests.push.scenarios import Life

FIRST, LINKED = 28, 12
"""How many lives of each kind every change is tried with."""
NIGHTLY = range(100, 100 + int(os.environ.get("PUSH_SCENARIOS", "1000")))


@pytest.mark.parametrize("seed", range(FIRST))
def test_a_random_life_ends_as_the_source_says(make_push: MakePushWorld, seed: int) -> None:
    Life(make_push, seed).live()


@pytest.mark.parametrize("seed", range(LINKED))
def test_a_random_life_with_links_and_two_pushes_ends_as_the_source_says(
    make_push: MakePushWorld, seed: int
) -> None:
    LinkedLife(make_push, seed).live()


@pytest.mark.nightly
@pytest.mark.parametrize("seed", NIGHTLY)
def test_each_of_a_thousand_lives_ends_as_the_source_says(
    make_push: MakePushWorld, seed: int
) -> None:
    (LinkedLife if seed % 2 else Life)(make_push, seed).live()
