"""Edits what is kept beside a sync's records: associations, history, and which events."""

from __future__ import annotations

import streamlit as st

from page import look, object_labels, picking, place, portal_properties, words
from page.calls import Calls, Row

EVENT_TYPES = (
    *("e_visited_page", "e_form_view_v2", "e_call_ended", "e_property_value_change"),
    *("e_object_association", "e_v2_contact_booked_meeting_through_sequence"),
)
"""Types of events that portals have from the beginning."""


def show(sync: Row, settings: place.Settings, calls: Calls) -> None:
    """Draw associations and history, or the types of events; changes ``settings`` in place."""
    name = str(sync["NAME"])
    key = f"{name}-{place.version(name)}"
    if sync["STREAM"] == "events":
        _event_types(key, settings, calls)
        return
    properties = portal_properties.of(name, str(sync["STREAM"]), settings, calls)
    if not properties:
        look.empty("Nothing is related to this object", "Only CRM objects have associations.")
        return
    _associations(key, sync, settings, calls)
    _history(key, settings, properties)


def _associations(key: str, sync: Row, settings: place.Settings, calls: Calls) -> None:
    look.heading("Associations", "The ids of associated records stand beside each record.")
    usual = st.toggle(
        "The usual ones for this object", "associations" not in settings, key=f"{key}-usual"
    )
    if usual:
        settings.pop("associations", None)
        return
    object_labels.learn_from(calls.streams())
    names = [
        str(stream["STREAM"])
        for stream in calls.streams()
        if stream["READER"] == "RECORDS" and stream["STREAM"] != sync["STREAM"]
    ]
    if "associations" not in settings:
        settings["associations"] = _usual(sync, names, calls)
    before = [str(stream) for stream in settings["associations"]]
    settings["associations"] = picking.several(
        "Associated with", names, before, f"{key}-associations", format_func=words.title,
        placeholder="None",
    )  # fmt: skip


def _usual(sync: Row, names: list[str], calls: Calls) -> list[str]:
    """The associations that a sync has as long as none are named: its table has their columns."""
    columns = {
        str(column["COLUMN_NAME"]) for column in calls.columns(str(sync["DESTINATION"] or ""))
    }
    if not columns:
        with look.working("Asking what the first run will bring"):
            planned = calls.plan(str(sync["NAME"])).get("columns") or []
        columns = {str(column["column"]) for column in planned}
    return [name for name in names if f"{name.upper()}_IDS" in columns]


def _history(key: str, settings: place.Settings, properties: list[Row]) -> None:
    look.heading("History", "Past values of these properties are kept in a table of their own.")
    labels = {str(property_["PROPERTY"]): str(property_["LABEL"]) for property_ in properties}
    kept = [str(glob) for glob in settings.get("history") or []]
    history = picking.several(
        "Keep the history of", labels, kept, f"{key}-history",
        format_func=lambda name: f"{labels[name]} · {name}" if name in labels else name,
        accept_new_options=True, placeholder="None; search, or type a pattern",
    )  # fmt: skip
    if history:
        settings["history"] = list(history)
    else:
        settings.pop("history", None)


def _event_types(key: str, settings: place.Settings, calls: Calls) -> None:
    look.heading(
        "Event types",
        "Those that land in the table; all the portal knows without any. Rows of a type that is "
        "taken no more stay.",
    )
    tables = [str(sync["DESTINATION"]) for sync in calls.syncs() if sync["STREAM"] == "event_types"]
    loaded = [name for table in tables[:1] for name in calls.event_types(table)]
    chosen = picking.several(
        "Take", dict.fromkeys([*loaded, *EVENT_TYPES]),
        [str(event_type) for event_type in settings.get("event_types") or []],
        f"{key}-event-types", accept_new_options=True,
        placeholder="All; search, or type the name of one of your own",
        help="Those of your portal stand first once the object Event types has been loaded",
    )  # fmt: skip
    if chosen:
        settings["event_types"] = list(chosen)
    else:
        settings.pop("event_types", None)
