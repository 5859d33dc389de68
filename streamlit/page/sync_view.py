"""One sync: how it is, what it reads, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import streamlit as st

from page import look, place, run_list, words
from page.calls import Answer, Calls, Row, variant

PARTS = ("Overview", "Runs")


def show(sync: Row, calls: Calls) -> None:
    """Draw the sync."""
    name = str(sync["NAME"])
    st.button(
        "All syncs", icon=":material/arrow_back:", type="tertiary", on_click=place.go,
        args=(place.SYNCS,),
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(words.title(name), anchor=False, width="content")
        look.html(look.health(sync["HEALTH"], enabled=bool(sync["ENABLED"])))
    _actions(name, bool(sync["ENABLED"]), calls)
    destination = str(sync["DESTINATION"] or "")
    counts = calls.row_counts([destination] if destination else [])
    look.html(
        look.facts(
            [
                ("Complete up to", f"{words.time(sync['SETTLED_THROUGH'])}"),
                ("Rows", words.number(counts.get(destination))),
                ("Last run", words.time(sync["LAST_RUN_AT"])),
                ("Next run", next_run(sync)),
            ],
            big=True,
        )
    )
    if sync["LAST_MESSAGE"] and sync["HEALTH"] not in ("HEALTHY", "PENDING"):
        look.note(
            look.HEALTH.get(str(sync["HEALTH"]), ("", ""))[0] + ":",
            escape(look.sentence(str(sync["LAST_MESSAGE"]))),
            "warn",
        )
    part = (
        st.segmented_control(
            "Part", PARTS, default=PARTS[0], key=f"part-{name}", label_visibility="collapsed"
        )
        or PARTS[0]
    )
    if part == "Runs":
        run_list.history(calls, name)
    else:
        _overview(sync)


def _overview(sync: Row) -> None:
    settings = variant(sync["SETTINGS"]) or {}
    look.html(
        look.facts(
            [
                ("Stream", f"<code>{escape(str(sync['STREAM']))}</code>"),
                ("Table", f"<code>{escape(str(sync['DESTINATION'] or 'not made yet'))}</code>"),
                ("Last run", escape(look.sentence(str(sync["LAST_MESSAGE"] or "none yet")))),
            ]
        )
    )
    st.caption("Settings as given; everything else has its default.")
    st.json(settings)


def _actions(name: str, enabled: bool, calls: Calls) -> None:
    with st.container(horizontal=True):
        if st.button("Run now", type="primary", icon=":material/play_arrow:"):
            with look.working(f"Running {name}"):
                answer = calls.ingest(name)
            look.remember(answer)
            st.rerun()
        st.button(
            "Pause" if enabled else "Resume",
            icon=":material/pause:" if enabled else ":material/resume:",
            on_click=_switch,
            args=(name, not enabled, calls),
        )
        if st.button("Backfill", icon=":material/restart_alt:"):
            _ask_backfill(name, calls)
        if st.button("Remove", icon=":material/delete:"):
            _ask_remove(name, calls)


def _switch(name: str, enabled: bool, calls: Calls) -> None:
    look.remember(calls.enable_sync(name, enabled))


@st.dialog("Read everything again?")
def _ask_backfill(name: str, calls: Calls) -> None:
    st.markdown(
        f"The next run of **{words.title(name)}** reads every record again, which can take many "
        "requests of the day's limit. The table stays, and its rows stay readable meanwhile."
    )
    _choice("Backfill", lambda: calls.reset_sync(name))


@st.dialog("Remove this sync?")
def _ask_remove(name: str, calls: Calls) -> None:
    st.markdown(
        f"**{words.title(name)}** stops running, and its settings and its position are forgotten. "
        "Its table stays with all rows, and so do its past runs. Setting it up again later starts "
        "with a backfill."
    )
    _choice("Remove sync", lambda: calls.drop_sync(name))


def _choice(label: str, act: Callable[[], Answer]) -> None:
    """The two ways out of a question."""
    with st.container(horizontal=True):
        if st.button(label, type="primary"):
            look.remember(act())
            st.rerun()
        if st.button("Cancel"):
            st.rerun()


def next_run(sync: Row) -> str:
    """When the sync runs by itself again, as HTML."""
    if not sync["ENABLED"]:
        return "paused"
    if sync["NEXT_RUN_AT"]:
        return words.time(sync["NEXT_RUN_AT"])
    settings = variant(sync["SETTINGS"]) or {}
    schedule = settings.get("schedule")
    return f"<code>{escape(schedule.removeprefix('USING CRON '))}</code>" if schedule else "on call"
