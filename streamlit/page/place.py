"""Which part of the page is open, and the viewer's unsaved drafts of settings."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import streamlit as st

SET_UP, SYNCS, PUSHES, RUNS, TRUST, DATA, SETTINGS = (
    "Set up", "Syncs", "Pushes", "Runs", "Trust", "Data", "Settings",
)  # fmt: skip
PARTS = (SET_UP, SYNCS, PUSHES, RUNS, TRUST, DATA, SETTINGS)

Settings = dict[str, Any]


def part() -> str | None:
    """The part of the page that is shown; None at the very first."""
    shown: str | None = st.session_state.get("part")
    return shown


def begin(part: str) -> None:
    """Show this part first."""
    st.session_state["part"] = part


def go(part: str, **inside: str | None) -> None:
    """Show another part; ``sync``, ``push`` and ``run`` name what is opened in it."""
    st.session_state["part"] = part
    st.session_state["inside"] = {name: opened for name, opened in inside.items() if opened}
    st.session_state["moved"] = True


def back_button(label: str, part: str) -> None:
    """Draw the button that leads from what is opened to the list it was opened from."""
    st.button(label, key="back", type="tertiary", on_click=go, args=(part,))


def to_key(connection: str = "default") -> None:
    """Show where the key of a portal is stored: a step of Set up, of further portals Settings."""
    if connection != "default":
        go(SETTINGS)
        return
    st.session_state["step"] = 1
    go(SET_UP)


def inside(name: str) -> str | None:
    """The name of the ``sync`` or ``push``, or the id of the ``run``, that is opened, if any."""
    opened: dict[str, str] = st.session_state.get("inside", {})
    return opened.get(name)


def open_part(name: str, part: str) -> None:
    """Let a push be opened at one of its parts when it is next drawn."""
    st.session_state[f"open-part-{name}"] = part


def part_to_open(name: str) -> str | None:
    """The part at which a push is to be opened, once."""
    part: str | None = st.session_state.pop(f"open-part-{name}", None)
    return part


def drafts() -> dict[str, Settings]:
    """The drafts of settings by owner, mostly a sync's name."""
    by_owner: dict[str, Settings] = st.session_state.setdefault("drafts", {})
    return by_owner


def draft(owner: str, stored: Settings) -> Settings:
    """The draft of an owner's settings, at first a copy of those stored; change it in place."""
    if owner not in drafts():
        drafts()[owner] = deepcopy(stored)
        _bases()[owner] = deepcopy(stored)
    return drafts()[owner]


def base(owner: str) -> Settings | None:
    """What was stored when the draft began; None without a draft."""
    return _bases().get(owner)


def _bases() -> dict[str, Settings]:
    by_owner: dict[str, Settings] = st.session_state.setdefault("bases", {})
    return by_owner


def discard(owner: str) -> None:
    """Drop a draft."""
    drafts().pop(owner, None)
    _bases().pop(owner, None)
    redraw(owner)


def redraw(owner: str) -> None:
    """Give the widgets of a draft new keys, so that none keeps an earlier value."""
    versions: dict[str, int] = st.session_state.setdefault("versions", {})
    versions[owner] = versions.get(owner, 0) + 1


def version(owner: str) -> int:
    """The number in the keys of a draft's widgets."""
    versions: dict[str, int] = st.session_state.get("versions", {})
    return versions.get(owner, 0)
