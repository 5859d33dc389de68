"""Shows one push: its health, its plan, its rows, its settings and runs, and actions on it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from page import (
    dialogs,
    look,
    place,
    push_editor,
    push_live,
    push_plan_view,
    push_rows_view,
    run_list,
    run_names,
    tabs,
    words,
)
from page.calls import Answer, Calls, Row

Part = Callable[[Row, Calls], None]


def show(push: Row, calls: Calls) -> None:
    """Draw the push."""
    name = str(push["NAME"])
    place.back_button("All pushes", place.PUSHES)
    head = st.container()
    push_live.show(push, calls)
    # asked again: the run may have ended while it was looked for
    push = next((row for row in calls.pushes() if row["NAME"] == name), push)
    with head:
        look.title(words.title(name), health(push))
        _actions(push, calls)
    look.html(
        look.facts(
            [
                (
                    "Sends",
                    f"<code>{escape(str(push['SOURCE']))}</code>"
                    f"<small>to {escape(words.title(str(push['OBJECT'])).lower())}</small>",
                ),
                ("Rows in HubSpot", words.number(int(push["ROWS_SYNCED"]))),
                ("Need a look", words.number(need_a_look(push))),
                ("Last run", words.time(push["LAST_RUN_AT"])),
            ],
            big=True,
        )
    )
    with st.container():
        if push["HOLD"]:
            reason = run_names.named(str(push["HOLD"]), calls)
            look.note(
                "Held:",
                f"{escape(look.sentence(reason))} Runs that begin by themselves write nothing "
                "until somebody sends the plan.",
                "warn",
            )
        held_twice = push["HOLD"] and push["HEALTH"] == "HELD"
        if push["LAST_MESSAGE"] and push["HEALTH"] in push_live.WITH_MESSAGE and not held_twice:
            label, tone = look.HEALTH[str(push["HEALTH"])]
            look.note(f"{label}:", escape(look.sentence(str(push["LAST_MESSAGE"]))), tone)
            look.show_statements(str(push["LAST_MESSAGE"]))
    push_live.offer_plan(push, calls)
    key = f"part-push-{name}"
    part_to_open = place.part_to_open(name)
    if part_to_open:
        st.session_state[key] = part_to_open
    PARTS[tabs.opened("Part", PARTS, key)](push, calls)


def need_a_look(push: Row) -> int:
    """How many rows are not in HubSpot as their source says, in whole or in part."""
    return sum(int(push[name]) for name in ("ROWS_REJECTED", "ROWS_UNKNOWN", "ROWS_REMARKED"))


def health(push: Row) -> str:
    """The badge of a push's health."""
    if push["ENABLED"] and push["HOLD"] and push["LAST_RUN_STATUS"] in ("SUCCEEDED", "STOPPED"):
        return look.badge(*look.HEALTH["HELD"])
    if (
        push["ENABLED"]
        and push["HEALTH"] == "INCOMPLETE"
        and push["LAST_RUN_STATUS"] != "RUNNING"
        and need_a_look(push)
    ):
        return look.badge("Rows need a look", "warn")
    return look.health(push)


def _actions(push: Row, calls: Calls) -> None:
    name, enabled = str(push["NAME"]), bool(push["ENABLED"])
    with st.container(horizontal=True):
        st.button(
            "Pause" if enabled else "Resume",
            on_click=_switch,
            args=(name, not enabled, calls),
            help="Let it run by itself, or not. Sending by hand works either way.",
        )
        if st.button("Remove"):
            _ask_remove(name, calls)


def _switch(name: str, enabled: bool, calls: Calls) -> None:
    look.remember(calls.enable_push(name, enabled))


@dialogs.asking("Remove this push?")
def _ask_remove(name: str, calls: Calls) -> None:
    st.markdown(
        f"**{look.plain(words.title(name))}** stops running; its settings, and what it knows of "
        "each row's record, are forgotten. HubSpot’s records stay as they are."
    )

    def remove() -> Answer:
        place.discard(name)
        return calls.drop_push(name)

    dialogs.choice("Remove push", remove)


def _runs(push: Row, calls: Calls) -> None:
    run_list.show_history(calls, str(push["NAME"]))


PARTS: dict[str, Part] = {
    "Plan": push_plan_view.show,
    "Rows": push_rows_view.show,
    "Settings": push_editor.show,
    "Runs": _runs,
}
