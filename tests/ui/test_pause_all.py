"""All syncs, and all pushes, are paused by a press, and those alone that it paused are resumed."""

from __future__ import annotations

import pytest

from tests.runs.world import World
from tests.ui.conftest import Open
from tests.ui.test_pushes import TABLE, filled
from tests.ui.viewing import View

NAMES = ("companies", "contacts", "deals")


def of_three(open_page: Open) -> tuple[View, World]:
    """The list of three syncs, one of which somebody paused by hand."""
    view, world = open_page({"contacts": 1})
    world.call(f"CALL set_token('{world.portal.token}')")
    for name in NAMES:
        world.configure(name, {"associations": []})
    world.call("CALL disable_sync('deals')")
    view.draw().press("Syncs")
    return view, world


def enabled(world: World, view: str = "SYNCS") -> list[str]:
    """What runs by itself."""
    rows = world.rows(f"SELECT NAME FROM HUBSPOT_INGEST.CORE.{view} WHERE ENABLED ORDER BY NAME")
    return [str(row["NAME"]) for row in rows]


def test_all_are_paused_and_those_alone_are_resumed(open_page: Open) -> None:
    view, world = of_three(open_page)

    view.press("Pause all")
    assert "2 syncs will not run by themselves until resumed" in view.text
    assert "Paused by hand before, which “Resume all” leaves so: Deals." in view.text
    assert enabled(world) == ["companies", "contacts"]
    view.press("Pause")
    assert "2 syncs are paused; 1 sync is paused already" in view.text
    assert "and 3 paused" in view.text
    assert "all is well" not in view.text
    assert enabled(world) == []

    # somebody else, on another day
    view = View(world).draw().press("Syncs").press("Resume all")
    assert "2 syncs paused by “Pause all” will run again" in view.text
    view.press("Resume")
    assert "2 syncs are resumed; 1 sync is paused by hand and stays so" in view.text
    assert enabled(world) == ["companies", "contacts"]


@pytest.mark.long
def test_what_was_paused_by_hand_is_resumed_when_one_says_so(open_page: Open) -> None:
    view, world = of_three(open_page)
    view.press("Pause all").press("Pause")

    view.press("Resume all")
    # Streamlit's test kit draws the whole page at a tick, a browser the question alone
    next(box for box in view.test.checkbox if box.label == "Also 1 sync paused by hand").check()
    view.press("Resume")

    assert enabled(world) == [*NAMES]


@pytest.mark.long
def test_what_was_resumed_and_paused_by_hand_meanwhile_stays_paused(open_page: Open) -> None:
    view, world = of_three(open_page)
    view.press("Pause all").press("Pause")
    world.call("CALL enable_sync('contacts')")
    world.call("CALL disable_sync('contacts')")

    view.press("Refresh").press("Resume all").press("Resume")

    assert enabled(world) == ["companies"]


@pytest.mark.long
def test_a_question_about_all_is_cancelled(open_page: Open) -> None:
    view, world = of_three(open_page)

    view.press("Pause all").press("Cancel")

    assert enabled(world) == ["companies", "contacts"]


@pytest.mark.long
def test_nothing_is_offered_that_would_do_nothing(open_page: Open) -> None:
    view, world = of_three(open_page)
    buttons = {button.label: button for button in view.test.button}
    assert not buttons["Pause all"].disabled
    assert not buttons["Resume all"].disabled

    world.call("CALL enable_sync('deals')")
    view.press("Refresh")
    assert {each.label: each for each in view.test.button}["Resume all"].disabled


@pytest.mark.long
def test_pushes_are_paused_and_resumed_likewise(open_page: Open) -> None:
    view, world = filled(open_page, writer=True)
    view.fill("Table or view in Snowflake", TABLE).draw().press("Save and look at the plan")
    view = View(world).draw().press("Pushes").press("Pause all").press("Pause")
    assert "1 push is paused" in view.text
    assert enabled(world, "PUSHES") == []

    view.press("Resume all").press("Resume")

    assert "1 push is resumed" in view.text
    assert enabled(world, "PUSHES") == ["contacts_out"]
