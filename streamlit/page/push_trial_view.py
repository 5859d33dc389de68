"""Tries a few rows of a plan before all of them are sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import streamlit as st

from page import look, picking, words
from page.calls import Answer, Calls, Row
from page.push_actions import ACTIONS, SENT

AT_MOST = 5
"""Rows of one trial."""

OFFERED = 200
"""Rows to pick from; any other is named by its key."""

Ran = Callable[[str, Answer], None]


def show(name: str, plan_hash: str, calls: Calls, ran: Ran) -> None:
    """Draw the box in which rows are chosen, and the button that sends these alone.

    Args:
        name: The push.
        plan_hash: Its newest plan, from which the rows are.
        calls: The way to Snowflake.
        ran: What is done with the answer of a trial.
    """
    rows = calls.rows_to_try(name, SENT, OFFERED)
    actions = {str(row["ROW_KEY"]): ACTIONS[str(row["ACTION"])][0] for row in rows}
    key, kept = f"try-rows-{name}-{plan_hash}", _kept(name)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # a new plan makes a new box, which begins with what was picked in the one before
        st.session_state[kept] = picking.several(
            "Try a few rows first", actions, st.session_state.get(kept, []), key,
            format_func=lambda row: f"{row} · {actions[row]}" if row in actions else row,
            accept_new_options=True, max_selections=AT_MOST, width=420,
            placeholder=f"Choose up to {AT_MOST} rows, or type their keys",
            help="These rows alone are sent, and nothing is removed. The rest waits.",
        )  # fmt: skip
        st.button("Try these rows", key=f"try-{name}", on_click=_try, args=(name, key, calls, ran))
    with st.container():
        why: str | None = st.session_state.pop(_told(name), None)
        if why is not None:
            look.note("Not tried:", escape(why), "warn")


def _kept(name: str) -> str:
    return f"try-picks-{name}"


def _told(name: str) -> str:
    return f"not-tried-{name}"


def _try(name: str, key: str, calls: Calls, ran: Ran) -> None:
    picked = (str(row).strip() for row in st.session_state.get(key) or ())
    keys = [*dict.fromkeys(row for row in picked if row)]
    if not keys:
        st.session_state[_told(name)] = "choose the rows to try first."
        return
    why = untried(keys, calls.planned_rows(name, keys))
    if why:
        st.session_state[_told(name)] = " ".join(why)
        return
    look.working_on_press(f"Sending {words.plural(len(keys), 'row')} alone: {', '.join(keys)}")
    answer = calls.try_push(name, keys)
    st.session_state.pop(_kept(name), None)
    look.remember(answer)
    ran(name, answer)


def untried(keys: Sequence[str], planned: Sequence[Row]) -> list[str]:
    """Why some of these rows cannot be tried, a sentence each; nothing where all can."""
    by_key = {str(row["ROW_KEY"]): row for row in planned}
    return [why for key in keys for why in [_untried(key, by_key.get(key))] if why]


def _untried(key: str, row: Row | None) -> str:
    if row is None:
        return (
            f"The plan changes nothing for a row {key}: HubSpot holds what it says, or there is "
            "no such row."
        )
    if row["IS_GONE"]:
        return f"Row {key} is gone from the table or view, and a trial removes nothing."
    if row["ACTION"] not in SENT:
        reason = look.as_sentence(str(row["MESSAGE"] or "the plan leaves it as it is"))
        return f"Row {key} is not sent: {reason}"
    return ""
