"""Save is there before the page knows of a change, and takes what was typed last."""

from __future__ import annotations

import json

from tests.ui.conftest import Open
from tests.ui.test_settings import at_settings
from tests.ui.test_syncs import opened, stored


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
