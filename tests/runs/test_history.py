"""Past values of properties, kept beside the table."""

from __future__ import annotations

import json

from tests.runs.conftest import MakeWorld
from tests.runs.world import HOUR, MINUTE, World

HISTORY = "HUBSPOT_DATA.CRM.CONTACTS_HISTORY"


def _keeping(make: MakeWorld, *globs: str, records: int = 12) -> World:
    world = make({"contacts": records})
    return world.slim(history=list(globs))


def _past(world: World, record_id: str) -> list[tuple[str, str | None]]:
    rows = world.rows(
        f"SELECT PROPERTY, VALUE FROM {HISTORY} WHERE ID = '{record_id}' ORDER BY CHANGED_AT"
    )
    return [(row["PROPERTY"], row["VALUE"]) for row in rows]


def _asked(world: World) -> list[list[str]]:
    """The ids of each batch read."""
    return [
        [row["id"] for row in json.loads(seen.body)["inputs"]]
        for seen in world.asked()
        if seen.path.endswith("/batch/read")
    ]


def test_without_the_setting_no_history_is_read_and_no_table_made(world: World) -> None:
    world.slim().run()

    assert not world.exists(HISTORY)
    assert not any("batch/read" in request.path for request in world.asked())


def test_every_value_a_property_had_is_kept_with_its_time_and_source(make: MakeWorld) -> None:
    world = _keeping(make, "jobtitle")
    record_id = next(iter(world.portal.records("contacts"))).id
    world.portal.update("contacts", record_id, {"jobtitle": "Clerk"})
    world.clock.advance(MINUTE)
    world.portal.update("contacts", record_id, {"jobtitle": "Head"})
    world.run()

    assert _past(world, record_id)[-2:] == [("jobtitle", "Clerk"), ("jobtitle", "Head")]
    kept = world.rows(f"SELECT * FROM {HISTORY} WHERE ID = '{record_id}' AND VALUE = 'Head'")
    assert len(kept) == 1
    assert kept[0]["CHANGED_AT"] is not None
    assert kept[0]["SOURCE_TYPE"]


def test_the_next_run_adds_the_values_of_changed_records_alone(make: MakeWorld) -> None:
    world = _keeping(make, "jobtitle")
    world.run()
    world.asked()
    before = len(world.rows(f"SELECT * FROM {HISTORY}"))
    world.clock.advance(HOUR)
    record_id = next(iter(world.portal.records("contacts"))).id
    world.portal.update("contacts", record_id, {"jobtitle": "Head of Change"})

    world.run()

    assert len(world.rows(f"SELECT * FROM {HISTORY}")) == before + 1
    assert _asked(world) == [[record_id]]


def test_reading_the_same_history_again_adds_nothing(make: MakeWorld) -> None:
    world = _keeping(make, "jobtitle", "email")
    world.run()
    before = world.rows(f"SELECT * FROM {HISTORY} ORDER BY ID, PROPERTY, CHANGED_AT")
    world.syncs.reset("contacts", world.clock.now())
    world.run()

    assert world.rows(f"SELECT * FROM {HISTORY} ORDER BY ID, PROPERTY, CHANGED_AT") == before


def test_history_is_read_fifty_records_a_request(make: MakeWorld) -> None:
    world = _keeping(make, "jobtitle", records=120)
    world.run()

    assert sorted(map(len, _asked(world))) == [20, 50, 50]
