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


def go(part: str, **inside: str | None) -> None:
    """Show another part; ``sync`` and ``run`` name what is opened in it."""
    st.session_state["part"] = part
    st.session_state["inside"] = {name: one for name, one in inside.items() if one}


def inside(name: str) -> str | None:
    """What is opened: the name of a sync, the id of a run."""
    opened: dict[str, str] = st.session_state.get("inside", {})
    return opened.get(name)


def draft(sync: str, stored: Settings) -> Settings:
    """The settings of a sync as the viewer is changing them."""
    drafts: dict[str, Settings] = st.session_state.setdefault("drafts", {})
    if sync not in drafts:
        drafts[sync] = deepcopy(stored)
    return drafts[sync]


def drafted(sync: str, settings: Settings) -> None:
    """Take other settings for the draft; widgets over it are drawn anew."""
    st.session_state.setdefault("drafts", {})[sync] = settings
    versions: dict[str, int] = st.session_state.setdefault("versions", {})
    versions[sync] = versions.get(sync, 0) + 1


def discard(sync: str) -> None:
    """Forget what was changed."""
    st.session_state.setdefault("drafts", {}).pop(sync, None)
    versions: dict[str, int] = st.session_state.setdefault("versions", {})
    versions[sync] = versions.get(sync, 0) + 1


def version(sync: str) -> int:
    """Part of the keys of the widgets over a draft: they keep no value of an older one."""
    versions: dict[str, int] = st.session_state.get("versions", {})
    return versions.get(sync, 0)
