"""Shows plans: one run in detail, or several together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

import streamlit as st

from page import filters, look, place, plans, words
from page.calls import Answer, Calls, Row, variant


def of_sync(sync: Row, settings: place.Settings, calls: Calls) -> None:
    """Draw the plan of a sync's next run, unsaved changes included."""
    changed = filters.cleaned(settings)
    saved = changed == filters.cleaned(variant(sync["SETTINGS"]) or {})
    look.heading(
        "The next run",
        "Nothing is read by looking; HubSpot is asked for a few counts only."
        if saved
        else "With your changes, which are not saved yet.",
    )
    with look.working("Asking HubSpot what the run will take"):
        plan = calls.plan(str(sync["NAME"]), None if saved else changed)
    st.button("Look again", key="plan-again", on_click=calls.forget)
    if plan.get("response_code") != "OK":
        look.tell(plan)
        return
    together([plan])
    details(plan)


def together(answers: Sequence[Answer]) -> None:
    """Draw what several runs take together, and what is left of the daily limit."""
    total = plans.added(answers)
    share = f"{words.percent(total.share)} of the daily limit" if total.share else ""
    whole = all(plan["rows"] is not None for plan in plans.good(answers))
    counted = "records to read" if whole else "of what HubSpot counts"
    facts = [
        ("Rows", f"{words.number(total.rows)}<small>{counted}</small>"),
        (
            "Requests",
            f"{plans.at_least(total)}{words.number(total.requests)}<small>{share}</small>",
        ),
        ("Takes", f"{plans.lasting(total.least, total.most)}<small>at the limits of now</small>"),
        (
            "New tables",
            f"{words.number(total.tables)}<small>{words.plural(total.columns, 'new column')}"
            "</small>",
        ),
    ]
    if total.left is not None:
        of = f"afterwards, of {words.number(total.limit)}"
        facts.append(("Left today", f"{words.number(total.left)}<small>{of}</small>"))
    look.html(look.facts(facts, big=True))
    _costs(answers)
    show_missing_scopes(total.scopes)


def _costs(answers: Sequence[Answer]) -> None:
    """Draw what a day would cost, by how often the syncs run."""
    days = plans.credits_a_day(answers)
    if not days:
        return
    look.html(
        look.table(
            ("Runs every", "Credits a day"),
            [(every.lower(), words.credits(day)) for every, day in days.items()],
        )
    )
    look.html(
        '<p class="quiet">An estimate, each sync in a serverless task of its own, by '
        f"{escape(plans.basis(answers))}. Syncs that run together cost less.</p>"
    )


def show_missing_scopes(lacking: Sequence[str]) -> None:
    """Draw the scopes that the credential lacks, ready to copy."""
    if not lacking:
        return
    look.note(
        "Scopes are missing.",
        "What needs them is left out until the key has them: in HubSpot, Development &gt; Keys "
        "&gt; Service keys &gt; your key &gt; Scopes.",
        "warn",
    )
    st.code("\n".join(lacking), language=None, wrap_lines=True)


def details(plan: Answer) -> None:
    """Draw one plan: strategy, requests, new columns, statements, filter."""
    look.html(
        f'<p>Read {escape(plans.how(plan["strategy"]))}.</p><p class="quiet">{plans.why(plan)}</p>'
    )
    warned = plans.warning(plan)
    if warned:
        look.note("Not all at once:", escape(look.sentence(warned)), "warn")
    asked = [
        (f"<code>{escape(endpoint)}</code>", words.number(count))
        for endpoint, count in plan["requests"].items()
    ]
    if asked:
        look.html(look.table(("Asked of HubSpot", "Requests"), asked, right=(1,)))
    if plan["columns"]:
        with st.expander(f"{words.plural(len(plan['columns']), 'column')} to come"):
            st.dataframe(
                [
                    {
                        "Column": column["column"],
                        "HubSpot label": column["label"] or None,
                        "Property": column["property"],
                        "Type": column["type"],
                    }
                    for column in plan["columns"]
                ],
                hide_index=True,
                height=320,
            )
    if plan["ddl"]:
        with st.expander("Statements that make the tables"):
            st.code(";\n".join(plan["ddl"]) + ";", language="sql", wrap_lines=True)
    if plan["filter_groups"]:
        with st.expander("The filter, as HubSpot gets it"):
            st.code(json.dumps(plan["filter_groups"], indent=2), language="json", wrap_lines=True)
