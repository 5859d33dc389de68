"""Chooses what a push does with gone rows, conflicts and empty values, and when it runs."""

from __future__ import annotations

from typing import Any

import streamlit as st

from page import look, options_view, place, push_draft
from page.calls import Answer

LIFECYCLE = "lifecyclestage"


def show(key: str, settings: place.Settings, suggestion: Answer) -> None:
    """Draw the choices; changes ``settings`` in place."""
    properties = {prop["name"]: prop for prop in suggestion["properties"]}
    look.heading(
        "Safety", "Above these limits nothing is written until a person confirms the plan."
    )
    left, right = st.columns(2, gap="large")
    with left:
        if push_draft.value_of(settings, "strategy") != "archive":
            _removed(key, settings, properties)
            _choice(
                key, settings, "conflicts", "Values that somebody changed in HubSpot since",
                push_draft.CONFLICTS,
            )  # fmt: skip
            _choice(key, settings, "nulls", "Empty values of the source", push_draft.NULLS)
            if LIFECYCLE in properties:
                _choice(
                    key, settings, "lifecycle_backward", "Lifecycle stages that go back",
                    push_draft.BACKWARD,
                )  # fmt: skip
        _choice(key, settings, "retry_rejected", "Refused rows are sent again", push_draft.RETRIES)
    with right:
        for setting, label, most in (
            ("max_change_percent", "Held above: rows changed, percent", 100.0),
            ("max_archive_percent", "Held above: rows archived, percent", 100.0),
        ):
            value = st.number_input(
                label, 0.0, most, float(push_draft.value_of(settings, setting)), 1.0,
                key=f"{key}-{setting}", width=320, help="Of the rows sent before, from 100 on",
            )  # fmt: skip
            push_draft.put(settings, setting, float(value))
        rows = st.number_input(
            "Held above: rows archived", 0, 1_000_000,
            int(push_draft.value_of(settings, "max_archive_rows")), key=f"{key}-max-rows",
            width=320,
        )  # fmt: skip
        push_draft.put(settings, "max_archive_rows", int(rows))
    look.heading("When")
    chosen = options_view.schedule(f"{key}-when", settings.get("schedule"))
    push_draft.put(settings, "schedule", chosen)


def _removed(key: str, settings: place.Settings, properties: dict[str, dict[str, Any]]) -> None:
    """Draw what is done with rows that are gone; where values are set, which."""
    before, values = push_draft.removal_of(settings)
    names = list(push_draft.REMOVED)
    chosen = st.selectbox(
        "Rows that are gone", names, names.index(before), key=f"{key}-removed_rows",
        format_func=push_draft.REMOVED.__getitem__,
    )  # fmt: skip
    if chosen != "set":
        push_draft.put(settings, "removed_rows", chosen)
        return
    known = [*properties, *(name for name in values if name not in properties)]
    shown = st.multiselect(
        "Properties that are set", known, list(values), key=f"{key}-removed-names",
        format_func=lambda name: f"{properties[name]['label']} · {name}"
        if name in properties
        else name,
    )  # fmt: skip
    settings["removed_rows"] = {
        "set": {
            name: _value(key, name, properties.get(name) or {}, values.get(name)) for name in shown
        }
    }


def _value(key: str, name: str, prop: dict[str, Any], before: Any) -> Any:
    """Draw the value that a property gets; one that nobody changed stays as it is stored."""
    label, typed = f"{prop.get('label', name)} becomes", push_draft.same_text
    options = [str(option) for option, _ in prop.get("options") or ()]
    if options and (before is None or typed(before) in options):
        place_of_it = 0 if before is None else options.index(typed(before))
        chosen = st.selectbox(label, options, place_of_it, key=f"{key}-removed-{name}")
    else:
        text = "" if before is None else typed(before)
        chosen = st.text_input(label, text, key=f"{key}-removed-{name}")
    return before if before is not None and chosen == typed(before) else chosen


def _choice(
    key: str, settings: place.Settings, name: str, label: str, choices: dict[str, str]
) -> None:
    names = list(choices)
    before = push_draft.value_of(settings, name)
    chosen = st.selectbox(
        label, names, names.index(before), key=f"{key}-{name}", format_func=choices.__getitem__
    )
    push_draft.put(settings, name, chosen)
