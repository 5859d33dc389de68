"""Draws which tables refer to which, by their columns of ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from page import look, words
from page.calls import Calls, Row

LINE, OURS = "#7d8aa0", "#2f6fed"
POINTING = {
    "HUBSPOT_OWNER_ID": "OWNERS",
    "DEALSTAGE": "PIPELINE_STAGES",
    "HS_PIPELINE_STAGE": "PIPELINE_STAGES",
}
"""Suffixes of columns that hold one id, and the stream it belongs to."""


def show(landed: list[Row], counts: Mapping[str, int], calls: Calls) -> None:
    """Draw the tables and the columns of ids between them."""
    tables = {str(sync["DESTINATION"]): str(sync["STREAM"]) for sync in landed}
    st.graphviz_chart(dot(tables, calls.id_columns(list(tables), list(POINTING)), counts))
    look.html(
        '<p class="quiet">An arrow is a column of ids: <code>CONTACTS.COMPANIES_IDS</code> holds '
        "the ids of the companies of a contact, each an <code>ID</code> there. Dashed tables are "
        "not loaded yet.</p>"
    )


def aim(column: str, loaded: set[str]) -> str | None:
    """The stream, in upper case, whose ids a column holds; None when the column gets no arrow."""
    if column.endswith("_IDS"):
        return column.removesuffix("_IDS")
    stream = next((to for end, to in POINTING.items() if column.endswith(end)), None)
    return stream if stream in loaded else None


def dot(
    tables: Mapping[str, str], links: Mapping[str, Sequence[str]], counts: Mapping[str, int]
) -> str:
    """The diagram in Graphviz's language.

    Args:
        tables: Stream of each table.
        links: The columns of each table that may hold ids of records.
        counts: Rows of each table.
    """
    of_stream = {stream.upper(): table for table, stream in tables.items()}
    arrows = [
        (table, column, to)
        for table, columns in links.items()
        for column in columns
        for to in [aim(column, set(of_stream))]
        if to
    ]
    lines = [
        "digraph tables {",
        "rankdir=LR bgcolor=transparent pad=0.2 nodesep=0.3 ranksep=0.5",
        f'node [shape=plain fontname="sans-serif" fontsize=12 color="{LINE}" fontcolor="{LINE}" '
        'margin="0.18,0.1"]',
        f'edge [color="{LINE}" arrowsize=0.6]',
    ]
    for table in tables:
        held = [column for source, column, _ in arrows if source == table]
        lines.append(f"{_quoted(table)} [label=<{_card(table, held, counts.get(table, 0))}>]")
    lost = {to for _, _, to in arrows if to not in of_stream}
    lines += [f'{_quoted(stream)} [shape=box style="rounded,dashed"]' for stream in sorted(lost)]
    lines += [
        f"{_quoted(table)}:{_quoted(column)} -> {_quoted(of_stream.get(to, to))}"
        for table, column, to in arrows
    ]
    return "\n".join([*lines, "}"])


def _card(table: str, columns: Sequence[str], count: int) -> str:
    """A table with its key and its columns of ids, as Graphviz's own kind of HTML."""
    cells = "".join(
        f'<TR><TD ALIGN="LEFT" PORT="{escape(column)}">{escape(column)}</TD></TR>'
        for column in columns
    )
    return (
        f'<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0" CELLPADDING="5" STYLE="ROUNDED" '
        f'COLOR="{OURS}"><TR><TD ALIGN="LEFT"><FONT COLOR="{OURS}">'
        f"<B>{escape(table.rsplit('.', 1)[-1])}</B>  {words.plural(count, 'row')}</FONT></TD></TR>"
        f'<HR/><TR><TD ALIGN="LEFT">ID (key)</TD></TR>{cells}</TABLE>'
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '\\"') + '"'
