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
    columns = [str(column["COLUMN_NAME"]) for column in calls.columns(table)]
    with st.expander("Columns to show"):
        chosen = st.multiselect(
            "Columns", columns, naming.usual(columns, labels, calls.fill(table)),
            key=f"columns-{name}", format_func=lambda column: naming.label(column, labels),
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
    options = {
        column: naming.options(labels[column]) for column in chosen if column in labels and spelled
    }
    types = {str(stream["STREAM"]): stream["OBJECT_TYPE"] for stream in calls.streams()}
    type_ = types.get(str(sync["STREAM"]))
    shown_rows = [
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
    linked = any(row[LINK] for row in shown_rows)
    st.dataframe(
        shown_rows,
        hide_index=True,
        column_order=([LINK] if linked else []) + (chosen or ["ID"]),
        column_config={
            LINK: st.column_config.LinkColumn(
                LINK, display_text="open", width="small",
                help="The record itself, in your HubSpot account",
            ),
            **{
                column: st.column_config.Column(
                    naming.label(column, labels), help=naming.help_of(column, labels)
                )
                for column in chosen
            },
        },
    )  # fmt: skip
    look.html(
        f'<p class="quiet">The {words.number(len(shown_rows))} rows that changed last. Times are '
        "UTC, as they are stored.</p>"
    )


def _cell(value: object) -> object:
    """A value as a table shows it: decimals as numbers."""
    return float(value) if isinstance(value, Decimal) else value
