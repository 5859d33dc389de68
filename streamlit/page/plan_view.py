"""What runs would do, before they do it: one of them in detail, and several together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

import streamlit as st

from page import filters, look, place, plans, words
from page.calls import Answer, Calls, Row, variant


def of_sync(sync: Row, settings: place.Settings, calls: Calls) -> None:
    """What the next run of a sync would do, with the changes that are not saved."""
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
    st.button("Look again", icon=":material/refresh:", key="plan-again", on_click=calls.forget)
    if plan.get("response_code") != "OK":
        look.tell(plan)
        return
    together([plan])
    details(plan)


def together(answers: Sequence[Answer]) -> None:
    """What several runs take, and what of HubSpot's day is left after them."""
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
    show_missing_scopes(total.scopes)


def show_missing_scopes(lacking: Sequence[str]) -> None:
    """The scopes that the runs would need and the credential has not, ready to copy."""
    if not lacking:
        return
    look.note(
        "Scopes are missing.",
        "What needs them is left out until the key has them: in HubSpot, Development &gt; Keys "
        "&gt; Service keys &gt; your key &gt; Scopes.",
        "warn",
    )
    st.code("\n".join(lacking), language=None)


def details(plan: Answer) -> None:
    """One run: how it reads and why, what it asks, what it makes."""
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
            st.code(";\n".join(plan["ddl"]) + ";", language="sql")
    if plan["filter_groups"]:
        with st.expander("The filter, as HubSpot gets it"):
            st.code(json.dumps(plan["filter_groups"], indent=2), language="json")
