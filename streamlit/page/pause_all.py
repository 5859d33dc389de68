"""Pauses all syncs or pushes of a list, and resumes those that it paused; asks first."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from page import dialogs, look, words
from page.calls import Answer, Calls, Row

SYNCS, PUSHES = "syncs", "pushes"
MOST_NAMED = 5
_ONE = {SYNCS: "sync", PUSHES: "push"}


def show(kind: str, rows: Sequence[Row], calls: Calls) -> None:
    """Draw both buttons, of ``SYNCS`` or ``PUSHES``, whose rows these are."""
    enabled = [row for row in rows if row["ENABLED"]]
    if st.button("Pause all", key=f"pause-all-{kind}", disabled=not enabled):
        _ask_pause(kind, rows, calls)
    if st.button("Resume all", key=f"resume-all-{kind}", disabled=len(enabled) == len(rows)):
        _ask_resume(kind, rows, calls)


def counted(kind: str, count: int) -> str:
    """``1 sync``, ``3 syncs``."""
    return words.plural(count, _ONE[kind], kind)


@dialogs.asking("Pause all?")
def _ask_pause(kind: str, rows: Sequence[Row], calls: Calls) -> None:
    enabled = [row for row in rows if row["ENABLED"]]
    alone = "itself" if len(enabled) == 1 else "themselves"
    st.markdown(
        f"**{counted(kind, len(enabled))}** will not run by {alone} until resumed. A run under way "
        "goes on, and each can still be run by hand."
    )
    by_hand = _by_hand(rows)
    if by_hand:
        names = look.plain(_named(by_hand))
        st.markdown(f"Paused by hand before, which “Resume all” leaves so: {names}.")
    dialogs.choice("Pause", lambda: _pause(kind, calls))


@dialogs.asking("Resume all?")
def _ask_resume(kind: str, rows: Sequence[Row], calls: Calls) -> None:
    with_all, by_hand = [row for row in rows if row["PAUSED_WITH_ALL"]], _by_hand(rows)
    st.markdown(
        f"**{counted(kind, len(with_all))}** paused by “Pause all” will run again when due."
        if with_all
        else "“Pause all” paused none of them."
    )
    key = f"resume-by-hand-{kind}"
    with st.container():
        if by_hand:
            st.checkbox(f"Also {counted(kind, len(by_hand))} paused by hand", key=key)
            look.html(f'<p class="quiet small">{escape(_named(by_hand))}</p>')
    dialogs.choice("Resume", lambda: _resume(kind, bool(st.session_state.get(key)), calls))


def _by_hand(rows: Sequence[Row]) -> list[Row]:
    """What somebody paused by itself."""
    return [row for row in rows if not row["ENABLED"] and not row["PAUSED_WITH_ALL"]]


def _named(rows: Sequence[Row]) -> str:
    names = [words.title(str(row["NAME"])) for row in rows]
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _pause(kind: str, calls: Calls) -> Answer:
    look.working_on_press(f"Pausing all {kind}")
    return calls.pause_syncs() if kind == SYNCS else calls.pause_pushes()


def _resume(kind: str, everything: bool, calls: Calls) -> Answer:
    look.working_on_press("Resuming")
    return calls.resume_syncs(everything) if kind == SYNCS else calls.resume_pushes(everything)
