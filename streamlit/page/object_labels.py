"""HubSpot's labels of custom objects, by which their syncs are called on the page."""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

from page import words
from page.calls import Calls, Row

_CUSTOM = re.compile(r"2-\d+|p\d*_.+")


def learn(calls: Calls) -> None:
    """Ask for the labels once there is a sync of a custom object whose label is not known."""
    known = st.session_state.get(words.LABELS, {})
    names = {str(sync["STREAM"]) for sync in calls.syncs()}
    if any(_CUSTOM.fullmatch(name) and name not in known for name in names):
        learn_from(calls.streams())


def learn_from(streams: Sequence[Row]) -> None:
    """Remember the labels of the custom objects among ``streams``."""
    labels = st.session_state.setdefault(words.LABELS, {})
    for stream in streams:
        if stream["LABEL"] and str(stream["OBJECT_TYPE"] or "").startswith("2-"):
            labels[str(stream["STREAM"])] = str(stream["LABEL"])
