"""Lists all pushes, each with a button that opens it, and begins new ones."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import (
    live,
    look,
    object_labels,
    options_view,
    pause_all,
    place,
    push_editor,
    push_view,
    words,
)
from page.calls import Calls, Row, variant

HEADS = ("Health", "From", "Rows in HubSpot", "Need a look", "Next run")


def show(calls: Calls) -> None:
    """Draw the list, the opened push, or the form of a new one."""
    pushes = calls.pushes()
    object_labels.learn((str(push["OBJECT"]) for push in pushes), calls)
    opened = place.inside("push")
    if opened == push_editor.NEW:
        push_editor.show_new(calls)
        return
    opened_push = next((push for push in pushes if push["NAME"] == opened), None)
    if opened_push is not None:
        push_view.show(opened_push, calls)
        return
    look.heading(
        "Send to HubSpot",
        "A push keeps records in HubSpot as the rows of a table or view say. Every change is shown "
        "before it is made.",
    )
    live.show(calls, directions=(live.OUT,))
    # asked again: a run may have ended while those under way were looked for
    pushes = calls.pushes()
    if not pushes:
        look.empty("No pushes yet", "Choose a table or view, an object, and what fills what.")
    with st.container(horizontal=True):
        st.button(
            "New push", type="primary", on_click=place.go,
            args=(place.PUSHES,), kwargs={"push": push_editor.NEW},
        )  # fmt: skip
        if pushes:
            pause_all.show(pause_all.PUSHES, pushes, calls)
    if pushes:
        look.heads(HEADS)
    for push in pushes:
        _row(push)


def _row(push: Row) -> None:
    name = str(push["NAME"])
    with st.container(key=f"row-push-{name}"):
        left, right = st.columns([3, 9], vertical_alignment="center")
        left.button(
            f"**{words.title(name)}**",
            key=f"open-push-{name}",
            type="tertiary",
            on_click=place.go,
            args=(place.PUSHES,),
            kwargs={"push": name},
            help=f"Open {name}",
        )
        refused = push_view.need_a_look(push)
        values = (
            push_view.health(push),
            f"<code>{escape(str(push['SOURCE']))}</code>",
            words.number(int(push["ROWS_SYNCED"])),
            words.plural(refused, "row") if refused else "none",
            next_run(push),
        )
        with right:
            look.html(look.facts(list(zip(HEADS, values, strict=True))))


def next_run(push: Row) -> str:
    """When the push runs by itself again, as HTML."""
    if not push["ENABLED"]:
        return "paused"
    if push["NEXT_RUN_AT"]:
        return words.time(push["NEXT_RUN_AT"])
    return escape(options_view.schedule_words((variant(push["SETTINGS"]) or {}).get("schedule")))
