"""The last step of Set up: creates the chosen syncs and starts their first runs."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import (
    destination_step,
    look,
    objects_step,
    options_view,
    place,
    pressing,
    sync_actions,
    words,
)
from page.calls import Calls


def show(calls: Calls) -> bool:
    """Draw the step; true when a stream was picked."""
    look.heading("Start", "Everything is read once now; from then on only what changed.")
    database, schema = destination_step.target()
    picked = objects_step.new(calls)
    if not picked:
        look.empty("No object is chosen", "Go back to Objects and pick at least one.")
        return False
    look.html(
        look.table(
            ("Object", "Records", "Table"),
            [
                (
                    escape(words.title(name)),
                    objects_step.summary(name, calls),
                    objects_step.table_of(database, schema, name),
                )
                for name in picked
            ],
        )
    )
    schedule = options_view.schedule(
        "start", calls.settings().get("schedule") or "60 MINUTES", "Then keep everything current"
    )
    if pressing.pressed(
        f"Start {words.plural(len(picked), 'sync')}", "start", type="primary",
    ):  # fmt: skip
        _start(picked, calls, schedule)
    return True


def _start(picked: list[str], calls: Calls, schedule: str | None) -> None:
    database, schema = destination_step.target()
    if schedule != calls.settings().get("schedule"):
        with look.working("Storing the schedule"):
            answer = calls.configure_app({"schedule": schedule})
        if answer.get("response_code") != "OK":
            look.tell(answer)
            return
    for n, name in enumerate(picked, 1):
        title, of = words.title(name), f"({n} of {len(picked)})"
        with look.working(f"Checking {title} against HubSpot and storing it {of}"):
            answer = calls.configure_sync(
                name, objects_step.to_store(name, database, schema, calls)
            )
        if answer.get("response_code") == "OK":
            with look.working(f"Starting {title} {of}"):
                sync_actions.start(name, None, calls)
        else:
            look.remember(answer)
    st.session_state["chosen"] = []
    st.session_state["step"] = 0
    place.go(place.SYNCS)
    st.rerun()
