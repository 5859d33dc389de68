"""Draws the bar with Save at the lower edge of the window.

Streamlit sends what is typed into a field when the field is left, and a press on a button leaves
it. So Save is there and takes presses whether anything is known to have changed or not, and
nothing in the bar moves under the finger when what was typed arrives.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from page import look, pressing

CHANGED, SAVED = "Not saved yet.", "All is saved."


def bar(
    label: str,
    key: str,
    text: str,
    *,
    is_changed: bool,
    discard: Callable[[], None] | None = None,
    disabled: bool = False,
) -> tuple[bool, DeltaGenerator]:
    """Draw Save, and Discard beside it, which takes presses while something is changed.

    Args:
        label: What stands on the button that saves.
        key: The key of its widget; Discard has the same with ``-discard`` behind.
        text: What saving does.
        is_changed: Whether there is something to save.
        discard: What drops the changes, where that can be done.
        disabled: Whether Save takes no presses.

    Returns:
        Whether to save: Save was pressed and something is changed. And the place above the
        buttons for what comes of it.
    """
    with st.container(key="save-bar"):
        outcome = st.container()
        with st.container(horizontal=True):
            pressed = pressing.pressed(label, key, type="primary", disabled=disabled)
            if discard is not None:
                st.button(
                    "Discard", key=f"{key}-discard", on_click=discard, disabled=not is_changed
                )
        state = CHANGED if is_changed else SAVED
        look.html(f'<p class="quiet small"><b>{state}</b> {escape(text)}</p>')
    if pressed and not is_changed:
        with outcome:
            look.note("Nothing to save.", "Everything here is stored as it stands.")
    return pressed and is_changed, outcome
