"""Data: preview, columns, explained rows and sample queries of the tables."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from page import column_labels, diagram, look, place, preview, queries, row_view, tabs, words
from page.calls import Calls, Row

EXPLAIN = "Explain a row"
CURRENT = "_CURRENT"
"""Suffix of the name of the view without deleted rows."""


def show(calls: Calls) -> None:
    """Draw the chosen part of one table, or the diagram of all tables."""
    syncs = [sync for sync in calls.syncs() if sync["DESTINATION"]]
    counts = calls.row_counts([str(sync["DESTINATION"]) for sync in syncs])
    landed = [sync for sync in syncs if str(sync["DESTINATION"]) in counts]
    # a run that found nothing made no table, and somebody asks just then why a record is missing
    offered = [sync for sync in syncs if sync in landed or sync["LAST_RUN_AT"]]
    if not offered:
        look.empty("Nothing has landed yet", "Tables appear with the first run that finds rows.")
        st.button("Go to the syncs", type="primary", on_click=place.go, args=(place.SYNCS,))
        return
    part = tabs.opened("Part", PARTS, "data-part")
    if part == "Diagram" and landed:
        diagram.show(landed, counts, calls)
        return
    names = [str(sync["NAME"]) for sync in offered]
    opened = place.inside("sync")
    name = st.selectbox(
        "Table", names, names.index(opened) if opened in names else 0, key="data-sync", width=320,
        format_func=words.title,
    )  # fmt: skip
    sync = offered[names.index(name)]
    table = str(sync["DESTINATION"])
    if sync not in landed and part != EXPLAIN:
        look.empty(
            "No row has landed yet",
            f"{table} appears with the first run that finds rows. Explain a row says of a record "
            "why it is not there.",
        )
        return
    if sync not in landed:
        row_view.show(sync, calls)
        return
    live = calls.live_counts([table]).get(table, 0)
    gone = counts[table] - live
    look.html(
        f"<p><code>{escape(table)}</code> <span class=quiet>{words.plural(live, 'row')}"
        + (f", and {words.number(gone)} deleted or filtered out" if gone else "")
        + "</span></p>"
    )
    PARTS[part](sync, calls)


def _labels(sync: Row, calls: Calls) -> dict[str, Row]:
    return {str(row["COLUMN_NAME"]): row for row in calls.properties(str(sync["NAME"]))}


def _preview(sync: Row, calls: Calls) -> None:
    preview.show(sync, _labels(sync, calls), calls)


def _columns(sync: Row, calls: Calls) -> None:
    table = str(sync["DESTINATION"])
    labels = _labels(sync, calls)
    fill = calls.fill(table)
    sought = st.text_input(
        "Search columns", key="columns-sought", placeholder="Label or name", width=280,
        label_visibility="collapsed",
    ).lower()  # fmt: skip
    st.dataframe(
        [
            {
                "Column": name,
                "HubSpot label": str(labels[name]["LABEL"] or "") if name in labels else "",
                "Filled": fill.get(name),
                "Type": column["DATA_TYPE"],
                "Property": labels[name]["PROPERTY"] if name in labels else "",
                "Options": ", ".join(column_labels.options(labels[name]).values())
                if name in labels
                else "",
                "Comment": column["COMMENT"] or "",
            }
            for column in calls.columns(table)
            for name in [str(column["COLUMN_NAME"])]
            if sought in f"{name} {labels[name]['LABEL'] if name in labels else ''}".lower()
        ],
        hide_index=True,
        height=520,
        column_config={
            "HubSpot label": st.column_config.TextColumn(width="medium"),
            "Filled": st.column_config.ProgressColumn(
                "Filled", format="percent", min_value=0, max_value=1,
                help="Share of the rows that have a value",
            ),
            "Property": st.column_config.TextColumn(width="medium"),
            "Options": st.column_config.TextColumn(width="medium"),
            "Comment": st.column_config.TextColumn(width="large"),
        },
    )  # fmt: skip


def _queries(sync: Row, calls: Calls) -> None:
    table = str(sync["DESTINATION"])
    columns = {
        str(column["COLUMN_NAME"]): str(column["DATA_TYPE"]) for column in calls.columns(table)
    }
    current = {str(column["COLUMN_NAME"]) for column in calls.columns(table + CURRENT)}
    labels = _labels(sync, calls)
    first = column_labels.naming_columns(list(columns), labels)
    ordered = {name: labels[name] for name in dict.fromkeys([*first, *labels])}
    look.html('<p class="quiet">To copy into a worksheet.</p>')
    there = calls.row_counts(
        [str(sync["DESTINATION"]) for sync in calls.syncs() if sync["DESTINATION"]]
    )
    for title, statement in queries.samples(table, columns, ordered, there, current):
        look.html(f"<b>{escape(title)}</b>")
        st.code(statement, language="sql", wrap_lines=True)


PARTS: dict[str, Callable[[Row, Calls], None]] = {
    "Preview": _preview,
    "Columns": _columns,
    EXPLAIN: row_view.show,
    "Queries": _queries,
    "Diagram": lambda *_: None,
}
