"""Shows the runs under way, drawn again every few seconds."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
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

STOP_SENDING = (
    "It ends within about a minute. What HubSpot has got stays, and the next run sends the rest, "
    "on its schedule or when you send its plan. To keep it from running by itself, pause it."
)

IN, OUT = "IN", "OUT"
"""The directions of runs: those of syncs, and those of pushes."""

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


def show(calls: Calls, sync: str | None = None, directions: Sequence[str] = (IN,)) -> None:
    """Draw the runs that go on, of one sync or of all; nothing when there are none.

    ``directions``: whether the runs of syncs, of pushes or both.
    """
    _arrived(calls)
    # asked of the syncs, which the rest of the page tells of: a run that ended since is noticed
    rows = [
        *(calls.syncs() if IN in directions else ()),
        *(calls.pushes() if OUT in directions else ()),
    ]
    going = any(row["LAST_RUN_STATUS"] == "RUNNING" for row in rows if sync in (None, row["NAME"]))
    with st.container():
        if going or _waiting(sync, directions):
            polling.drawn(lambda: _drawn(calls, sync, directions), _has_just_started)


def _waiting(sync: str | None, directions: Sequence[str]) -> list[str]:
    """The syncs with a run that was started and has not appeared yet."""
    return [name for name in expected() if sync in (None, name) and IN in directions]


def _has_just_started() -> bool:
    """Whether a run was started a moment ago that has not appeared yet."""
    soon = time.monotonic() + PATIENCE - SHORTLY
    return any(until > soon for _, until in expected().values())


def _drawn(calls: Calls, sync: str | None, directions: Sequence[str]) -> bool:
    """Draw the runs under way; returns whether there are any."""
    running = [
        run
        for run in calls.now(calls.running)
        if sync in (None, run["SYNC"]) and run["DIRECTION"] in directions
    ]
    _arrived(calls)
    waiting = _waiting(sync, directions)
    names = {str(run["SYNC"]) for run in running}
    if not running and not waiting:
        # what follows on the page shall tell of the runs that have ended
        calls.refresh()
        return False
    look.heading("Running now")
    for run in running:
        draw_run(run, calls)
    starting = [words.title(name) for name in waiting if name not in names]
    if starting:
        look.html(f'<p class="quiet">Starting: {escape(", ".join(starting))}</p>')
    st.space("small")
    return True


def draw_run(run: Row, calls: Calls) -> None:
    """Draw how far a run is, and the button that stops it."""
    is_push = run["DIRECTION"] == OUT
    with st.container(border=True):
        if is_push:
            counts = calls.push_progress(str(run["SYNC"]), str(run["RUN_ID"]))
            body, rows = sending_progress(run, counts), int(counts["DONE"])
        else:
            body, rows = progress(run), int(run["ROWS_READ"] or 0)
        look.html(body + (_stopping(run) or _stalled(run, rows)))
        if run["STOP_REQUESTED_AT"] is None:
            st.button(
                "Stop", key=f"stop-{run['RUN_ID']}", on_click=_stop, args=(run, calls),
                help=STOP_SENDING if is_push else STOP_DOES,
            )  # fmt: skip


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
    seconds = _seconds(run)
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


def sending_progress(run: Row, counts: Row) -> str:
    """HTML of how many rows a run of a push has sent, of those that its plan has."""
    planned, done, under_way = (int(counts[name]) for name in ("PLANNED", "DONE", "ON_THEIR_WAY"))
    title = f"<p><b>{escape(words.title(str(run['SYNC'])))}</b></p>"
    since = ("Since", f"{words.time(run['STARTED_AT'])} ({words.duration(_seconds(run))})")
    if not done and not under_way:
        return (
            f'{title}<p class="quiet">Comparing the source with HubSpot; nothing is sent before '
            f"the plan is made.</p>{look.facts([since])}"
        )
    bar = look.meter(done / planned, "Rows done") if planned else ""
    return f'{title}<div style="padding:.4rem 0">{bar}</div>' + look.facts(
        [
            ("Rows done", f"{words.number(done)} of {words.number(planned)}"),
            ("On their way", words.number(under_way)),
            since,
        ]
    )


def _seconds(run: Row) -> float:
    gone = words.ago(run["STARTED_AT"])
    return gone.total_seconds() if gone else 0.0


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


def _stalled(run: Row, rows: int) -> str:
    """HTML of a warning where a run has done no more ``rows`` for a while of looking at it."""
    rows_seen: dict[str, tuple[int, float]] = st.session_state.setdefault("rows-seen", {})
    run_id, now = str(run["RUN_ID"]), time.monotonic()
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
        "answering: it is asked again by itself. Or the run looks for records, or is at a "
        "large batch.</p>"
    )


def _pages(run: Row, rows: int, whole: int) -> str:
    """Pages read; a dash for streams that are not read in pages of records."""
    size = PAGES.get(str(run["STRATEGY"]))
    if size is None:
        return words.NOTHING
    of = f" of about {words.number(math.ceil(whole / size))}" if whole else ""
    return f"{words.number(math.ceil(rows / size))}{of}"
