"""What is gone from HubSpot is marked here, with how it went, and comes back when it does."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.runs.conftest import MakeWorld
from tests.runs.world import CONTACTS, HOUR, World

DAY = 24 * HOUR


def _mark(world: World, record_id: str) -> dict[str, Any]:
    (row,) = world.rows(
        f"SELECT ARCHIVED, _DELETE_KIND, _DELETED_AT, _MERGED_INTO FROM {CONTACTS} "
        f"WHERE ID = '{record_id}'"
    )
    return row


def _kind(world: World, record_id: str) -> str | None:
    kind: str | None = _mark(world, record_id)["_DELETE_KIND"]
    return kind


def _ids(world: World) -> list[str]:
    return [record.id for record in world.portal.records("contacts")]


@pytest.fixture
def loaded(make: MakeWorld) -> World:
    """A loaded table whose deletions are followed in every run."""
    world = make({"contacts": 30}).slim(include_archived=True)
    world.run()
    world.clock.advance(HOUR)
    return world


def test_an_archived_record_is_marked_and_stays(loaded: World) -> None:
    record_id = _ids(loaded)[3]
    loaded.portal.archive("contacts", record_id)

    answer = loaded.run()

    assert answer["rows_deleted"] == 1
    mark = _mark(loaded, record_id)
    assert (mark["ARCHIVED"], mark["_DELETE_KIND"]) == (True, "ARCHIVED")
    assert mark["_DELETED_AT"] is not None


@pytest.mark.long
def test_marking_it_again_changes_nothing(loaded: World) -> None:
    loaded.portal.archive("contacts", _ids(loaded)[3])
    loaded.run()
    loaded.clock.advance(HOUR)

    assert loaded.run()["rows_deleted"] == 0


def test_a_restored_record_lives_again(loaded: World) -> None:
    record_id = _ids(loaded)[3]
    loaded.portal.archive("contacts", record_id)
    loaded.run()
    loaded.portal.restore("contacts", record_id)
    loaded.clock.advance(HOUR)

    loaded.run()

    mark = _mark(loaded, record_id)
    assert (mark["ARCHIVED"], mark["_DELETE_KIND"], mark["_DELETED_AT"]) == (False, None, None)


def test_records_merged_into_another_are_marked_with_the_survivor(loaded: World) -> None:
    first, second = _ids(loaded)[:2]
    survivor = loaded.portal.merge("contacts", first, second)
    loaded.clock.advance(HOUR)

    loaded.run()

    for old in (first, second):
        mark = _mark(loaded, old)
        assert (mark["_DELETE_KIND"], mark["_MERGED_INTO"]) == ("MERGED", survivor)
    assert _kind(loaded, survivor) is None


@pytest.mark.parametrize("how", ["purge", "gdpr_delete"])
def test_a_record_that_left_no_trace_is_marked_by_the_next_run(loaded: World, how: str) -> None:
    record_id = _ids(loaded)[5]
    getattr(loaded.portal, how)("contacts", record_id)

    loaded.run()

    assert _kind(loaded, record_id) == "PURGED"


@pytest.mark.long
def test_an_empty_answer_marks_no_record_that_the_filter_takes(make: MakeWorld) -> None:
    world = make({"contacts": 30})
    customers = {"propertyName": "lifecyclestage", "operator": "EQ", "value": "customer"}
    world.slim(filter_groups=[{"filters": [customers]}], include_archived=True)
    world.run()
    world.clock.advance(5 * HOUR)
    for id in world.ids():
        world.portal.update("contacts", id, {"jobtitle": "New"})
    emptied: list[bytes] = []

    def empty(request: httpx.Request, _: httpx.Response) -> httpx.Response | None:
        is_filtered = b"customer" in request.content and b"hs_merged_object_ids" in request.content
        if emptied or b"DESCENDING" in request.content or not is_filtered:
            return None
        emptied.append(request.content)
        return httpx.Response(200, json={"total": 0, "results": []})

    world.instead = empty
    world.run()
    assert len(emptied) == 1
    assert not any(_kind(world, id) for id in world.ids())


def test_a_record_that_the_filter_takes_no_longer_is_marked(make: MakeWorld) -> None:
    world = make({"contacts": 30})
    customers = {"propertyName": "lifecyclestage", "operator": "EQ", "value": "customer"}
    world.slim(filter_groups=[{"filters": [customers]}], include_archived=True)
    world.run()
    record_id = world.ids()[0]
    world.clock.advance(HOUR)
    world.portal.update("contacts", record_id, {"lifecyclestage": "other"})
    world.clock.advance(HOUR)

    world.run()

    assert _kind(world, record_id) == "FILTERED_OUT"
    world.portal.update("contacts", record_id, {"lifecyclestage": "customer"})
    world.clock.advance(HOUR)
    world.run()
    assert _kind(world, record_id) is None


@pytest.mark.long
def test_without_being_named_the_archived_are_listed_every_four_hours(make: MakeWorld) -> None:
    world = make({"contacts": 30}).slim()
    world.run()
    listed = []
    for _ in range(5):
        world.asked()
        world.clock.advance(HOUR)
        world.run()
        listed.append(any("archived=true" in seen.query for seen in world.asked()))

    assert listed == [False, False, False, True, False]


def test_switched_off_they_are_never_looked_for(make: MakeWorld) -> None:
    world = make({"contacts": 30}).slim(include_archived=False)
    world.run()
    world.portal.archive("contacts", _ids(world)[3])
    world.asked()
    world.clock.advance(5 * HOUR)
    world.run()

    assert not any("archived=true" in request.query for request in world.asked())


@pytest.mark.long
def test_a_gap_of_ninety_days_is_told(loaded: World) -> None:
    loaded.clock.advance(91 * DAY)

    assert "90 days" in loaded.run()["message"]


@pytest.mark.long
def test_calculated_values_come_in_with_the_rotation(make: MakeWorld) -> None:
    world = make({"contacts": 30}).slim()
    world.run()
    record_id = _ids(world)[3]
    world.portal.recalculate("contacts", record_id, {"double_points": "4242"})
    world.clock.advance(DAY)

    world.run()

    (row,) = world.rows(
        f"SELECT PROPERTIES_DOUBLE_POINTS AS P FROM {CONTACTS} WHERE ID = '{record_id}'"
    )
    assert row["P"] == 4242


@pytest.mark.long
def test_a_chain_of_merges_ends_in_the_last_survivor(loaded: World) -> None:
    loaded.portal.lists_chained_merges = False
    first, second, third = _ids(loaded)[:3]
    survivor = loaded.portal.merge("contacts", first, second)
    loaded.clock.advance(HOUR)
    loaded.run()
    last = loaded.portal.merge("contacts", survivor, third)
    loaded.clock.advance(HOUR)

    loaded.run()

    for old in (first, second, survivor, third):
        mark = _mark(loaded, old)
        assert (mark["_DELETE_KIND"], mark["_MERGED_INTO"]) == ("MERGED", last)


@pytest.mark.long
def test_a_chain_of_merges_between_two_runs_is_followed_where_the_last_survivor_names_two(
    loaded: World,
) -> None:
    loaded.portal.lists_chained_merges = False
    first, second, third = _ids(loaded)[:3]
    survivor = loaded.portal.merge("contacts", first, second)
    last = loaded.portal.merge("contacts", survivor, third)
    loaded.clock.advance(HOUR)

    loaded.run()

    for old in (first, second, third):
        mark = _mark(loaded, old)
        assert (mark["_DELETE_KIND"], mark["_MERGED_INTO"]) == ("MERGED", last)


@pytest.mark.long
def test_a_filter_that_takes_no_survivor_hides_no_chain_of_merges(make: MakeWorld) -> None:
    world = make({"contacts": 30})
    world.portal.lists_chained_merges = False
    customers = {"propertyName": "lifecyclestage", "operator": "EQ", "value": "customer"}
    world.slim(filter_groups=[{"filters": [customers]}], include_archived=True)
    first, second, third = _ids(world)[:3]
    for record_id in (first, second, third):
        world.portal.update("contacts", record_id, {"lifecyclestage": "customer"})
    world.clock.advance(HOUR)
    world.run()
    survivor = world.portal.merge("contacts", first, second)
    world.portal.update("contacts", survivor, {"lifecyclestage": "other"})
    last = world.portal.merge("contacts", survivor, third)
    world.clock.advance(DAY)

    world.run()

    for old in (first, second, third):
        mark = _mark(world, old)
        assert (mark["_DELETE_KIND"], mark["_MERGED_INTO"]) == ("MERGED", last)
