"""Shows the runs under way, drawn again every few seconds."""

from __future__ import annotations

import math
import time
from html import escape

import streamlit as st

from page import look, polling, words
from page.calls import Calls, Row

PATIENCE = 120.0
"""Seconds to wait for a started run to appear; its task may have to queue."""

SHORTLY = 20.0
"""Seconds after a start in which its run is looked for more often; then its task is in a queue."""

PAGES = {"LIST": 100, "WIDE": 100, "SEARCH": 200}
"""How many records HubSpot puts into a page, by the way a run reads them."""

STOP_DOES = (
    "It ends within about a minute. Rows that it has stored stay, and the next run goes on from "
    "there, on its schedule or when you press Run now. To keep it from running by itself, pause it."
)

STALLED = 60.0
"""Seconds without a new row after which the page warns about a run that goes on."""

Expected = dict[str, tuple[str | None, float]]


def expected() -> Expected:
    """Started runs that have not appeared yet: by sync, its last run's id before and a deadline."""
    expected_runs: Expected = st.session_state.setdefault("expected", {})
    return expected_runs


def expect(sync: str, last_run: str | None) -> None:
    """Watch for a run of ``sync`` after ``last_run``."""
    expected()[sync] = (last_run, time.monotonic() + PATIENCE)


def show(calls: Calls, sync: str | None = None) -> None:
    """Draw the runs that go on, of one sync or of all; nothing when there are none."""
    _arrived(calls)
    # asked of the syncs, which the rest of the page tells of: a run that ended since is noticed
    going = any(
        row["LAST_RUN_STATUS"] == "RUNNING" for row in calls.syncs() if sync in (None, row["NAME"])
    )
    with st.container():
        if going or (sync in expected() if sync else expected()):
            polling.drawn(lambda: _drawn(calls, sync), _has_just_started)


def _has_just_started() -> bool:
    """Whether a run was started a moment ago that has not appeared yet."""
    soon = time.monotonic() + PATIENCE - SHORTLY
    return any(until > soon for _, until in expected().values())


def _drawn(calls: Calls, sync: str | None) -> bool:
    """Draw the runs under way; returns whether there are any."""
    running = _of(calls.now(calls.running), sync)
    _arrived(calls)
    waiting = [name for name in expected() if sync in (None, name)]
    names = {str(run["SYNC"]) for run in running}
    if not running and not waiting:
        # what follows on the page shall tell of the runs that have ended
        calls.refresh()
        return False
    look.heading("Running now")
    for run in running:
        with st.container(border=True):
            look.html(progress(run) + (_stopping(run) or _stalled(run)))
            if run["STOP_REQUESTED_AT"] is None:
                st.button(
                    "Stop", key=f"stop-{run['RUN_ID']}", on_click=_stop, args=(run, calls),
                    help=STOP_DOES,
                )  # fmt: skip
    starting = [words.title(name) for name in waiting if name not in names]
    if starting:
        look.html(f'<p class="quiet">Starting: {escape(", ".join(starting))}</p>')
    st.space("small")
    return True


def _of(running: list[Row], sync: str | None) -> list[Row]:
    return [run for run in running if sync in (None, run["SYNC"])]


def _arrived(calls: Calls) -> None:
    """Drop the expected runs that have appeared or whose deadline has passed."""
    if not expected():
        return
    last = {str(row["NAME"]): row["LAST_RUN_ID"] for row in calls.syncs()}
    for name, (before, until) in list(expected().items()):
        if last.get(name) != before or time.monotonic() > until:
            del expected()[name]


def progress(run: Row) -> str:
    """HTML of a run's progress: rows, pages, rate, requests, and time left if known."""
    gone = words.ago(run["STARTED_AT"])
    seconds = gone.total_seconds() if gone else 0.0
    rows = int(run["ROWS_READ"] or 0)
    rate = rows / seconds if seconds > 1 else 0.0
    whole = int(run["ROWS_EXPECTED"] or 0)
    left = (whole - rows) / rate if whole and rate and whole > rows else None
    bar = (
        f'<div style="padding:.4rem 0">{look.meter(rows / whole, "Rows read")}</div>'
        if whole
        else ""
    )
    of = f" of about {words.number(whole)}" if whole else ""
    return f"<p><b>{escape(words.title(str(run['SYNC'])))}</b></p>{bar}" + look.facts(
        [
            ("Rows read", f"{words.number(rows)}{of}"),
            ("Pages", _pages(run, rows, whole)),
            ("Rows a second", words.number(rate) if rate else words.NOTHING),
            ("Requests", words.number(run["REQUESTS"] or 0)),
            ("Since", f"{words.time(run['STARTED_AT'])} ({words.duration(seconds)})"),
            ("Left", f"about {words.duration(left)}" if left else words.NOTHING),
        ]
    )


def _stop(run: Row, calls: Calls) -> None:
    """Ask a run to stop; where it has ended meanwhile, the next drawing of the page says so."""
    name = str(run["SYNC"])
    answer = calls.stop_push(name) if run["DIRECTION"] == "OUT" else calls.stop_sync(name)
    if answer.get("response_code") != "OK":
        look.remember(answer)


def _stopping(run: Row) -> str:
    """HTML of who asked a run to stop, and what becomes of it; nothing where nobody did."""
    if run["STOP_REQUESTED_AT"] is None:
        return ""
    who = escape(str(run["STOP_REQUESTED_BY"] or "Somebody"))
    return (
        f"<p>{look.badge('Stopping', 'warn')} {who} asked it to stop, "
        f"{words.time(run['STOP_REQUESTED_AT'])}. It ends when it next says that it is alive; what "
        "it has stored stays. Where its process is dead, it shows as running until 15 minutes "
        "after it said so last.</p>"
    )


def _stalled(run: Row) -> str:
    """HTML of a warning where a run has brought no rows for a while of looking at it."""
    rows_seen: dict[str, tuple[int, float]] = st.session_state.setdefault("rows-seen", {})
    run_id, rows, now = str(run["RUN_ID"]), int(run["ROWS_READ"] or 0), time.monotonic()
    rows_before, since = rows_seen.get(run_id, (-1, now))
    if rows != rows_before:
        rows_seen[run_id] = (rows, now)
        return ""
    return stalled(now - since)


def stalled(seconds: float) -> str:
    """HTML of what it may mean that no row came for so many seconds; nothing for few."""
    if seconds < STALLED:
        return ""
    return (
        f"<p>{look.badge(f'No rows for {words.duration(seconds)}', 'warn')} HubSpot may not be "
        "answering: it is asked again by itself. Or the run looks for records that are gone.</p>"
    )


def _pages(run: Row, rows: int, whole: int) -> str:
    """Pages read; a dash for streams that are not read in pages of records."""
    size = PAGES.get(str(run["STRATEGY"]))
    if size is None:
        return words.NOTHING
    of = f" of about {words.number(math.ceil(whole / size))}" if whole else ""
    return f"{words.number(math.ceil(rows / size))}{of}"
