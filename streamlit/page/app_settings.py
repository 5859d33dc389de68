"""Edits the settings of the whole app: schedule, limits, notifications."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import streamlit as st

from page import (
    look,
    message_statements,
    options_view,
    picking,
    place,
    saving,
    setting_labels,
    setting_words,
)
from page.calls import Calls

OWNER = "app"
"""Whose the fields are, for `place.redraw`."""

SAVING = "Saving checks them first, and changes the tasks that run by themselves."

_BASE = "app-settings-base"

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
    # what was stored when the fields were filled: what differs from it the viewer has changed
    stored: dict[str, Any] = st.session_state.setdefault(_BASE, calls.settings())
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
        if not changed and not untold and calls.settings() != stored:
            _fill_anew()
            st.rerun()
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
            now = calls.settings_now()
            theirs = [key for key in changed if _before(now, key) != _before(stored, key)]
            if theirs:
                # a second press saves the viewer's own
                st.session_state[_BASE] = now
                with outcome:
                    look.note(
                        "Not saved: somebody else changed this meanwhile.",
                        escape(_stored_now(theirs, now)) + " Save again to store yours instead.",
                        "warn",
                    )
                return
            with outcome, look.working("Checking the settings"):
                answer = calls.configure_app(changed)
            if answer.get("response_code") == "OK":
                saved = calls.settings()
                shown = all(_before(saved, key) == value for key, value in chosen.items())
                if shown and not untold:
                    # fields that stay the same take what is picked at this moment
                    st.session_state[_BASE] = saved
                else:
                    _fill_anew()
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


def _fill_anew() -> None:
    """Have the fields show what is stored, at the next drawing."""
    st.session_state.pop(_BASE, None)
    place.redraw(OWNER)


def _stored_now(keys: Sequence[str], stored: dict[str, Any]) -> str:
    """In words what is stored of some settings."""
    return " ".join(
        f"{setting_labels.label(key)} is now {setting_words.value_words(stored, key)}."
        for key in keys
    )


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
