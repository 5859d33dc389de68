"""Begins a run of records: its plan, its first search, and the pages that are read ahead."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from hubspot_ingest.catalog.stream import RecordStream
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.extract.extraction import Extraction
from hubspot_ingest.inbound.extract.id_ranges import RecordBatch
from hubspot_ingest.inbound.extract.latest_changes import NewestPage, newest_page
from hubspot_ingest.inbound.extract.portal_calendar import portal_calendar
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.inbound.plan.plan import Plan
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


def start_extraction(
    fetch: Fetch, stream: RecordStream, sync_state: SyncState, started_at: int, clock: Clock
) -> StartedExtraction:
    """Plan and begin to read, asking for the properties only where something is to be read.

    A stream in which nothing changed costs one search. When something did change and the
    properties did too, the first page is read again with the new ones. ``started_at`` is when the
    run began (epoch ms).
    """

    def ask() -> tuple[Property, ...]:
        return fetch(requests.properties(stream.object_type), responses.properties)

    settings = sync_state.settings
    calendar = portal_calendar(fetch, settings, started_at) if settings.filter_groups else None

    def begin(properties: tuple[Property, ...], pace: float = 0.0) -> StartedExtraction:
        plan = sync_state.plan(stream, properties, started_at, calendar)
        checkpoint = sync_state.resumed(plan)
        newest = newest_page(fetch, plan) if plan.incremental and checkpoint is None else None
        if newest is not None and newest.whole and not newest.records:
            return StartedExtraction(plan, properties, newest, None, iter(()))
        extraction = Extraction(fetch, plan, clock, checkpoint, newest, pace)
        return StartedExtraction(plan, properties, newest, extraction, extraction.batches())

    if sync_state.asks_properties(started_at):
        asked_at = clock.now()
        properties = ask()
        return begin(properties, (clock.now() - asked_at) / 1000)
    started = begin(sync_state.properties)
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


def start_beside_others(
    fetch: Fetch,
    stream: RecordStream,
    sync_state: SyncState,
    started_at: int,
    clock: Clock,
    tick: float,
    heartbeat: Callable[[], None],
) -> Generator[None, None, StartedExtraction]:
    """As ``start_extraction``, in a thread; yields every ``tick`` seconds so that others begin too.

    So the first searches of a pass go on side by side: one that finds nothing takes as long as
    HubSpot's limits make it, not as long as all answers one after the other. HubSpot may let it
    wait for longer than a lease holds, so ``heartbeat`` is called each time.
    """
    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(start_extraction, fetch, stream, sync_state, started_at, clock)
        yield
        while not wait([future], tick).done:
            heartbeat()
            yield
        return future.result()
