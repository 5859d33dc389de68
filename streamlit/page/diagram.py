"""How the tables that landed hang together, drawn from the columns they have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from page import look, words
from page.calls import Calls, Row

LINE = "#7d8aa0"


def show(landed: list[Row], counts: Mapping[str, int], calls: Calls) -> None:
    """Draw the tables and the arrays of ids between them."""
    tables = {str(one["DESTINATION"]): str(one["STREAM"]) for one in landed}
    links = {
        table: [column.removesuffix("_IDS") for column in columns]
        for table, columns in calls.of_ids(list(tables)).items()
    }
    st.graphviz_chart(dot(tables, links, counts))
    look.html(
        '<p class="quiet">An arrow is a column of ids: <code>CONTACTS.COMPANIES_IDS</code> holds '
        "the ids of the companies of a contact. Dashed tables are not loaded yet.</p>"
    )


def dot(
    tables: Mapping[str, str], links: Mapping[str, Sequence[str]], counts: Mapping[str, int]
) -> str:
    """The diagram in Graphviz's language.

    Args:
        tables: Stream of each table.
        links: Names of the streams whose ids each table holds, in upper case.
        counts: Rows of each table.
    """
    of_stream = {stream.upper(): table for table, stream in tables.items()}
    lines = [
        "digraph tables {",
        "rankdir=LR bgcolor=transparent pad=0.2 nodesep=0.35 ranksep=0.9",
        f'node [shape=box style=rounded fontname="sans-serif" fontsize=11 color="{LINE}" '
        f'fontcolor="{LINE}" margin="0.18,0.1"]',
        f'edge [color="{LINE}" fontcolor="{LINE}" arrowsize=0.6 fontname="sans-serif" fontsize=9]',
    ]
    for table in tables:
        label = f"{table.rsplit('.', 1)[-1]}\\n{words.plural(counts.get(table, 0), 'row')}"
        lines.append(f'{_quoted(table)} [label="{label}" color="#2f6fed" fontcolor="#2f6fed"]')
    lost = {one for each in links.values() for one in each if one not in of_stream}
    lines += [f'{_quoted(one)} [style="rounded,dashed"]' for one in sorted(lost)]
    lines += [
        f"{_quoted(table)} -> {_quoted(of_stream.get(one, one))}"
        for table, each in links.items()
        for one in each
    ]
    return "\n".join([*lines, "}"])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '\\"') + '"'
