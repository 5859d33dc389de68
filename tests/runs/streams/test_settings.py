"""Settings that mean nothing to a stream are refused; those that do are followed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hubspot_ingest.times import iso
from tests.runs.world import HOUR, NOW, Answer, World

DAY = 24 * HOUR
FILTER = {"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}]}


@pytest.mark.parametrize(
    ("stream", "setting", "value"),
    [
        ("owners", "filter_groups", [FILTER]),
        ("owners", "properties", ["email"]),
        ("owners", "associations", ["contacts"]),
        ("owners", "history", ["email"]),
        ("owners", "updated_after", iso(NOW)),
        ("owners", "lookback_minutes", 5),
        ("owners", "column_prefix", "P_"),
        ("owners", "include_archived", False),
        ("form_submissions", "event_types", ["e_visited_page"]),
        ("email_events", "properties", ["*"]),
        ("engagements", "updated_after", iso(NOW)),
    ],
)
def test_a_setting_that_means_nothing_to_a_stream_is_refused(
    world: World, stream: str, setting: str, value: Any
) -> None:
    settings = json.dumps({setting: value})
    answer = world.call(f"CALL configure_sync('{stream}', PARSE_JSON('{settings}'))")

    assert answer["response_code"] == "INVALID_SETTINGS"
    assert f"setting '{setting}' means nothing to {stream}" in answer["message"]
    assert "destination" in answer["message"]
    assert world.rows("SELECT NAME FROM HUBSPOT_INGEST.CORE.SYNCS") == []


def test_records_are_associated_with_object_types_only(world: World) -> None:
    answer = world.call(
        """CALL configure_sync('contacts', PARSE_JSON('{"associations": ["owners"]}'))"""
    )

    assert answer["response_code"] == "UNKNOWN_STREAM"
    assert "'owners'" in answer["message"]


def test_a_stream_lands_where_its_sync_says(world: World) -> None:
    world.configure("people", {"stream": "owners", "destination": {"schema": "META"}})

    assert world.run("people")["destination"] == "HUBSPOT_DATA.META.PEOPLE"
    assert world.exists("HUBSPOT_DATA.META.PEOPLE")


def test_submissions_before_the_start_date_are_not_read(world: World) -> None:
    form = world.portal.forms.add("Contact us")
    for days in (40, 3, 2):
        world.portal.forms.submit(form, {"email": "a@example.com"}, NOW - days * DAY)
    world.configure("form_submissions", {"updated_after": iso(NOW - 30 * DAY)})

    assert world.run("form_submissions")["rows_inserted"] == 2


def test_a_full_refresh_reads_everything_again_and_changes_nothing(world: World) -> None:
    form = world.portal.forms.add("Contact us")
    for days in (40, 3):
        world.portal.forms.submit(form, {"email": "a@example.com"}, NOW - days * DAY)
    world.configure("form_submissions", {"sync_mode": "full_refresh"})
    world.run("form_submissions")
    world.clock.advance(HOUR)

    answer = world.run("form_submissions")

    assert (answer["rows_read"], answer["rows_inserted"], answer["rows_updated"]) == (2, 0, 0)


def test_what_came_before_the_cursor_is_read_again_within_the_lookback(world: World) -> None:
    form = world.portal.forms.add("Contact us")
    world.configure("form_submissions", {"lookback_minutes": 60})
    world.run("form_submissions")
    # it took half an hour to come in
    world.portal.forms.submit(form, {"email": "a@example.com"}, NOW - HOUR // 2)
    world.clock.advance(HOUR // 4)

    assert world.run("form_submissions")["rows_inserted"] == 1


def test_a_sync_starts_over_when_its_event_types_change(world: World) -> None:
    settings: Answer = {"event_types": ["e_visited_page"]}
    world.configure("events", settings)
    world.run("events")

    answer = world.configure("events", {"event_types": ["e_visited_page", "e_call_ended"]})

    assert "the next run is a backfill" in answer["message"]
