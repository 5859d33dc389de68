"""Where the time of a backfill goes, thread by thread, in percent of the run.

Three kinds of thread work at once: readers ask and decode, one thread types and writes Parquet,
one loads. The one that never waits is the one that limits the run.
"""

from __future__ import annotations

from typing import Any

from benchmarks.backfill import INGEST, PROPERTIES, RECORDS, RESET, configure, fresh_home
from benchmarks.figures import Figure
from benchmarks.local_hubspot import LocalHubSpot
from benchmarks.open_session import OpenSession

THREADS = ("readers", "typing", "loading")
# Stages that together take less than this share are not shown one by one.
LEAST = 0.2


def measure(records: int | None, large: bool) -> list[Figure]:
    """The figures of one run: a backfill in a session that is open and has run one before."""
    del large
    count = records or RECORDS
    with (
        LocalHubSpot(1_000) as small,
        LocalHubSpot(count) as hubspot,
        fresh_home(small) as environment,
        OpenSession(environment) as session,
    ):
        session.call(configure(hubspot.properties[:PROPERTIES]))
        session.call(INGEST)
        session.call(RESET)
        used = hubspot.processor_seconds
        seconds, _, reply = session.call(INGEST, environment=hubspot.environment, profile=True)
        used = hubspot.processor_seconds - used
    stages: list[dict[str, Any]] = reply["stages"]
    figures = [Figure(f"a backfill of {count:,}", seconds, "s")]
    for thread in THREADS:
        figures += _of(thread, [one for one in stages if one["thread"] == thread], seconds)
    ours = sum(one["processor"] for one in stages)
    return [
        *figures,
        Figure("processor time, all of ours", reply["processor_seconds"], "s"),
        Figure("  outside these stages (engine's threads)", reply["processor_seconds"] - ours, "s"),
        Figure("processor time, local HubSpot", used, "s"),
    ]


def _of(thread: str, stages: list[dict[str, Any]], run: float) -> list[Figure]:
    """A kind of thread: the share of each stage, and the rest for the threads there is one of."""
    figures = [
        Figure(f"{thread}: {one['stage']}", 100 * one["seconds"] / run, "% of the run")
        for one in sorted(stages, key=lambda one: -float(one["seconds"]))
        if 100 * one["seconds"] / run >= LEAST
    ]
    if thread != "readers":
        rest = run - sum(one["seconds"] for one in stages)
        figures.append(Figure(f"{thread}: waiting, and all else", 100 * rest / run, "% of the run"))
    return figures
