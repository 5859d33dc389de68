"""Events: one table for each type or one for all, every property a column."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from hubspot_ingest.inbound.replay.table_replay import replay
from tests.runs.conftest import MakeWorld
from tests.runs.world import HOUR, Answer, World

VISITS = "HUBSPOT_DATA.CRM.E_VISITED_PAGE"
EVENTS = "HUBSPOT_DATA.CRM.EVENTS"


def _happen(world: World, kind: str = "e_visited_page", **properties: Any) -> str:
    record = next(world.portal.records("contacts")).id
    id = world.portal.events.add(kind, record, properties=properties)
    world.clock.advance(HOUR)
    return id


def test_the_name_of_an_event_type_reads_its_events_into_a_table_of_their_own(
    world: World,
) -> None:
    visit = _happen(world, hs_url="https://www.example.com/a", hs_asset_type="")
    _happen(world, "e_form_view_v2", hs_form_id="1")

    world.run("e_visited_page")

    (row,) = world.rows(f"SELECT * FROM {VISITS}")
    assert row["ID"] == visit
    assert row["EVENT_TYPE"] == "e_visited_page"
    assert (row["OBJECT_TYPE"], row["PROPERTIES_HS_URL"]) == (
        "CONTACT",
        "https://www.example.com/a",
    )
    assert row["OCCURRED_AT"] is not None
    assert "PROPERTIES_HS_ASSET_TYPE" not in row, "nobody ever gave it a value"


@pytest.mark.long
def test_several_event_types_share_a_table(world: World) -> None:
    _happen(world, hs_url="https://www.example.com/a")
    _happen(world, "e_form_view_v2", hs_form_id="1")
    _happen(world, "e_call_ended", hs_call_id="7")
    world.configure("events", {"event_types": ["e_visited_page", "e_form_view_v2"]})

    assert world.run("events")["rows_inserted"] == 2

    rows = world.rows(f"SELECT EVENT_TYPE, PROPERTIES_HS_URL, PROPERTIES_HS_FORM_ID FROM {EVENTS}")
    assert {tuple(row.values()) for row in rows} == {
        ("e_visited_page", "https://www.example.com/a", None),
        ("e_form_view_v2", None, "1"),
    }


def test_a_list_lands_as_an_array(world: World) -> None:
    _happen(world, tags=["pricing", "plans"])

    world.run("e_visited_page")

    assert world.columns(VISITS)["PROPERTIES_TAGS"][0] == "ARRAY"
    (row,) = world.rows(f"SELECT PROPERTIES_TAGS AS TAGS FROM {VISITS}")
    assert json.loads(row["TAGS"]) == ["pricing", "plans"]


@pytest.mark.long
def test_a_column_keeps_its_type_when_events_change_their_minds(world: World) -> None:
    _happen(world, tags=["a"], note="b")
    world.run("e_visited_page")
    second = _happen(world, tags="c", note=["d"])
    world.run("e_visited_page")

    (row,) = world.rows(
        f"SELECT PROPERTIES_TAGS AS TAGS, PROPERTIES_NOTE AS NOTE FROM {VISITS} WHERE ID = ?",
        (second,),
    )
    assert (json.loads(row["TAGS"]), json.loads(row["NOTE"])) == (["c"], ["d"])


@pytest.mark.long
def test_a_property_that_turns_up_later_gets_a_column_and_older_rows_stay_as_they_are(
    world: World,
) -> None:
    _happen(world, hs_url="https://www.example.com/a")
    world.run("e_visited_page")
    before = world.rows(f"SELECT ID, _RUN_ID FROM {VISITS}")
    _happen(world, hs_url="https://www.example.com/b", hs_title="B")

    answer = world.run("e_visited_page")

    assert (answer["rows_inserted"], answer["rows_updated"]) == (1, 0)
    assert "PROPERTIES_HS_TITLE" in world.columns(VISITS)
    assert before[0] in world.rows(f"SELECT ID, _RUN_ID FROM {VISITS}")


def test_what_is_known_of_flattened_properties_is_seen_in_the_view(world: World) -> None:
    _happen(world, tags=["a"], note="b")
    world.run("e_visited_page")

    rows = world.rows("SELECT PROPERTY, COLUMN_NAME, TYPE FROM HUBSPOT_INGEST.CORE.PROPERTIES")
    assert {tuple(row.values()) for row in rows} == {
        ("tags", "PROPERTIES_TAGS", "list"),
        ("note", "PROPERTIES_NOTE", "string"),
    }


def test_events_before_the_start_date_are_not_read(world: World) -> None:
    _happen(world, note="old")
    start = world.clock.now()
    world.clock.advance(HOUR)
    _happen(world, note="new")
    world.configure("e_visited_page", {"updated_after": str(start)})

    world.run("e_visited_page")

    assert [row["N"] for row in world.rows(f"SELECT PROPERTIES_NOTE AS N FROM {VISITS}")] == ["new"]


@pytest.mark.long
def test_an_event_at_the_very_edge_of_two_windows_is_read(world: World) -> None:
    world.configure("e_visited_page", {"settle_minutes": 0})
    world.run("e_visited_page")
    _happen(world, note="at the edge")

    world.run("e_visited_page")

    assert world.rows(f"SELECT COUNT(*) AS N FROM {VISITS}")[0]["N"] == 1


def test_the_web_analytics_of_a_custom_object_are_read_by_its_name(make: MakeWorld) -> None:
    world = make({"contacts": 2, "machines": 2})
    _happen(world)
    record = next(world.portal.records("machines")).id
    visit = world.portal.events.add("e_visited_page", record, "machines", properties={"a": "b"})
    world.clock.advance(HOUR)

    name = "p_machines_web_analytics"
    world.configure(name, {"event_types": ["e_visited_page"]})
    answer = world.run(name)

    rows = world.rows(f"SELECT ID, OBJECT_ID FROM {answer['destination']}")
    assert [tuple(row.values()) for row in rows] == [(visit, record)]


@pytest.mark.long
def test_the_web_analytics_of_a_custom_object_are_read_run_after_run(make: MakeWorld) -> None:
    world = make({"contacts": 2, "machines": 2})
    record = next(world.portal.records("machines")).id
    name = "p_machines_web_analytics"
    world.call_with("CONFIGURE_APP", {"keep_pages_days": 7})
    world.configure(name, {"event_types": ["e_visited_page"]})
    for n in range(3):
        world.portal.events.add("e_visited_page", record, "machines", properties={"a": str(n)})
        world.clock.advance(HOUR)
        assert world.run(name)["rows_inserted"] == 1
    world.engine.sql("DELETE FROM HUBSPOT_DATA.CRM.P_MACHINES_WEB_ANALYTICS")

    answer = replay(world.context, name, None)

    assert (answer["response_code"], answer["rows_inserted"]) == ("OK", 3)


def test_a_portal_without_the_subscription_skips_the_stream_and_names_it(world: World) -> None:
    world.portal.edition = "PROFESSIONAL"

    answer = world.ingest("e_visited_page")

    assert (answer["status"], answer["response_code"]) == ("SKIPPED", "SCOPE_MISSING")
    assert "Enterprise" in answer["message"]


@pytest.mark.parametrize(
    ("name", "settings", "says"),
    [
        ("events", {"event_types": ["visited page"]}, "'visited page' is no event type"),
        ("e_visited_page", {"event_types": ["e_call_ended"]}, "means nothing to e_visited_page"),
        ("contacts", {"event_types": ["e_call_ended"]}, "means nothing to contacts"),
        ("events", {"filter_groups": [{"filters": []}]}, "filter_groups"),
    ],
)
def test_event_types_that_make_no_sense_are_refused(
    world: World, name: str, settings: Answer, says: str
) -> None:
    answer = world.call(f"CALL configure_sync('{name}', PARSE_JSON('{json.dumps(settings)}'))")

    assert answer["response_code"] in ("INVALID_SETTINGS", "INVALID_FILTER")
    assert says in answer["message"]


@pytest.mark.long
def test_an_event_that_hubspot_tells_of_late_is_read_within_a_day(world: World) -> None:
    _happen(world)
    world.run("e_visited_page")
    record = next(world.portal.records("contacts")).id
    late = world.portal.events.add("e_visited_page", record, at=world.clock.now() - 72 * HOUR)

    world.clock.advance(HOUR)
    world.run("e_visited_page")
    assert late not in _ids_of_visits(world)
    world.clock.advance(25 * HOUR)
    world.run("e_visited_page")

    assert late in _ids_of_visits(world)
    world.clock.advance(HOUR)
    assert world.run("e_visited_page")["since"] > "2026-09-20"


def _ids_of_visits(world: World) -> list[str]:
    return [row["ID"] for row in world.rows(f"SELECT ID FROM {VISITS}")]


@pytest.mark.long
def test_what_came_late_of_a_type_that_was_not_read_for_a_while_is_read_within_a_day(
    world: World,
) -> None:
    _happen(world)
    world.run("e_visited_page")
    record = next(world.portal.records("contacts")).id
    late = world.portal.events.add("e_visited_page", record, at=world.clock.now() - 72 * HOUR)
    world.instead = lambda request, _: (
        httpx.Response(204) if "occurredAfter" in str(request.url) else None
    )
    world.clock.advance(HOUR)
    world.run("e_visited_page")
    world.instead = None
    world.clock.advance(25 * HOUR)

    world.run("e_visited_page")

    assert late in _ids_of_visits(world)
