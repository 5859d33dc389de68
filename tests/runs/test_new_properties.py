"""Properties that appear in HubSpot once a sync is at work: taken or not, and told."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.runs.conftest import MakeWorld
from tests.runs.meddling import before, meddling
from tests.runs.test_alerts import _new, watching
from tests.runs.test_portals import move
from tests.runs.test_state_key import ROWS
from tests.runs.world import CONTACTS, DAY_AND_MORE, HOUR, SLIM, World

PROPERTIES = 'MERGE INTO "HUBSPOT_INGEST".STATE.PROPERTIES'
# the properties of before, and whatever comes
GROWING = {**SLIM, "properties": [*SLIM["properties"], "new_*"]}


def _running(make: MakeWorld, **settings: Any) -> World:
    """A sync that ran once, before some properties appear."""
    world = make({"contacts": 3})
    world.configure("contacts", {**GROWING, **settings})
    world.run()
    return world


def _appear(world: World, *names: str) -> None:
    """Let properties appear that a changed record has."""
    record_id = next(iter(world.portal.records("contacts"))).id
    for name in names:
        world.portal.add_property("contacts", name, "string")
    world.portal.update("contacts", record_id, dict.fromkeys(names, "of note"))
    world.clock.advance(HOUR)


def _taken(world: World) -> dict[str, tuple[bool, bool]]:
    """The properties that appeared: whether they have a column, and whether they are ignored."""
    rows = world.rows(
        "SELECT PROPERTY, COLUMN_NAME, IGNORED FROM HUBSPOT_INGEST.CORE.PROPERTIES "
        "WHERE APPEARED_AT IS NOT NULL"
    )
    return {row["PROPERTY"]: (row["COLUMN_NAME"] is not None, row["IGNORED"]) for row in rows}


def _holds(world: World, name: str) -> bool:
    rows = world.rows(f"SELECT PROPERTIES FROM {CONTACTS}")
    return any(json.loads(row["PROPERTIES"]).get(name) for row in rows)


def _no_properties(request: httpx.Request, _: httpx.Response) -> httpx.Response | None:
    """An empty list of properties, which no object type has."""
    if "/crm/properties/" not in request.url.path:
        return None
    return httpx.Response(200, json={"results": []})


@pytest.mark.long
def test_an_empty_list_of_properties_lets_nothing_land_without_values(make: MakeWorld) -> None:
    world = make({"contacts": 3}).slim()
    world.instead = _no_properties
    assert world.ingest()["response_code"] == "HUBSPOT_ANSWER_UNEXPECTED"
    world.instead = None
    world.run()
    assert world.landed() == world.truth()


@pytest.mark.long
def test_an_empty_list_of_properties_takes_none_away(make: MakeWorld) -> None:
    world = make({"contacts": 3}).slim()
    world.run()
    world.clock.advance(HOUR)
    world.portal.update("contacts", world.ids()[0], {"jobtitle": "New"})
    world.clock.advance(HOUR)
    world.instead = _no_properties
    assert world.ingest()["response_code"] == "HUBSPOT_ANSWER_UNEXPECTED"
    world.instead = None
    world.run()
    assert world.landed() == world.truth()


def test_a_new_property_is_taken_where_nothing_else_is_said(make: MakeWorld) -> None:
    world = _running(make)
    _appear(world, "new_tier")

    world.run()

    assert _taken(world) == {"new_tier": (True, False)}
    assert "PROPERTIES_NEW_TIER" in world.columns()


def test_a_new_property_is_ignored_where_the_settings_say_so(make: MakeWorld) -> None:
    world = _running(make, new_properties="ignore")
    _appear(world, "new_tier")
    world.run()
    world.clock.advance(DAY_AND_MORE)

    world.run()

    assert _taken(world) == {"new_tier": (False, True)}
    assert "PROPERTIES_NEW_TIER" not in world.columns()
    assert not _holds(world, "new_tier")


@pytest.mark.long
def test_what_was_ignored_is_taken_once_the_settings_name_it(make: MakeWorld) -> None:
    world = _running(make, new_properties="ignore")
    _appear(world, "new_tier", "new_size")
    world.run()

    named = {**GROWING, "properties": [*GROWING["properties"], "new_tier"]}
    world.configure("contacts", {**named, "new_properties": "ignore"})
    world.run()

    assert _taken(world) == {"new_tier": (True, False), "new_size": (False, True)}
    assert _holds(world, "new_tier")


@pytest.mark.long
def test_what_was_taken_stays_when_a_sync_begins_to_ignore(make: MakeWorld) -> None:
    world = _running(make)
    _appear(world, "new_tier")
    world.run()

    world.configure("contacts", {**GROWING, "new_properties": "ignore"})
    _appear(world, "new_size")
    world.run()

    assert _taken(world) == {"new_tier": (True, False), "new_size": (False, True)}


@pytest.mark.long
def test_what_was_ignored_comes_with_the_rotation_when_a_sync_takes_new_ones(
    make: MakeWorld,
) -> None:
    world = _running(make, new_properties="ignore")
    _appear(world, "new_tier")
    world.run()

    world.configure("contacts", GROWING)
    world.clock.advance(DAY_AND_MORE)
    world.run()

    assert _taken(world) == {"new_tier": (True, False)}
    assert _holds(world, "new_tier")


@pytest.mark.long
def test_the_properties_of_another_object_are_not_new(make: MakeWorld) -> None:
    world = _running(make, new_properties="ignore")

    world.configure(
        "contacts",
        {"stream": "deals", "properties": ["dealname"], "associations": []}
        | {"new_properties": "ignore", "destination": {"table": "DEALS"}},
    )
    world.portal.create("deals", {"dealname": "Big"})
    world.run()

    assert _taken(world) == {}
    assert "PROPERTIES_DEALNAME" in world.columns("HUBSPOT_DATA.CRM.DEALS")


@pytest.mark.long
def test_the_properties_of_another_portal_are_not_new(make: MakeWorld) -> None:
    world = _running(make, new_properties="ignore")
    world.rows(f"DROP TABLE {CONTACTS}")
    other = move(make, world, {"contacts": 2})
    other.portal.add_property("contacts", "new_elsewhere", "string")

    other.run()

    assert _taken(other) == {}
    assert "PROPERTIES_NEW_ELSEWHERE" in other.columns()


def test_people_hear_once_which_properties_appeared(make: MakeWorld) -> None:
    world = watching(_running(make))
    _appear(world, "new_tier", "new_size")

    (text,) = _new(world, world.run)

    assert text == (
        "contacts has NEW_PROPERTIES: new_size, new_tier. Look at SELECT * FROM "
        "HUBSPOT_INGEST.CORE.PROPERTIES WHERE SYNC = 'contacts' AND APPEARED_AT IS NOT NULL."
    )
    world.clock.advance(HOUR)
    assert _new(world, world.run) == []


@pytest.mark.long
def test_people_hear_again_of_another_property_and_never_that_it_is_over(make: MakeWorld) -> None:
    world = watching(_running(make))
    _appear(world, "new_tier")
    world.run()
    _appear(world, "new_size")

    (text,) = _new(world, world.run)

    assert "new_size" in text
    world.clock.advance(8 * DAY_AND_MORE)
    assert _new(world, world.run) == []


@pytest.mark.long
def test_nobody_hears_of_the_properties_of_a_first_run(make: MakeWorld) -> None:
    world = watching(make({"contacts": 3}))

    assert _new(world, lambda: world.slim().run()) == []


@pytest.mark.long
def test_a_property_that_is_restored_in_hubspot_is_taken_again(make: MakeWorld) -> None:
    world = _running(make, new_properties="ignore")
    world.portal.archive_property("contacts", "jobtitle")
    record_id = next(iter(world.portal.records("contacts"))).id
    world.portal.update("contacts", record_id, {"firstname": "Ada"})
    world.clock.advance(HOUR)
    world.run()
    world.portal.restore_property("contacts", "jobtitle")
    world.portal.update("contacts", record_id, {"jobtitle": "Analyst"})
    world.clock.advance(HOUR)

    world.run()

    [row] = world.rows(f"SELECT PROPERTIES_JOBTITLE FROM {CONTACTS} WHERE ID = '{record_id}'")
    assert row["PROPERTIES_JOBTITLE"] == "Analyst"


@pytest.mark.long
@pytest.mark.parametrize("is_new", [True, False], ids=["first run", "later run"])
def test_a_run_goes_on_where_a_property_goes_between_its_answers(
    make: MakeWorld, *, is_new: bool
) -> None:
    world = make({"contacts": 3})
    world.configure("contacts", {"properties": ["email", "job*"], "associations": []})
    if not is_new:
        world.run()
        world.clock.advance(HOUR)
        world.portal.update("contacts", world.ids()[0], {"email": "new@example.com"})
    asked: list[str] = []

    def lose(request: httpx.Request, answer: httpx.Response) -> httpx.Response | None:
        path, wanted = request.url.path, request.url.query + request.content
        if path.endswith("/contacts") and "/properties/" in path:
            asked.append(path)
            if is_new and len(asked) == 1:
                return None
            names = [prop for prop in answer.json()["results"] if prop["name"] != "jobtitle"]
            return httpx.Response(200, json={"results": names})
        if b"jobtitle" not in wanted:
            return None
        message = 'Property "jobtitle" does not exist'
        return httpx.Response(400, json={"message": message, "category": "VALIDATION_ERROR"})

    world.instead = lose

    assert world.run()["rows_read"] == (3 if is_new else 1)
    assert len(asked) == (2 if is_new else 1)


@pytest.mark.long
@pytest.mark.parametrize("statement", [ROWS, PROPERTIES])
def test_another_object_while_a_run_goes_on_is_taken_whole_by_the_next(
    make: MakeWorld, statement: str
) -> None:
    world = make({"contacts": 3})
    world.configure("contacts", SLIM)
    world.portal.create("deals", {"dealname": "Big"})
    person = make(portal=world.portal, clock=world.clock)
    deals = {
        "stream": "deals",
        "properties": ["deal*"],
        "associations": [],
        "new_properties": "ignore",
        "destination": {"table": "DEALS"},
    }

    with meddling(world, before(statement), lambda: person.configure("contacts", deals)):
        assert world.ingest()["response_code"] == "SETTINGS_CHANGED"
    world.run()

    assert _taken(world) == {}
    assert "PROPERTIES_DEALNAME" in world.columns("HUBSPOT_DATA.CRM.DEALS")
