"""A row of parts of which one is always open."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

TO_OPEN, IN_ADDRESS = "tab-to-open", "tab-in-address"


def opened(label: str, names: Iterable[str], key: str, first: str | None = None) -> str:
    """Draw the row; the name of the open part, at first ``first`` or the first one.

    A second press on the open part, which Streamlit takes for no choice, leaves it open.
    """
    names, last = list(names), f"{key}-last"
    first = first or names[0]
    to_open = st.session_state.pop(TO_OPEN, None)
    if to_open in names:
        st.session_state[key] = to_open
    elif to_open == "":
        st.session_state[key] = first
    else:
        st.session_state.setdefault(key, first)

    def stay() -> None:
        if st.session_state[key] is None:
            st.session_state[key] = st.session_state.get(last, first)

    chosen = (
        st.segmented_control(label, names, key=key, on_change=stay, label_visibility="collapsed")
        or first
    )
    st.session_state[last] = chosen
    st.session_state[IN_ADDRESS] = None if chosen == first else chosen
    return str(chosen)


def open_next(name: str | None) -> None:
    """Let the next row that is drawn open this part, the first one without a name."""
    st.session_state[TO_OPEN] = name or ""


def in_address() -> str | None:
    """The open part of the last row that was drawn; None where that is its first."""
    tab: str | None = st.session_state.get(IN_ADDRESS)
    return tab


def none_yet() -> None:
    """Forget which part was open, before another place is drawn."""
    st.session_state[IN_ADDRESS] = None
