"""The open place in the page's address, so that a refresh and a copied link lead to it.

The browser's Back button does not work: after it Streamlit still sends the query that it was last
given, not the one in the browser's address (``getQueryString`` and ``getUrl`` in 1.52.2). So the
page has a button of its own that goes back.
"""

from __future__ import annotations

from contextlib import suppress

import streamlit as st
from streamlit.errors import StreamlitAPIException

from page import place, push_draft_kept, push_editor, set_up_draft, tabs

OPENED = ("sync", "push", "run")
_BEEN, _GOING_BACK = "been", "going-back"
MOST = 50
"""How many places are remembered."""

Address = dict[str, str]


def follow() -> None:
    """Open what the address says, at the first drawing."""
    if place.part() is not None:
        return
    address = dict(st.query_params)
    _open(address)
    set_up_draft.remember(address)
    push_editor.remember(push_draft_kept.unpacked(address.get(push_draft_kept.NAME, "")))


def _open(address: Address) -> None:
    """Open what an address names; nothing where it names no part of the page."""
    part = address.get("part", "")
    if part not in place.PARTS:
        return
    place.go(part, **{name: address.get(name) for name in OPENED})
    tabs.open_next(address.get("tab"))
    if address.get("step", "").isdecimal():
        st.session_state["step"] = max(int(address["step"]) - 1, 0)


def _place(address: Address) -> Address:
    chosen = (*set_up_draft.NAMES, push_draft_kept.NAME)
    return {name: text for name, text in address.items() if name not in chosen}


def draw_back() -> None:
    """Draw the button that goes back to the place before, once there is one."""
    if st.session_state.get(_BEEN):
        st.button(
            "Go back", type="tertiary", on_click=_back,
            help="To where you were before on this page",
        )  # fmt: skip


def _back() -> None:
    st.session_state[_GOING_BACK] = True
    address = st.session_state[_BEEN].pop()
    # a first step is not named in the address
    st.session_state["step"] = 0
    _open(address)


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
    if part == place.SET_UP:
        address |= set_up_draft.in_address()
    if part == place.PUSHES and place.inside("push") == push_editor.NEW:
        new_push = push_draft_kept.packed(place.drafts().get(push_editor.NEW, {}))
        if new_push:
            address[push_draft_kept.NAME] = new_push
    before: Address | None = st.session_state.get("address")
    went_back = st.session_state.pop(_GOING_BACK, False)
    if address == before:
        return
    # another choice of objects is no other place
    has_moved = before is not None and _place(before) != _place(address)
    if before is not None and has_moved and not went_back:
        st.session_state[_BEEN] = [*st.session_state.get(_BEEN, []), before][-MOST:]
    st.session_state["address"] = address
    # generally available in Snowflake since April 2025; not seen in an app's page yet
    with suppress(StreamlitAPIException):
        st.query_params.from_dict(address)
