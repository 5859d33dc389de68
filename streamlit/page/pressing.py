"""Draws a button whose press counts even where its run of the script is cut short.

Streamlit tells of a press once. Where a box beside the button sends its value right after, or
something above draws the page again, the script begins anew without the press; so it is noted
before anything is drawn, and taken when the button is reached.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

_NOTED = "presses"


def pressed(label: str, key: str, **button: Any) -> bool:
    """Draw the button; true once after each press."""
    st.button(label, key=key, on_click=_note, args=(key,), **button)
    noted: set[str] = st.session_state.get(_NOTED, set())
    if key not in noted or button.get("disabled"):
        return False
    noted.remove(key)
    return True


def forget() -> None:
    """Drop what is noted once a page is drawn whole: the buttons of it are shown no more."""
    st.session_state.pop(_NOTED, None)


def _note(key: str) -> None:
    st.session_state.setdefault(_NOTED, set()).add(key)
