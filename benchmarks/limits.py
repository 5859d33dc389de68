"""Measures how much of HubSpot's limits a run uses, and that it breaks none."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.backfill import INGEST, PROPERTIES, configure, fresh_home
from benchmarks.figures import Figure
from benchmarks.local_hubspot import LocalHubSpot
from benchmarks.open_session import OpenSession

BURST = 190
SEARCHES = 5
# The local HubSpot's, of a Professional account.
ASSOCIATION_READS = 150
COMPANIES = 2_000
LATENCY_MS = 300
RECORDS = 60_000
# A list page holds 100 records, a search page 200.
LIST_RATE = BURST / 10 * 100
SEARCH_RATE = SEARCHES * 200
USED = 0.92


def measure(records: int | None, large: bool) -> list[Figure]:
    """The figures of one run: alone, with associations, beside an app that takes half the burst."""
    del large
    count = records or RECORDS
    return [
        *_measure(count, count // 3, "", 0),
        *_measure(count, 0, ", with associations", 0, ("companies",)),
        *_measure(count // 2, 0, ", half taken by another app", BURST // 2),
    ]


def _measure(
    count: int, changed: int, suffix: str, others: int, associations: Sequence[str] = ()
) -> list[Figure]:
    hubspot = LocalHubSpot(
        count,
        companies=COMPANIES if associations else 0,
        burst=BURST,
        searches=SEARCHES,
        others=others,
        latency_ms=LATENCY_MS,
    )
    with (
        hubspot,
        fresh_home(hubspot) as environment,
        OpenSession(environment) as session,
    ):
        session.call(configure(hubspot.properties[:PROPERTIES], associations=associations))
        # the limits of setting up are over when the run begins
        hubspot.ask(do="rest")
        hubspot.ask(do="count")
        _, answer, _ = session.call(INGEST)
        counted = hubspot.ask(do="count")
        possible = LIST_RATE * (BURST - others) / BURST
        rate = answer["rows_inserted"] / answer["duration_seconds"]
        figures = [
            Figure(f"backfill of {count:,}{suffix}", answer["duration_seconds"], "s"),
            Figure(f"  rate{suffix}", rate, "rows/s", at_least=USED * possible),
            Figure(f"  of the ceiling{suffix}", 100 * rate / possible, "%"),
            *_kept(counted, suffix, others),
        ]
        if changed:
            hubspot.ask(do="change", records=changed)
            hubspot.ask(do="rest")
            _, answer, _ = session.call(INGEST)
            counted = hubspot.ask(do="count")
            rate = answer["rows_read"] / answer["duration_seconds"]
            figures += [
                Figure(f"incremental run of {changed:,}{suffix}", answer["duration_seconds"], "s"),
                Figure(f"  its rate{suffix}", rate, "rows/s", at_least=USED * SEARCH_RATE),
                Figure(f"  its share of the ceiling{suffix}", 100 * rate / SEARCH_RATE, "%"),
                Figure(f"  its rows updated{suffix}", answer["rows_updated"], "rows", changed),
                *_kept(counted, f" of it{suffix}", others),
            ]
    return figures


def _kept(counted: dict[str, int], suffix: str, others: int) -> list[Figure]:
    """Whether the limits were kept, counted by the server in sliding windows."""
    return [
        Figure(f"  requests{suffix}", counted["requests"], "requests"),
        Figure(
            f"  most in any 10 s{suffix}", counted["most_in_10_s"], "requests",
            at_most=BURST - others,
        ),
        Figure(
            f"  most searches in any second{suffix}", counted["most_searches_in_1_s"],
            "searches", at_most=SEARCHES,
        ),
        Figure(
            f"  most association reads in any 10 s{suffix}",
            counted["most_association_reads_in_10_s"], "requests", at_most=ASSOCIATION_READS,
        ),
        Figure(f"  refused with 429{suffix}", counted["refused"], "requests", at_most=0),
    ]  # fmt: skip
