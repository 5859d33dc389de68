"""Edits a push, new or stored: source, object, mapping, associations, safety; and saves it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from page import (
    conflicts,
    look,
    place,
    push_draft,
    push_links_view,
    push_mapping_view,
    push_rules_view,
    push_source_view,
    saving,
    words,
)
from page.calls import Calls, Row, variant
from page.portal_names import NAMELESS

NEW = " new "
"""Stands for a push that is not stored yet; no name has blanks."""

SAVING = "Saving checks everything against Snowflake and HubSpot; nothing is sent before its plan."


def show_new(calls: Calls) -> None:
    """Draw the form of a new push."""
    _back()
    look.heading("New push", "Nothing is stored or sent before you have seen its plan.")
    _edit(NEW, place.draft(NEW, {}), calls, stored=None)


def remember(settings: place.Settings) -> None:
    """Begin the form of a new push with what was chosen before the page was refreshed."""
    if settings:
        place.draft(NEW, settings)
        push_source_view.remember(settings)


def show(push: Row, calls: Calls) -> None:
    """Draw the settings of a stored push."""
    name = str(push["NAME"])
    stored = variant(push["SETTINGS"]) or {}
    stored = {**stored, "object": stored.get("object") or name}
    conflicts.follow(name, stored, push_draft.stored_form)
    settings = place.draft(name, stored)
    with st.container():
        if conflicts.is_open(name, stored, push_draft.stored_form):
            conflicts.show(name, stored, NAMELESS, push_draft.stored_form, "push")
    _edit(name, settings, calls, stored=stored)


def _back() -> None:
    place.back_button("All pushes", place.PUSHES)


def _edit(
    owner: str, settings: place.Settings, calls: Calls, stored: Mapping[str, Any] | None
) -> None:
    key = f"push-{owner}-{place.version(owner)}"
    with st.container():
        suggestion = push_source_view.show(owner, key, settings, calls, is_new=stored is None)
    if suggestion is None:
        return
    with st.container():
        push_source_view.key_and_match(key, settings, suggestion, calls)
    with st.container():
        if push_draft.value_of(settings, "strategy") != "archive":
            push_mapping_view.show(owner, key, settings, suggestion, calls)
            push_links_view.show(key, settings, suggestion, calls)
    with st.container():
        push_rules_view.show(key, settings, suggestion)
    _save(owner, key, settings, calls, stored)


def _save(
    owner: str,
    key: str,
    settings: place.Settings,
    calls: Calls,
    stored: Mapping[str, Any] | None,
) -> None:
    st.space("small")
    form = push_draft.stored_form(settings)
    name = owner
    if stored is None:
        default = f"{words.title(str(settings['object'])).lower().replace(' ', '_')}_out"
        taken = {str(row["NAME"]) for row in (*calls.pushes(), *calls.syncs())}
        name = st.text_input(
            "Name of the push", next(_free(default, taken)), key=f"{key}-name", width=320
        ).strip()  # fmt: skip
    lacking = push_draft.lacking(settings)
    is_changed = stored is None or form != push_draft.stored_form(stored)
    discard = None if stored is None else partial(place.discard, owner)
    saved, outcome = saving.bar(
        "Save and look at the plan", f"{key}-save", SAVING, is_changed=is_changed, discard=discard,
        disabled=stored is not None and conflicts.is_open(owner, stored, push_draft.stored_form),
    )  # fmt: skip
    if lacking:
        look.note("Still to choose:", f"{' and '.join(lacking)}.", "warn")
    elif saved and stored is not None and conflicts.is_push_stored_meanwhile(owner, calls):
        st.rerun()
    elif saved:
        with outcome, look.working("Checking everything against Snowflake and HubSpot"):
            answer = calls.configure_push(name, form)
        if answer.get("response_code") == "OK":
            _saved(owner, name.lower())
        with outcome:
            look.tell(answer)


def _saved(owner: str, name: str) -> None:
    """Show the plan of the push, made anew."""
    place.discard(owner)
    st.session_state[f"plan-due-{name}"] = True
    place.open_part(name, "Plan")
    place.go(place.PUSHES, push=name)
    st.rerun()


def _free(name: str, taken: set[str]) -> Any:
    number = 1
    while True:
        candidate = name if number == 1 else f"{name}_{number}"
        if candidate not in taken:
            yield candidate
        number += 1
