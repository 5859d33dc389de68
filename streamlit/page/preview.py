"""The rows of a table that changed last, as HubSpot would show them."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from page import labels as naming
from page import look, streams, words
from page.calls import Calls, Row

ROWS = 50
LINK = "In HubSpot"


def show(sync: Row, labels: naming.Labels, calls: Calls) -> None:
    """Draw the rows, each with a link to its record."""
    table, name = str(sync["DESTINATION"]), str(sync["NAME"])
    columns = [str(one["COLUMN_NAME"]) for one in calls.columns(table)]
    with st.expander("Columns to show"):
        chosen = st.multiselect(
            "Columns", columns, naming.usual(columns, labels, calls.fill(table)),
            key=f"columns-{name}", format_func=lambda one: naming.label(one, labels),
            label_visibility="collapsed",
        )  # fmt: skip
        spelled = st.toggle(
            "Values by HubSpot's labels", value=True, key=f"spelled-{name}",
            help="Off: as they are stored, and as a query must compare them",
        )  # fmt: skip
    rows = calls.preview(table, chosen or ["ID"], ROWS)
    if not rows:
        look.empty("The table is empty", "Its sync has found no record that its filters take.")
        return
    options = {one: naming.options(labels[one]) for one in chosen if one in labels and spelled}
    types = {str(one["STREAM"]): one["OBJECT_TYPE"] for one in calls.streams()}
    type_ = types.get(str(sync["STREAM"]))
    told = [
        {
            **{
                column: _cell(naming.said(value, options.get(column, {})))
                for column, value in row.items()
                if column != "_PORTAL_ID"
            },
            LINK: streams.record_url(row.get("_PORTAL_ID"), type_, row.get("ID")),
        }
        for row in rows
    ]
    linked = any(row[LINK] for row in told)
    st.dataframe(
        told,
        hide_index=True,
        column_order=([LINK] if linked else []) + (chosen or ["ID"]),
        column_config={
            LINK: st.column_config.LinkColumn(
                LINK, display_text="open", width="small",
                help="The record itself, in your HubSpot account",
            ),
            **{
                one: st.column_config.Column(
                    naming.label(one, labels), help=naming.help_of(one, labels)
                )
                for one in chosen
            },
        },
    )  # fmt: skip
    look.html(
        f'<p class="quiet">The {words.number(len(told))} rows that changed last. Times are UTC, as '
        "they are stored.</p>"
    )


def _cell(value: object) -> object:
    """A value as a table shows it: decimals as numbers."""
    return float(value) if isinstance(value, Decimal) else value
