"""Data: what has landed, with HubSpot's own names, and how to query it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from html import escape

import streamlit as st

from page import diagram, look, place, queries, row_view, streams, words
from page.calls import Calls, Row, variant

ROWS = 50
LINK = "In HubSpot"
TELLING = (
    *("email", "firstname", "lastname", "name", "domain", "dealname", "amount", "dealstage"),
    *("subject", "lifecyclestage", "industry", "city", "price", "quantity"),
)
"""Properties that tell a person which record is meant."""


def show(calls: Calls) -> None:
    """Draw a table that was chosen, or how all of them hang together."""
    syncs = [one for one in calls.syncs() if one["DESTINATION"]]
    counts = calls.row_counts([str(one["DESTINATION"]) for one in syncs])
    landed = [one for one in syncs if str(one["DESTINATION"]) in counts]
    if not landed:
        look.empty("Nothing has landed yet", "Tables appear with the first run that finds rows.")
        st.button("Go to the syncs", type="primary", on_click=place.go, args=(place.SYNCS,))
        return
    part = (
        st.segmented_control(
            "Part", list(PARTS), default="Preview", key="data-part", label_visibility="collapsed"
        )
        or "Preview"
    )
    if part == "Diagram":
        diagram.show(landed, counts, calls)
        return
    names = [str(one["NAME"]) for one in landed]
    opened = place.inside("sync")
    name = st.selectbox(
        "Table", names, names.index(opened) if opened in names else 0, key="data-sync", width=320,
        format_func=words.title,
    )  # fmt: skip
    table = str(landed[names.index(name)]["DESTINATION"])
    look.html(
        f"<p><code>{escape(table)}</code> <span class=quiet>"
        f"{words.plural(counts[table], 'row')}</span></p>"
    )
    PARTS[part](landed[names.index(name)], calls)


def _labels(sync: Row, calls: Calls) -> dict[str, Row]:
    return {str(one["COLUMN_NAME"]): one for one in calls.properties(str(sync["NAME"]))}


def _preview(sync: Row, calls: Calls) -> None:
    table = str(sync["DESTINATION"])
    columns = [str(one["COLUMN_NAME"]) for one in calls.columns(table)]
    labels = _labels(sync, calls)
    with st.expander("Columns to show"):
        chosen = st.multiselect(
            "Columns", columns, usual(columns, labels, calls.fill(table)),
            key=f"columns-{sync['NAME']}", format_func=lambda one: _label(one, labels),
            label_visibility="collapsed",
        )  # fmt: skip
    rows = calls.preview(table, chosen or ["ID"], ROWS)
    if not rows:
        look.empty("The table is empty", "Its sync has found no record that its filters take.")
        return
    kind = {str(one["STREAM"]): one["OBJECT_TYPE"] for one in calls.streams()}
    type_ = kind.get(str(sync["STREAM"]))
    rows = [
        {
            **{name: _cell(value) for name, value in row.items() if name != "_PORTAL_ID"},
            LINK: streams.record_url(row.get("_PORTAL_ID"), type_, row.get("ID")),
        }
        for row in rows
    ]
    linked = any(row[LINK] for row in rows)
    st.dataframe(
        rows,
        hide_index=True,
        column_order=([LINK] if linked else []) + (chosen or ["ID"]),
        column_config={
            LINK: st.column_config.LinkColumn(
                LINK, display_text="open", width="small",
                help="The record itself, in your HubSpot account",
            ),
            **{
                one: st.column_config.Column(_label(one, labels), help=_help(one, labels))
                for one in chosen
            },
        },
    )  # fmt: skip
    look.html(
        f'<p class="quiet">The {words.number(len(rows))} rows that changed last. Times are UTC, as '
        "they are stored.</p>"
    )


def usual(columns: list[str], labels: dict[str, Row], fill: dict[str, float]) -> list[str]:
    """The columns a person looks at first: what names a record, then the fullest."""
    of_property = {str(one["PROPERTY"]): name for name, one in labels.items()}
    telling = [of_property[one] for one in TELLING if of_property.get(one) in columns]
    own = [one for one in labels if one in columns and "_HS_" not in one and one not in telling]
    fullest = sorted(own, key=lambda one: -fill.get(one, 0))
    rest = [] if labels else [one for one in columns if one[0] != "_"]
    return list(
        dict.fromkeys(
            [one for one in columns if one == "ID"]
            + [*telling, *fullest][:7]
            + rest[:9]
            + [one for one in columns if one == "UPDATED_AT"]
        )
    )


def _cell(value: object) -> object:
    """A value as a table shows it: decimals as numbers."""
    return float(value) if isinstance(value, Decimal) else value


def _label(column: str, labels: dict[str, Row]) -> str:
    return (
        str(labels[column]["LABEL"] or column)
        if column in labels
        else words.title(column.lower().lstrip("_"))
    )


def _help(column: str, labels: dict[str, Row]) -> str:
    about = labels.get(column)
    return f"{column}" + (f" · {about['DESCRIPTION']}" if about and about["DESCRIPTION"] else "")


def _columns(sync: Row, calls: Calls) -> None:
    table = str(sync["DESTINATION"])
    labels = _labels(sync, calls)
    fill = calls.fill(table)
    sought = st.text_input(
        "Search columns", key="columns-sought", placeholder="Label or name", width=280,
        icon=":material/search:", label_visibility="collapsed",
    ).lower()  # fmt: skip
    st.dataframe(
        [
            {
                "Column": name,
                "HubSpot label": labels[name]["LABEL"] if name in labels else None,
                "Property": labels[name]["PROPERTY"] if name in labels else None,
                "Type": one["DATA_TYPE"],
                "Filled": fill.get(name),
                "Options": _options(labels[name]) if name in labels else None,
                "Comment": one["COMMENT"],
            }
            for one in calls.columns(table)
            for name in [str(one["COLUMN_NAME"])]
            if sought in f"{name} {labels[name]['LABEL'] if name in labels else ''}".lower()
        ],
        hide_index=True,
        height=520,
        column_config={
            "Filled": st.column_config.ProgressColumn(
                "Filled", format="percent", min_value=0, max_value=1,
                help="Share of the rows that have a value",
            ),
            "Comment": st.column_config.TextColumn(width="large"),
        },
    )  # fmt: skip


def _options(about: Row) -> str | None:
    pairs = variant(about["OPTIONS"]) or []
    return ", ".join(str(pair[1]) for pair in pairs) or None


def _queries(sync: Row, calls: Calls) -> None:
    table = str(sync["DESTINATION"])
    columns = {str(one["COLUMN_NAME"]): str(one["DATA_TYPE"]) for one in calls.columns(table)}
    look.html('<p class="quiet">To copy into a worksheet.</p>')
    there = calls.row_counts(
        [str(one["DESTINATION"]) for one in calls.syncs() if one["DESTINATION"]]
    )
    for title, statement in queries.samples(table, columns, _labels(sync, calls), there):
        look.html(f"<b>{escape(title)}</b>")
        st.code(statement, language="sql")


PARTS: dict[str, Callable[[Row, Calls], None]] = {
    "Preview": _preview,
    "Columns": _columns,
    "Explain a row": row_view.show,
    "Queries": _queries,
    "Diagram": lambda *_: None,
}
