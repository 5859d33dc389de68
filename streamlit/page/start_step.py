"""The last step: what was chosen becomes syncs, and the first runs begin."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import look, objects_step, place, words
from page.calls import Calls

SCHEDULES = {
    "Every hour": "60 MINUTES",
    "Every 15 minutes": "15 MINUTES",
    "Every 6 hours": "360 MINUTES",
    "Once a day": "USING CRON 0 3 * * * UTC",
    "Only when I say so": None,
}


def show(calls: Calls) -> bool:
    """Draw the step."""
    look.heading("Start", "Everything is read once now; from then on only what changed.")
    database, schema = objects_step.target()
    picked = objects_step.chosen()
    if not picked:
        look.empty("No stream is chosen", "Go back to Objects and pick at least one.")
        return False
    look.html(
        look.table(
            ("Stream", "Table"),
            [
                (
                    escape(words.title(name)),
                    f"<code>{escape(f'{database}.{schema}.{name.upper()}')}</code>",
                )
                for name in picked
            ],
        )
    )
    schedule = SCHEDULES[st.selectbox("Then keep it current", list(SCHEDULES), width=320)]
    if st.button(
        f"Start {words.plural(len(picked), 'sync')}", type="primary", icon=":material/play_arrow:"
    ):
        _start(calls, schedule)
    return True


def _start(calls: Calls, schedule: str | None) -> None:
    database, schema = objects_step.target()
    for name, given in objects_step.chosen().items():
        settings = {
            **given,
            "destination": {"database": database, "schema": schema},
            **({"schedule": schedule} if schedule else {}),
        }
        answer = calls.configure_sync(name, settings)
        if answer.get("response_code") == "OK":
            with look.working(f"Running {name} for the first time"):
                answer = calls.ingest(name)
        if answer.get("response_code") != "OK":
            look.remember(answer)
    st.session_state["chosen"] = {}
    st.session_state["step"] = 0
    place.go(place.SYNCS)
    st.rerun()
