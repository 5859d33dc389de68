"""Chooses what a push does with gone rows, conflicts and empty values, and when it runs."""

from __future__ import annotations

import streamlit as st

from page import look, options_view, place, push_draft


def show(key: str, settings: place.Settings) -> None:
    """Draw the choices; changes ``settings`` in place."""
    look.heading(
        "Safety", "Above these limits nothing is written until a person confirms the plan."
    )
    left, right = st.columns(2, gap="large")
    with left:
        if push_draft.value_of(settings, "strategy") != "archive":
            if isinstance(settings.get("removed_rows"), dict):
                st.caption("Rows that are gone set values, as the settings say.")
            else:
                _choice(key, settings, "removed_rows", "Rows that are gone", push_draft.REMOVED)
            _choice(
                key, settings, "conflicts", "Values that somebody changed in HubSpot since",
                push_draft.CONFLICTS,
            )  # fmt: skip
            _choice(key, settings, "nulls", "Empty values of the source", push_draft.NULLS)
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


def _choice(
    key: str, settings: place.Settings, name: str, label: str, choices: dict[str, str]
) -> None:
    names = list(choices)
    before = push_draft.value_of(settings, name)
    chosen = st.selectbox(
        label, names, names.index(before), key=f"{key}-{name}", format_func=choices.__getitem__
    )
    push_draft.put(settings, name, chosen)
