"""Save is there before the page knows of a change, and takes what was typed last."""

from __future__ import annotations

import json

from tests.ui.conftest import Open
from tests.ui.one_sync import opened, stored
from tests.ui.test_settings import at_settings


def test_save_takes_a_press_before_the_page_knows_what_is_typed(open_page: Open) -> None:
    view, world = opened(open_page, "Schedule and more")

    view.press("Save changes")
    assert "Nothing to save" in view.text
    [discard] = [button for button in view.test.button if button.label == "Discard"]
    assert discard.disabled

    # the browser sends what is typed with the press that leaves the field
    [field] = [box for box in view.test.number_input if box.label == "Look back, minutes"]
    field.set_value(45)
    view.press("Save changes")
    assert stored(world) == {"lookback_minutes": 45}


def test_save_of_the_apps_settings_does_too(open_page: Open) -> None:
    view, world = at_settings(open_page)

    view.press("Save settings")
    assert "Nothing to save" in view.text

    # the browser sends what is typed with the press that leaves the field
    [field] = [box for box in view.test.number_input if box.label == "Deadline, minutes"]
    field.set_value(35)
    view.press("Save settings")
    [row] = world.rows("SELECT SETTINGS FROM settings")
    assert json.loads(row["SETTINGS"]) == {"deadline_minutes": 35}


def test_the_limits_of_all_syncs_show_at_a_sync_and_can_be_left(open_page: Open) -> None:
    view, world = opened(open_page, settle_minutes=5)
    world.call(
        """CALL configure_app(PARSE_JSON('{"reserve_percent": 35, "deadline_minutes": 90}'))"""
    )

    view.press("Refresh").choose("part-contacts", "Schedule and more")
    [reserve, deadline] = [
        box.value
        for label in ("Keep free for other apps, percent", "Deadline, minutes")
        for box in view.test.number_input
        if box.label == label
    ]
    view.count("Keep free for other apps, percent", 20).press("Save changes")

    assert (reserve, deadline) == (35, 90)
    assert stored(world) == {"settle_minutes": 5, "reserve_percent": 20}
