"""Views in other products' shapes follow their tables, whatever call brought a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

import pytest

from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.inbound.load.shapes import shape_views
from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from tests.runs.conftest import MakeWorld
from tests.runs.dying import Killed
from tests.runs.replay.living import keep, replayed
from tests.runs.world import CONTACTS, HOUR, World, on_an_empty_stack

VIEW = "HUBSPOT_DATA.HUBSPOT.CONTACT"


@pytest.fixture
def world(make: MakeWorld) -> World:
    """Three contacts that were read once, and views of them."""
    world = make({"contacts": 3}).slim()
    keep(world)
    world.run()
    make_views(world)
    world.clock.advance(HOUR)
    return world


def make_views(world: World) -> None:
    on_an_empty_stack(lambda: shape_views.make(world.context, shape_views.FIVETRAN, None))


def add_lucky_number(world: World) -> None:
    world.portal.add_property("contacts", "loyalty_luck", "number")
    world.portal.update("contacts", world.ids()[0], {"loyalty_luck": "7"})


def viewed(world: World, column: str) -> set[Any]:
    """The values of a column of the view of contacts."""
    rows = world.rows(f'SELECT "{column}" AS VALUE FROM {VIEW}')
    return {row["VALUE"] for row in rows} - {None}


class DyingAfter(Database):
    """A connection whose process is killed after a statement that has some text in it."""

    def __init__(self, world: World, text: str) -> None:
        self._alive = world.database
        self.application = self._alive.application
        self._text = text

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[Row]:
        found = self._alive.rows(statement, params)
        if self._text in statement:
            raise Killed
        return found

    def put(self, stream: BinaryIO, location: str) -> None:
        self._alive.put(stream, location)


def test_the_run_after_a_killed_one_shows_the_column_that_the_killed_one_made(world: World) -> None:
    add_lucky_number(world)
    alive, world.database = world.database, DyingAfter(world, "ADD COLUMN")
    with pytest.raises(Killed):
        world.ingest()
    world.database = alive
    assert "PROPERTIES_LOYALTY_LUCK" in world.columns()
    world.clock.advance(HOUR)

    world.run()

    assert viewed(world, "PROPERTY_LOYALTY_LUCK") == {7.0}


def test_a_replay_shows_the_columns_that_it_brings_back(world: World) -> None:
    add_lucky_number(world)
    world.run()
    world.rows(f"ALTER TABLE {CONTACTS} DROP COLUMN PROPERTIES_LOYALTY_LUCK")
    world.rows(f"DELETE FROM {CONTACTS} WHERE ID = '{world.ids()[0]}'")
    make_views(world)
    assert viewed(world, "PROPERTY_LOYALTY_LUCK") == set()

    replayed(world)

    assert viewed(world, "PROPERTY_LOYALTY_LUCK") == {7.0}


def test_a_comparison_shows_the_columns_that_it_brings_back(world: World) -> None:
    add_lucky_number(world)
    world.run()
    world.rows(f"ALTER TABLE {CONTACTS} DROP COLUMN PROPERTIES_LOYALTY_LUCK")
    world.rows(f"DELETE FROM {CONTACTS} WHERE ID = '{world.ids()[0]}'")
    make_views(world)
    assert viewed(world, "PROPERTY_LOYALTY_LUCK") == set()

    on_an_empty_stack(lambda: dict(reconcile(world.context, "contacts")))

    assert viewed(world, "PROPERTY_LOYALTY_LUCK") == {7.0}


def test_a_property_keeps_its_column_when_more_properties_are_asked_for(world: World) -> None:
    world.portal.add_property("contacts", "shoeSize", "number", label="Shoe size")
    world.portal.update("contacts", world.ids()[0], {"shoeSize": "44"})
    world.run()
    world.configure("contacts", {"properties": ["*"], "associations": []})
    world.clock.advance(HOUR)

    world.run()

    columns = world.columns(VIEW)
    assert viewed(world, "PROPERTY_SHOE_SIZE") == {44.0}
    assert columns["PROPERTY_SHOE_SIZE"][1] == "shoeSize: Shoe size"
    assert columns["PROPERTY_LASTNAME"][1] == "lastname: Last Name"


def test_values_stay_in_a_view_while_their_prefix_changes_and_when_it_changes_back(
    world: World,
) -> None:
    names = viewed(world, "PROPERTY_FIRSTNAME")
    slim = {"properties": ["email", "firstname"], "associations": []}
    world.configure("contacts", {**slim, "column_prefix": "P_"})

    make_views(world)
    assert viewed(world, "PROPERTY_FIRSTNAME") == names

    world.clock.advance(HOUR)
    world.run()
    assert viewed(world, "PROPERTY_FIRSTNAME") == names

    world.configure("contacts", {**slim, "column_prefix": "PROPERTIES_"})
    world.clock.advance(HOUR)
    world.portal.update("contacts", world.ids()[0], {"firstname": "Changed"})
    world.run()

    assert "Changed" in viewed(world, "PROPERTY_FIRSTNAME")
    assert world.columns(VIEW)["PROPERTY_FIRSTNAME"][1] == "firstname: First Name"


def test_of_a_property_whose_type_changed_the_view_has_one_column_of_the_present_type(
    world: World,
) -> None:
    add_lucky_number(world)
    world.run()
    world.portal.add_property("contacts", "loyalty_luck", "string")
    world.portal.update("contacts", world.ids()[0], {"loyalty_luck": "seven"})
    world.clock.advance(HOUR)

    world.run()

    columns = [name for name in world.columns(VIEW) if "LUCK" in name]
    assert columns == ["PROPERTY_LOYALTY_LUCK"]
    assert viewed(world, "PROPERTY_LOYALTY_LUCK") == {"seven"}
    assert world.columns(VIEW)["PROPERTY_LOYALTY_LUCK"][0] == "TEXT"
