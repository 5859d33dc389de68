"""Where the viewer is, and what they have changed and not saved."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import streamlit as st

SET_UP, SYNCS, RUNS, TRUST, DATA, SETTINGS = (
    "Set up", "Syncs", "Runs", "Trust", "Data", "Settings",
)  # fmt: skip
PARTS = (SET_UP, SYNCS, RUNS, TRUST, DATA, SETTINGS)

Settings = dict[str, Any]


def part() -> str | None:
    """The part of the page that is shown; None before the first choice."""
    shown: str | None = st.session_state.get("part")
    return shown


def begin(part: str) -> None:
    """Show this part first."""
    st.session_state["part"] = part


def go(part: str, **inside: str | None) -> None:
    """Show another part; ``sync`` and ``run`` name what is opened in it."""
    st.session_state["part"] = part
    st.session_state["inside"] = {name: opened for name, opened in inside.items() if opened}
    st.session_state["moved"] = True


def inside(name: str) -> str | None:
    """What is opened: the name of a sync, the id of a run."""
    opened: dict[str, str] = st.session_state.get("inside", {})
    return opened.get(name)


def drafts() -> dict[str, Settings]:
    """Settings as the viewer is changing them, by sync."""
    by_owner: dict[str, Settings] = st.session_state.setdefault("drafts", {})
    return by_owner


def draft(owner: str, stored: Settings) -> Settings:
    """The settings of a sync as the viewer is changing them; to be changed in place."""
    if owner not in drafts():
        drafts()[owner] = deepcopy(stored)
    return drafts()[owner]


def discard(owner: str) -> None:
    """Forget what was changed."""
    drafts().pop(owner, None)
    redraw(owner)


def redraw(owner: str) -> None:
    """Draw the widgets over a draft anew: none keeps the value of an older one."""
    versions: dict[str, int] = st.session_state.setdefault("versions", {})
    versions[owner] = versions.get(owner, 0) + 1


def version(owner: str) -> int:
    """Part of the keys of the widgets over a draft."""
    versions: dict[str, int] = st.session_state.get("versions", {})
    return versions.get(owner, 0)
