"""Questions in a dialog, which stay open while the page looks again by itself.

Streamlit closes a dialog whenever the whole page is drawn again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from page import look
from page.statements import Answer

P = ParamSpec("P")

OPEN = "dialog-is-open"


def asking(title: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Make a function draw in a dialog under ``title``, like ``st.dialog``."""

    def decorated(draw: Callable[P, None]) -> Callable[P, None]:
        # dismissed, it has the page drawn, which notes that no dialog is open
        dialog = st.dialog(title, on_dismiss="rerun")(draw)

        @wraps(draw)
        def opened(*args: P.args, **kwargs: P.kwargs) -> None:
            st.session_state[OPEN] = True
            dialog(*args, **kwargs)

        return opened

    return decorated


def page_begins() -> None:
    """Note that the whole page is drawn, with no dialog until one is opened."""
    st.session_state[OPEN] = False


def is_open() -> bool:
    """Whether somebody has a dialog before them."""
    return bool(st.session_state.get(OPEN))


def choice(
    label: str,
    act: Callable[[], Answer],
    tell: Callable[[Answer], object] = look.remember,
) -> None:
    """Draw a dialog's two buttons; ``label`` does ``act``, the other cancels.

    What came of it is handed to ``tell``, which has it shown at the top of the page if not said
    otherwise.
    """
    with st.container(horizontal=True):
        if st.button(label, type="primary", on_click=_do, args=(act, tell)):
            st.rerun()
        if st.button("Cancel"):
            st.rerun()


def _do(act: Callable[[], Answer], tell: Callable[[Answer], object]) -> None:
    tell(act())
