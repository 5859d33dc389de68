"""Measures where a backfill's time goes, by thread, in percent of the run.

Three kinds of thread work at once: readers ask and decode, one thread types and writes Parquet,
one loads. The one that never waits is the one that limits the run.
"""

from __future__ import annotations

from typing import Any

from benchmarks.backfill import INGEST, INGEST_MORE, PROPERTIES, RECORDS, configure, fresh_home
from benchmarks.figures import Figure
from benchmarks.local_hubspot import LocalHubSpot
from benchmarks.open_session import OpenSession

THREADS = ("readers", "typing", "loading")
# Stages that take a smaller share, in percent, are not shown.
LEAST = 1


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
        session.call(configure(hubspot.properties[:PROPERTIES], "more"))
        used = hubspot.processor_seconds
        seconds, _, reply = session.call(INGEST_MORE, environment=hubspot.environment, profile=True)
        used = hubspot.processor_seconds - used
    stages: list[dict[str, Any]] = reply["stages"]
    figures = [Figure(f"a backfill of {count:,}", seconds, "s")]
    for thread in THREADS:
        figures += _of(thread, [stage for stage in stages if stage["thread"] == thread], seconds)
    ours = float(reply["processor_seconds"])
    elsewhere = ours - sum(stage["processor"] for stage in stages)
    return [
        *figures,
        Figure("processor time, ours", ours, "s"),
        *_shares("  ", "processor", stages, ours),
        Figure("  the engine's own threads, and all else", 100 * elsewhere / ours, "%"),
        Figure("processor time, local HubSpot", used, "s"),
    ]


def _of(thread: str, stages: list[dict[str, Any]], run: float) -> list[Figure]:
    """A kind of thread: the share of each stage, and the rest for the threads there is one of."""
    figures = _shares(f"{thread}: ", "seconds", stages, run)
    if thread != "readers":
        rest = run - sum(stage["seconds"] for stage in stages)
        figures.append(Figure(f"{thread}: waiting, and all else", 100 * rest / run, "%"))
    return figures


def _shares(before: str, what: str, stages: list[dict[str, Any]], whole: float) -> list[Figure]:
    """What each stage takes of ``whole``, in percent, the largest first."""
    spent: dict[str, float] = {}
    for stage in stages:
        spent[stage["stage"]] = spent.get(stage["stage"], 0.0) + stage[what]
    shares = {stage: 100 * seconds / whole for stage, seconds in spent.items()}
    return [
        Figure(f"{before}{stage}", share, "%")
        for stage, share in sorted(shares.items(), key=lambda item: -item[1])
        if share >= LEAST
    ]
