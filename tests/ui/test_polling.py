"""While something goes on the page looks again by itself, and stops where nobody looks."""

from __future__ import annotations

import time

import pytest

from page.live import PATIENCE, SHORTLY
from page.polling import EVERY, HALTED, LATE, SOON, UNATTENDED, is_unattended
from tests.ui.conftest import Open
from tests.ui.viewing import View


@pytest.mark.parametrize(
    ("looked_ago", "pressed_ago", "stops"),
    [
        (EVERY, EVERY, False),
        (EVERY + 5, UNATTENDED - 1, False),
        (LATE + 1, LATE + 1, True),
        (EVERY, UNATTENDED + 1, True),
    ],
)
def test_looks_stop_when_they_come_late_or_nobody_pressed_for_long(
    looked_ago: float, pressed_ago: float, stops: bool
) -> None:
    now = 10_000.0

    assert is_unattended(now - pressed_ago, now - looked_ago, now) is stops


def _watching(open_page: Open, started_ago: float = SHORTLY + 30) -> View:
    """The page while a run of contacts is awaited that was started some seconds ago."""
    view, world = open_page()
    world.syncs.save("contacts", "contacts", {}, world.clock.now())
    until = time.monotonic() + PATIENCE - started_ago
    view.test.session_state["expected"] = {"contacts": (None, until)}
    return view.draw().press("Syncs")


def test_what_goes_on_is_shown_with_the_time_of_the_look(open_page: Open) -> None:
    view = _watching(open_page)

    assert "Running now" in view.text
    assert f"looked at every {EVERY} seconds" in view.text
    assert "Look again" not in view.labels


def test_a_run_that_was_just_started_is_looked_for_more_often(open_page: Open) -> None:
    view = _watching(open_page, started_ago=0)

    assert f"looked at every {SOON} seconds" in view.text


def test_a_page_that_nobody_looks_at_says_so_and_goes_on_when_somebody_presses(
    open_page: Open,
) -> None:
    view = _watching(open_page)
    view.test.session_state[HALTED] = True
    view.draw()

    assert "not looked at any more" in view.text
    view.press("Look again")
    assert f"looked at every {EVERY} seconds" in view.text
    assert "Look again" not in view.labels
