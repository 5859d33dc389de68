"""HubSpot's labels of custom objects, by which the page calls them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import streamlit as st

from page import words
from page.calls import Calls, Row

_CUSTOM = re.compile(r"2-\d+|p\d*_.+")


def learn(names: Iterable[str], calls: Calls) -> None:
    """Ask for the labels once there is a custom object among ``names`` whose label is not known."""
    known = st.session_state.get(words.LABELS, {})
    if any(_CUSTOM.fullmatch(name) and name not in known for name in names):
        learn_from(calls.streams())


def learn_from(streams: Sequence[Row]) -> None:
    """Remember the labels of the custom objects among ``streams``."""
    labels = st.session_state.setdefault(words.LABELS, {})
    for stream in streams:
        if stream["LABEL"] and str(stream["OBJECT_TYPE"] or "").startswith("2-"):
            # a push has its object's type, a sync its name
            for name in (stream["STREAM"], stream["OBJECT_TYPE"]):
                labels[str(name)] = str(stream["LABEL"])
