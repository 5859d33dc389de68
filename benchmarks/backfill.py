"""Measures a backfill from a HubSpot without limits: our own rate and memory."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.local_hubspot import LocalHubSpot
from benchmarks.open_session import OpenSession
from benchmarks.programs import command
from benchmarks.watching import Watch

RECORDS = 50_000
RATE = 10_000
LARGE = 500_000
PROPERTIES = 60
PAGE = 100
INGEST = "CALL ingest_hubspot('contacts')"
INGEST_MORE = "CALL ingest_hubspot('more')"
WAITED = "SELECT WAITING_SECONDS FROM STATE.RUNS WHERE SYNC = 'more'"


@contextmanager
def fresh_home(hubspot: LocalHubSpot) -> Iterator[dict[str, str]]:
    """The environment of a home where nothing was run, and of a HubSpot to read from."""
    with tempfile.TemporaryDirectory(prefix="hubspot-ingest-bench-") as directory:
        yield {"HUBSPOT_INGEST_HOME": str(Path(directory) / "home"), **hubspot.environment}


def configure(names: list[str], sync: str = "contacts", associations: Sequence[str] = ()) -> str:
    """The statement that selects these properties and associations of contacts."""
    settings = {"stream": "contacts", "properties": names, "associations": [*associations]}
    settings_json = json.dumps({**settings, "destination": {"table": sync.upper()}})
    return f"CALL configure_sync('{sync}', PARSE_JSON('{settings_json}'))"


def measure(records: int | None, large: bool) -> list[Figure]:
    """The figures of one run."""
    count = records or RECORDS
    figures = _first(count, "")
    figures += _next(count)
    if large:
        figures += [
            figure for figure in _first(LARGE, f", {LARGE:,} records") if "memory" in figure.name
        ]
    return figures


def _first(count: int, suffix: str) -> list[Figure]:
    """The real command on a fresh home."""
    full = count == RECORDS
    with LocalHubSpot(count) as hubspot, fresh_home(hubspot) as environment:
        command(configure(hubspot.properties[:PROPERTIES]), environment)
        hubspot.ask(do="count")
        used = hubspot.processor_seconds
        ran = command(INGEST, environment)
        used = hubspot.processor_seconds - used
        requests = hubspot.ask(do="count")["requests"]
        memory = hubspot.memory_mb
    seconds = ran.answer["duration_seconds"]
    rate = RATE if full else None
    floor = math.ceil(count / PAGE)
    return [
        Figure(f"rows{suffix}", ran.answer["rows_inserted"], "rows", at_least=count),
        Figure(f"whole process{suffix}", ran.seconds, "s", at_most=8 if full else None),
        Figure(f"the run{suffix}", seconds, "s"),
        Figure(f"the run's rate{suffix}", count / seconds, "rows/s", at_least=rate),
        Figure(f"processor, ours{suffix}", ran.processor_seconds, "s"),
        Figure(f"requests{suffix}", requests, "requests"),
        Figure(f"requests above the floor of pages{suffix}", 100 * (requests / floor - 1), "%"),
        Figure(f"peak memory, ours{suffix}", ran.peak_mb, "MB", at_most=600),
        Figure(f"memory, local HubSpot{suffix}", memory, "MB"),
        Figure(f"processor, local HubSpot{suffix}", used, "s"),
    ]


def _next(count: int) -> list[Figure]:
    """The next records, twice as many, in a session that is open already; then nothing new.

    They are those of another portal, and land in a table of their own beside the first one.
    """
    more = 2 * count
    with (
        LocalHubSpot(count) as hubspot,
        LocalHubSpot(more) as other,
        fresh_home(hubspot) as environment,
        OpenSession(environment) as session,
    ):
        session.call(configure(hubspot.properties[:PROPERTIES]))
        session.call(INGEST)
        session.call(configure(other.properties[:PROPERTIES], "more"))
        with Watch(session.pid) as watch:
            seconds, answer, _ = session.call(INGEST_MORE, environment=other.environment)
        (waited,) = session.rows(WAITED)
        other.ask(do="count")
        idle, _, _ = session.call(INGEST_MORE)
        asked = other.ask(do="count")["requests"]
    full = count == RECORDS
    return [
        Figure(f"next {more:,} in an open session", seconds, "s", at_most=10 if full else None),
        Figure("  of which waiting, in the comparison", waited["WAITING_SECONDS"], "s"),
        Figure("  rows inserted", answer["rows_inserted"], "rows", at_least=more),
        Figure("  sustained", more / seconds, "rows/s", at_least=RATE if full else None),
        Figure("  processor, ours", watch.processor_seconds, "s"),
        Figure("  peak memory, ours", watch.peak_mb, "MB", at_most=600),
        Figure("nothing new, open session", idle, "s", at_most=0.5),
        Figure("  requests", asked, "requests", at_most=1),
    ]
