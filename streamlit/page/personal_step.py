"""What becomes of e-mail addresses and phone numbers of the objects that Set up adds.

It is chosen before the first run, so that they need never be in a table in clear.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from page import globs, look, place, words

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


def show(untouched: Sequence[str] = ()) -> None:
    """Draw the choice; ``untouched`` are the picked syncs whose values it cannot change."""
    # a widget that is not drawn forgets its value; other steps need it
    st.radio(
        "E-mail addresses and phone numbers", CHOICES, CHOICES.index(choice()),
        key="personal-choice", horizontal=True, on_change=_keep,
        help="Of all objects chosen here that have properties, also of those made later. Equal "
        "values have equal hashes, which can be joined and counted and not read. Each sync has "
        "the same choice under Properties, one property at a time too",
    )  # fmt: skip
    with st.container():
        if untouched and choice() != IN_CLEAR:
            look.note(
                f"Not {choice().lower()}:",
                f"{escape(', '.join(map(words.title, untouched)))} have no properties to choose, "
                "so any e-mail address in them lands as in HubSpot. Leave them unticked where "
                "that must not be.",
                "warn",
            )


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


def summary(*, has_properties: bool) -> str:
    """What the choice does to a sync, to stand behind its filters; empty where all stays clear."""
    if choice() == IN_CLEAR:
        return ""
    way = choice().lower()
    return f", e-mail and phone {way}" if has_properties else f", nothing {way}"
