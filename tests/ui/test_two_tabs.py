"""Two people, or two tabs, that change the settings of one sync."""

from __future__ import annotations

import json

import pytest

from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.one_sync import opened, stored
from tests.ui.viewing import View


def lookback(view: View, minutes: int) -> View:
    """Change a setting under Schedule and more, without saving it."""
    return view.choose("part-contacts", "Schedule and more").count("Look back, minutes", minutes)


def colleague(world: World, **settings: str) -> None:
    """Somebody else saves the sync."""
    pairs = ", ".join(f"'{name}', {value}" for name, value in settings.items())
    world.call(f"CALL configure_sync('contacts', OBJECT_CONSTRUCT({pairs}))")


def test_the_page_follows_what_somebody_else_saved(open_page: Open) -> None:
    view, world = opened(open_page, "Schedule and more")
    colleague(world, lookback_minutes="30")

    view.press("All syncs").press("Contacts").choose("part-contacts", "Schedule and more")

    [field] = [field for field in view.test.number_input if field.label == "Look back, minutes"]
    assert field.value == 30
    assert "Not saved yet" not in view.text


def test_a_colleagues_change_is_shown_beside_ones_own(open_page: Open) -> None:
    view, world = opened(open_page)
    lookback(view, 45)
    colleague(world, lookback_minutes="30", settle_minutes="5")

    view.press("Syncs").press("Contacts")

    assert "Somebody else saved this sync meanwhile" in view.text
    assert "Look back, minutes 0 30 45" in view.text
    assert "Settle, minutes 10 5 10" in view.text


@pytest.mark.long
def test_a_filter_that_one_is_making_outlasts_what_a_colleague_saves(open_page: Open) -> None:
    view, world = opened(open_page, "Filters")
    view.press("Add a filter")
    colleague(world, settle_minutes="5")

    view.press("Syncs").press("Contacts").choose("part-contacts", "Filters")

    assert "Somebody else saved this sync meanwhile" in view.text
    assert "A filter lacks its value" in view.text
    assert "filter_groups" not in stored(world)


def test_saving_right_after_a_colleague_overwrites_nothing(open_page: Open) -> None:
    view, world = opened(open_page)
    lookback(view, 45)
    colleague(world, lookback_minutes="30")

    # the page still shows what it read some seconds ago
    view.press("Save changes")

    assert stored(world)["lookback_minutes"] == 30
    assert "Somebody else saved this sync meanwhile" in view.text
    [save] = [button for button in view.test.button if button.label == "Save changes"]
    assert save.disabled


@pytest.mark.long
def test_both_changes_can_be_kept(open_page: Open) -> None:
    view, world = opened(open_page)
    lookback(view, 45)
    colleague(world, settle_minutes="5")
    view.press("Save changes")

    view.press("Add mine to theirs").press("Save changes")

    assert (stored(world)["lookback_minutes"], stored(world)["settle_minutes"]) == (45, 5)
    assert "Somebody else" not in view.text


@pytest.mark.long
def test_ones_own_changes_can_be_given_up(open_page: Open) -> None:
    view, world = opened(open_page)
    lookback(view, 45)
    colleague(world, lookback_minutes="30")
    view.press("Save changes")

    view.press("Take theirs")

    assert "Not saved yet" not in view.text
    [field] = [field for field in view.test.number_input if field.label == "Look back, minutes"]
    assert field.value == 30


def test_a_sync_removed_meanwhile_is_not_made_again_by_saving(open_page: Open) -> None:
    view, world = opened(open_page)
    lookback(view, 45)
    world.call("CALL drop_sync('contacts')")

    view.press("Save changes")

    assert world.rows("SELECT NAME FROM syncs") == []
    assert "was removed meanwhile" in view.text


def test_the_overview_shows_what_is_stored_and_says_what_is_not(open_page: Open) -> None:
    view, _ = opened(open_page)
    lookback(view, 45)

    view.choose("part-contacts", "Overview")

    assert "As stored" in view.text
    assert "Look back, minutes" not in view.text
    assert "Not saved yet" in view.text


@pytest.mark.long
def test_settings_of_the_app_that_a_colleague_saved_are_not_overwritten(open_page: Open) -> None:
    view, world = open_page()
    view.draw().press("Settings").count("Keep free for other apps, percent", 30)
    world.call("CALL configure_app(PARSE_JSON('{\"deadline_minutes\": 70}'))")

    view.press("Save settings")

    fields = {field.label: field.value for field in view.test.number_input}
    assert fields["Deadline, minutes"] == 70
    assert "All is saved." in view.text
    [row] = world.rows("SELECT SETTINGS FROM settings")
    assert json.loads(row["SETTINGS"]) == {"deadline_minutes": 70, "reserve_percent": 30}


@pytest.mark.long
def test_a_setting_of_the_app_that_a_colleague_changed_too_is_asked_about(open_page: Open) -> None:
    view, world = open_page()
    view.draw().press("Settings").count("Deadline, minutes", 90)
    world.call("CALL configure_app(PARSE_JSON('{\"deadline_minutes\": 70}'))")

    view.press("Save settings")
    assert "Deadline, minutes is now 70. Save again to store yours instead." in view.text
    [row] = world.rows("SELECT SETTINGS FROM settings")
    assert json.loads(row["SETTINGS"]) == {"deadline_minutes": 70}
    view.press("Save settings")

    [row] = world.rows("SELECT SETTINGS FROM settings")
    assert json.loads(row["SETTINGS"]) == {"deadline_minutes": 90}
