"""Actions on a sync: run, pause, backfill, remove. Destructive ones ask first."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from page import dialogs, live, look, place, words
from page.calls import Answer, Calls, Row


def show(sync: Row, calls: Calls) -> None:
    """Draw the buttons."""
    name, enabled = str(sync["NAME"]), bool(sync["ENABLED"])
    with st.container(horizontal=True):
        st.button(
            "Run now",
            type="primary",
            icon=":material/play_arrow:",
            disabled=sync["LAST_RUN_STATUS"] == "RUNNING",
            on_click=start,
            args=(name, sync["LAST_RUN_ID"], calls),
        )
        st.button(
            "Pause" if enabled else "Resume",
            icon=":material/pause:" if enabled else ":material/resume:",
            on_click=_switch,
            args=(name, not enabled, calls),
            help="Let it run by itself, or not. Run now works either way.",
        )
        if st.button("Backfill", icon=":material/restart_alt:"):
            _ask_backfill(name, calls)
        if st.button("Remove", icon=":material/delete:"):
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
    choice("Backfill", lambda: calls.reset_sync(name))


@dialogs.asking("Remove this sync?")
def _ask_remove(name: str, calls: Calls) -> None:
    st.markdown(
        f"**{look.plain(words.title(name))}** stops running; its settings and its position are "
        "forgotten. Its table stays with all rows, and so do its past runs. Set up again later, it "
        "begins with a backfill."
    )

    def remove() -> Answer:
        place.discard(name)
        return calls.drop_sync(name)

    choice("Remove sync", remove)


def choice(label: str, act: Callable[[], Answer]) -> None:
    """Draw a dialog's two buttons; ``label`` does ``act``, the other cancels."""
    with st.container(horizontal=True):
        if st.button(label, type="primary", on_click=_do, args=(act,)):
            st.rerun()
        if st.button("Cancel"):
            st.rerun()


def _do(act: Callable[[], Answer]) -> None:
    look.remember(act())
