"""Conditions on dates take whole days: of the portal's zone for instants, of UTC for dates."""

from __future__ import annotations

import json
from datetime import UTC, date
from zoneinfo import ZoneInfo

import pytest

from hubspot_sandbox import Portal
from page import days, filters
from page.portal_names import PortalNames
from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.viewing import View

NEW_YORK = ZoneInfo("America/New_York")
JULY = date(2026, 7, 1)
# 30 June 23:30, 1 July 00:30 and 23:30, 2 July 00:30 in New York, which is four hours behind UTC
CLOSED = ("2026-07-01T03:30:00Z", "2026-07-01T04:30:00Z", "2026-07-02T03:30:00Z",
          "2026-07-02T04:30:00Z")  # fmt: skip


@pytest.mark.parametrize(
    ("operator", "taken"),
    [("LT", 1), ("LTE", 3), ("GT", 1), ("GTE", 3), ("EQ", 2)],
)
def test_a_condition_on_a_datetime_takes_whole_days_of_the_portal(
    open_page: Open, operator: str, taken: int
) -> None:
    portal = Portal(1, records={}, time_zone="America/New_York")
    for closed in CLOSED:
        portal.create("deals", {"closedate": closed})
    view, world = open_page(portal=portal)
    world.call(f"CALL set_token('{portal.token}')")
    world.call("CALL test_connection()")
    world.call("CALL discover()")
    world.configure("deals", {})
    view.draw().press("Deals").choose("part-deals", "Filters").press("Add a filter")
    view.select("Property", "closedate").select("Condition", operator)
    [box] = view.test.date_input
    view._after(box.set_value(JULY))
    view.press("How many match now")

    assert f"{taken} record" in view.text
    assert "2026-07-01." in view.text

    view.press("Save changes")
    stored = json.loads(world.sync("deals")["SETTINGS"])["filter_groups"]
    view.press("Syncs").press("Deals").choose("part-deals", "Filters")
    assert view.box("Condition").value == operator
    assert view.test.date_input[0].value == JULY
    assert "Not saved yet" not in view.text, stored


@pytest.mark.parametrize(
    ("operator", "ends"),
    [
        ("LT", {"value": "2026-07-01T00:00:00-04:00"}),
        ("GTE", {"value": "2026-07-01T00:00:00-04:00"}),
        ("GT", {"value": "2026-07-01T23:59:59.999-04:00"}),
        (
            "EQ",
            {"value": "2026-07-01T00:00:00-04:00", "highValue": "2026-07-01T23:59:59.999-04:00"},
        ),
    ],
)
def test_a_day_is_whole_under_the_condition_that_is_chosen_after_it(
    open_page: Open, operator: str, ends: dict[str, str]
) -> None:
    view, world = filters_of_deals(open_page, "America/New_York")
    before = "LTE" if operator != "GT" else "LT"
    view.press("Add a filter").select("Property", "closedate").select("Condition", before)
    view._after(view.test.date_input[0].set_value(JULY))

    view.select("Condition", operator).press("Save changes")

    stored = stored_filter(world)
    assert {name: stored[name] for name in stored if name.endswith("alue")} == ends


def test_a_day_in_which_the_clocks_change_is_whole() -> None:
    short = {"propertyName": "closedate", "operator": "EQ",
             "value": days.written("EQ", 0, date(2026, 3, 8), "datetime", NEW_YORK)}  # fmt: skip

    compared = days.compared(short, "datetime", NEW_YORK)

    assert compared["value"] == "2026-03-08T00:00:00-05:00"
    assert compared["highValue"] == "2026-03-08T23:59:59.999-04:00"
    assert days.shown(compared, "datetime") == short


def test_a_date_is_its_day_in_every_zone() -> None:
    assert days.written("LTE", 0, JULY, "date", NEW_YORK) == "2026-07-01"


def test_an_instant_that_somebody_wrote_stays() -> None:
    noon = {"propertyName": "closedate", "operator": "EQ", "value": "2026-07-01T12:00:00Z"}

    assert days.compared(noon, "datetime", UTC) == noon
    assert days.shown(noon, "datetime") == noon
    groups = [{"filters": [noon]}]
    sentence = filters.filter_sentence(groups, PortalNames(types={"closedate": "datetime"}))
    assert sentence == "closedate is 2026-07-01T12:00:00Z"


def test_an_unknown_zone_is_utc() -> None:
    assert days.zone_named("Mars/Olympus") is UTC
    assert days.zone_named(None) is UTC


COUNTED = [
    ("LAST_DAYS", 14, {"operator": "BETWEEN", "value": "TODAY-14", "highValue": "TODAY"},
     "is in the last 14 days"),
    ("DAYS_AGO", 90, {"operator": "LT", "value": "TODAY-90"},
     "is more than 90 days ago"),
    ("NEXT_DAYS", 7, {"operator": "BETWEEN", "value": "TODAY", "highValue": "TODAY+7"},
     "is in the next 7 days"),
    ("TODAY", None, {"operator": "EQ", "value": "TODAY"}, "is today"),
    ("LAST_MONTH", None, {"operator": "EQ", "value": "THIS_MONTH-1"}, "is last month"),
]  # fmt: skip


def filters_of_deals(open_page: Open, zone: str = "US/Eastern") -> tuple[View, World]:
    """The page of a sync of deals of a portal in a time zone, at its filters."""
    view, world = open_page(portal=Portal(1, records={"deals": 5}, time_zone=zone))
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL test_connection()")
    world.call("CALL discover()")
    world.configure("deals", {})
    view.draw().press("Deals").choose("part-deals", "Filters")
    return view, world


def stored_filter(world: World) -> dict[str, object]:
    """The one filter of the deals, as it is stored."""
    [group] = json.loads(world.sync("deals")["SETTINGS"])["filter_groups"]
    [filter_] = group["filters"]
    return dict(filter_)


@pytest.mark.parametrize(("condition", "count", "kept", "sentence"), COUNTED)
def test_days_are_counted_from_today(
    open_page: Open, condition: str, count: int | None, kept: dict[str, str], sentence: str
) -> None:
    view, world = filters_of_deals(open_page)
    view.press("Add a filter").select("Property", "closedate").select("Condition", condition)
    if count is not None:
        assert view.test.number_input[0].value == 30
        view.count("Value", count)
    assert sentence in view.text

    view.press("Save changes")

    assert stored_filter(world) == {"propertyName": "closedate", **kept}
    view.press("Syncs").press("Deals")
    assert sentence in view.text
    view.choose("part-deals", "Filters")
    assert view.box("Condition").value == condition
    assert "Not saved yet" not in view.text


@pytest.mark.long
def test_a_number_of_days_and_a_date_do_not_become_each_other(open_page: Open) -> None:
    view, _ = filters_of_deals(open_page)
    view.press("Add a filter").select("Property", "closedate").select("Condition", "LAST_DAYS")

    view.select("Condition", "LT")

    assert view.test.date_input[0].value is None
    view._after(view.test.date_input[0].set_value(JULY)).select("Condition", "DAYS_AGO")
    assert view.test.number_input[0].value == 30


@pytest.mark.long
def test_counted_days_that_the_builder_has_no_words_for_stay_as_they_were_written(
    open_page: Open,
) -> None:
    view, world = filters_of_deals(open_page)
    view.use_json(
        '[{"filters": [{"propertyName": "closedate", "operator": "GTE", "value": "THIS_MONTH-2"}]}]'
    )
    assert "is on or after THIS_MONTH-2" in view.text

    view.press("Save changes")

    assert stored_filter(world)["value"] == "THIS_MONTH-2"
