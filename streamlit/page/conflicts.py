"""Settings that somebody else stored while the viewer was changing them: shows both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from html import escape
from typing import Any

import streamlit as st

from page import filters, look, place, push_draft, setting_words, words
from page.calls import Calls, variant
from page.portal_names import PortalNames
from page.setting_labels import label

Form = Callable[[Mapping[str, Any]], place.Settings]
"""Settings as they are compared: without what has no meaning."""


def follow(owner: str, stored: place.Settings, form: Form = filters.cleaned) -> None:
    """Take over what somebody else stored, unless the viewer has changes of their own."""
    base, draft = place.base(owner), place.draft(owner, stored)
    # a filter that lacks its value is being made
    is_unfinished = filters.any_lacks(draft.get("filter_groups") or [])
    if base is None or is_unfinished or form(base) != form(draft):
        return
    if form(base) != form(stored):
        place.discard(owner)


def is_open(owner: str, stored: Mapping[str, Any], form: Form = filters.cleaned) -> bool:
    """Whether somebody else stored something while the viewer was changing the settings."""
    base = place.base(owner)
    return base is not None and form(base) != form(stored)


def is_stored_meanwhile(owner: str, calls: Calls) -> bool:
    """Whether something else is stored now than when the draft began; asks anew.

    A sync that was removed meanwhile is one too: to save it would make it again.
    """
    syncs = {str(sync["NAME"]): variant(sync["SETTINGS"]) for sync in calls.now(calls.syncs)}
    if owner not in syncs:
        _tell_removed(owner, "UNKNOWN_SYNC")
        return True
    return is_open(owner, syncs[owner] or {})


def is_push_stored_meanwhile(owner: str, calls: Calls) -> bool:
    """As ``is_stored_meanwhile``, of a push."""
    pushes = {str(push["NAME"]): variant(push["SETTINGS"]) for push in calls.now(calls.pushes)}
    if owner not in pushes:
        _tell_removed(owner, "UNKNOWN_PUSH")
        return True
    return is_open(owner, pushes[owner] or {}, push_draft.stored_form)


def _tell_removed(owner: str, code: str) -> None:
    place.discard(owner)
    look.remember(
        {
            "response_code": code,
            "message": f"{words.title(owner)} was removed meanwhile; nothing was saved",
        }
    )


def show(
    owner: str,
    stored: place.Settings,
    names: PortalNames,
    shaped: Form = dict,
    what: str = "sync",
) -> None:
    """Draw what both changed, and let the viewer choose.

    Args:
        owner: The sync or push.
        stored: Its settings as they are stored now.
        names: The names that its portal has for what stands in them.
        shaped: What a draft is without what has no meaning.
        what: What the owner is.
    """
    base, draft = shaped(place.base(owner) or {}), shaped(place.draft(owner, stored))
    changed = [
        name
        for name in sorted({*base, *stored, *draft})
        if not base.get(name) == stored.get(name) == draft.get(name)
    ]
    look.note(
        f"Somebody else saved this {what} meanwhile.",
        "Nothing of yours is lost, and nothing of theirs: choose how to go on.",
        "warn",
    )
    look.html(
        look.table(
            ("Setting", "When you began", "Stored now", "Yours"),
            [
                (
                    escape(label(name)),
                    *(
                        escape(setting_words.value_words(side, name, names, of_sync=what == "sync"))
                        for side in (base, stored, draft)
                    ),
                )
                for name in changed
            ],
        )
    )
    with st.container(horizontal=True):
        st.button(
            "Add mine to theirs", type="primary", key=f"merge-{owner}", on_click=_merge,
            args=(owner, deepcopy(stored), shaped),
            help="What you changed stays changed, the rest is as they saved it; not saved yet",
        )  # fmt: skip
        st.button(
            "Take theirs", key=f"theirs-{owner}", on_click=place.discard, args=(owner,),
            help="Your changes are dropped",
        )  # fmt: skip


def _merge(owner: str, stored: place.Settings, shaped: Form) -> None:
    """Make the draft what is stored with the viewer's own changes on top."""
    base, draft = shaped(place.base(owner) or {}), shaped(deepcopy(place.draft(owner, stored)))
    merged = deepcopy(stored)
    for name in {*base, *draft}:
        if base.get(name) == draft.get(name):
            continue
        if name in draft:
            merged[name] = draft[name]
        else:
            merged.pop(name, None)
    place.discard(owner)
    place.draft(owner, stored)
    place.drafts()[owner] = merged
