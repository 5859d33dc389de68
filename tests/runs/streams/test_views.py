"""Streams that are views over other streams' tables."""

from __future__ import annotations

import json

import pytest

from tests.runs.conftest import MakeWorld
from tests.runs.world import HOUR, Answer, World

ENGAGEMENTS = "HUBSPOT_DATA.CRM.ENGAGEMENTS"
SLIM: Answer = {"properties": ["hs_timestamp", "hs_call_*", "hubspot_owner_id"], "associations": []}


def _configure(world: World) -> None:
    for stream in ("calls", "notes"):
        world.syncs.save(stream, stream, SLIM, world.clock.now())


def test_engagements_are_in_the_shape_they_once_had(make: MakeWorld) -> None:
    world = make({"calls": 2, "notes": 3, "contacts": 5})
    world.portal.update(
        "calls",
        next(world.portal.records("calls")).id,
        {"hs_call_title": "Renewal", "hs_call_duration": "61000", "hubspot_owner_id": "81000000"},
    )
    _configure(world)
    world.configure("calls", {**SLIM, "associations": ["contacts", "companies"]})
    for stream in ("calls", "notes"):
        world.run(stream)

    answer = world.run("engagements")

    assert answer["message"] == f"the view {ENGAGEMENTS} shows calls, notes as they stand"
    kinds = world.rows(f"SELECT TYPE, COUNT(*) AS N FROM {ENGAGEMENTS} GROUP BY TYPE ORDER BY TYPE")
    assert [tuple(row.values()) for row in kinds] == [("CALL", 2), ("NOTE", 3)]
    (call,) = world.rows(f"SELECT * FROM {ENGAGEMENTS} WHERE METADATA_TITLE = 'Renewal'")
    assert call["ACTIVE"] is True
    assert call["OWNER_ID"] == "81000000"
    assert call["TIMESTAMP"] is not None
    assert call["METADATA_DURATION_MILLISECONDS"] == "61000"
    assert json.loads(call["METADATA"])["title"] == "Renewal"
    assert {*json.loads(call["ASSOCIATIONS"])} >= {"contactIds", "companyIds"}


@pytest.mark.long
def test_the_view_follows_its_tables_and_takes_in_new_ones(make: MakeWorld) -> None:
    world = make({"calls": 2, "notes": 3})
    _configure(world)
    world.run("calls")
    world.run("engagements")
    world.portal.create("calls", {"hs_timestamp": "2026-09-01T00:00:00Z"})
    world.clock.advance(HOUR)
    world.run("calls")
    assert world.rows(f"SELECT COUNT(*) AS N FROM {ENGAGEMENTS}")[0]["N"] == 3

    world.run("notes")
    world.run("engagements")

    assert world.rows(f"SELECT COUNT(*) AS N FROM {ENGAGEMENTS}")[0]["N"] == 6


def test_a_view_over_nothing_says_what_to_run_first(world: World) -> None:
    answer = world.ingest("engagements")

    assert answer["status"] == "FAILED"
    assert "CALL ingest_hubspot('calls')" in answer["message"]


@pytest.mark.long
def test_archived_deals_stand_in_a_view_of_their_own(make: MakeWorld) -> None:
    world = make({"deals": 4})
    world.configure("deals", {"properties": [], "associations": [], "include_archived": True})
    world.run("deals")
    gone = next(world.portal.records("deals")).id
    world.portal.archive("deals", gone)
    world.clock.advance(HOUR)
    world.run("deals")

    world.run("deals_archived")

    rows = world.rows("SELECT ID, _DELETE_KIND AS KIND FROM HUBSPOT_DATA.CRM.DEALS_ARCHIVED")
    assert [tuple(row.values()) for row in rows] == [(gone, "ARCHIVED")]


@pytest.mark.long
def test_a_view_asks_hubspot_nothing_about_its_records(make: MakeWorld) -> None:
    world = make({"calls": 2})
    _configure(world)
    world.run("calls")
    world.asked()

    world.run("engagements")

    assert world.asked() == []
