"""Compares a sync's table with HubSpot, up to the time it is settled through, and repairs it.

Counts find where the two disagree (``bisection``), at 1 % of what a full load costs. What became of
each record is then asked of HubSpot's primary store: its search index, which counts, lags behind,
and a difference that the primary store does not confirm is none.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from hubspot_ingest.database.state.certificates import LiveRows
from hubspot_ingest.errors import HubSpotRefused, IngestError, Stopped, UnexpectedAnswer
from hubspot_ingest.hubspot import requests
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.deletions.context import ABOVE_ANY_ID, SweepContext
from hubspot_ingest.inbound.deletions.lookup import look_up
from hubspot_ingest.inbound.extract import page_readers
from hubspot_ingest.inbound.load.batches import merged_ids
from hubspot_ingest.inbound.load.loader import Loader, MergeResult
from hubspot_ingest.inbound.plan import plan
from hubspot_ingest.inbound.plan.plan import Plan, Strategy
from hubspot_ingest.inbound.reconcile import bisection
from hubspot_ingest.inbound.reconcile.bisection import Difference, Part
from hubspot_ingest.inbound.reconcile.counts import (
    ROUNDS,
    SIDE_BY_SIDE,
    HeartbeatFetch,
    HubSpotCounts,
    HubSpotSide,
    PartCounter,
    TableSide,
)
from hubspot_ingest.model import Record

# How many are looked up at once, and how many a certificate names.
SHOWN = 1_000


@dataclass
class ComparisonResult:
    """What a comparison has come to so far; ``stopped`` is what kept it from its end.

    ``unread`` is how many records HubSpot did not read, so that nothing is known of them.
    """

    hubspot_records: int = 0
    table_records: int = 0
    changed_meanwhile: int = 0
    kinds: dict[str, str] = field(default_factory=dict)
    repaired: int = 0
    unread: int = 0
    stopped: IngestError | None = None

    @property
    def counted(self) -> Counter[str]:
        """How many differ, by kind: MISSING, EXTRA, STALE."""
        return Counter(self.kinds.values())

    @property
    def result(self) -> str:
        """COMPLETE, REPAIRED or INCOMPLETE."""
        if self.stopped is not None or self.unread or self.repaired < len(self.kinds):
            return "INCOMPLETE"
        return "REPAIRED" if self.kinds else "COMPLETE"


def cost(records: int, *, searched: bool) -> int:
    """How many requests the comparison of a table costs that agrees.

    ``searched``: whether a full load of it goes by search, 200 a page and not 100.
    """
    if records <= bisection.FEW:
        return max(1, math.ceil(records / requests.SEARCH_LIMIT))
    page = requests.SEARCH_LIMIT if searched else requests.LIST_LIMIT
    return bisection.request_budget(math.ceil(records / page))


@dataclass(frozen=True, slots=True)
class _FirstParts:
    """What is counted first: all records cut by id (not at all, where few requests may be spent),
    and all of them cut by when they were modified.
    """

    by_id: list[Part]
    by_age: list[Part]


@dataclass
class Comparison:
    """Compares the table of a plan, and repairs it; ``log`` hears of every MERGE.

    It is to be closed.
    """

    loader: Loader
    settled: int
    log: Callable[[MergeResult], None]
    result: ComparisonResult = field(default_factory=ComparisonResult)
    _early_counts: tuple[_FirstParts, Future[HubSpotCounts]] | None = field(
        default=None, init=False
    )
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(SIDE_BY_SIDE), init=False
    )

    def close(self) -> None:
        """What was asked and did not come yet is not needed any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def begin(self, expected: int | None) -> None:
        """Ask for HubSpot's counts already while the last of the table's rows are on their way.

        ``expected`` is how many there will be, where that is known.
        """
        live = LiveRows(self.loader.database, self.loader.plan.table)
        records = max(expected or 0, TableSide(live).count(self._whole))
        if records > bisection.FEW:
            parts = self._parts(live, records)
            # statements of this thread's session are not for the one that waits
            counting = self._counting(live, {}, heartbeat=lambda: None)
            self._early_counts = (
                parts,
                self._pool.submit(counting.ask, [*parts.by_id, *parts.by_age]),
            )

    def beforehand(self) -> int:
        """How many requests were sent for what was begun, once it is answered."""
        if self._early_counts is None:
            return 0
        _, asking = self._early_counts
        while not wait([asking], self.loader.tick).done:
            self.loader.heartbeat()
        if asking.exception() is not None:
            return 0
        asked = asking.result()
        return len(asked.counts) + max(1, math.ceil(len(asked.before) / requests.SEARCH_LIMIT))

    def steps(self) -> Iterator[None]:
        """Compare and repair; yields whenever another run may take its turn.

        What it came to stands in ``result``, also when the deadline or the day's limit ends it.
        """
        try:
            yield from self._compare()
        except (Stopped, UnexpectedAnswer) as error:
            self.result.stopped = error
        finally:
            self.result.unread = len(self.loader.unread)

    @property
    def _whole(self) -> Part:
        earliest = max(self.loader.plan.earliest or 0, requests.EARLIEST_FILTER)
        return Part(0, ABOVE_ANY_ID, earliest, self.settled)

    def _parts(self, live: LiveRows, records: int) -> _FirstParts:
        ids, ages = bisection.cut_counts(cost(records, searched=self.loader.plan.selective))
        by_id = bisection.by_id(self._whole, live.boundaries(ids)) if ids else []
        return _FirstParts(by_id, bisection.by_age(self._whole, ages))

    def _counting(
        self, live: LiveRows, differences: dict[str, Difference], *, heartbeat: Callable[[], None]
    ) -> PartCounter:
        patient = HeartbeatFetch(self.loader.fetch, self._pool, heartbeat, self.loader.tick)
        return PartCounter(
            patient, HubSpotSide(patient, self.loader.plan), live, self._whole, differences
        )

    def _compare(self) -> Iterator[None]:
        result, plan = self.result, self.loader.plan
        live = LiveRows(self.loader.database, plan.table)
        differences: dict[str, Difference] = {}
        counting = self._counting(live, differences, heartbeat=self.loader.heartbeat)
        theirs, ours, patient = counting.theirs, TableSide(live), counting.patient
        result.table_records = ours.count(self._whole)
        if self._early_counts is None and result.table_records <= bisection.FEW:
            there = theirs.versions(self._whole)
            result.hubspot_records = len(there)
            bisection.compare_versions(there, ours.versions(self._whole), differences)
            doubtful = {*differences}
        else:
            parts, asked = self._asked(counting, live)
            first = counting.counts(asked)
            result.hubspot_records = sum(count for _, count in first[: len(parts.by_id) or None])
            # what moved while parts were halved may have hidden something: they are counted anew
            for _ in range(ROUNDS):
                unlike = [
                    (part, count)
                    for part, count in first
                    if count != bisection.expected(ours, part, differences)
                ]
                if not unlike:
                    break
                yield from bisection.find_differences(
                    theirs, ours, unlike, ours.middle, differences
                )
                first = counting.counts(counting.ask([part for part, _ in unlike]))
            doubtful = differences.keys() - counting.changed.keys()
            result.changed_meanwhile = sum(
                (here := differences[id].here) is not None and here < self.settled
                for id in counting.changed
            )
        yield
        self._judge(patient, sorted(doubtful, key=int), live)
        yield from self._repair()

    def _asked(self, counting: PartCounter, live: LiveRows) -> tuple[_FirstParts, HubSpotCounts]:
        if self._early_counts is not None:
            parts, asking = self._early_counts
            return parts, counting.patient.end(asking)
        parts = self._parts(live, self.result.table_records)
        return parts, counting.ask([*parts.by_id, *parts.by_age])

    @property
    def _listing(self) -> Plan:
        """The same records from the primary store, without their values."""
        full_plan = self.loader.plan
        fits = plan.fits_url(full_plan.stream.object_type, ("hs_object_id",), ())
        strategy = Strategy.LIST if fits else Strategy.WIDE
        return replace(full_plan, strategy=strategy, properties=("hs_object_id",))

    def _judge(self, fetch: Fetch, ids: Sequence[str], live: LiveRows) -> None:
        """What each id is, by the primary store; those that are as they should be are left out."""
        if not ids:
            return
        result, run_plan = self.result, self.loader.plan
        here = live.versions_of(ids)
        taken = {*ids}
        if run_plan.filter_groups:
            taken = page_readers.ids_matching_filters(fetch, run_plan, ids)
        read = page_readers.read_by_ids(fetch, self._listing, ids)
        self.loader.unread.update(read.unread)
        there = read.records
        missing_ids = [id for id in read.missing(ids) if id in here]
        archived = self._archived(fetch, missing_ids)
        merged_away = self._merged_away(fetch, [id for id in missing_ids if id not in archived])
        for id in ids:
            if id in self.loader.unread:
                continue
            record = there.get(id)
            kind, at = "", None
            if record is None:
                kind = "EXTRA" if id in here else ""
                at = archived[id].archived_at if id in archived else None
            else:
                at = record.updated_at
                if id not in taken:
                    kind = "EXTRA" if id in here else ""
                elif id not in here:
                    kind = "MISSING" if (at or 0) >= (run_plan.earliest or 0) else ""
                elif at != here[id]:
                    kind = "STALE"
            if kind and (id in merged_away or (at is not None and at >= self.settled)):
                result.changed_meanwhile += 1
            elif kind:
                result.kinds[id] = kind

    def _archived(self, fetch: Fetch, ids: Sequence[str]) -> Mapping[str, Record]:
        """Which of some ids are archived; none where HubSpot does not read archived records."""
        try:
            read = page_readers.read_by_ids(fetch, self._listing, ids, archived=True)
        except HubSpotRefused as error:
            if error.http_status != 400:
                raise
            return {}
        self.loader.unread.update(read.unread)
        return read.records

    def _merged_away(self, fetch: Fetch, ids: Sequence[str]) -> set[str]:
        """Which of some ids were merged into another record since: it alone tells of them."""
        if not ids:
            return set()
        anything = replace(self.loader.plan, filter_groups=())
        changed = page_readers.changed_since(fetch, anything, self.settled).records
        return {old for old, _ in merged_ids(changed)} & {*ids}

    def _repair(self) -> Iterator[None]:
        def repaired(merge_result: MergeResult) -> None:
            self.result.repaired += (
                merge_result.inserted + merge_result.updated + merge_result.deleted
            )
            self.log(merge_result)

        context = SweepContext(
            loader=self.loader,
            state={},
            save=lambda _: None,
            rows=self.result.table_records or 1,
            log=repaired,
        )
        ids = [*self.result.kinds]
        for start in range(0, len(ids), SHOWN):
            yield from look_up(context, ids[start : start + SHOWN])
