"""Filters: what is sent, in which group, and what comes of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.runs.conftest import MakeWorld
from tests.runs.world import HOUR, World, bodies

CUSTOMERS = {"filters": [{"propertyName": "lifecyclestage", "operator": "EQ", "value": "customer"}]}


def _groups(*groups: Any) -> dict[str, Any]:
    return {"properties": ["email"], "filter_groups": [*groups]}


def _matching(world: World, name: str, *values: str | None) -> list[str]:
    return [id for id, properties in world.truth().items() if properties[name] in values]


@pytest.fixture
def crowd(make: MakeWorld) -> World:
    return make({"contacts": 60})


def test_a_filtered_backfill_reads_what_matches(crowd: World) -> None:
    crowd.configure("contacts", _groups(CUSTOMERS))

    answer = crowd.run()

    expected = _matching(crowd, "lifecyclestage", "customer")
    assert 0 < len(expected) < 60
    assert answer["rows_inserted"] == len(expected)
    assert crowd.ids() == expected


def test_a_filter_is_sent_in_every_group_together_with_the_window(crowd: World) -> None:
    of_age = {"propertyName": "loyalty_points", "operator": "GTE", "value": 50}
    vip = {"propertyName": "vip", "operator": "EQ", "value": True}
    settings = _groups(CUSTOMERS, {"filters": [of_age, vip]})
    crowd.configure("contacts", {**settings, "updated_after": "2026-01-01T00:00:00Z"})
    crowd.asked()

    crowd.run()

    body = bodies(crowd.asked())[0]
    window = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": "1767225600000"}
    by_id = {"propertyName": "hs_object_id", "operator": "GT", "value": "0"}
    assert body["filterGroups"] == [
        {"filters": [*CUSTOMERS["filters"], window, by_id]},
        {
            "filters": [
                {"propertyName": "loyalty_points", "operator": "GTE", "value": "50"},
                {"propertyName": "vip", "operator": "EQ", "value": "true"},
                window,
                by_id,
            ]
        },
    ]


def test_groups_are_ored_and_the_filters_of_a_group_anded(crowd: World) -> None:
    few = [
        {"propertyName": "lifecyclestage", "operator": "IN", "values": ["lead", "customer"]},
        {"propertyName": "loyalty_points", "operator": "BETWEEN", "value": 20, "highValue": 80},
    ]
    nameless = [{"propertyName": "jobtitle", "operator": "NOT_HAS_PROPERTY"}]
    crowd.configure("contacts", _groups({"filters": few}, {"filters": nameless}))

    crowd.run()

    expected = [
        id
        for id, properties in crowd.truth().items()
        if (
            properties["lifecyclestage"] in ("lead", "customer")
            and 20 <= float(properties["loyalty_points"] or "-1") <= 80
        )
        or not properties["jobtitle"]
    ]
    assert 0 < len(expected) < 60
    assert crowd.ids() == expected


@pytest.mark.long
def test_a_filter_on_a_time_may_be_written_in_iso(crowd: World) -> None:
    times = sorted(record.created_at for record in crowd.portal.records("contacts"))
    until = "2025-01-01T00:00:00Z"
    filters = [{"propertyName": "createdate", "operator": "LT", "value": until}]
    crowd.configure("contacts", _groups({"filters": filters}))

    crowd.run()

    assert len(crowd.ids()) == sum(created_at < 1_735_689_600_000 for created_at in times) > 0
    sent = bodies(crowd.asked())[0]["filterGroups"][0]["filters"][0]
    assert sent == {"propertyName": "createdate", "operator": "LT", "value": "1735689600000"}


def test_a_filtered_sync_merges_the_changes_that_match(crowd: World) -> None:
    crowd.configure("contacts", _groups(CUSTOMERS))
    crowd.run()
    crowd.clock.advance(HOUR)
    becomes = _matching(crowd, "lifecyclestage", "lead")[0]
    crowd.portal.update("contacts", becomes, {"lifecyclestage": "customer"})
    stays = _matching(crowd, "lifecyclestage", "subscriber")[0]
    crowd.portal.update("contacts", stays, {"jobtitle": "Any"})

    answer = crowd.run()

    assert (answer["rows_read"], answer["rows_inserted"]) == (1, 1)
    assert becomes in crowd.ids()
    assert stays not in crowd.ids()


@pytest.mark.long
def test_a_filtered_backfill_has_no_wall_at_ten_thousand(make: MakeWorld) -> None:
    world = make({"contacts": 10_650})
    wide: dict[str, Any] = {"propertyName": "email", "operator": "HAS_PROPERTY"}
    world.configure(
        "contacts", {"filter_groups": [{"filters": [wide]}], "properties": ["hs_object_id"]}
    )

    answer = world.run()

    assert (answer["rows_read"], answer["rows_inserted"]) == (10_650, 10_650)
    assert world.ids() == [record.id for record in world.portal.records("contacts")]
    assert all("after" not in body for body in bodies(world.asked()))


@pytest.mark.parametrize(
    ("sent", "value"),
    [("customer", "customer"), ("true", True), ("1000", 1000)],
    ids=["option", "bool", "number"],
)
def test_a_value_is_sent_as_hubspot_spells_it(crowd: World, sent: str, value: object) -> None:
    name = {"customer": "lifecyclestage", "true": "vip", "1000": "odd_number"}[sent]
    condition = {"propertyName": name, "operator": "EQ", "value": value}
    crowd.configure("contacts", _groups({"filters": [condition]}))

    crowd.run()

    assert bodies(crowd.asked())[0]["filterGroups"][0]["filters"][0]["value"] == sent


def test_a_matching_record_that_a_search_page_leaves_out_is_not_taken_for_filtered_out(
    crowd: World,
) -> None:
    crowd.slim(filter_groups=[CUSTOMERS])
    crowd.run()
    matching = crowd.ids()
    crowd.clock.advance(HOUR)
    for id in matching:
        crowd.portal.update("contacts", id, {"jobtitle": "New"})
    crowd.portal.update("contacts", matching[0], {"lifecyclestage": "lead"})
    crowd.clock.advance(HOUR)

    def leave_out(request: httpx.Request, response: httpx.Response) -> httpx.Response | None:
        if not (b"lifecyclestage" in request.content and b"ASCENDING" in request.content):
            return None
        page = response.json()
        page["results"] = [each for each in page["results"] if each["id"] != matching[2]]
        return httpx.Response(200, json=page)

    crowd.instead = leave_out
    crowd.clock.advance(HOUR)
    crowd.run()
    assert matching[2] not in crowd.ids(where="_DELETE_KIND = 'FILTERED_OUT'")

    crowd.instead = None
    crowd.clock.advance(HOUR)
    crowd.run()
    assert crowd.ids(where="_DELETE_KIND = 'FILTERED_OUT'") == matching[:1]
