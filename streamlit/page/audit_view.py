"""Shows who changed what, newest first: time, person, the change in words, and its way back."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import audit, look, portal_properties, run_names, set_back_view, words
from page.calls import Calls, Row, variant
from page.portal_names import NAMELESS, PortalNames

SHOWN = 50
HEADS = ("When", "Who", "Of", "What", "Before", "Now")
NOBODY = (
    "Snowflake tells the app who presses something on this page where an account administrator "
    "lets it: by “Review the privileges” under Set up in Snowsight, or with SQL."
)
LETS_IT = "GRANT READ SESSION ON ACCOUNT TO APPLICATION {};"


def show(calls: Calls) -> None:
    """Draw the last changes."""
    rows = calls.audit_log(SHOWN)
    look.heading("Who changed what", "Settings, credentials, and what was undone or stopped.")
    if not rows:
        look.empty("Nothing was changed yet", "What people change from now on stands here.")
        return
    with st.container(key="changes"):
        for n, (id, row) in enumerate(zip(audit.ids(rows), rows, strict=True)):
            names = _names(row, calls)
            with st.container(key=f"row-{id}"):
                left, right = st.columns([10, 2], vertical_alignment="center")
                with left:
                    lines = _lines(row, names, calls)
                    look.html(look.table(HEADS, lines, style="again" if n else ""))
                with right:
                    set_back_view.show(row, id, names, calls)
                with st.container():
                    set_back_view.tell(id)
    if any(row["CHANGED_BY"] is None for row in rows):
        look.html(f'<p class="quiet small">{escape(NOBODY)}</p>')
        st.code(LETS_IT.format(calls.application()), language="sql", wrap_lines=True)


def _lines(row: Row, names: PortalNames, calls: Calls) -> list[tuple[str, ...]]:
    """The cells of a change: a line for what was done, and one for each setting."""
    done = audit.action(row)
    changes = audit.changes(row, names)
    texts = [(run_names.named(done, calls), "", "")] if done else []
    texts += changes or ([] if done else [("nothing", "", "")])
    head = (
        words.time(row["CHANGED_AT"]),
        escape(str(row["CHANGED_BY"] or "not told")),
        escape(audit.subject(row)),
    )
    return [
        (*(head if n == 0 else ("", "", "")), *map(escape, text)) for n, text in enumerate(texts)
    ]


def _names(row: Row, calls: Calls) -> PortalNames:
    """What the portal calls the properties of the sync that a change is of."""
    if row["KIND"] != "SYNC":
        return NAMELESS
    settings = variant(row["AFTER"]) or variant(row["BEFORE"]) or {}
    stream = str(settings.get("stream") or row["NAME"])
    return portal_properties.names(str(row["NAME"]), stream, settings, calls)
