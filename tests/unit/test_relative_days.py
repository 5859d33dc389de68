"""Days of a filter that are counted from today, as HubSpot is asked for them."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hubspot_ingest.errors import InvalidFilter
from hubspot_ingest.inbound.plan import filters, relative_days
from hubspot_ingest.inbound.plan.relative_days import Calendar
from hubspot_ingest.model import Json
from hubspot_ingest.settings import parse_settings
from hubspot_ingest.times import iso
from tests.builders import a_property

PROPERTIES = (
    a_property("createdate", "datetime"),
    a_property("closedate", "date"),
    a_property("jobtitle"),
)
TODAY = Calendar(date(2026, 3, 10), ZoneInfo("America/New_York"))
"""Two days after the clocks went forward there: UTC-4, and UTC-5 before."""


def sent(operator: str, name: str = "createdate", **values: Any) -> Json:
    """The one filter as it is sent on that day."""
    group: Json = {"filters": [{"propertyName": name, "operator": operator, **values}]}
    settings = parse_settings("contacts", {"filter_groups": [group]})
    [[filter_]] = filters.checked_filters(settings.filter_groups, PROPERTIES, calendar=TODAY)
    return filter_


def instants(filter_: Any) -> list[str]:
    """The values of a filter in ISO."""
    return [iso(int(filter_[key])) for key in ("value", "highValue") if key in filter_]


def test_from_a_day_on_begins_with_it_in_the_portals_zone() -> None:
    assert instants(sent("GTE", value="TODAY")) == ["2026-03-10T04:00:00.000Z"]


def test_a_day_before_the_clocks_changed_begins_by_the_zone_of_then() -> None:
    assert instants(sent("GTE", value="TODAY-7")) == ["2026-03-03T05:00:00.000Z"]


def test_up_to_a_day_ends_with_it() -> None:
    assert instants(sent("LTE", value="TODAY")) == ["2026-03-11T03:59:59.999Z"]
    assert instants(sent("GT", value="TODAY")) == ["2026-03-11T03:59:59.999Z"]


def test_more_than_so_many_days_ago_ends_before_that_day() -> None:
    assert instants(sent("LT", value="TODAY-30")) == ["2026-02-08T05:00:00.000Z"]


def test_today_is_the_whole_day() -> None:
    filter_: Any = sent("EQ", value="TODAY")

    assert filter_["operator"] == "BETWEEN"
    assert instants(filter_) == ["2026-03-10T04:00:00.000Z", "2026-03-11T03:59:59.999Z"]


def test_this_month_and_this_year_are_whole_ones() -> None:
    assert instants(sent("EQ", value="THIS_MONTH")) == [
        "2026-03-01T05:00:00.000Z",
        "2026-04-01T03:59:59.999Z",
    ]
    assert instants(sent("EQ", value="THIS_YEAR")) == [
        "2026-01-01T05:00:00.000Z",
        "2027-01-01T04:59:59.999Z",
    ]


def test_months_are_counted_over_the_turn_of_the_year() -> None:
    assert instants(sent("BETWEEN", value="THIS_MONTH-3", highValue="THIS_MONTH-1")) == [
        "2025-12-01T05:00:00.000Z",
        "2026-03-01T04:59:59.999Z",
    ]


def test_one_end_may_be_counted_and_the_other_a_date() -> None:
    filter_ = sent("BETWEEN", value="2026-01-01T00:00:00Z", highValue="TODAY")

    assert instants(filter_) == ["2026-01-01T00:00:00.000Z", "2026-03-11T03:59:59.999Z"]


def test_a_date_is_midnight_utc_of_its_day() -> None:
    assert instants(sent("LTE", "closedate", value="TODAY+7")) == ["2026-03-17T00:00:00.000Z"]
    assert instants(sent("EQ", "closedate", value="THIS_MONTH-1")) == [
        "2026-02-01T00:00:00.000Z",
        "2026-02-28T00:00:00.000Z",
    ]


def test_text_stays_what_it_is() -> None:
    filter_: Any = sent("EQ", "jobtitle", value="TODAY")

    assert filter_["value"] == "TODAY"


@pytest.mark.parametrize(
    ("operator", "values"),
    [("NEQ", {"value": "TODAY"}), ("IN", {"values": ["TODAY"]}), ("EQ", {"value": "TODAY-x"})],
)
def test_what_cannot_be_asked_of_a_counted_day_is_refused(
    operator: str, values: dict[str, Any]
) -> None:
    with pytest.raises(InvalidFilter) as refused:
        sent(operator, **values)

    assert "TODAY" in refused.value.message


def test_a_day_no_calendar_has_is_refused() -> None:
    with pytest.raises(InvalidFilter) as refused:
        sent("GTE", value="THIS_YEAR-9999")

    assert "'THIS_YEAR-9999' is too far away" in refused.value.message


def test_only_dates_make_a_sync_turn_with_the_day() -> None:
    def day(name: str, value: str) -> str | None:
        group: Json = {"filters": [{"propertyName": name, "operator": "EQ", "value": value}]}
        groups = parse_settings("contacts", {"filter_groups": [group]}).filter_groups
        return relative_days.day_of(groups, PROPERTIES, TODAY)

    assert day("createdate", "TODAY") == "2026-03-10"
    assert day("createdate", "2026-03-10") is None
    assert day("jobtitle", "TODAY") is None
