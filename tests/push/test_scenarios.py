"""Whatever happens, each row is in HubSpot once, and what others wrote is as they left it."""

from __future__ import annotations

from random import Random

import pytest

from hubspot_ingest.outbound import link_costs, link_run, planning, waves
from tests.lives import bounded, by_night
from tests.push.conftest import MakePushWorld
from tests.push.label_scenarios import LabelLife, PairedLabelLife
from tests.push.link_scenarios import BesideLife, LinkedLife
from tests.push.scenarios import Life

FIRST, LINKED = 7, 3
"""How many lives of each kind every change is tried with."""


@pytest.fixture(autouse=True)
def sizes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lives have few rows: what is done together is so little that there are several of each."""
    random = Random(request.node.callspec.params["seed"])
    wave, part, rows = random.randint(1, 6), random.randint(1, 3), random.randint(1, 6)
    for module in (planning, waves):
        monkeypatch.setattr(module, "WAVE", wave)
        monkeypatch.setattr(module, "FIRST_WAVE", random.randint(1, wave))
    monkeypatch.setattr(planning, "PART", part)
    monkeypatch.setattr(waves, "STORED_TOGETHER", random.randint(1, 3))
    for module in (link_costs, link_run):
        monkeypatch.setattr(module, "ROWS_TOGETHER", rows)


@pytest.mark.parametrize("seed", range(FIRST))
def test_a_random_life_ends_as_the_source_says(make_push: MakePushWorld, seed: int) -> None:
    Life(make_push, seed).live()


@pytest.mark.parametrize("seed", range(LINKED))
def test_a_random_life_with_links_and_two_pushes_ends_as_the_source_says(
    make_push: MakePushWorld, seed: int
) -> None:
    (BesideLife if seed == 1 else LinkedLife)(make_push, seed).live()


@pytest.mark.parametrize(("life", "seed"), [(LabelLife, 3), (PairedLabelLife, 5)])
def test_a_random_life_with_labels_of_others_keeps_them(
    make_push: MakePushWorld, life: type[LabelLife], seed: int
) -> None:
    life(make_push, seed).live()


@by_night
@pytest.mark.parametrize("seed", range(100, 100 + bounded(1_000)))
def test_each_of_a_thousand_lives_ends_as_the_source_says(
    make_push: MakePushWorld, seed: int
) -> None:
    lives: dict[int, type[Life]] = {0: LinkedLife, 1: LabelLife, 3: BesideLife, 4: PairedLabelLife}
    life = lives.get(seed % 6, Life)
    life(make_push, seed).live()
