"""Columns that are there already when a property comes to them: they hold its values, no others."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.inbound import configure
from tests.runs.conftest import MakeWorld
from tests.runs.world import DAY_AND_MORE, HOUR, SLIM, World


@pytest.fixture
def world(make: MakeWorld) -> World:
    """A small portal with a job title that is a number in a text."""
    world = make({"contacts": 3}).slim()
    for record_id in _ids(world):
        world.portal.update("contacts", record_id, {"jobtitle": "7"})
    return world


def _ids(world: World) -> list[str]:
    return [record.id for record in world.portal.records("contacts")]


def _configure(world: World, **settings: Any) -> None:
    world.configure("contacts", {**SLIM, **settings})


def test_a_changed_type_takes_no_values_of_a_property_that_is_gone(world: World) -> None:
    world.portal.add_property("contacts", "jobtitle_number", "number")
    for record_id in _ids(world):
        world.portal.update("contacts", record_id, {"jobtitle_number": "99"})
    world.run()
    world.portal.archive_property("contacts", "jobtitle_number")
    world.clock.advance(DAY_AND_MORE)
    world.run()

    world.portal.add_property("contacts", "jobtitle", "number")
    world.clock.advance(DAY_AND_MORE)
    world.run()

    assert world.table("PROPERTIES_JOBTITLE_NUMBER") == [(7,)] * 3


def _change_under_another_prefix(world: World) -> None:
    """A record changes while the columns have another prefix than at first."""
    _configure(world)
    world.run()
    _configure(world, column_prefix="P_")
    world.clock.advance(HOUR)
    world.portal.update("contacts", _ids(world)[0], {"jobtitle": "8"})
    world.run()


@pytest.mark.long
def test_a_prefix_of_before_shows_what_changed_under_another(world: World) -> None:
    _change_under_another_prefix(world)

    _configure(world)
    world.run()

    assert sorted(world.table("PROPERTIES_JOBTITLE")) == [("7",), ("7",), ("8",)]


@pytest.mark.long
def test_a_sync_made_anew_fills_the_columns_that_another_prefix_left(world: World) -> None:
    _change_under_another_prefix(world)
    configure.drop(world.context, "contacts")

    _configure(world)
    world.run()

    assert sorted(world.table("PROPERTIES_JOBTITLE")) == [("7",), ("7",), ("8",)]
