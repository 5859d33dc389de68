"""Begins to read records: the plan, and the pages that are read ahead."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from hubspot_ingest.catalog.stream import RecordStream
from hubspot_ingest.errors import HubSpotRefused, UnexpectedAnswer
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.extract.extraction import Extraction
from hubspot_ingest.inbound.extract.id_ranges import RecordBatch
from hubspot_ingest.inbound.extract.latest_changes import NewestPage, newest_page
from hubspot_ingest.inbound.extract.single_reads import REFUSED
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.inbound.plan.plan import Plan, Reading
from hubspot_ingest.inbound.plan.relative_days import Calendar
from hubspot_ingest.model import Property
from hubspot_ingest.times import Clock


@dataclass(frozen=True, slots=True)
class StartedExtraction:
    """A run's plan, its first search (None: it reads all), and what it goes on to read.

    ``extraction`` is None where the first search tells that nothing changed.
    """

    plan: Plan
    properties: tuple[Property, ...]
    newest: NewestPage | None
    extraction: Extraction | None
    batches: Iterator[RecordBatch]


@dataclass(frozen=True, slots=True)
class NothingNew:
    """What the first search of a run, which found no change, was to read.

    ``newest`` is that search. ``start`` begins the run all the same, for what else is due.
    """

    reading: Reading
    newest: NewestPage
    start: Callable[[], StartedExtraction]


def start_extraction(
    fetch: Fetch,
    stream: RecordStream,
    sync_state: SyncState,
    started_at: int,
    clock: Clock,
    calendar: Calendar | None,
    newest: NewestPage | None,
) -> StartedExtraction:
    """Plan and begin to read, asking for the properties only where something is to be read.

    ``newest`` is the first search by the properties as they were, if it was made already. When
    something did change and the properties did too, it is made again with the new ones.
    ``started_at`` is when the run began (epoch ms), ``calendar`` the portal's. HubSpot may refuse
    a property that is gone since the properties were asked for: they are asked for anew then, once.
    """
    asks_first = sync_state.asks_properties(started_at)
    start = partial(_start, fetch, stream, sync_state, started_at, clock, calendar)
    try:
        return start(newest, asks_first=asks_first)
    except HubSpotRefused as refusal:
        if refusal.http_status != REFUSED:
            raise
    return start(None, asks_first=True)


def _start(
    fetch: Fetch,
    stream: RecordStream,
    sync_state: SyncState,
    started_at: int,
    clock: Clock,
    calendar: Calendar | None,
    newest: NewestPage | None,
    *,
    asks_first: bool,
) -> StartedExtraction:
    """Plan and begin to read; with the properties as they are now where ``asks_first``."""

    def ask() -> tuple[Property, ...]:
        properties = fetch(requests.properties(stream.object_type), responses.properties)
        if not properties:
            # every object type has some: records would land without values, and stay so
            raise UnexpectedAnswer(
                f"HubSpot's list of properties of {stream.name} is empty, which no object type's "
                "is; nothing was changed, run again"
            )
        return properties

    def begin(
        properties: tuple[Property, ...], newest: NewestPage | None = None, pace: float = 0.0
    ) -> StartedExtraction:
        plan = sync_state.plan(stream, properties, started_at, calendar)
        checkpoint = sync_state.resumed(plan)
        if newest is None and plan.incremental and checkpoint is None:
            newest = newest_page(fetch, plan)
        if newest is not None and newest.whole and not newest.records:
            return StartedExtraction(plan, properties, newest, None, iter(()))
        extraction = Extraction(fetch, plan, clock, checkpoint, newest, pace)
        return StartedExtraction(plan, properties, newest, extraction, extraction.batches())

    if asks_first:
        asked_at = clock.now()
        properties = ask()
        started = begin(properties, pace=(clock.now() - asked_at) / 1000)
        # the first page tells whether HubSpot still has them
        batches = [*itertools.islice(started.batches, 1)]
        return replace(started, batches=itertools.chain(batches, started.batches))
    started = begin(sync_state.properties, newest)
    batches = [*itertools.islice(started.batches, 1)]
    if batches and batches[0].records:
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(ask)
            # reading goes on meanwhile
            batches.extend(itertools.islice(started.batches, 1))
            properties = answer.result()
        if properties != started.properties:
            return begin(properties)
    return replace(started, batches=itertools.chain(batches, started.batches))
