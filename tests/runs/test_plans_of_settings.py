"""PLAN_INGEST with settings that nobody stored tells what would follow if they were stored."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.errors import Refusal
from hubspot_ingest.inbound.preview import preview
from tests.runs.conftest import MakeWorld
from tests.runs.world import SLIM, Answer, World, on_an_empty_stack

EVERYBODY: list[Any] = [{"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}]}]
UNKNOWN: list[Any] = [{"filters": [{"propertyName": "none", "operator": "HAS_PROPERTY"}]}]


def plan(world: World, settings: Any = None) -> Answer:
    return on_an_empty_stack(lambda: dict(preview.plan_ingest(world.context, "contacts", settings)))


def test_settings_that_are_not_stored_are_planned_as_if_they_were(make: MakeWorld) -> None:
    world = make({"contacts": 30}).slim()
    world.run()
    before = world.stored()
    settings = {**SLIM, "filter_groups": EVERYBODY}

    planned = plan(world, settings)

    assert world.stored() == before
    world.configure("contacts", settings)
    assert (planned["strategy"], planned["rows"]) == ("SEARCH", 30)
    stored = plan(world)
    assert [planned[key] for key in ("requests", "why")] == [
        stored[key] for key in ("requests", "why")
    ]


def test_settings_that_read_the_same_records_carry_on(make: MakeWorld) -> None:
    world = make({"contacts": 30}).slim()
    world.run()

    planned = plan(world, {**SLIM, "deadline_minutes": 20})

    assert planned["rows"] == plan(world)["rows"] < 30


def test_settings_to_plan_with_are_checked_as_if_they_were_stored(make: MakeWorld) -> None:
    world = make()

    with pytest.raises(Refusal, match="none"):
        plan(world, {"filter_groups": UNKNOWN})


def test_settings_to_plan_with_are_given_by_call(served: World) -> None:
    planned = served.call("CALL HUBSPOT_INGEST.CORE.PLAN_INGEST('contacts')")

    other = served.call_with("PLAN_INGEST", {"properties": ["email"]}, "contacts")

    assert 0 < len(other["columns"]) < len(planned["columns"])
