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
from hubspot_ingest.database.state.sweeps import SweepsState
from hubspot_ingest.errors import HubSpotRefused, IngestError, Stopped, UnexpectedAnswer
from hubspot_ingest.hubspot import requests
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.deletions.context import ABOVE_ANY_ID, SweepContext
from hubspot_ingest.inbound.deletions.lookup import look_up
from hubspot_ingest.inbound.extract import latest_changes, page_readers
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
    IdSide,
    PartCounter,
    TableSide,
)
from hubspot_ingest.model import Record

# How many are looked up at once, and how many a certificate names.
SHOWN = 1_000
_ALL = Part(0, ABOVE_ANY_ID)


@dataclass
class ComparisonResult:
    """What a comparison has come to so far; ``stopped`` is what kept it from its end.

    ``settled`` is how many rows were not as HubSpot has them, those that have changed since the
    last run among them, and ``repaired`` how many rows were changed for it. ``unread`` is how many
    records HubSpot did not read, so that nothing is known of them, ``doubled`` how many rows have
    the id of another.
    """

    hubspot_records: int = 0
    table_records: int = 0
    changed_meanwhile: int = 0
    kinds: dict[str, str] = field(default_factory=dict)
    repaired: int = 0
    settled: int = 0
    unread: int = 0
    doubled: int = 0
    stopped: IngestError | None = None

    @property
    def counted(self) -> Counter[str]:
        """How many differ, by kind: MISSING, EXTRA, STALE."""
        return Counter(self.kinds.values())

    @property
    def result(self) -> str:
        """COMPLETE, REPAIRED or INCOMPLETE."""
        if self.stopped is not None or self.unread or self.doubled:
            return "INCOMPLETE"
        if self.repaired < self.settled or self.hubspot_records != self.table_records:
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


@dataclass
class Comparison:
    """Compares the table of a plan, and repairs it; ``log`` hears of every MERGE.

    It is to be closed.
    """

    loader: Loader
    settled: int
    log: Callable[[MergeResult], None]
    result: ComparisonResult = field(default_factory=ComparisonResult)
    _early_counts: Future[HubSpotCounts] | None = field(default=None, init=False)
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
        if not self.loader.plan.timed:
            return
        live = LiveRows(self.loader.database, self.loader.plan.table)
        records = max(expected or 0, TableSide(live).count(self._whole))
        if records > bisection.FEW:
            parts = self._parts(live, records)
            # statements of this thread's session are not for the one that waits
            counting = self._counting(live, {}, heartbeat=lambda: None)
            self._early_counts = self._pool.submit(counting.ask, parts)

    def beforehand(self) -> int:
        """How many requests were sent for what was begun, once it is answered."""
        if self._early_counts is None:
            return 0
        asking = self._early_counts
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

    def _parts(self, live: LiveRows, records: int) -> list[Part]:
        """What is counted first: all records cut by id (not at all, where few requests may be
        spent), and all of them cut by when they were modified.
        """
        ids, ages = bisection.cut_counts(cost(records, searched=self.loader.plan.selective))
        by_id = bisection.by_id(self._whole, live.boundaries(ids)) if ids else []
        return [*by_id, *bisection.by_age(self._whole, ages)]

    def _counting(
        self, live: LiveRows, differences: dict[str, Difference], *, heartbeat: Callable[[], None]
    ) -> PartCounter:
        patient = HeartbeatFetch(self.loader.fetch, self._pool, heartbeat, self.loader.tick)
        return PartCounter(
            patient, HubSpotSide(patient, self.loader.plan), live, self._whole, differences
        )

    def _compare(self) -> Iterator[None]:
        live = LiveRows(self.loader.database, self.loader.plan.table)
        yield from self._mark_foreign(live)
        differences: dict[str, Difference] = {}
        counting = self._counting(live, differences, heartbeat=self.loader.heartbeat)
        few = TableSide(live).count(_ALL) <= bisection.FEW
        if self._early_counts is None and (few or not self.loader.plan.timed):
            there = counting.theirs.versions(_ALL)
            bisection.compare_versions(there, TableSide(live).versions(_ALL), differences)
            yield
            yield from self._settle(counting.patient, [*differences], live)
            # what differed is by now as the primary store has it, or counted as unread
            self.result.hubspot_records = live.count_ids()
        else:
            yield from self._compare_parts(counting, live, differences)
            yield
            ids = [id for id, pair in differences.items() if pair.there != pair.here]
            yield from self._settle(counting.patient, ids, live)
            yield from self._compare_totals(counting, live)
        self.result.table_records = live.count_all()
        self.result.doubled = self.result.table_records - live.count_ids()

    def _mark_foreign(self, live: LiveRows) -> Iterator[None]:
        """Mark the rows that no record of HubSpot can belong to."""
        ids = live.foreign_ids()
        if not ids:
            return
        marked = self.loader.mark_foreign()
        self.result.kinds |= dict.fromkeys(ids, "EXTRA")
        self.result.repaired += min(marked, len({*ids}))
        self.log(MergeResult(0, 0, 0, marked, 0, {}))
        yield

    def _compare_parts(
        self, counting: PartCounter, live: LiveRows, differences: dict[str, Difference]
    ) -> Iterator[None]:
        """Find what differs in what is settled, and note what has changed since then."""
        theirs, ours = counting.theirs, TableSide(live)
        first = counting.counts(self._asked(counting, live))
        # what moved while parts were halved may have hidden something: they are counted anew
        for _ in range(ROUNDS):
            unlike = [
                (part, count)
                for part, count in first
                if count != bisection.expected(ours, part, differences)
            ]
            if not unlike:
                break
            yield from bisection.find_differences(theirs, ours, unlike, ours.middle, differences)
            first = counting.counts(counting.ask([part for part, _ in unlike]))

    def _compare_totals(self, counting: PartCounter, live: LiveRows) -> Iterator[None]:
        """Hold the number of HubSpot's records against the live rows, once these are repaired.

        Where the two are not equal the ids tell why: what was deleted or made since the table was
        settled lies in no part that was compared, and an index that lags counts otherwise than the
        primary store. Raises ``UnexpectedAnswer`` where nothing explains it.
        """
        fetch, plan = counting.patient, self.loader.plan
        theirs, ours = HubSpotSide(fetch, plan), TableSide(live)
        total = counting.total
        for _ in range(ROUNDS):
            rows = live.count_ids()
            if total is None or total == rows:
                self.result.hubspot_records = rows
                return
            differences: dict[str, Difference] = {}
            yield from bisection.find_differences(
                IdSide(theirs), IdSide(ours), [(_ALL, total)], ours.middle, differences
            )
            before = self.result.settled
            yield from self._settle(fetch, [*differences], live)
            lagging = len(differences) - (self.result.settled - before)
            if lagging == len(differences) and lagging:
                # all of them are in HubSpot's primary store as they are in the table
                self.result.hubspot_records = rows
                return
            total = latest_changes.count_taken(fetch, plan)
        self.result.hubspot_records = total or 0
        raise UnexpectedAnswer(
            f"HubSpot's search counts {total} records, the table has {live.count_ids()}"
        )

    def _settle(self, fetch: Fetch, ids: Sequence[str], live: LiveRows) -> Iterator[None]:
        """Ask what the records of ``ids`` are, and repair what the table has otherwise."""
        numbered = sorted(ids, key=int)
        for start in range(0, len(numbered), SHOWN):
            wrong_ids = self._judge(fetch, numbered[start : start + SHOWN], live)
            self.result.settled += len(wrong_ids)
            yield from self._repair(wrong_ids)

    def _asked(self, counting: PartCounter, live: LiveRows) -> HubSpotCounts:
        if self._early_counts is not None:
            return counting.patient.end(self._early_counts)
        return counting.ask(self._parts(live, TableSide(live).count(self._whole)))

    @property
    def _listing(self) -> Plan:
        """The same records from the primary store, without their values."""
        full_plan = self.loader.plan
        fits = plan.fits_url(full_plan.stream.object_type, ("hs_object_id",), ())
        strategy = Strategy.LIST if fits else Strategy.WIDE
        return replace(full_plan, strategy=strategy, properties=("hs_object_id",))

    def _judge(self, fetch: Fetch, ids: Sequence[str], live: LiveRows) -> list[str]:
        """Which of some ids the table has otherwise than HubSpot's primary store.

        What differs since before the table was settled is a difference of the certificate; the
        others have changed meanwhile.
        """
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
        wrong_ids: list[str] = []
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
            if not kind:
                continue
            wrong_ids.append(id)
            if id in merged_away or (at is not None and at >= self.settled):
                result.changed_meanwhile += 1
            else:
                result.kinds[id] = kind
        return wrong_ids

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

    def _repair(self, ids: Sequence[str]) -> Iterator[None]:
        def repaired(merge_result: MergeResult) -> None:
            self.result.repaired += (
                merge_result.inserted + merge_result.updated + merge_result.deleted
            )
            self.log(merge_result)

        context = SweepContext(
            loader=self.loader, state=SweepsState(), save=lambda _: None, rows=1, log=repaired
        )
        yield from look_up(context, ids)
