"""Edits the settings of the whole app: schedule, limits, notifications."""

from __future__ import annotations

from typing import Any

import streamlit as st

from page import look, message_statements, options_view, picking, place, saving
from page.calls import Calls

OWNER = "app"
"""Whose the fields are, for `place.redraw`."""

SAVING = "Saving checks them first, and changes the tasks that run by themselves."

ALERTS = {
    "FAILED": "a run failed",
    "DELAYED": "a sync is late",
    "INCOMPLETE": "rows may be missing",
    "NEW_PROPERTIES": "HubSpot has new properties",
}
NUMBERS = (
    (
        "reserve_percent", "Keep free for other apps, percent", 20, 95,
        "Share of HubSpot's daily limit left to other apps, for syncs that say nothing else",
    ),
    (
        "deadline_minutes", "Deadline, minutes", 50, 1440,
        "A run stops cleanly after this, and the next carries on",
    ),
    (
        "reconcile_every_days", "Compare with HubSpot every … days", 0, 366,
        "0 compares only when you ask for it",
    ),
    (
        "keep_pages_days", "Keep what HubSpot answered for … days", 0, 366,
        "So that it can be loaded again without asking; 0 keeps nothing",
    ),
)  # fmt: skip


def show(calls: Calls) -> None:
    """Draw the settings, and the bar that saves them; it stays in sight as long as they do."""
    stored = calls.settings()
    with st.container(key="app-settings"):
        chosen = {
            **_runs(stored),
            "notifications": _notifications(stored.get("notifications") or {}, calls),
        }
        with st.container():
            if stored.get("notifications"):
                st.button("Send a test message", on_click=_send, args=(calls,))
        changed = {key: value for key, value in chosen.items() if value != _before(stored, key)}
        untold = chosen["notifications"] is None and _tells_somebody()
        # people who are told through nothing are no setting that could be stored
        lacks_integration = untold and "notifications" not in changed
        save_pressed, outcome = saving.bar(
            "Save settings", "save-app", SAVING, is_changed=bool(changed) or lacks_integration
        )
        if save_pressed and lacks_integration:
            with outcome:
                look.note(
                    "Not saved:",
                    "Nobody is told without an integration. Name it, or take the recipients out.",
                    "warn",
                )
        elif save_pressed:
            with outcome, look.working("Checking the settings"):
                answer = calls.configure_app(changed)
            if answer.get("response_code") == "OK":
                if untold:
                    # without an integration they are not stored
                    place.redraw(OWNER)
                look.remember(answer)
                st.rerun()
            with outcome:
                look.tell(answer)


def _before(stored: dict[str, Any], key: str) -> Any:
    defaults = {name: default for name, _, default, *_ in NUMBERS}
    value = stored.get(key)
    if key == "notifications" and value:
        return {"recipients": [], "on": list(ALERTS), **value}
    return defaults.get(key) if value is None else value


def _tells_somebody() -> bool:
    """Whether recipients stand in their field."""
    return bool(st.session_state.get(_key("recipients")))


def _key(*field: str) -> str:
    return "-".join((OWNER, str(place.version(OWNER)), *field))


def _send(calls: Calls) -> None:
    look.remember(calls.send_test_notification())


def _runs(stored: dict[str, Any]) -> dict[str, Any]:
    look.heading("All syncs", "For every sync that has no setting of its own.")
    chosen: dict[str, Any] = {
        "schedule": options_view.schedule(_key(), stored.get("schedule"), "Run all of them")
    }
    columns = st.columns(2)
    for n, (name, label, default, most, help_text) in enumerate(NUMBERS):
        before = stored.get(name)
        chosen[name] = int(
            columns[n % 2].number_input(
                label, 0 if default != 50 else 1, most,
                int(default if before is None else before), key=_key(name), help=help_text,
            )
        )  # fmt: skip
    return chosen


def _notifications(stored: dict[str, Any], calls: Calls) -> dict[str, Any] | None:
    look.heading("Notifications", "Through a notification integration of your account.")
    left, right = st.columns(2)
    integration = left.text_input(
        "Integration", stored.get("integration", ""), key=_key("integration"),
        placeholder="None, nobody is told", help="Its owner grants the app USAGE on it",
    )  # fmt: skip
    recipients = picking.several(
        "Recipients", [], stored.get("recipients") or [], _key("recipients"), right,
        accept_new_options=True, placeholder="E-mail address, then Enter",
    )  # fmt: skip
    events = st.pills(
        "Tell them when", list(ALERTS), selection_mode="multi", key=_key("on"),
        default=stored.get("on") or list(ALERTS), format_func=ALERTS.__getitem__,
    )  # fmt: skip
    with st.expander("There is no integration yet"):
        st.caption(
            "Somebody who may make integrations runs this in a SQL worksheet, with your recipients:"
        )
        name = integration.strip().upper() or "HUBSPOT_ALERTS"
        st.code(
            message_statements.as_code(
                [
                    message_statements.new_integration(name, *recipients[:1]),
                    message_statements.use_of_integration(name, calls.application()),
                ]
            ),
            language="sql", wrap_lines=True,
        )  # fmt: skip
    if not integration.strip():
        return None
    return {
        "integration": integration.strip().upper(),
        "recipients": list(recipients),
        "on": [event for event in ALERTS if event in events],
    }
