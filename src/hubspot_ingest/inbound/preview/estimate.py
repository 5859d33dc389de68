"""Estimates a run's requests and seconds from counts of records. Pure.

The strategy, the page sizes, how many readers go side by side and the steps of sweeps are those the
run goes by itself; only the counts are passed in.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hubspot_ingest.hubspot import association_reads, requests
from hubspot_ingest.hubspot.requests import Bucket, Request
from hubspot_ingest.inbound.extract import extraction, property_history
from hubspot_ingest.inbound.extract.id_ranges import PAGES_PER_CUT, SMALLEST_SPLIT, width
from hubspot_ingest.inbound.load.batches import rows_per_file
from hubspot_ingest.inbound.plan.due import PAGES_PER_RUN, Due, growing_steps
from hubspot_ingest.inbound.plan.plan import Plan, Strategy
from hubspot_ingest.inbound.reconcile import bisection, comparison, live_count
from hubspot_ingest.inbound.reconcile.counts import SIDE_BY_SIDE

# Measured of whole runs (docs/PERFORMANCE.md): what there is to do of a row besides asking for it.
ROWS_PER_SECOND = 7_500


@dataclass(frozen=True, slots=True)
class Counts:
    """How many records each part of a run is about.

    Attributes:
        records: what the main reading finds.
        rotation: from where the rotation stands.
        archived: in HubSpot's list of archived records.
        changed: since the filter was last looked after, whatever it takes.
        matching: of those, what the filter takes.
        left: rows among the others.
        compared: rows that are compared with HubSpot in the end.
        live: rows that will not be marked as deleted after the main reading.
        gone: how many of those HubSpot does not count any more.
        apart: whether the run counts the records by a search of its own.
    """

    records: int = 0
    rotation: int = 0
    archived: int = 0
    changed: int = 0
    matching: int = 0
    left: int = 0
    compared: int = 0
    live: int = 0
    gone: int = 0
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """So many requests to an endpoint, so many of them at once."""

    endpoint: str
    bucket: Bucket
    count: int
    at_once: int = 1


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``allowed`` requests (None: any number) in ``seconds``."""

    allowed: int | None
    seconds: float


Part = tuple[Step, ...]
"""Steps that go on at the same time."""


def per_endpoint(parts: Iterable[Part]) -> dict[str, int]:
    """Requests by endpoint, most first."""
    counts: Counter[str] = Counter()
    for step in steps(parts):
        counts[step.endpoint] += step.count
    return dict(counts.most_common())


def steps(parts: Iterable[Part]) -> Iterator[Step]:
    """The steps in which anything is asked."""
    return (step for part in parts for step in part if step.count)


def once(*requests_sent: Request) -> Part:
    """One request each, at the same time."""
    return tuple(_step(request, 1) for request in requests_sent)


def main_reading(
    plan: Plan, records: int, linked: Iterable[str], seconds_per_page: float
) -> list[Part]:
    """The reading of the records, with associations of the ``linked`` streams and history."""
    pages, searches, wide = _pages(plan.strategy, records, seconds_per_page)
    asked = (_step(requests.search_page(plan.stream.object_type, [], ()), searches),)
    beside = _belongings(plan, _files(plan, records), linked)
    return [*_together(_page_steps(plan, pages, wide), beside, wide > 1), asked]


def resumed_reading(plan: Plan, ranges: Sequence[int], linked: Iterable[str]) -> list[Part]:
    """What an unfinished run left of its reading: so many records in each range."""
    pages = sum(_at_least_one(records, _page_size(plan.strategy)) for records in ranges)
    wide = max(1, min(extraction.RESUMED_WIDTH, len(ranges)))
    beside = _belongings(plan, _files(plan, sum(ranges)), linked)
    return _together(_page_steps(plan, pages, wide), beside, wide > 1)


def _together(pages: list[Part], beside: Part, apart: bool) -> list[Part]:
    """What reads one page after the other makes the files too; else that goes on beside it."""
    return [(*pages[0], *beside), *pages[1:]] if apart else [*pages, beside]


def sweeps(plan: Plan, listing: Plan, rotation: Plan, due: Due, counts: Counts) -> list[Part]:
    """What follows the main reading; ``listing`` and ``rotation`` are the plans of those."""
    parts = [once(requests.search_page(plan.stream.object_type, [], ()))] if counts.apart else []
    parts += _counted_out(plan, listing, due, counts) if counts.gone else []
    if due.archived:
        parts += _page_steps(listing, _at_least_one(counts.archived, requests.LIST_LIMIT), 1)
    if due.filtered:
        parts += _filtered(plan.stream.object_type, counts)
    if due.rotation:
        parts += _rotation(rotation, counts.rotation)
    if due.comparison:
        parts.append(_comparison(plan, counts.compared))
    return parts


def _comparison(plan: Plan, rows: int) -> Part:
    """A table that agrees: pages one after the other of few rows, of more counts at once."""
    count = comparison.cost(rows, searched=plan.selective)
    wide = 1 if rows <= bisection.FEW else SIDE_BY_SIDE
    return (_step(requests.search_page(plan.stream.object_type, [], ()), count, wide),)


def _counted_out(plan: Plan, listing: Plan, due: Due, counts: Counts) -> list[Part]:
    """What finds the rows that HubSpot does not count any more, and tells what became of them."""
    kind, gone, parts = plan.stream.object_type, counts.gone, list[Part]()
    if plan.filter_groups and plan.timed:
        parts += [] if due.filtered else _filtered(kind, counts)
        gone -= counts.left
    if gone <= 0:
        return parts
    if due.archived or gone >= live_count.MANY:
        pages = 0 if due.archived else _at_least_one(gone, requests.LIST_LIMIT)
        return [*parts, *_page_steps(listing, pages, 1), once(requests.search_page(kind, [], ()))]
    # parts are halved until they are small, and then listed
    small = min(live_count.LISTED, bisection.SMALL * max(1, 2 * gone))
    halved = max(0, math.ceil(math.log2(counts.live / small)))
    part = math.ceil(counts.live / 2**halved)
    searches = min(live_count.REQUESTS, halved + _searches(part))
    looked_up = 2 * _at_least_one(gone, requests.BATCH_LIMIT)
    return [
        *parts,
        (_step(requests.search_page(kind, [], ()), searches),),
        (_step(requests.batch_read(kind, (), ()), looked_up),),
    ]


def _filtered(kind: str, counts: Counts) -> list[Part]:
    """In every step what changed, what of it the filter takes, and what became of the others."""
    searches = looked_up = 0
    left = counts.changed
    for pages in growing_steps():
        rows = min(left, pages * requests.SEARCH_LIMIT)
        share = rows / counts.changed if counts.changed else 0.0
        searches += _searches(rows)
        searches += _searches(math.ceil(counts.matching * share)) if rows else 0
        looked_up += math.ceil(counts.left * share / requests.BATCH_LIMIT)
        left -= rows
        if left <= 0:
            break
    return [
        (_step(requests.search_page(kind, [], ()), searches),),
        (_step(requests.batch_read(kind, (), ()), looked_up),),
    ]


def _rotation(plan: Plan, records: int) -> list[Part]:
    size = _page_size(plan.strategy)
    pages = min(_at_least_one(records, size), PAGES_PER_RUN)
    files: list[int] = []
    left = min(records, pages * size)
    for step in (1, PAGES_PER_RUN):
        files += _files(plan, min(left, step * size))
        left -= step * size
        if left <= 0:
            break
    return [*_page_steps(plan, pages, 1), _belongings(plan, files, plan.associations)]


def pages(plan: Plan, records: int) -> int:
    """How many pages so many records are."""
    return _at_least_one(records, _page_size(plan.strategy))


def _pages(strategy: Strategy, records: int, seconds: float) -> tuple[int, int, int]:
    """Pages of a main reading, further searches, and how many pages are read side by side."""
    size = _page_size(strategy)
    pages = _at_least_one(records, size)
    if strategy is Strategy.SEARCH:
        splits = records // size // SMALLEST_SPLIT
        return pages, 0, width(seconds, extraction.SEARCH_PAGES_PER_SECOND, splits)
    # so many pages show whether it is worth asking how many there are
    shown = min(extraction.MANY_PAGES, max(1, math.ceil(extraction.SLOW / max(seconds, 1e-6))))
    if pages <= shown:
        return pages, 0, 1
    spare = extraction.spare_requests(records, shown * size)
    searches = max(1, spare)
    overlapping = pages // PAGES_PER_CUT - spare
    if pages < extraction.FIRST_CUT_PAGES + SMALLEST_SPLIT:
        return pages + overlapping, 1, 1
    return pages + overlapping, searches, width(seconds, extraction.LIST_PAGES_PER_SECOND, searches)


def _page_steps(plan: Plan, pages: int, wide: int) -> list[Part]:
    kind = plan.stream.object_type
    listed = (_step(requests.list_page(kind), pages, wide),)
    match plan.strategy:
        case Strategy.SEARCH:
            return [(_step(requests.search_page(kind, [], ()), pages, wide),)]
        case Strategy.LIST:
            return [listed]
        case Strategy.WIDE:
            return [listed, (_step(requests.batch_read(kind, (), ()), pages, wide),)]


def _files(plan: Plan, records: int) -> list[int]:
    """How many rows each file has."""
    page = _page_size(plan.strategy)
    size = math.ceil(rows_per_file(plan.properties) / page) * page
    whole, rest = divmod(records, size)
    return [*[size] * whole, *([rest] if rest else [])]


def _belongings(plan: Plan, files: Sequence[int], linked: Iterable[str]) -> Part:
    """Associations and past values of the rows of some files."""
    kind = plan.stream.object_type
    steps_beside = []
    types = plan.linked_types
    for stream in linked:
        count = sum(math.ceil(rows / requests.ASSOCIATIONS_LIMIT) for rows in files)
        request = requests.associations(kind, types[stream], ())
        steps_beside.append(_step(request, count, association_reads.SIDE_BY_SIDE))
    if plan.history:
        count = sum(math.ceil(rows / requests.HISTORY_LIMIT) for rows in files)
        steps_beside.append(
            _step(requests.batch_read(kind, (), ()), count, property_history.SIDE_BY_SIDE)
        )
    return tuple(steps_beside)


def _step(request: Request, count: int, at_once: int = 1) -> Step:
    return Step(request.endpoint, request.bucket, count, at_once)


def _page_size(strategy: Strategy) -> int:
    return requests.SEARCH_LIMIT if strategy is Strategy.SEARCH else requests.LIST_LIMIT


def _searches(records: int) -> int:
    return _at_least_one(records, requests.SEARCH_LIMIT)


def _at_least_one(records: int, size: int) -> int:
    return max(1, math.ceil(records / size))


def seconds(
    parts: Sequence[Part], limits: Mapping[Bucket, Limit], pace: Mapping[str, float], rows: int
) -> float:
    """How long a run takes: as HubSpot answers, as its limits allow, and as rows are loaded.

    Args:
        parts: one after the other.
        limits: how many requests of each kind go out in how long.
        pace: seconds an answer of an endpoint takes.
        rows: what is loaded.
    """
    asking = [_answering(parts, pace)]
    for bucket, limit in limits.items():
        held = held_up(parts, bucket, limit, pace)
        if held:
            # what is asked of other buckets before or after takes its own time
            apart = [part for part in parts if all(step.bucket is not bucket for step in part)]
            others = {other: limits[other] for other in limits if other is not bucket}
            asking.append(held + seconds(apart, others, pace, 0))
    return max(*asking, rows / ROWS_PER_SECOND)


def _answering(parts: Iterable[Part], pace: Mapping[str, float]) -> float:
    """How long HubSpot takes to answer, without any limit."""
    return sum(
        max(
            (math.ceil(step.count / step.at_once) * pace[step.endpoint] for step in steps([part])),
            default=0.0,
        )
        for part in parts
    )


def held_up(
    parts: Sequence[Part], bucket: Bucket, limit: Limit, pace: Mapping[str, float]
) -> float:
    """How long a limit alone makes the run take: whole windows, and what is left after them.

    A request counts until a window after its answer, so that each window is an answer longer.
    """
    asked = [step for step in steps(parts) if step.bucket is bucket]
    count = sum(step.count for step in asked)
    if limit.allowed is None or count <= limit.allowed:
        return 0.0
    windows, rest = divmod(count - 1, limit.allowed)
    answering = sum(step.count * pace[step.endpoint] for step in asked) / count
    at_once = sum(step.count * step.at_once for step in asked) / count
    # HubSpot counts a search when it comes, not when it was answered
    longer = 0.0 if bucket is Bucket.SEARCH else answering
    return windows * (limit.seconds + longer) + rest * answering / at_once
