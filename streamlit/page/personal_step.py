"""What becomes of e-mail addresses and phone numbers of the objects that Set up adds.

It is chosen before the first run, so that they need never be in a table in clear.
"""

from __future__ import annotations

import streamlit as st

from page import globs, place

IN_CLEAR, HASHED, LEFT_OUT = "As in HubSpot", "Hashed", "Left out"
CHOICES = (IN_CLEAR, HASHED, LEFT_OUT)
_CHOICE = "personal"


def choice() -> str:
    """One of ``CHOICES``."""
    chosen: str = st.session_state.get(_CHOICE, IN_CLEAR)
    return chosen


def choose(chosen: str) -> None:
    """Choose, before the widget is drawn; what is none of ``CHOICES`` is ignored."""
    if chosen in CHOICES:
        st.session_state[_CHOICE] = chosen


def show() -> None:
    """Draw the choice."""
    # a widget that is not drawn forgets its value; other steps need it
    st.radio(
        "E-mail addresses and phone numbers", CHOICES, CHOICES.index(choice()),
        key="personal-choice", horizontal=True, on_change=_keep,
        help="Of all objects chosen here, also properties of that kind that are made later. Equal "
        "values have equal hashes, which can be joined and counted and not read. Each sync has "
        "the same choice under Properties, one property at a time too",
    )  # fmt: skip


def _keep() -> None:
    choose(str(st.session_state["personal-choice"]))


def applied(settings: place.Settings) -> place.Settings:
    """The settings of a new sync, with the choice."""
    if choice() == HASHED:
        return {**settings, "hash": globs.with_personal(settings.get("hash") or [])}
    if choice() == LEFT_OUT:
        taken = globs.without_personal(settings.get("properties") or ["*"])
        return {**settings, "properties": taken}
    return settings


def summary() -> str:
    """What the choice does, to stand behind a sync's filters; empty where values stay clear."""
    return "" if choice() == IN_CLEAR else f", e-mail and phone {choice().lower()}"
