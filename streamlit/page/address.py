"""The open place in the page's address, so that the browser's Back and a refresh lead to it."""

from __future__ import annotations

from contextlib import suppress
from time import monotonic

import streamlit as st
from streamlit.errors import StreamlitAPIException

from page import place, tabs

OPENED = ("sync", "push", "run")

IN_FLIGHT = 1.5
"""Seconds in which a press may still carry the address from before the one written last."""

Address = dict[str, str]


def follow() -> None:
    """Open what the address says: at the first drawing, and after Back or Forward."""
    told = dict(st.query_params)
    written: Address | None = st.session_state.get("address")
    if written is not None and told == written:
        st.session_state["address-told"] = True
    if told == written or st.session_state.get("moved") or _is_in_flight(told):
        return
    if written is not None and not st.session_state.get("address-told"):
        # this browser, or what the page is shown in, tells of no address
        return
    st.session_state["address"] = told
    part = told.get("part", "")
    if part in place.PARTS:
        place.go(part, **{name: told.get(name) for name in OPENED})
        tabs.open_next(told.get("tab"))
        if told.get("step", "").isdecimal():
            st.session_state["step"] = int(told["step"]) - 1
    elif written is not None:
        # Back to where the page was first opened, with nothing in its address yet
        place.go(st.session_state.get("first-part", place.SYNCS))


def write() -> None:
    """Put the open place into the address where it is another than before."""
    part = place.part() or place.SET_UP
    st.session_state.setdefault("first-part", part)
    st.session_state.pop(tabs.TO_OPEN, None)
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
    before: Address = st.session_state.get("address") or {}
    if address == before:
        return
    st.session_state["address-before"] = (before, monotonic())
    st.session_state["address"] = address
    # generally available in Snowflake since April 2025; not seen in an app's page yet
    with suppress(StreamlitAPIException):
        st.query_params.from_dict(address)


def _is_in_flight(told: Address) -> bool:
    """Whether the browser had not got the last address yet when it sent what is drawn now."""
    before: tuple[Address, float] | None = st.session_state.get("address-before")
    return before is not None and told == before[0] and monotonic() - before[1] < IN_FLIGHT
