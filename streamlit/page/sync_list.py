"""Lists all syncs, each with a button that opens it."""

from __future__ import annotations

import re
from html import escape

import streamlit as st

from page import live, look, pause_all, place, sync_view, words
from page.calls import Calls, Row

A_PAGE = 20
HEADS = ("Health", "Data complete until", "Rows", "Last run", "Next run")
ATTENTION = ("FAILED", "SKIPPED", "DELAYED", "INCOMPLETE")


def show(calls: Calls) -> None:
    """Draw the list, or the opened sync."""
    syncs = calls.syncs()
    opened = place.inside("sync")
    opened_sync = next((sync for sync in syncs if sync["NAME"] == opened), None)
    if opened_sync is not None:
        sync_view.show(opened_sync, calls)
        return
    if not syncs:
        look.empty(
            "No syncs yet", "A sync keeps one kind of HubSpot record in one table, up to date."
        )
        st.button("Set up the first one", type="primary", on_click=place.go, args=(place.SET_UP,))
        return
    live.show(calls)
    # asked again: a run may have ended while those under way were looked for
    syncs = calls.syncs()
    counts = calls.row_counts([str(sync["DESTINATION"]) for sync in syncs if sync["DESTINATION"]])
    _summary(syncs, counts)
    shown = _sought(syncs, calls)
    if not shown:
        look.empty("No sync matches", "Clear the search, or show all of them.")
    pages = -(-len(shown) // A_PAGE)
    page = min(st.session_state.get("syncs-page", 0), max(pages - 1, 0))
    if shown:
        look.heads(HEADS)
    for sync in shown[page * A_PAGE : (page + 1) * A_PAGE]:
        row(sync, counts.get(str(sync["DESTINATION"])), calls)
    if pages > 1:
        _pager(page, pages)


def _summary(syncs: list[Row], counts: dict[str, int]) -> None:
    good = sum(1 for sync in syncs if sync["HEALTH"] == "HEALTHY" and sync["ENABLED"])
    care = [sync for sync in syncs if sync["HEALTH"] in ATTENTION and sync["ENABLED"]]
    tables = {str(sync["DESTINATION"]) for sync in syncs}
    rows = sum(count for table, count in counts.items() if table in tables)
    settled = [sync["SETTLED_THROUGH"] for sync in syncs if sync["ENABLED"]]
    # where one has not been read whole there is no time up to which all is complete
    unread = settled.count(None)
    least = "–" if unread else words.time(min(settled, default=None))
    behind = f"{words.number(unread)} not read whole yet" if unread else "the least current"
    paused = sum(1 for sync in syncs if not sync["ENABLED"])
    well = f"and {words.number(paused)} paused" if paused else "all is well"
    look.html(
        look.facts(
            [
                ("Healthy", f"{good} <small>of {words.plural(len(syncs), 'sync')}</small>"),
                ("Need a look", f"{len(care)}<small>{_named(care) or well}</small>"),
                (
                    "Data complete until",
                    f"{least}<small>{behind}</small>",
                ),
                ("Rows kept", f"{words.number(rows)}<small>in all tables</small>"),
            ],
            big=True,
        )
    )
    st.space("small")


def _named(syncs: list[Row]) -> str:
    first = ", ".join(str(sync["NAME"]) for sync in syncs[:2])
    return escape(first + (" and others" if len(syncs) > 2 else ""))


def _sought(syncs: list[Row], calls: Calls) -> list[Row]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sought = st.text_input(
            "Search syncs", key="syncs-sought", placeholder="Name or object", width=260,
            label_visibility="collapsed",
        )  # fmt: skip
        care = st.toggle("Only those that need a look", key="syncs-care")
        st.button("Add objects", on_click=_add)
        pause_all.show(pause_all.SYNCS, syncs, calls)
    return [
        sync
        for sync in sorted(syncs, key=_urgency)
        if sought.lower() in f"{sync['NAME']} {sync['STREAM']}".lower()
        and (not care or sync["HEALTH"] in ATTENTION)
    ]


def _urgency(sync: Row) -> tuple[int, list[tuple[int, str]]]:
    """What needs a look first, the worst before the rest; then by name, 2 before 10."""
    health = str(sync["HEALTH"]) if sync["ENABLED"] else ""
    place_ = ATTENTION.index(health) if health in ATTENTION else len(ATTENTION)
    parts = re.split(r"(\d+)", str(sync["NAME"]))
    return place_, [(int(part) if part.isdigit() else 0, part) for part in parts]


def _add() -> None:
    st.session_state["step"] = 3
    place.go(place.SET_UP)


def row(sync: Row, count: int | None, calls: Calls) -> None:
    """Draw a sync in one line; its name opens it."""
    name = str(sync["NAME"])
    with st.container(key=f"row-{name}"):
        left, right = st.columns([3, 9], vertical_alignment="center")
        left.button(
            f"**{words.title(name)}**",
            key=f"open-{name}",
            type="tertiary",
            on_click=place.go,
            args=(place.SYNCS,),
            kwargs={"sync": name},
            help=f"Open {name}",
        )
        with right:
            look.html(
                look.facts(
                    list(
                        zip(
                            HEADS,
                            (
                                look.health(sync),
                                words.time(sync["SETTLED_THROUGH"]),
                                words.number(count),
                                words.time(sync["LAST_RUN_AT"]),
                                sync_view.next_run(sync, calls),
                            ),
                            strict=True,
                        )
                    )
                )
                + _reason(sync)
            )


def _reason(sync: Row) -> str:
    """HTML of what went wrong with a sync that needs a look; nothing otherwise."""
    if sync["HEALTH"] not in ATTENTION or not sync["ENABLED"] or not sync_view.trouble(sync):
        return ""
    return f'<p class="small">{escape(look.sentence(sync_view.trouble(sync)))}</p>'


def _pager(page: int, pages: int) -> None:
    def turn(to: int) -> None:
        st.session_state["syncs-page"] = to

    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Previous", disabled=page == 0, on_click=turn, args=(page - 1,))
        st.button("Next", disabled=page + 1 >= pages, on_click=turn, args=(page + 1,))
        look.html(f'<p class="quiet">Page {page + 1} of {pages}</p>')
