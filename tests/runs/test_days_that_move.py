"""Filters that count from today: who comes in and who goes though nobody changed a record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hubspot_ingest import times
from hubspot_ingest.catalog.registry import RECORD_STREAMS
from hubspot_ingest.inbound.deletions import rotation
from hubspot_ingest.inbound.opening.opening import read_sync
from hubspot_ingest.inbound.plan.relative_days import Calendar
from tests.builders import a_property
from tests.runs.conftest import MakeWorld
from tests.runs.world import HOUR, NOW, World, bodies, paths

DAY = times.DAY
CONTACT_STREAM = RECORD_STREAMS["contacts"]
SEARCH = "/crm/objects/2026-09/contacts/search"
WEEK_OLD: dict[str, Any] = {"propertyName": "createdate", "operator": "LT", "value": "TODAY-7"}
THIS_WEEK: dict[str, Any] = {"propertyName": "createdate", "operator": "GTE", "value": "TODAY-7"}
MIDNIGHT = times.milliseconds("2026-09-21T04:00:00Z") or 0
"""The portal's day of ``NOW`` began then: its zone is US/Eastern."""


def _settings(*filters: dict[str, Any], **more: Any) -> dict[str, Any]:
    groups = [{"filters": [one]} for one in filters]
    return {"properties": ["email"], "filter_groups": groups, **more}


def _live(world: World) -> set[str]:
    return {*world.ids(where="_DELETED_AT IS NULL")} if world.exists() else set()


def _made(world: World, days: int, *, older: bool) -> set[str]:
    """The records of which the portal's day is more than so many days ago, or is not."""
    begins = MIDNIGHT + (world.clock.now() - MIDNIGHT) // DAY * DAY - days * DAY
    return {
        record.id
        for record in world.portal.records("contacts")
        if (record.created_at < begins) is older
    }


@pytest.fixture
def crowd(make: MakeWorld) -> World:
    """Sixty contacts, of which ten are made on each of six days that end with today."""
    world = make({"contacts": 0})
    world.clock.advance(-6 * DAY)
    for _ in range(6):
        world.clock.advance(DAY)
        for n in range(10):
            world.portal.create("contacts", {"email": f"c{n}-{world.clock.now()}@example.com"})
    assert world.clock.now() == NOW
    return world


def test_a_record_comes_in_when_it_is_old_enough_though_it_did_not_change(crowd: World) -> None:
    crowd.configure("contacts", _settings(WEEK_OLD))
    crowd.run()
    assert _live(crowd) == set()
    crowd.clock.advance(3 * DAY)

    answer = crowd.run()

    assert answer["rows_inserted"] == 10
    assert _live(crowd) == _made(crowd, 7, older=True) != set()


@pytest.mark.long
def test_a_row_goes_when_it_is_too_old_though_it_did_not_change(crowd: World) -> None:
    crowd.configure("contacts", _settings(THIS_WEEK))
    crowd.run()
    assert len(_live(crowd)) == 60
    crowd.clock.advance(3 * DAY)

    crowd.run()

    assert _live(crowd) == _made(crowd, 7, older=False)
    [kinds] = [{one[0] for one in crowd.table("_DELETE_KIND", where="_DELETED_AT IS NOT NULL")}]
    assert kinds == {"FILTERED_OUT"}
    assert len(crowd.ids()) == 60


@pytest.mark.long
@pytest.mark.parametrize("days", [1, 2, 3, 10])
def test_as_many_may_come_as_go(crowd: World, days: int) -> None:
    between = {**WEEK_OLD, "operator": "BETWEEN", "value": "TODAY-6", "highValue": "TODAY-4"}
    crowd.configure("contacts", _settings(between))
    crowd.run()
    crowd.clock.advance(days * DAY)

    crowd.run()

    expected = _made(crowd, 6, older=False) & _made(crowd, 3, older=True)
    assert _live(crowd) == expected


@pytest.mark.long
def test_a_rotation_that_takes_longer_than_a_day_comes_to_an_end(
    make: MakeWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a page of a search in each run, and one run a day
    monkeypatch.setattr(rotation, "PAGES_PER_RUN", 1)
    world = make({"contacts": 0})
    for n in range(210):
        closed = NOW + 900 * DAY if n < 205 else NOW
        record = {"email": f"c{n}@example.com", "closedate": str(closed)}
        world.portal.create("contacts", record)
    not_long_ago = {"propertyName": "closedate", "operator": "GTE", "value": "TODAY-2"}
    world.configure("contacts", _settings(not_long_ago))
    world.run()
    assert len(_live(world)) == 210

    for _ in range(7):
        world.clock.advance(DAY)
        world.run()

    assert len(_live(world)) == 205


@pytest.mark.long
def test_the_day_is_the_portals(crowd: World) -> None:
    crowd.configure("contacts", _settings({**WEEK_OLD, "value": "TODAY-5"}))
    crowd.run()
    assert _live(crowd) == set()
    crowd.clock.advance(MIDNIGHT + DAY - HOUR - NOW)
    crowd.run()
    assert _live(crowd) == set()
    crowd.clock.advance(HOUR)

    crowd.run()

    assert len(_live(crowd)) == 10


@pytest.mark.long
def test_within_a_day_a_run_reads_what_changed_and_nothing_else(crowd: World) -> None:
    crowd.configure("contacts", _settings(THIS_WEEK))
    crowd.run()
    # beyond what the index is given to settle
    crowd.clock.advance(HOUR)
    crowd.run()
    crowd.clock.advance(HOUR)
    crowd.asked()

    answer = crowd.run()

    asked = crowd.asked()
    assert (answer["since"] is not None, answer["rows_inserted"]) == (True, 0)
    assert (len(bodies(asked)), paths(asked).count("details")) == (1, 1)


def test_filters_without_such_days_ask_for_no_day(crowd: World) -> None:
    crowd.configure("contacts", _settings({**THIS_WEEK, "value": "2026-01-01"}))
    crowd.run()
    crowd.asked()
    crowd.clock.advance(2 * DAY)

    answer = crowd.run()

    assert "details" not in paths(crowd.asked())
    assert answer["since"] is not None


@pytest.mark.long
def test_the_cursor_stays_where_it_was_until_the_new_day_is_read(crowd: World) -> None:
    crowd.configure("contacts", _settings(WEEK_OLD))
    settled = crowd.run()["settled_through"]
    crowd.clock.advance(3 * DAY)
    crowd.closed = [SEARCH]

    answer = crowd.ingest()

    assert answer["status"] == "SKIPPED"
    assert answer["settled_through"] == settled


@pytest.mark.long
def test_a_certificate_is_of_the_day_that_was_read(crowd: World) -> None:
    crowd.configure("contacts", _settings(WEEK_OLD))
    crowd.clock.advance(3 * DAY)
    crowd.run()

    certificates = crowd.rows(
        "SELECT RESULT, HUBSPOT_RECORDS FROM HUBSPOT_INGEST.CORE.COMPLETENESS"
    )

    assert [tuple(one.values()) for one in certificates] == [("COMPLETE", 10)]


@pytest.mark.long
@pytest.mark.parametrize(("same", "day"), [(True, "2026-09-21"), (False, "2026-09-22")])
def test_a_reading_goes_on_by_the_day_it_was_begun_on(crowd: World, same: bool, day: str) -> None:
    crowd.configure("contacts", _settings(WEEK_OLD))
    crowd.run()
    zone = ZoneInfo(crowd.portal.time_zone)
    properties = (a_property("createdate", "datetime"), a_property("lastmodifieddate", "datetime"))
    begun_on, following = (Calendar(date(2026, 9, day), zone) for day in (21, 22))
    state = replace(read_sync(crowd.context, "contacts"), settled_through=None)
    begun = state.plan(CONTACT_STREAM, properties, NOW, begun_on)
    hash_ = begun.hash if same else "of other settings"
    checkpoint: dict[str, Any] = {
        "plan": hash_,
        "since": None,
        "until": NOW,
        "reading": {},
        "day": begun.day,
    }

    resumed = replace(state, checkpoint=checkpoint).plan(
        CONTACT_STREAM, properties, NOW + DAY, following
    )

    assert resumed.day == day
    assert (resumed.filter_groups == begun.filter_groups) is same
