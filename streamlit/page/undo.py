"""Undoes a run, and makes a table again from what runs kept; asks first."""

from __future__ import annotations

import streamlit as st

from page import dialogs, look, message_statements, run_names, words
from page.calls import Answer, Calls, Row

NOT_RUNS = ("REPLAY", "RECONCILE")
NOTHING_KEPT = (
    "Nothing is kept: Settings » Keep what HubSpot answered lets coming runs be undone and replayed"
)


def keeps(calls: Calls) -> bool:
    """Whether runs keep what they read and change."""
    return bool(calls.settings().get("keep_pages_days"))


def of_run(run: Row, calls: Calls) -> None:
    """Draw the button that undoes a run."""
    if run["STRATEGY"] in NOT_RUNS or run["STATUS"] == "RUNNING":
        return
    if run["ROLLED_BACK_AT"]:
        look.html(f'<p class="quiet">Undone {words.time(run["ROLLED_BACK_AT"])}.</p>')
        return
    if run["DIRECTION"] == "OUT":
        # what it replaced is kept apart from pages; where nothing is, the answer says so
        if st.button("Undo this run", key="undo-run"):
            _ask_undo_push(str(run["RUN_ID"]), str(run["SYNC"]), calls)
        return
    possible = keeps(calls)
    if st.button(
        "Undo this run", key="undo-run", disabled=not possible,
        help=None if possible else NOTHING_KEPT,
    ):  # fmt: skip
        _ask_undo(str(run["RUN_ID"]), str(run["SYNC"]), calls)


@dialogs.asking("Undo this run?")
def _ask_undo(run_id: str, name: str, calls: Calls) -> None:
    st.markdown(
        f"What the run inserted into **{look.plain(words.title(name))}** goes, and what it changed "
        "or marked is as it was before. Rows that a later run changed too stay as that run made "
        "them. The next run reads the same changes again, so pause the sync or change its settings "
        "first if that is not wanted."
    )
    dialogs.choice("Undo", lambda: _undo(run_id, calls))


@dialogs.asking("Undo what this run sent?")
def _ask_undo_push(run_id: str, name: str, calls: Calls) -> None:
    st.markdown(
        f"In HubSpot, what the run of **{look.plain(words.title(name))}** changed goes back to "
        "what it replaced, links too; records that it created are archived. What somebody changed "
        "since is kept. Records that it archived can be restored in HubSpot alone. The next run "
        "is held until its plan is confirmed."
    )
    dialogs.choice("Undo", lambda: _undo(run_id, calls))


def _undo(run_id: str, calls: Calls) -> Answer:
    answer = calls.rollback_run(run_id)
    return {**answer, "message": run_names.named(str(answer.get("message", "")), calls)}


@dialogs.asking("Make the table again?")
def ask_replay(name: str, table: str, calls: Calls) -> None:
    """Draw the question, and replay what is kept."""
    days = int(calls.settings().get("keep_pages_days") or 0)
    st.markdown(
        f"Everything that runs of **{look.plain(words.title(name))}** read in the last "
        f"{words.plural(days, 'day')} is loaded again, in the order it came, without asking "
        "HubSpot. Rows that are as new stay as they are. No run of this sync begins meanwhile."
    )
    with st.expander("To have the table made whole"):
        st.caption(
            "“Reload everything” does that from HubSpot. From what is kept it takes SQL: "
            "somebody who may change the table renames it first, in a worksheet."
        )
        st.code(
            message_statements.as_code([f"ALTER TABLE {table} RENAME TO {table}_BEFORE"]),
            language="sql", wrap_lines=True,
        )  # fmt: skip
    dialogs.choice("Load again", lambda: calls.replay(name))
