"""Coming from Fivetran: the syncs that it takes, their cost, the views, and the comparison."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import configuration, fivetran_steps, look, plans, words
from page.calls import Answer, Calls
from page.fivetran_steps import Proposal

PLANS, MADE, COMPARED = "fivetran-plans", "fivetran-made", "fivetran-compared"


def show(calls: Calls) -> None:
    """Draw the steps; nothing is asked or changed before something is pressed."""
    look.heading(
        "I come from Fivetran",
        "Views with Fivetran's names, columns and types: dbt and queries go on as they are.",
    )
    with st.expander("The way over, in three steps"):
        _configure(calls)
        _make(calls)
        _compare(calls)


def _configure(calls: Calls) -> None:
    readable = [str(row["STREAM"]) for row in calls.streams() if row["READABLE"]]
    syncs = {
        name: {key: value for key, value in settings.items() if key != configuration.ENABLED}
        for name, settings in configuration.of_syncs(calls.syncs()).items()
    }
    proposals = fivetran_steps.proposals(syncs, readable)
    st.markdown("**1. Read what Fivetran reads**, with the past values of properties")
    if not proposals:
        look.note("Nothing to do.", "Everything is configured for it.", "good")
        return
    look.html(
        look.table(
            ("Sync", "Would be"),
            [(escape(each.name), escape(each.change)) for each in proposals],
        )
    )
    if st.button("What would it cost?", key="fivetran-cost"):
        with look.working("Counting at HubSpot"):
            st.session_state[PLANS] = [calls.plan(each.name, each.settings) for each in proposals]
    made_plans: list[Answer] | None = st.session_state.get(PLANS)
    if made_plans is not None:
        total = plans.added(made_plans)
        look.note(
            f"{words.plural(total.requests, 'request')}"
            f"{' at least' if total.at_least else ''}, {words.plural(total.rows, 'record')}",
            f"The first runs of {words.plural(len(plans.good(made_plans)), 'sync')}.",
        )
    if st.button(f"Configure {words.plural(len(proposals), 'sync')}", key="fivetran-configure"):
        with look.working("Checking and storing each of them"):
            _apply(proposals, calls)


def _apply(proposals: list[Proposal], calls: Calls) -> None:
    answers = [calls.configure_sync(each.name, each.settings) for each in proposals]
    bad = [answer for answer in answers if answer.get("response_code") != "OK"]
    for answer in bad:
        look.tell(answer)
    if not bad:
        look.note("Done.", "Run them on the page of syncs; then make the views.", "good")


def _make(calls: Calls) -> None:
    st.markdown("**2. Make the views.** Runs keep them up to date from then on")
    if st.button("Make the views", key="fivetran-make"):
        with look.working("Making a view for each table of Fivetran's"):
            st.session_state[MADE] = calls.make_fivetran_views()
    answer: Answer | None = st.session_state.get(MADE)
    if answer is None or not look.tell(answer):
        return
    lacking = [
        line
        for line in answer["views"]
        if line["status"] in ("NOT_MADE", "FAILED") or line.get("statement")
    ]
    if lacking:
        look.html(
            look.table(
                ("Not made, or not whole", "Because", "What brings it"),
                [
                    (
                        escape(str(line["view"])),
                        escape(look.sentence(str(line.get("why", "")))),
                        escape(look.sentence(str(line["statement"])))
                        if line.get("statement")
                        else "",
                    )
                    for line in lacking
                ],
            )
        )


def _compare(calls: Calls) -> None:
    st.markdown("**3. Compare** with the schema that Fivetran still fills, before you change over")
    database = st.text_input("Fivetran's database", key="fivetran-database")
    schema = st.text_input("Fivetran's schema", key="fivetran-schema")
    views = st.text_input(
        "Schema of the views",
        key="fivetran-views",
        placeholder="only where there are views in several, for example HUBSPOT_EMEA",
    )
    if st.button("Compare", key="fivetran-compare") and database.strip() and schema.strip():
        settings = fivetran_steps.place_of_views(views)
        with look.working("Comparing every table by key and value"):
            st.session_state[COMPARED] = calls.compare_fivetran(database, schema, settings)
    answer: Answer | None = st.session_state.get(COMPARED)
    if answer is None or not look.tell(answer):
        return
    look.html(
        look.table(
            ("Table", "Equal", "Different", "On one side", "Explained", "Columns that differ"),
            [tuple(map(escape, row)) for row in fivetran_steps.unlike(answer)],
            right=(1, 2, 3, 4),
        )
    )
