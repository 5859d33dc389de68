"""A change under "Who changed what" is set back by a press, once it was shown what that changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from page import configuration, set_back
from page.set_back import Standing
from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.test_push_trials import planned
from tests.ui.viewing import View

SLIM: dict[str, Any] = {"properties": ["email"], "associations": []}


def at_changes(open_page: Open, *settings: dict[str, Any]) -> tuple[View, World]:
    """The settings part, after the sync of contacts was stored with each of these in turn."""
    view, world = open_page()
    world.call(f"CALL set_token('{world.portal.token}')")
    for each in settings:
        world.call_with("CONFIGURE_SYNC", {**SLIM, **each}, "contacts")
    view.draw().press("Settings")
    return view, world


def again(view: View) -> View:
    """The page, which has looked at Snowflake again."""
    return view.press("Refresh")


def stored(world: World) -> dict[str, Any]:
    return dict(json.loads(world.sync()["SETTINGS"]))


def app(world: World) -> dict[str, Any]:
    [row] = world.rows("SELECT SETTINGS FROM HUBSPOT_INGEST.CORE.SETTINGS")
    return dict(json.loads(row["SETTINGS"]))


def test_settings_of_a_sync_go_back_after_they_were_shown(open_page: Open) -> None:
    view, world = at_changes(open_page, {"settle_minutes": 5}, {"settle_minutes": 7})

    view.press("Set back")
    assert "Sync Contacts goes back to how it was before the change of" in view.text
    assert "Settle, minutes 7 5" in view.text
    assert stored(world)["settle_minutes"] == 7
    view.press("Set it back")

    assert stored(world) == {**SLIM, "settle_minutes": 5}
    assert "Done." in view.text[view.text.index("Who changed what") :]
    # the newest change is this one, and sets the settings forth again; the one before is undone
    assert "Settle, minutes 7 5" in view.text
    assert set_back.AS_BEFORE in view.text


@pytest.mark.long
def test_a_question_that_is_cancelled_changes_nothing(open_page: Open) -> None:
    view, world = at_changes(open_page, {"settle_minutes": 5}, {"settle_minutes": 7})

    view.press("Set back").press("Cancel")

    assert stored(world)["settle_minutes"] == 7
    assert "goes back to how it was" not in view.text


@pytest.mark.long
def test_what_was_changed_again_since_is_shown_and_stays(open_page: Open) -> None:
    view, world = at_changes(
        open_page,
        {"settle_minutes": 5, "lookback_minutes": 10},
        {"settle_minutes": 7, "lookback_minutes": 20},
        {"settle_minutes": 9, "lookback_minutes": 20, "priority": "high"},
    )

    view.press_last("Set back")
    assert "Look back, minutes 20 10" in view.text
    assert "Changed again since:" in view.text
    assert "Settle, minutes 7 9" in view.text
    view.press("Set it back")

    expected = {"settle_minutes": 9, "lookback_minutes": 10, "priority": "high"}
    assert stored(world) == {**SLIM, **expected}


@pytest.mark.long
def test_what_another_tab_changes_while_one_looks_is_not_undone(open_page: Open) -> None:
    view, world = at_changes(open_page, {"settle_minutes": 5}, {"settle_minutes": 7})
    view.press("Set back")
    world.call_with("CONFIGURE_SYNC", {**SLIM, "settle_minutes": 9}, "contacts")

    view.press("Set it back")

    assert stored(world)["settle_minutes"] == 9
    assert "Not set back Somebody changed it meanwhile" in view.text
    assert set_back.SINCE in view.text


@pytest.mark.long
def test_rows_that_other_filters_would_let_go_are_told_first(open_page: Open) -> None:
    few = [{"filters": [{"propertyName": "email", "operator": "EQ", "value": "nobody@x.org"}]}]
    view, world = at_changes(open_page, {"filter_groups": few}, {})
    world.call("CALL ingest_hubspot('contacts')")

    again(view).press("Set back")

    assert "You lose 12 rows." in view.text
    assert "filter_groups" not in stored(world)
    view.press("Set it back")
    assert stored(world)["filter_groups"] == few


@pytest.mark.long
def test_a_sync_that_was_paused_is_resumed(open_page: Open) -> None:
    view, world = at_changes(open_page, {})
    world.call("CALL disable_sync('contacts')")

    again(view).press("Set back")
    assert "Runs by itself no yes" in view.text
    view.press("Set it back")

    assert world.sync()["ENABLED"]


@pytest.mark.long
def test_a_sync_that_was_removed_is_made_again(open_page: Open) -> None:
    view, world = at_changes(open_page, {"settle_minutes": 5})
    world.call("CALL drop_sync('contacts')")

    again(view).press("Set back")
    assert "no sync any more a sync again, not paused" in view.text
    assert "Its next run reads everything" in view.text
    view.press("Set it back")

    assert stored(world) == {**SLIM, "settle_minutes": 5}


def test_settings_of_the_app_go_back_whole(open_page: Open) -> None:
    view, world = at_changes(open_page, {})
    world.rows("CREATE OR REPLACE NOTIFICATION INTEGRATION MAIL TYPE = EMAIL ENABLED = TRUE")
    world.rows("GRANT USAGE ON INTEGRATION MAIL TO APPLICATION HUBSPOT_INGEST")
    told = {"integration": "MAIL", "recipients": ["ada@example.com"]}
    world.call_with("CONFIGURE_APP", {"notifications": told})
    changed = {"notifications": {**told, "on": ["FAILED"]}, "keep_pages_days": 3}
    world.call_with("CONFIGURE_APP", changed)

    again(view).press("Set back")
    assert "is deleted, but for the last 0 days" in view.text
    view.press("Set it back")

    assert app(world) == {"notifications": told}
    fields = {field.label: field.value for field in view.test.number_input}
    assert fields["Keep what HubSpot answered for … days"] == 0
    assert "Not saved yet" not in view.text


@pytest.mark.long
def test_settings_of_a_push_go_back(open_page: Open) -> None:
    view, world = planned(open_page)
    [before] = world.rows("SELECT SETTINGS FROM HUBSPOT_INGEST.CORE.PUSHES")
    settings = json.loads(before["SETTINGS"])
    world.call_with("CONFIGURE_PUSH", {**settings, "conflicts": "keep"}, "people")

    view = View(world).draw().press("Settings").press("Set back")
    assert "nothing is sent before its next run" in view.text
    view.press("Set it back")

    [after] = world.rows("SELECT SETTINGS FROM HUBSPOT_INGEST.CORE.PUSHES")
    assert json.loads(after["SETTINGS"]) == settings


@pytest.mark.long
def test_why_what_cannot_be_set_back_is_told(open_page: Open) -> None:
    view, world = at_changes(open_page, {"settle_minutes": 5})
    world.call("CALL ingest_hubspot('contacts')")
    world.call("CALL reset_sync('contacts')")
    world.call(f"CALL set_token('{world.portal.token}')")
    world.call_with("CONFIGURE_APP", {"hash_salt": "secret"})

    again(view)

    assert "Set back" not in view.labels
    for why in (
        "Where it stood is forgotten; its next run reads everything.",
        "Credentials are not kept: store the one before again.",
        "A salt is shown to nobody, and the one before is not kept.",
        "It was new: open it and press Remove to take it away.",
    ):
        assert why in view.text


@pytest.mark.long
def test_what_is_refused_is_told_beside_the_change(open_page: Open) -> None:
    view, world = at_changes(open_page, {"properties": ["email", "vip"]}, {})
    world.portal.archive_property("contacts", "vip")

    again(view).press("Set back").press("Set it back")

    assert "'vip'" in view.text[view.text.index("Who changed what") :]
    assert stored(world) == SLIM


def a_change(before: Any, after: Any, procedure: str = "", kind: str = "SYNC") -> dict[str, Any]:
    """A row of AUDIT_LOG."""
    return {
        "CHANGED_AT": None, "CHANGED_BY": None, "KIND": kind, "NAME": "x", "BEFORE": before,
        "AFTER": after, "PROCEDURE_NAME": procedure or f"CONFIGURE_{kind}",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "now", "why"),
    [
        (a_change({"a": 1}, {"a": 2}), None, "It was removed since."),
        (a_change({"a": 1}, {"a": 2}), Standing({"a": 1}), set_back.AS_BEFORE),
        (a_change({"a": 1}, {"a": 2}), Standing({"a": 3}), set_back.SINCE),
        (a_change({"a": 1}, None, "DROP_SYNC"), Standing({}), "There is one of that name again."),
        (a_change({}, {"run_id": "r"}, "REPLAY"), Standing({}), "It changed no setting."),
        (
            a_change(None, {"database": "D"}, "MAKE_FIVETRAN_VIEWS", "VIEWS"),
            None,
            "It changed no setting.",
        ),
    ],
)
def test_what_has_no_way_back_says_why(change: Any, now: Standing | None, why: str) -> None:
    assert set_back.way_back(change, now) == why


def test_an_import_of_the_apps_settings_takes_away_what_it_does_not_name() -> None:
    told = {"integration": "MAIL", "on": ["FAILED"]}
    changes = configuration.app_changes(
        {"notifications": told}, {"notifications": {"integration": "MAIL"}}
    )
    assert changes == {"notifications": {"integration": "MAIL", "on": None}}
