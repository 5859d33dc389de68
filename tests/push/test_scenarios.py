"""Whatever happens, each row is in HubSpot once, and what others wrote is as they left it."""

from __future__ import annotations

import os

import pytest

from tests.push.conftest import MakePushWorld
from tests.push.scenarios import Life

LIVES = int(os.environ.get("PUSH_SCENARIOS", "40"))


@pytest.mark.parametrize("seed", range(LIVES))
def test_a_random_life_ends_as_the_source_says(make_push: MakePushWorld, seed: int) -> None:
    Life(make_push, seed).live()
