"""Trust: completeness, the doctor, deletions and merges."""

from __future__ import annotations

from collections import defaultdict
from html import escape

import streamlit as st

from page import comparing, completeness_view, doctor_view, look, place, streams, words
from page.calls import Calls, Row

KINDS = {
    "ARCHIVED": "in HubSpot's recycle bin",
    "MERGED": "merged into another",
    "PURGED": "gone for good",
    "FILTERED_OUT": "no longer match the filter",
}
MERGES = 20


def show(calls: Calls) -> None:
    """Draw all parts, or the comparisons of the opened sync."""
    comparing.watch(calls)
    syncs = [sync for sync in calls.syncs() if sync["DESTINATION"]]
    counts = calls.row_counts([str(sync["DESTINATION"]) for sync in syncs])
    by_table = {
        str(sync["DESTINATION"]): sync for sync in syncs if str(sync["DESTINATION"]) in counts
    }
    opened = place.inside("sync")
    opened_sync = next((sync for sync in by_table.values() if sync["NAME"] == opened), None)
    if opened_sync is not None:
        completeness_view.show_sync(opened_sync, calls)
        return
    if not by_table:
        look.empty("Nothing to check yet", "This fills once a sync has brought rows.")
        st.button("Go to the syncs", type="primary", on_click=place.go, args=(place.SYNCS,))
        doctor_view.show(calls)
        return
    with st.container():
        completeness_view.show(list(by_table.values()), calls)
    st.space("small")
    with st.container():
        doctor_view.show(calls)
    st.space("small")
    gone: dict[str, dict[str, Row]] = defaultdict(dict)
    for deletion in calls.deletions(list(by_table)):
        gone[str(deletion["NAME"])][str(deletion["KIND"])] = deletion
    deletions(by_table, counts, gone)
    st.space("small")
    # only tables that have some are asked for them
    merges(by_table, [table for table, kinds in gone.items() if "MERGED" in kinds], calls)


def deletions(
    by_table: dict[str, Row], counts: dict[str, int], gone: dict[str, dict[str, Row]]
) -> None:
    """Draw how many rows of each table are marked deleted, by kind."""
    look.heading(
        "Deletions", "A record that is gone from HubSpot keeps its row, marked with what happened."
    )
    if not gone:
        look.empty("No record is gone", "Every sync looks for deletions, merges and purges.")
        return
    heads = ("Sync", "Rows", *(words.title(kind.lower()) for kind in KINDS), "Last found")
    look.html(
        look.table(
            heads,
            [
                (
                    escape(words.title(str(by_table[table]["NAME"]))),
                    words.number(counts[table]),
                    *(_count(kinds.get(kind)) for kind in KINDS),
                    words.time(max(deletion["LAST_AT"] for deletion in kinds.values())),
                )
                for table, kinds in sorted(gone.items())
            ],
            right=(1, 2, 3, 4, 5),
        )
        + '<p class="quiet small">'
        + "; ".join(
            f"{words.title(kind.lower())}: {escape(meaning)}" for kind, meaning in KINDS.items()
        )
        + "</p>"
    )


def _count(deletion: Row | None) -> str:
    return words.number(deletion["TIMES"]) if deletion else words.NOTHING


def merges(by_table: dict[str, Row], tables: list[str], calls: Calls) -> None:
    """Draw the latest records of some tables that were merged into another."""
    look.heading("Merges", "The survivor holds what both held; the other row says where it went.")
    merged = calls.merges(tables, MERGES)
    if not merged:
        look.empty("No records were merged", "When two become one in HubSpot, it shows here.")
        return
    look.html(
        look.table(
            ("Sync", "Record", "Became part of", "Found"),
            [
                (
                    escape(words.title(str(by_table[str(merge["NAME"])]["NAME"]))),
                    f"<code>{escape(str(merge['ID']))}</code>",
                    _linked(merge, by_table[str(merge["NAME"])]["OBJECT_TYPE"]),
                    words.time(merge["MERGED_AT"]),
                )
                for merge in merged
            ],
        )
    )


def _linked(merge: Row, type_: object) -> str:
    survivor = escape(str(merge["SURVIVOR"]))
    url = streams.record_url(merge["PORTAL"], type_, merge["SURVIVOR"])
    if url is None:
        return f"<code>{survivor}</code>"
    return f'<a href="{escape(url)}" target="_blank" rel="noopener">{survivor}</a>'
