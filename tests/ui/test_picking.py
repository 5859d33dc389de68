"""What was chosen is what is stored: no box forgets a pick, no step drops what was typed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.viewing import View

POINTS: list[Any] = [
    {"filters": [{"propertyName": "loyalty_points", "operator": "GTE", "value": 5}]}
]

WITHOUT_VALUE: list[Any] = [{"filters": [{"propertyName": "loyalty_points", "operator": "GTE"}]}]


def _of_contacts(open_page: Open, part: str, **settings: Any) -> tuple[View, World]:
    """A part of the page of the sync of contacts, which never ran."""
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL discover()")
    world.configure("contacts", settings)
    view.draw().press("Contacts").choose("part-contacts", part)
    return view, world


def _box(view: View, label: str) -> Any:
    return next(box for box in view.test.multiselect if box.label == label)


def _picked_one_by_one(view: View, label: str, names: list[str]) -> None:
    """Pick several things in a box; the box must stay the one that the browser draws."""
    before = _box(view, label).id
    for n in range(len(names)):
        view.pick(label, *names[: n + 1])
        assert _box(view, label).id == before, f"after {names[: n + 1]} it is another box"


@pytest.mark.parametrize(("way", "label"), [("Only some", "Take"), ("All but some", "Leave out")])
def test_properties_are_picked_one_after_the_other(open_page: Open, way: str, label: str) -> None:
    view, world = _of_contacts(open_page, "Properties")
    [group] = [group for group in view.test.button_group if group.label == "Properties to take"]
    view._after(group.set_value([way]))

    _picked_one_by_one(view, label, ["zip", "email", "jobtitle", "city"])
    view.press("Save changes")

    names = ["zip", "email", "jobtitle", "city"]
    expected = names if way == "Only some" else ["*", *(f"!{name}" for name in names)]
    assert json.loads(world.sync()["SETTINGS"])["properties"] == expected


@pytest.mark.long
def test_picks_come_back_with_the_part_of_the_page(open_page: Open) -> None:
    view, _ = _of_contacts(open_page, "Related")
    view.pick("Keep the history of", "lifecyclestage", "email")

    view.choose("part-contacts", "Runs").choose("part-contacts", "Related")

    assert _box(view, "Keep the history of").value == ["lifecyclestage", "email"]


@pytest.mark.long
def test_related_objects_and_history_are_picked_one_after_the_other(open_page: Open) -> None:
    view, world = _of_contacts(open_page, "Related")
    view.switch("The usual ones for this object", on=False)

    _picked_one_by_one(view, "Associated with", ["tickets", "deals", "companies"])
    _picked_one_by_one(view, "Keep the history of", ["lifecyclestage", "email"])
    view.press("Save changes")

    stored = json.loads(world.sync()["SETTINGS"])
    assert stored["associations"] == ["tickets", "deals", "companies"]
    assert stored["history"] == ["lifecyclestage", "email"]


def _at_objects(open_page: Open, groups: list[Any]) -> View:
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL discover()")
    view.draw()
    for _ in range(3):
        view.press("Continue")
    return view.tick("Contacts").use_json(json.dumps(groups))


def test_a_number_typed_just_before_continue_counts(open_page: Open) -> None:
    view = _at_objects(open_page, POINTS)
    [number] = [box for box in view.test.number_input if box.label == "Value"]
    # the value and the press come in one message, as when somebody types and presses at once
    number.set_value(7.0)
    view.press("Continue")

    drafts = view.test.session_state["drafts"]
    assert drafts["new contacts"]["filter_groups"][0]["filters"][0]["value"] == 7


@pytest.mark.long
def test_a_destination_typed_just_before_continue_counts(open_page: Open) -> None:
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call("CALL discover()")
    view.draw().press("Continue").press("Continue")

    view.fill("Schema", "sales").press("Continue")

    assert view.test.session_state["target"] == ("HUBSPOT_DATA", "SALES")


def test_a_filter_without_its_value_keeps_from_going_on(open_page: Open) -> None:
    view = _at_objects(open_page, WITHOUT_VALUE)

    view.press("Continue")
    assert "What to keep in Snowflake" in view.text
    assert "A filter lacks its value: Contacts" in view.text


@pytest.mark.long
def test_a_filter_without_its_value_is_not_saved(open_page: Open) -> None:
    view, world = _of_contacts(open_page, "Filters")
    view.use_json(json.dumps(WITHOUT_VALUE))

    view.press("Save changes")
    assert "A filter lacks its value" in view.text
    assert "filter_groups" not in json.loads(world.sync()["SETTINGS"])


@pytest.mark.long
def test_what_was_typed_just_before_another_part_is_pressed_counts(open_page: Open) -> None:
    view, world = _of_contacts(open_page, "Schedule and more")
    [minutes] = [box for box in view.test.number_input if box.label == "Settle, minutes"]
    minutes.set_value(25)
    view.fill("Schema", "sales").press("Runs")

    view.press("Syncs").press("Contacts").choose("part-contacts", "Filters")
    view.press("Save changes")

    stored = json.loads(world.sync()["SETTINGS"])
    assert stored == {"settle_minutes": 25, "destination": {"schema": "SALES"}}


@pytest.mark.long
def test_what_a_save_told_moves_no_field_when_it_goes(open_page: Open) -> None:
    view, _ = open_page()
    view.draw().press("Settings")
    view.count("Deadline, minutes", 40).press("Save settings")
    assert "The app is configured" in view.text

    # `View` fails where a field of the same page is in another container than before
    view.count("Deadline, minutes", 41)

    assert "The app is configured" not in view.text
