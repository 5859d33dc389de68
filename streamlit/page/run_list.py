"""Runs: those under way, charts, errors and the history."""

from __future__ import annotations

from html import escape

import streamlit as st

from page import (
    charts,
    connections_view,
    cures,
    live,
    look,
    place,
    run_view,
    sync_actions,
    tabs,
    words,
)
from page.calls import Calls, Row

A_PAGE = 15
ERRORS = 5
HEADS = ("Status", "Rows read", "Changed", "Requests", "Took")
STATUSES = ("Any status", *look.STATUS)
PERIODS = {"Last day": 1, "Last week": 7, "Last 30 days": 30}


def show(calls: Calls) -> None:
    """Draw the runs of all syncs, or the run that is opened."""
    opened = place.inside("run")
    run = calls.run(opened) if opened else None
    if run is not None:
        run_view.show(run, calls)
        return
    live.show(calls, directions=(live.IN, live.OUT))
    period = tabs.opened("Period", PERIODS, "period", first="Last week")
    hours = calls.hours(PERIODS[period])
    if not hours and not calls.runs(most=1):
        look.empty("No runs yet", "Runs appear here as soon as a sync has run once.")
        st.button("Go to the syncs", type="primary", on_click=place.go, args=(place.SYNCS,))
        return
    charts.show_period(hours, PERIODS[period], calls.budget())
    with st.container():
        failures(calls)
    with st.container():
        _costs(calls, PERIODS[period])
    show_history(calls, None)


def failures(calls: Calls) -> None:
    """Draw the errors of the last 30 days with cause and cure."""
    errors = [error for error in calls.errors() if error["CODE"] not in cures.NO_FAULTS]
    if not errors:
        return
    look.heading("What went wrong", "In the last 30 days; each code of each sync once.")
    most = st.session_state.get("most-errors", ERRORS)
    syncs = {str(sync["NAME"]): sync for sync in calls.syncs()}
    for n, error in enumerate(errors[:most]):
        code = str(error["CODE"])
        with st.container(key=f"row-error-{n}"):
            left, right = st.columns([8, 2], vertical_alignment="center")
            with left:
                look.html(
                    f"<p><b>{escape(code)}</b>{_over(error, syncs)} <span class=quiet>"
                    f"{escape(str(error['SYNC'] or 'connection'))} · "
                    f"{words.plural(int(error['TIMES']), 'time')}, "
                    f"last {words.time(error['LAST_AT'])}</span></p>"
                    f"<p>{escape(look.sentence(str(error['MESSAGE'] or '')))}</p>"
                    f"<p class=quiet>{escape(cures.sentences(code))}</p>"
                )
                look.show_statements(str(error["MESSAGE"] or ""))
            with right:
                _fix(n, code, syncs.get(str(error["SYNC"])), calls)
            if error["RUN_ID"]:
                right.button(
                    "Open the run", key=f"error-{n}", on_click=place.go, args=(place.RUNS,),
                    kwargs={"run": str(error["RUN_ID"])},
                )  # fmt: skip
    if len(errors) > most:

        def more() -> None:
            st.session_state["most-errors"] = most + A_PAGE

        st.button(
            f"Show {words.plural(len(errors) - most, 'other')}", key="more-errors", on_click=more
        )
    st.space("small")


def is_over(error: Row, sync: Row | None) -> bool:
    """Whether the sync has run well since the error."""
    last = words.utc(sync["LAST_RUN_AT"]) if sync is not None else None
    at = words.utc(error["LAST_AT"])
    return (
        sync is not None
        and sync["HEALTH"] == "HEALTHY"
        and last is not None
        and at is not None
        and last > at
    )


def _over(error: Row, syncs: dict[str, Row]) -> str:
    over = is_over(error, syncs.get(str(error["SYNC"])))
    return f" {look.badge('Over: it ran well since', 'good')}" if over else ""


def _fix(number: int, code: str, sync: Row | None, calls: Calls) -> None:
    """Draw the button that does what cures an error, where a press can."""
    if code in cures.BY_ANOTHER_KEY:
        st.button(
            "Replace the key", key=f"fix-{number}", on_click=place.to_key,
            args=(connections_view.of_sync(sync),),
        )  # fmt: skip
    elif sync is not None and sync["HEALTH"] in ("FAILED", "SKIPPED", "INCOMPLETE", "DELAYED"):
        st.button(
            "Run now", key=f"fix-{number}", on_click=sync_actions.start,
            args=(str(sync["NAME"]), sync["LAST_RUN_ID"], calls),
        )  # fmt: skip


def _costs(calls: Calls, days: int) -> None:
    """Draw what the runs of the period cost in Snowflake, the dearest syncs first."""
    costs = calls.costs(days)
    credits = sum(float(cost["CREDITS"] or 0) for cost in costs)
    if not costs:
        return
    with st.expander(f"What it cost in Snowflake: about {words.credits(credits)} credits"):
        look.html(
            look.table(
                ("Sync", "Runs", "Compute", "Credits"),
                [
                    (
                        escape(words.title(str(cost["SYNC"]))),
                        words.number(cost["RUNS"]),
                        words.duration(cost["SECONDS"]),
                        words.credits(float(cost["CREDITS"] or 0)),
                    )
                    for cost in costs
                ],
                right=(1, 2, 3),
            )
            + '<p class="quiet small">An estimate, as a serverless task bills the time; days are '
            "UTC. Pages that people look at cost their warehouse besides.</p>"
        )


def show_history(calls: Calls, sync: str | None) -> None:
    """Draw the past runs of one sync or of all, each with a button that opens it."""
    look.heading("History")
    status = st.selectbox(
        "Status", STATUSES, key=f"status-{sync}", width=220, label_visibility="collapsed",
        format_func=lambda name: look.STATUS.get(name, (name, ""))[0],
    )  # fmt: skip
    runs = calls.runs(sync, None if status == STATUSES[0] else status)
    if not runs:
        look.empty("No such runs", "Choose another status, or run the sync.")
    most = st.session_state.get(f"most-{sync}", A_PAGE)
    if runs:
        look.heads(HEADS)
    for run in runs[:most]:
        run_row(run, whose=sync is None)
    if len(runs) > most:

        def more() -> None:
            st.session_state[f"most-{sync}"] = most + A_PAGE

        st.button("Show more", key=f"more-{sync}", on_click=more)


def run_row(run: Row, *, whose: bool) -> None:
    """Draw a run in one line; ``whose`` adds the sync's name."""
    run_id = str(run["RUN_ID"])
    with st.container(key=f"row-{run_id}"):
        left, right = st.columns([3, 9], vertical_alignment="center")
        label = words.clock(run["STARTED_AT"])
        if whose:
            label = f"**{words.title(str(run['SYNC']))}** {label}"
        left.button(
            label, key=f"run-{run_id}", type="tertiary", on_click=place.go, args=(place.RUNS,),
            kwargs={"run": run_id}, help=f"{words.utc(run['STARTED_AT']):%Y-%m-%d %H:%M:%S} UTC",
        )  # fmt: skip
        with right:
            look.html(
                look.facts(
                    list(
                        zip(
                            HEADS,
                            (
                                look.status(run["STATUS"]),
                                words.number(run["ROWS_READ"]),
                                changed(run),
                                words.number(run["REQUESTS"]),
                                words.duration(run["DURATION_SECONDS"]),
                            ),
                            strict=True,
                        )
                    )
                )
            )


def changed(run: Row) -> str:
    """Rows inserted (+), updated (~) and marked deleted (−) in a few words."""
    return " ".join(
        f"{sign}{words.number(run[name])}"
        for sign, name in (("+", "ROWS_INSERTED"), ("~", "ROWS_UPDATED"), ("−", "ROWS_DELETED"))
        if run[name]
    ) or (words.NOTHING if run["ROWS_READ"] is None else "nothing")
