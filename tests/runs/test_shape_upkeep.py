"""Views in other products' shapes follow their tables, whatever call brought a column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

import pytest

from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.inbound.load.shapes import shape_views
from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from hubspot_ingest.model import Json
from tests.runs.conftest import MakeWorld
from tests.runs.dying import Killed
from tests.runs.replay.living import keep, replayed
from tests.runs.statement_counts import statements_of_run
from tests.runs.world import CONTACTS, HOUR, World, on_an_empty_stack

READER = "HUBSPOT_INGEST.DATA_READER"
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


def without_lucky_number(world: World) -> None:
    """A run brought a column, and a hand took it away with its row."""
    add_lucky_number(world)
    world.run()
    world.rows(f"ALTER TABLE {CONTACTS} DROP COLUMN PROPERTIES_LOYALTY_LUCK")
    world.rows(f"DELETE FROM {CONTACTS} WHERE ID = '{world.ids()[0]}'")
    make_views(world)
    # no run that would have to look at them for that alone
    world.rows("UPDATE HUBSPOT_INGEST.STATE.SHAPES SET MADE_AT = DATEADD(DAY, -1, MADE_AT)")
    assert viewed(world, "PROPERTY_LOYALTY_LUCK") == set()
    world.clock.advance(HOUR)


def compare(world: World) -> dict[str, Json]:
    return on_an_empty_stack(lambda: dict(reconcile(world.context, "contacts")))


def viewed(world: World, column: str) -> set[Any]:
    """The values of a column of the view of contacts."""
    rows = world.rows(f'SELECT "{column}" AS VALUE FROM {VIEW}')
    return {row["VALUE"] for row in rows} - {None}


class DyingAt(Database):
    """A connection whose process is killed at a statement that has some text in it."""

    def __init__(self, alive: Database, text: str, *, after: bool) -> None:
        self._alive = alive
        self.application = alive.application
        self._text = text
        self._after = after
        self._is_dead = False

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[Row]:
        is_last = self._text in statement
        self._is_dead |= is_last and not self._after
        if self._is_dead:
            raise Killed
        found = self._alive.rows(statement, params)
        if is_last:
            self._is_dead = True
            raise Killed
        return found

    def put(self, stream: BinaryIO, location: str) -> None:
        self._alive.put(stream, location)


def die_at(world: World, text: str, call: Callable[[], object], *, after: bool = False) -> None:
    """Make a call in a process that is killed before or after a statement, or a write of it."""
    alive, world.database = world.database, DyingAt(world.database, text, after=after)
    try:
        with pytest.raises(Killed):
            call()
    finally:
        world.database = alive


def readers(world: World) -> set[str]:
    """Who may read the view of contacts."""
    return {str(row["grantee_name"]) for row in world.rows(f"SHOW GRANTS ON VIEW {VIEW}")}


def test_the_run_after_a_killed_one_shows_the_column_that_the_killed_one_made(world: World) -> None:
    add_lucky_number(world)
    die_at(world, "ADD COLUMN", world.ingest, after=True)
    assert "PROPERTIES_LOYALTY_LUCK" in world.columns()
    world.clock.advance(HOUR)

    world.run()

    assert viewed(world, "PROPERTY_LOYALTY_LUCK") == {7.0}


@pytest.mark.long
@pytest.mark.parametrize("text", ["SHAPES ORDER BY", "REPLACE VIEW"])
def test_the_run_after_one_that_was_killed_at_the_views_makes_them(world: World, text: str) -> None:
    world.run()
    world.clock.advance(HOUR)
    add_lucky_number(world)
    die_at(world, text, world.ingest)
    world.clock.advance(HOUR)

    world.run()

    assert viewed(world, "PROPERTY_LOYALTY_LUCK") == {7.0}


def test_views_that_are_up_to_date_are_not_looked_at_again(world: World) -> None:
    world.run()
    world.clock.advance(HOUR)
    add_lucky_number(world)
    world.run()
    world.clock.advance(HOUR)

    assert not any("SHAPES ORDER BY" in statement for statement in statements_of_run(world))


@pytest.mark.long
def test_the_run_after_a_replay_that_was_killed_at_the_views_makes_them(world: World) -> None:
    without_lucky_number(world)
    die_at(world, "SHAPES ORDER BY", lambda: replayed(world))
    world.clock.advance(HOUR)

    world.run()

    assert viewed(world, "PROPERTY_LOYALTY_LUCK") == {7.0}


@pytest.mark.long
def test_the_run_after_a_comparison_that_was_killed_at_the_views_makes_them(world: World) -> None:
    without_lucky_number(world)
    die_at(world, "SHAPES ORDER BY", lambda: compare(world))
    world.clock.advance(HOUR)

    world.run()

    assert viewed(world, "PROPERTY_LOYALTY_LUCK") == {7.0}


@pytest.mark.long
def test_the_run_after_a_call_that_was_killed_at_the_views_makes_them(world: World) -> None:
    world.run()
    world.clock.advance(HOUR)
    world.rows(f"DROP VIEW {VIEW}")
    die_at(world, "REPLACE VIEW", lambda: make_views(world))
    world.clock.advance(HOUR)
    die_at(world, "SHAPES ORDER BY", world.ingest)
    world.clock.advance(HOUR)

    world.run()

    assert len(viewed(world, "ID")) == 3


@pytest.mark.long
def test_the_run_after_one_that_was_killed_before_a_grant_grants(world: World) -> None:
    world.run()
    world.clock.advance(HOUR)
    world.rows(f"DROP VIEW {VIEW}")
    add_lucky_number(world)
    die_at(world, "REPLACE VIEW", world.ingest, after=True)
    assert READER not in readers(world)
    world.clock.advance(HOUR)

    world.run()

    assert READER in readers(world)


@pytest.mark.long
def test_a_call_grants_what_one_that_was_killed_did_not(world: World) -> None:
    world.rows(f"DROP VIEW {VIEW}")
    die_at(world, "REPLACE VIEW", lambda: make_views(world), after=True)
    assert READER not in readers(world)

    make_views(world)

    assert READER in readers(world)


@pytest.mark.long
def test_a_replay_shows_the_columns_that_it_brings_back(world: World) -> None:
    without_lucky_number(world)

    replayed(world)

    assert viewed(world, "PROPERTY_LOYALTY_LUCK") == {7.0}


@pytest.mark.long
def test_a_comparison_shows_the_columns_that_it_brings_back(world: World) -> None:
    without_lucky_number(world)

    compare(world)

    assert viewed(world, "PROPERTY_LOYALTY_LUCK") == {7.0}


@pytest.mark.long
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


@pytest.mark.long
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


@pytest.mark.long
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
