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

AT_EVERY_CHANGE = 40
"""How many lives every change is tried with; the rest of a thousand is lived by night."""

KINDS: tuple[type[Life], ...] = (LinkedLife, LabelLife, Life, BesideLife, PairedLabelLife, Life)


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


def live(make_push: MakePushWorld, seed: int) -> None:
    """A life of the seed's kind."""
    KINDS[seed % len(KINDS)](make_push, seed).live()


@pytest.mark.parametrize("seed", range(AT_EVERY_CHANGE))
def test_each_of_forty_lives_ends_as_the_source_says(make_push: MakePushWorld, seed: int) -> None:
    live(make_push, seed)


@by_night
@pytest.mark.parametrize("seed", range(100, 100 + bounded(1_000)))
def test_each_of_a_thousand_lives_ends_as_the_source_says(
    make_push: MakePushWorld, seed: int
) -> None:
    live(make_push, seed)
