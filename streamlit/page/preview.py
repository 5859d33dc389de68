"""Shows the rows of a table that changed or happened last, with HubSpot's labels and links."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from page import column_labels, look, streams, words
from page.calls import Calls, Row

ROWS = 50
LINK = "In HubSpot"


def show(sync: Row, labels: column_labels.Labels, calls: Calls) -> None:
    """Draw the rows, each with a link to its record."""
    table, name = str(sync["DESTINATION"]), str(sync["NAME"])
    columns = [str(column["COLUMN_NAME"]) for column in calls.columns(table)]
    with st.expander("Columns to show"):
        chosen = st.multiselect(
            "Columns", columns, column_labels.usual_columns(columns, labels, calls.fill(table)),
            key=f"columns-{name}", label_visibility="collapsed",
            format_func=lambda column: column_labels.label_of(column, labels),
        )  # fmt: skip
        spelled = st.toggle(
            "Values by HubSpot's labels", value=True, key=f"spelled-{name}",
            help="Off: as they are stored, and as a query must compare them",
        )  # fmt: skip
    rows = calls.preview(table, chosen or ["ID"], ROWS)
    if not rows:
        if calls.row_counts([table]).get(table):
            look.empty("No live row", "All are marked as deleted or filtered out; Trust says how.")
        else:
            look.empty("The table is empty", "Its sync has found no record that its filters take.")
        return
    options = {
        column: column_labels.options(labels[column])
        for column in chosen
        if column in labels and spelled
    }
    type_ = sync["OBJECT_TYPE"]
    shown_rows = [
        {
            **{
                column: _cell(column_labels.labelled(value, options.get(column, {})))
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
                    column_labels.label_of(column, labels),
                    help=column_labels.help_of(column, labels),
                )
                for column in chosen
            },
        },
    )  # fmt: skip
    latest_by = column_labels.label_of(calls.latest_by(table) or "ID", labels).lower()
    look.html(
        f'<p class="quiet">The {words.number(len(shown_rows))} latest rows by {latest_by}. Times '
        "are UTC, as they are stored.</p>"
    )


def _cell(value: object) -> object:
    """A value as a table shows it: decimals as numbers."""
    return float(value) if isinstance(value, Decimal) else value
