"""Explains a row: why it is as it is, or why it is missing, given a record's id."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

import streamlit as st

from page import look, place, streams, words
from page.calls import Answer, Calls, Row

KEPT = "row-explained"
REASONS = {
    "PRESENT": ("As in HubSpot", "good"),
    "MISFIT": ("There, with values that do not fit", "warn"),
    "NOT_SETTLED": ("On its way", "busy"),
    "STALE": ("An older version", "bad"),
    "NOT_LOADED": ("Not in the table", "bad"),
    "ARCHIVED": ("In HubSpot's recycle bin", "calm"),
    "MERGED": ("Merged into another", "calm"),
    "PURGED": ("Deleted for good", "calm"),
    "FILTERED_OUT": ("Not taken by the filter", "calm"),
    "NEVER_EXISTED": ("Unknown to HubSpot", "calm"),
    "REMOVED": ("Removed from its list", "calm"),
}
CHECKING = ("STALE", "NOT_LOADED")
"""The reasons that a comparison with HubSpot repairs."""

_STANDING = {
    "LIVE": "There",
    "ARCHIVED": "In the recycle bin",
    "MERGED": "Merged into another",
    "GONE": "Unknown",
}


def show(sync: Row, calls: Calls) -> None:
    """Draw the form, and the last answer."""
    name = str(sync["NAME"])
    look.html(
        '<p class="quiet">Somebody misses a record in a report, or finds one that is gone? Its id '
        "is the last part of its address in HubSpot. Asking costs up to four requests and changes "
        "nothing.</p>"
    )
    with (
        st.form(f"explain-{name}", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        record = st.text_input(
            "Address, id or e-mail",
            key=f"explain-id-{name}",
            placeholder="https://app.hubspot.com/contacts/…/record/0-1/12345678901",
            width=460,
            help="Where several columns make the key: their values, joined by /",
        )
        asked = st.form_submit_button("Explain", type="primary")
    kept: dict[str, tuple[str, datetime, Answer]] = st.session_state.setdefault(KEPT, {})
    if asked and not record.strip():
        look.note("Which record?", "Give its address, id or e-mail first.", "warn")
        return
    if asked:
        with look.working("Looking at the row, and asking HubSpot for the record"):
            answer = calls.explain_row(name, record.strip())
        kept[name] = (record.strip(), datetime.now(UTC), answer)
    if name in kept:
        _show_answer(sync, *kept[name], calls)


def _show_answer(sync: Row, record: str, at: datetime, answer: Answer, calls: Calls) -> None:
    if answer.get("response_code") != "OK":
        look.tell(answer)
        return
    record = str(answer.get("id") or record)
    facts: Mapping[str, Any] = answer.get("facts") or {}
    reason = str(answer["reason"])
    portal = calls.portal_of(str(sync["DESTINATION"]))
    url = streams.record_url(portal, sync["OBJECT_TYPE"], record)
    link = (
        f' <a href="{escape(url)}" target="_blank" rel="noopener">Open it in HubSpot</a>'
        if url and reason not in ("NEVER_EXISTED", "PURGED")
        else ""
    )
    look.html(
        f"<p><b>{escape(record)}</b> {look.badge(*REASONS.get(reason, (reason, 'calm')))}{link}</p>"
        f"<p>{escape(look.sentence(str(answer['message'])))}</p>"
        f'<p class="quiet small">Asked {words.time(at)}.</p>'
    )
    look.html(look.table(("", "The row", "HubSpot"), sides(facts)))
    look.html(
        look.facts(
            [
                ("Table complete up to", words.time(facts.get("settled_through"))),
                ("Last run", words.time((facts.get("last_run") or {}).get("started_at"))),
                ("Values that do not fit", escape(", ".join(facts.get("misfits") or [])) or "none"),
            ]
        )
    )
    _next(sync, reason, facts.get("last_run") or {})


def sides(facts: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The lines of the table that compares row and record; cells are HTML."""
    row, record = facts.get("row") or {}, facts.get("hubspot") or {}
    here = "There" if row else "None"
    if row.get("delete_kind"):
        here = f"Marked {words.title(str(row['delete_kind']).lower()).lower()}"
    matches = {"True": "yes", "False": "no"}.get(str(record.get("matches_filter")), words.NOTHING)
    lines = [
        ("Is", here, _STANDING.get(str(record.get("standing")), words.NOTHING)),
        ("Last changed", words.time(row.get("updated_at")), words.time(record.get("updated_at"))),
        ("Gone since", words.time(row.get("deleted_at")), words.time(record.get("archived_at"))),
        (
            "Became part of",
            escape(str(row.get("merged_into") or words.NOTHING)),
            escape(str(record.get("survivor") or words.NOTHING)),
        ),
        ("Taken by the filter", words.NOTHING, matches),
        ("Written", words.time(row.get("synced_at")), words.NOTHING),
    ]
    return [line for line in lines if line[0] == "Is" or (line[1], line[2]) != (words.NOTHING,) * 2]


def _next(sync: Row, reason: str, last_run: Mapping[str, Any]) -> None:
    name = str(sync["NAME"])
    with st.container(horizontal=True):
        if reason in CHECKING:
            st.button(
                "Compare the table with HubSpot", key=f"explain-check-{name}", on_click=place.go,
                args=(place.TRUST,), kwargs={"sync": name},
            )  # fmt: skip
        if reason == "NOT_SETTLED":
            st.button(
                "Open the sync", key=f"explain-sync-{name}", on_click=place.go,
                args=(place.SYNCS,), kwargs={"sync": name},
            )  # fmt: skip
        if last_run.get("run_id"):
            st.button(
                "Open the last run", key=f"explain-run-{name}", on_click=place.go,
                args=(place.RUNS,), kwargs={"run": str(last_run["run_id"])},
            )  # fmt: skip
