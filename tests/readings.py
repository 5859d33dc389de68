"""What tests of readings share: plans of each strategy, ids of every kind, whole readings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.extract.extraction import Extraction
from hubspot_ingest.inbound.extract.id_ranges import Range, Ranges, RecordBatch
from hubspot_ingest.inbound.extract.latest_changes import newest_page
from hubspot_ingest.inbound.plan.plan import Plan
from hubspot_ingest.model import Json
from hubspot_ingest.times import Clock
from tests.builders import MINUTE, NOW, Shelf, a_plan, a_property

LIST = a_plan()
SEARCH = a_plan(settled_through=NOW - MINUTE)
WIDE = a_plan(properties=[a_property(f"{'long_name_' * 9}{n:04d}") for n in range(300)])
PLANS = {"list": LIST, "search": SEARCH, "wide": WIDE}
WAYS = pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)

DENSE = range(1, 25_001)
SPARSE = range(10, 10**15, 10**15 // 25_000)
SKEWED = [*range(1, 15_000), *range(10**9, 10**9 + 10), *range(10**12, 10**12 + 10_000)]
# as HubSpot's are: old ones of few digits, new ones of many, in clumps of very different density
CLUMPY = [
    *range(23, 3_000, 3),
    *range(100_003, 130_000, 7),
    *range(10**10 + 11, 10**10 + 11 + 400_000, 40),
    *range(2 * 10**11, 2 * 10**11 + 15_000),
]


def extraction(
    fetch: Fetch, plan: Plan, clock: Clock, checkpoint: Mapping[str, Any] | None = None
) -> Extraction:
    """As a run begins one: after a search for the newest changes, unless it carries on."""
    newest = newest_page(fetch, plan) if plan.incremental and checkpoint is None else None
    return Extraction(fetch, plan, clock, checkpoint, newest)


def ids_of(batches: Iterable[RecordBatch]) -> list[int]:
    return [int(record.id) for batch in batches for record in batch.records]


def read(shelf: Shelf, plan: Plan, checkpoint: Mapping[str, Any] | None = None) -> list[int]:
    """The ids read; every record must come with the values that were asked for."""
    batches = [*extraction(shelf.fetch, plan, shelf.clock, checkpoint).batches()]
    bare = [record.id for batch in batches for record in batch.records if not record.properties]
    assert bare == []
    return ids_of(batches)


def stopped_after(shelf: Shelf, plan: Plan, batches: int) -> tuple[list[int], Json]:
    """What was merged when reading was stopped after so many batches, and its checkpoint."""
    reading = extraction(shelf.fetch, plan, shelf.clock)
    merged: dict[int, int | str | None] = {}
    ids_read: list[int] = []
    for number, batch in enumerate(reading.batches(), start=1):
        merged[batch.key] = batch.after
        ids_read += ids_of([batch])
        if number == batches:
            break
    left = reading.remaining(merged)
    kept: Json = json.loads(json.dumps(left))
    return ids_read, kept


def pages_in_turns(ranges: Ranges, readers: int) -> list[int]:
    """The pages that each reader gets where all read one in their turn, until nothing is left."""
    pages = [0] * readers
    own: dict[int, Range | None] = {reader: ranges.take(lambda: True) for reader in range(readers)}
    while own:
        for reader, id_range in [*own.items()]:
            if id_range is None:
                del own[reader]
            elif id_range.done:
                own[reader] = ranges.take(lambda: True)
            else:
                ranges.advance(id_range, ranges.read(id_range.after, id_range.last))
                pages[reader] += 1
    return pages
