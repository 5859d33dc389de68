"""A condition "is between" of which From is above To is told in words, and never stored."""

from __future__ import annotations

import json
from typing import Any

import pytest

from page import filters
from page.portal_names import PortalNames
from tests.ui.conftest import Open
from tests.ui.one_sync import opened, stored

NAMES = PortalNames(
    {"points": "Points"},
    {"points": "number", "born": "date", "seen": "datetime", "name": "string"},
)


def between(name: str, first: Any, last: Any) -> list[Any]:
    """Filters of one condition."""
    return [{"filters": [filters.with_values(name, "BETWEEN", [first, last])]}]


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("points", 9, 5),
        ("points", "10", "9"),
        ("born", "2026-02-01", "2026-01-31"),
        ("seen", "2026-02-01T00:00:00+01:00", "2026-01-31T22:59:59.999Z"),
        ("seen", "1770000000000", "2026-01-31"),
        ("born", "TODAY-3", "TODAY-30"),
        ("born", "THIS_MONTH", "THIS_MONTH-1"),
    ],
)
def test_a_range_that_ends_before_it_begins_is_told(name: str, first: Any, last: Any) -> None:
    fault = filters.fault(between(name, first, last), NAMES)
    assert fault is not None
    assert "is between" in fault
    assert fault.endswith("From is above To, so swap them.")


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("points", 5, 5),
        ("points", "9", "10"),
        ("born", "2026-01-31", "TODAY"),
        ("born", "TODAY-30", "TODAY-3"),
        # in which order HubSpot has texts nobody documents
        ("name", "b", "a"),
        ("not in this portal", 9, 5),
    ],
)
def test_any_other_range_is_taken(name: str, first: Any, last: Any) -> None:
    assert filters.fault(between(name, first, last), NAMES) is None


def test_a_range_that_ends_before_it_begins_is_not_saved(open_page: Open) -> None:
    view, world = opened(open_page, "Filters")
    view.press("Add a filter").select("Property", "loyalty_points").select("Condition", "BETWEEN")
    view.count("From", 9).count("To", 5)
    assert "“Loyalty Points is between 9 and 5”: From is above To, so swap them." in view.text

    view.press("Save changes")
    assert "Not saved:" in view.text
    assert "filter_groups" not in stored(world)
    view.press("How many match now")
    assert "match now" not in view.text

    view.count("From", 5).count("To", 9)
    view.press("Save changes").press("Save all the same")
    [group] = stored(world)["filter_groups"]
    assert (group["filters"][0]["value"], group["filters"][0]["highValue"]) == (5, 9)


@pytest.mark.long
def test_why_a_filter_keeps_from_saving_is_told_beside_any_save(open_page: Open) -> None:
    view, world = opened(open_page, "Filters")
    view.use_json(json.dumps(between("loyalty_points", 9, 5)))
    view.choose("part-contacts", "Schedule and more").count("Look back, minutes", 45)

    view.press("Save changes")

    assert "Not saved: No record matches “Loyalty Points is between 9 and 5”" in view.text
    assert stored(world) == {}


@pytest.mark.long
def test_set_up_goes_on_without_such_a_range_only(open_page: Open) -> None:
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL discover()")
    view.draw()
    for _ in range(3):
        view.press("Continue")
    view.tick("Contacts").use_json(json.dumps(between("loyalty_points", 9, 5))).press("Continue")
    assert "What to keep in Snowflake" in view.text
    assert "Contacts: No record matches “Loyalty Points is between 9 and 5”" in view.text

    view.use_json(json.dumps(between("loyalty_points", 5, 9))).press("Continue")

    assert "What to keep in Snowflake" not in view.text
