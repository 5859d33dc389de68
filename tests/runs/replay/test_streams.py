"""Item streams are kept, replayed and rolled back as records are."""

from __future__ import annotations

from typing import Any

from tests.runs.conftest import MakeWorld
from tests.runs.replay.living import columns, drop_tables, keep, replayed, rolled_back, tables
from tests.runs.world import HOUR, World


def _busy(make: MakeWorld) -> World:
    """A world whose owners and list memberships come, change and go."""
    world = make({"contacts": 6})
    keep(world)
    ids = [record.id for record in world.portal.records("contacts")]
    list_id = world.portal.lists.add("Some")
    for id_ in ids[:4]:
        world.portal.lists.join(list_id, id_)
    owner = world.portal.owners.add({"email": "new@example.com"})
    team = world.portal.teams.add({"name": "Gone"})
    world.clock.advance(HOUR)
    _run(world)
    world.portal.owners.archive(owner)
    world.portal.teams.remove(team)
    world.portal.lists.leave(list_id, ids[0])
    world.portal.lists.join(list_id, ids[5])
    world.clock.advance(HOUR)
    return world


def _run(world: World) -> list[str]:
    return [world.run(stream)["run_id"] for stream in ("owners", "teams", "list_memberships")]


def test_item_streams_come_back_equal(make: MakeWorld) -> None:
    world = _busy(make)
    _run(world)
    before, described = tables(world), columns(world)
    assert len(before) == 3
    drop_tables(world)
    world.asked()

    for stream in ("owners", "teams", "list_memberships"):
        assert replayed(world, stream)["status"] == "SUCCEEDED"

    assert tables(world) == before
    assert columns(world) == described
    assert world.asked() == []


def test_runs_of_item_streams_are_undone(make: MakeWorld) -> None:
    world = _busy(make)
    before = tables(world)
    runs = _run(world)
    after = tables(world)
    assert all(after[table] != before[table] for table in before)

    for run in runs:
        rolled_back(world, run)

    assert tables(world) == before
    world.clock.advance(HOUR)
    _run(world)
    marked = world.rows("SELECT ID FROM HUBSPOT_DATA.CRM.TEAMS WHERE _DELETE_KIND = 'PURGED'")
    assert len(marked) == 1


def test_events_come_back_with_every_property_they_ever_had(make: MakeWorld) -> None:
    world = make({"contacts": 3})
    keep(world)
    _happen(world, hs_url="https://www.example.com/a", tags=["x"])
    world.run("e_visited_page")
    _happen(world, hs_url="https://www.example.com/b", hs_title="B")
    second = world.run("e_visited_page")["run_id"]
    before, described = tables(world), columns(world)
    drop_tables(world)

    replayed(world, "e_visited_page")

    assert tables(world) == before
    assert columns(world) == described
    assert rolled_back(world, second)["removed"] == 1
    urls = world.rows("SELECT PROPERTIES_HS_URL AS URL FROM HUBSPOT_DATA.CRM.E_VISITED_PAGE")
    assert [row["URL"] for row in urls] == ["https://www.example.com/a"]


def _happen(world: World, **properties: Any) -> None:
    record = next(world.portal.records("contacts")).id
    world.portal.events.add("e_visited_page", record, properties=properties)
    world.clock.advance(HOUR)
