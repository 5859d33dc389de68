"""What was chosen in Set up so far, in the page's address: a refresh keeps it.

Filters are left out: their values are about people, and an address stays in histories and logs.
Which objects had some is kept, so that nobody starts without them unawares.
"""

from __future__ import annotations

from html import escape

import streamlit as st

from page import (
    connections_view,
    destination_step,
    look,
    objects_step,
    personal_step,
    portal_streams,
    words,
)
from page.calls import Calls

NAMES = ("objects", "filtered", "into", "personal")
_PERSONAL = {"hashed": personal_step.HASHED, "left-out": personal_step.LEFT_OUT}
_REMEMBERED, _LOST = "set-up-remembered", "lost-filters"


def in_address() -> dict[str, str]:
    """The parameters of the address that tell what was chosen; none where nothing was."""
    remembered: dict[str, str] | None = st.session_state.get(_REMEMBERED)
    if remembered is not None:
        return remembered
    parameters = {
        "objects": ",".join(map(_object, objects_step.chosen())),
        "filtered": ",".join(
            name
            for name in objects_step.chosen()
            if objects_step.settings_of(name).get("filter_groups") or name in _lost()
        ),
        "into": ".".join(st.session_state.get(destination_step.TARGET, ())),
        "personal": next(
            (name for name, way in _PERSONAL.items() if way == personal_step.choice()), ""
        ),
    }
    return {name: text for name, text in parameters.items() if text}


def remember(address: dict[str, str]) -> None:
    """Keep what an address tells until Set up is drawn, which knows what there is."""
    remembered = {name: address[name] for name in NAMES if address.get(name)}
    if remembered:
        st.session_state[_REMEMBERED] = remembered


def restore(calls: Calls) -> None:
    """Choose what the address told, at the first drawing of Set up; what is not there is left."""
    remembered: dict[str, str] = st.session_state.pop(_REMEMBERED, {})
    if not remembered:
        return
    destination_step.choose(*remembered.get("into", "").split("."))
    personal_step.choose(_PERSONAL.get(remembered.get("personal", ""), ""))
    readable = {str(stream["STREAM"]) for stream in calls.streams() if stream["READABLE"]}
    connections = {connections_view.FIRST, *(str(row["NAME"]) for row in calls.connections())}
    for text in remembered.get("objects", "").split(","):
        stream, _, connection = text.partition("@")
        connection = connection or connections_view.FIRST
        is_of_other_portal = connection != connections_view.FIRST and (
            portal_streams.is_custom(stream)
        )
        if connection in connections and (stream in readable or is_of_other_portal):
            objects_step.add([stream], connection)
    filtered = remembered.get("filtered", "").split(",")
    st.session_state[_LOST] = [name for name in objects_step.chosen() if name in filtered]


def tell_lost_filters(calls: Calls) -> None:
    """Name the objects whose filters a refresh lost, until they have some again."""
    lost = [name for name in objects_step.new(calls) if name in _lost()]
    if lost:
        look.note(
            "Filters were lost.",
            "A refresh of the page keeps what was chosen, but no filters. Set those of "
            f"{escape(', '.join(map(words.title, lost)))} again, or all records are read.",
            "warn",
        )


def _lost() -> list[str]:
    lost: list[str] = st.session_state.get(_LOST, [])
    return [name for name in lost if not objects_step.settings_of(name).get("filter_groups")]


def _object(sync: str) -> str:
    """A chosen sync as its stream and, of a further portal, its connection."""
    connection = objects_step.settings_of(sync).get("connection")
    stream = objects_step.stream_of(sync)
    return f"{stream}@{connection}" if connection else stream
