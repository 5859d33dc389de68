"""Draws which tables refer to which, by their columns of ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from page import look, words
from page.calls import Calls, Row

LINE, OURS = "#6f7c92", "#3f78ee"
"""Colours that stand out from white and from near black alike, 4 to 1."""

MOST = 12
"""The most tables that are drawn at once; of more, those around a chosen one are drawn."""

ALL = "All tables"
Arrow = tuple[str, str, str]
"""A table, its column of ids, and the stream it leads to."""

POINTING = {
    "HUBSPOT_OWNER_ID": "OWNERS",
    "DEALSTAGE": "PIPELINE_STAGES",
    "HS_PIPELINE_STAGE": "PIPELINE_STAGES",
}
"""Suffixes of columns that hold one id, and the stream it belongs to."""


def show(landed: list[Row], counts: Mapping[str, int], calls: Calls) -> None:
    """Draw the tables and the columns of ids between them, as a picture and as a list."""
    tables = {str(sync["DESTINATION"]): str(sync["STREAM"]) for sync in landed}
    links = arrows(tables, calls.id_columns(list(tables), list(POINTING)))
    if len(tables) > MOST:
        centre = _centre(tables, links)
        if centre != ALL:
            tables, links = around(centre, tables, links)
    with st.container(key="diagram"):
        st.graphviz_chart(dot(tables, links, counts))
        look.html(
            '<p class="quiet">An arrow is a column of ids. Dashed tables are not loaded yet.</p>'
        )
    look.html(
        look.table(
            ("Table", "Column", "Holds ids of"),
            [
                (
                    f"<code>{escape(table.rsplit('.', 1)[-1])}</code>",
                    f"<code>{escape(column)}</code>",
                    f"<code>{escape(to)}</code>",
                )
                for table, column, to in links
            ],
        )
        if links
        else '<p class="quiet">No column of these tables holds ids of another.</p>'
    )


def arrows(tables: Mapping[str, str], columns: Mapping[str, Sequence[str]]) -> list[Arrow]:
    """The columns that hold ids, each with its table and the stream it leads to, in upper case.

    Args:
        tables: Stream of each table.
        columns: The columns of each table that may hold ids of records.
    """
    loaded = {stream.upper() for stream in tables.values()}
    return [
        (table, column, stream)
        for table, names in columns.items()
        for column in names
        for stream in [aim(column, loaded)]
        if stream
    ]


def around(
    centre: str, tables: Mapping[str, str], links: Sequence[Arrow]
) -> tuple[dict[str, str], list[Arrow]]:
    """The arrows that begin or end at one table, and the tables at both their ends."""
    stream = tables[centre].upper()
    near = [link for link in links if link[0] == centre or link[2] == stream]
    ends = {centre, *(table for table, _, _ in near)}
    aims = {to for _, _, to in near}
    return {
        table: stream for table, stream in tables.items() if table in ends or stream.upper() in aims
    }, near


def _centre(tables: Mapping[str, str], links: Sequence[Arrow]) -> str:
    """Draw the choice of a table; at first the one with most arrows."""
    names = sorted(tables)
    busiest = max(names, key=lambda table: len(around(table, tables, links)[1]))
    return st.selectbox(
        "Tables around", [ALL, *names], 1 + names.index(busiest), key="diagram-centre", width=320,
        format_func=lambda name: name.rsplit(".", 1)[-1],
    )  # fmt: skip


def aim(column: str, loaded: set[str]) -> str | None:
    """The stream, in upper case, whose ids a column holds; None when the column gets no arrow."""
    if column.endswith("_IDS"):
        return column.removesuffix("_IDS")
    stream = next((to for end, to in POINTING.items() if column.endswith(end)), None)
    return stream if stream in loaded else None


def dot(tables: Mapping[str, str], links: Sequence[Arrow], counts: Mapping[str, int]) -> str:
    """The diagram in Graphviz's language.

    Args:
        tables: Stream of each table.
        links: The arrows.
        counts: Rows of each table.
    """
    of_stream = {stream.upper(): table for table, stream in tables.items()}
    lines = [
        "digraph tables {",
        "rankdir=LR bgcolor=transparent pad=0.2 nodesep=0.3 ranksep=0.5",
        f'node [shape=plain fontname="sans-serif" fontsize=12 color="{LINE}" fontcolor="{LINE}" '
        'margin="0.18,0.1"]',
        f'edge [color="{LINE}" arrowsize=0.6]',
    ]
    for table in tables:
        held = [column for source, column, _ in links if source == table]
        lines.append(f"{_quoted(table)} [label=<{_card(table, held, counts.get(table, 0))}>]")
    lost = {to for _, _, to in links if to not in of_stream}
    lines += [f'{_quoted(stream)} [shape=box style="rounded,dashed"]' for stream in sorted(lost)]
    lines += [
        f"{_quoted(table)}:{_quoted(column)} -> {_quoted(of_stream.get(to, to))}"
        for table, column, to in links
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
