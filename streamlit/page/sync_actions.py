"""Actions on a sync: run, pause, reload, remove. Destructive ones ask first."""

from __future__ import annotations

import streamlit as st

from page import dialogs, live, look, place, undo, words
from page.calls import Answer, Calls, Row, variant

COPY = "copy-name"


def show(sync: Row, calls: Calls) -> None:
    """Draw the buttons."""
    name, enabled = str(sync["NAME"]), bool(sync["ENABLED"])
    with st.container(horizontal=True):
        st.button(
            "Run now",
            type="primary",
            disabled=sync["LAST_RUN_STATUS"] == "RUNNING",
            on_click=start,
            args=(name, sync["LAST_RUN_ID"], calls),
        )
        st.button(
            "Pause" if enabled else "Resume",
            on_click=_switch,
            args=(name, not enabled, calls),
            help="Let it run by itself, or not. Run now works either way.",
        )
        if st.button("Reload everything"):
            _ask_backfill(name, calls)
        if st.button(
            "Copy",
            help="Another sync of the same object, with a table and filters of its own",
        ):  # fmt: skip
            _ask_copy(sync, calls)
        kept = undo.keeps(calls)
        if st.button(
            "Load again from what is kept", disabled=not kept,
            help=None if kept else undo.NOTHING_KEPT,
        ):  # fmt: skip
            undo.ask_replay(name, str(sync["DESTINATION"]), calls)
        if st.button("Remove"):
            _ask_remove(name, calls)


def start(name: str, last_run: str | None, calls: Calls) -> None:
    """Start a run in the background and show it when it appears."""
    answer = calls.start_sync(name)
    if answer.get("response_code") == "OK":
        live.expect(name, last_run)
    else:
        look.remember(answer)


def _switch(name: str, enabled: bool, calls: Calls) -> None:
    look.remember(calls.enable_sync(name, enabled))


@dialogs.asking("Read everything again?")
def _ask_backfill(name: str, calls: Calls) -> None:
    st.markdown(
        f"The next run of **{look.plain(words.title(name))}** reads every record again, which can "
        "take many requests of the day's limit. The table stays, and its rows stay readable "
        "meanwhile."
    )
    dialogs.choice("Reload everything", lambda: calls.reset_sync(name))


@dialogs.asking("Another sync of the same object")
def _ask_copy(sync: Row, calls: Calls) -> None:
    name = str(sync["NAME"])
    st.markdown(
        f"It begins with the settings of **{look.plain(words.title(name))}** and fills a table of "
        "its own, called like it. Change its filters before its first run."
    )
    with st.form(f"copy-{name}", border=False):
        st.text_input("Name", key=COPY, placeholder=f"{name}_2", autocomplete="off")
        if st.form_submit_button("Make it", type="primary", on_click=_copy, args=(sync, calls)):
            st.rerun()


def _copy(sync: Row, calls: Calls) -> None:
    """Make the copy under the name that was given, and open it."""
    name = str(st.session_state.get(COPY, "")).strip()
    if not name or name in {str(other["NAME"]) for other in calls.now(calls.syncs)}:
        look.remember(
            {"response_code": "INVALID_NAME", "message": "give a name that no sync has yet"}
        )
    elif look.remember(calls.configure_sync(name, copied(sync))):
        place.go(place.SYNCS, sync=name)


def copied(sync: Row) -> place.Settings:
    """The settings of a copy of a sync, which fills a table called like itself."""
    settings: place.Settings = variant(sync["SETTINGS"]) or {}
    destination = {
        name: value
        for name, value in (settings.get("destination") or {}).items()
        if name != "table"
    }
    rest = {name: value for name, value in settings.items() if name != "destination"}
    return {
        **rest,
        "stream": str(sync["STREAM"]),
        **({"destination": destination} if destination else {}),
    }


@dialogs.asking("Remove this sync?")
def _ask_remove(name: str, calls: Calls) -> None:
    st.markdown(
        f"**{look.plain(words.title(name))}** stops running; its settings and its position are "
        "forgotten. Its table stays with all rows, and so do its past runs. Set up again later, it "
        "begins by reading everything."
    )

    def remove() -> Answer:
        place.discard(name)
        return calls.drop_sync(name)

    dialogs.choice("Remove sync", remove)
