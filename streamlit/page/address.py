"""The open place in the page's address, so that a refresh and a copied link lead to it.

Streamlit's page takes the browser's Back for nothing new: it is drawn again where it is, with the
address it wrote last (seen in 1.52).
"""

from __future__ import annotations

from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

from page import place, tabs

OPENED = ("sync", "push", "run")

Address = dict[str, str]


def follow() -> None:
    """Open what the address says, at the first drawing."""
    if place.part() is not None:
        return
    told = dict(st.query_params)
    part = told.get("part", "")
    if part not in place.PARTS:
        return
    place.go(part, **{name: told.get(name) for name in OPENED})
    tabs.open_next(told.get("tab"))
    if told.get("step", "").isdecimal():
        st.session_state["step"] = max(int(told["step"]) - 1, 0)


def write() -> None:
    """Put the open place into the address where it is another than before."""
    st.session_state.pop(tabs.TO_OPEN, None)
    part = place.part() or place.SET_UP
    address = {"part": part}
    for name in OPENED:
        opened = place.inside(name)
        if opened:
            address[name] = opened
    step = st.session_state.get("step", 0)
    if part == place.SET_UP and step:
        address["step"] = str(step + 1)
    tab = tabs.in_address()
    if tab is not None:
        address["tab"] = tab
    if address == st.session_state.get("address"):
        return
    st.session_state["address"] = address
    # generally available in Snowflake since April 2025; not seen in an app's page yet
    with suppress(StreamlitAPIException):
        st.query_params.from_dict(address)
