"""Draws a part of the page again while something goes on, and stops where nobody looks.

Each look keeps a warehouse up. A page in an app may hold no script that could ask whether its tab
is hidden (Snowflake, "Add a Streamlit app", unsupported features), but browsers slow the timers of
hidden tabs down: a look that comes much too late comes from one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

import streamlit as st

from page import dialogs, look, words

EVERY = 10
"""Seconds from one look to the next."""

SOON = 2
"""Seconds from one look to the next while something is awaited that was begun a moment ago."""

LATE = 3 * EVERY
"""A look so many seconds after the one before comes from a hidden tab or a sleeping machine."""

UNATTENDED = 300
"""Seconds of looking by itself after the last press."""

HALTED = "halted"
LOOKED_AT = "looked-at"


def drawn(draw: Callable[[], bool], awaits: Callable[[], bool] = lambda: False) -> None:
    """Draw now and every ten seconds, with the time of the look, until nobody seems to look.

    As long as the page ``awaits`` what was begun a moment ago it looks every two seconds; when that
    is over the whole page is drawn again. ``draw`` returns whether anything still goes on. Once
    nothing does, the whole page is drawn again, but only by a look of its own: a press has the
    whole page drawn too, and what was pressed may stand further down, where a rerun from here would
    lose the press. Nor is an open dialog closed by it.
    """
    halted = st.session_state.pop(HALTED, False)
    began = monotonic()
    st.session_state[LOOKED_AT] = began
    by_itself = False
    every = SOON if awaits() else EVERY

    def again() -> None:
        now = monotonic()
        if not halted and is_unattended(began, st.session_state[LOOKED_AT], now):
            if not dialogs.is_open():
                st.session_state[HALTED] = True
                st.rerun()
            return
        if not draw():
            if by_itself and not dialogs.is_open():
                st.rerun()
            return
        if every == SOON and by_itself and not awaits() and not dialogs.is_open():
            st.rerun()
        st.session_state[LOOKED_AT] = monotonic()
        rhythm = "not looked at any more" if halted else f"looked at every {every} seconds"
        look.html(f'<p class="quiet">As of {words.time(datetime.now(UTC))}, {rhythm}.</p>')

    st.fragment(again, run_every=None if halted else every)()
    by_itself = True
    if halted:
        # pressing anything draws the whole page, and looks go on
        st.button("Look again", key="look-again")


def is_unattended(began: float, looked_at: float, now: float) -> bool:
    """Whether to stop, given when somebody pressed something and when the last look ended."""
    return now - looked_at > LATE or now - began > UNATTENDED
