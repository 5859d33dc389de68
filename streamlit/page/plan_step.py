"""The step of Set up that shows what the first runs will take."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import destination_step, look, objects_step, plan_view, plans, words
from page.calls import Answer, Calls


def show(calls: Calls) -> bool:
    """Draw the step; true when a stream was picked."""
    look.heading(
        "Plan",
        "What the first runs will take. Nothing is stored or read yet; HubSpot is asked for counts "
        "only.",
    )
    picked = objects_step.new(calls)
    if not picked:
        look.empty("No object is chosen", "Go back to Objects and pick at least one.")
        return False
    answers = _asked(picked, calls)
    plan_view.together(list(answers.values()))
    st.space("small")
    look.html(
        look.table(
            ("Object", "Rows", "Requests", "Takes", "New columns", "Read"),
            [_row(name, plan) for name, plan in answers.items()],
            right=(1, 2, 3, 4),
        )
    )
    st.button("Look again", on_click=calls.forget)
    good = [name for name in picked if answers[name].get("response_code") == "OK"]
    if good:
        st.space("small")
        # labels that change would make another box of it, which forgets what was chosen
        name = st.selectbox("In detail", good, key="planned", width=320, format_func=words.title)
        plan_view.details(answers[name])
    return True


def _asked(picked: list[str], calls: Calls) -> dict[str, Answer]:
    answers = {}
    for n, name in enumerate(picked, 1):
        message = f"Asking HubSpot what {words.title(name)} will take ({n} of {len(picked)})"
        with look.working(message):
            answers[name] = calls.plan(
                name, objects_step.to_store(name, *destination_step.target(), calls)
            )
    return answers


def _row(name: str, plan: Answer) -> tuple[str, ...]:
    title = escape(words.title(name))
    if plan.get("response_code") != "OK":
        code, message = str(plan.get("response_code")), look.sentence(str(plan.get("message", "")))
        return (title, "", "", "", "", f"<b>{escape(code)}</b> {escape(message)}")
    seconds = 60.0 * float(plan["minutes"])
    return (
        title,
        "not told" if plan["rows"] is None else words.number(plan["rows"]),
        plans.at_least(plan) + words.number(plan["requests_total"]),
        plans.lasting(seconds, seconds),
        words.number(len(plan["columns"])),
        escape(plans.how(plan["strategy"])),
    )
