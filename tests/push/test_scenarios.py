"""Whatever happens, each row is in HubSpot once, and what others wrote is as they left it."""

from __future__ import annotations

import pytest

from tests.lives import bounded, by_night
from tests.push.conftest import MakePushWorld
from tests.push.link_scenarios import LinkedLife
from tests.push.scenarios import Life

FIRST, LINKED = 7, 3
"""How many lives of each kind every change is tried with."""


@pytest.mark.parametrize("seed", range(FIRST))
def test_a_random_life_ends_as_the_source_says(make_push: MakePushWorld, seed: int) -> None:
    Life(make_push, seed).live()


@pytest.mark.parametrize("seed", range(LINKED))
def test_a_random_life_with_links_and_two_pushes_ends_as_the_source_says(
    make_push: MakePushWorld, seed: int
) -> None:
    LinkedLife(make_push, seed).live()


@by_night
@pytest.mark.parametrize("seed", range(100, 100 + bounded(1_000)))
def test_each_of_a_thousand_lives_ends_as_the_source_says(
    make_push: MakePushWorld, seed: int
) -> None:
    (LinkedLife if seed % 3 == 0 else Life)(make_push, seed).live()
