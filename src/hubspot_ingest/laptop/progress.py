"""How far the runs of a statement are, on a terminal and nowhere else."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from typing import TYPE_CHECKING, NamedTuple

from hubspot_ingest.errors import printable

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

EVERY = 1.0
"""Seconds from one look to the next; a statement that ends within the first shows nothing."""

PAGES = {"LIST": 100, "WIDE": 100, "SEARCH": 200}
"""How many records HubSpot puts into a page, by the way a run reads them."""

CLEARED = "\r\x1b[2K"
"""What takes the cursor to the beginning of its line and empties it."""

_RUNNING = (
    "SELECT SYNC, STRATEGY, STARTED_AT, ROWS_READ, ROWS_EXPECTED FROM CORE.RUNS "
    "WHERE STATUS = 'RUNNING' ORDER BY STARTED_AT"
)


class RunningRun(NamedTuple):
    """A run under way; ``strategy`` and ``rows_expected`` are None where they are not known."""

    sync: str
    strategy: str | None
    started_at: datetime
    rows_read: int | None
    rows_expected: int | None


@contextmanager
def on_terminal(connect: Callable[[], SnowflakeConnection]) -> Iterator[None]:
    """While the block runs, keep a line on the terminal that says how far its runs are."""
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        yield
        return
    try:
        with watched(connect, _write_line):
            yield
    finally:
        print(CLEARED, end="", file=sys.stderr, flush=True)


def _write_line(line: str) -> None:
    print(f"{CLEARED}{printable(line)}", end="", file=sys.stderr, flush=True)


@contextmanager
def watched(
    connect: Callable[[], SnowflakeConnection], tell: Callable[[str], None]
) -> Iterator[None]:
    """While the block runs, ``tell`` how far its runs are, on a connection of its own."""
    over = Event()
    thread = Thread(target=_watch, args=(connect, tell, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _watch(
    connect: Callable[[], SnowflakeConnection], tell: Callable[[str], None], over: Event
) -> None:
    from snowflake.connector.errors import Error

    if over.wait(EVERY):
        return
    try:
        with closing(connect()) as connection, connection.cursor() as cursor:
            while not over.is_set():
                running = [RunningRun(*row) for row in cursor.execute(_RUNNING) or ()]
                if running and not over.is_set():
                    tell(described(running, datetime.now(UTC)))
                over.wait(EVERY)
    except Error:
        # a look that fails is none; the statement says itself what is wrong
        return


def described(running: list[RunningRun], now: datetime) -> str:
    """The first run with its pages, rows, rate and time left, and how many more there are."""
    run = running[0]
    seconds = (now - run.started_at.replace(tzinfo=UTC)).total_seconds()
    read, expected = int(run.rows_read or 0), int(run.rows_expected or 0)
    expected = max(read, expected) if expected else 0
    size = PAGES.get(run.strategy or "")
    parts = [_of(read, expected, "rows")]
    if size:
        parts.append(_of(math.ceil(read / size), math.ceil(expected / size), "pages"))
    if read and seconds >= 1:
        rate = read / seconds
        parts.append(f"{rate:,.0f} rows/s")
        if expected > read:
            parts.append(f"about {duration((expected - read) / rate)} left")
    more = f"; {len(running) - 1} more running" if len(running) > 1 else ""
    return f"{run.sync}: {', '.join(parts)}{more}"


def _of(count: int, whole: int, noun: str) -> str:
    return f"{count:,} of about {whole:,} {noun}" if whole else f"{count:,} {noun}"


def duration(seconds: float) -> str:
    """``12 s``, ``3 min 20 s``, ``2 h 5 min``."""
    minutes, rest = divmod(math.ceil(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
