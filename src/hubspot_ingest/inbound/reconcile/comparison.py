"""Compares a sync's table with HubSpot, up to the time it is settled through, and repairs it.

Counts find where the two disagree (``bisection``), at 1 % of what a full load costs. What became of
each record is then asked of HubSpot's primary store: its search index, which counts, lags behind,
and a difference that the primary store does not confirm is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from hubspot_ingest.database.state.certificates import FewRows, LiveRows
from hubspot_ingest.errors import NotAnswered, Stopped, UnexpectedAnswer
from hubspot_ingest.hubspot import requests
from hubspot_ingest.hubspot.fetch import HeartbeatFetch
from hubspot_ingest.inbound.deletions.context import ABOVE_ANY_ID
from hubspot_ingest.inbound.extract import latest_changes, token_lists
from hubspot_ingest.inbound.extract.extraction import Extraction
from hubspot_ingest.inbound.load.table_loader import TableLoader
from hubspot_ingest.inbound.plan.plan import Plan
from hubspot_ingest.inbound.reconcile import bisection
from hubspot_ingest.inbound.reconcile.bisection import Difference, Part
from hubspot_ingest.inbound.reconcile.counts import (
    ROUNDS,
    SIDE_BY_SIDE,
    HubSpotCounts,
    HubSpotSide,
    IdSide,
    PartCounter,
    TableSide,
)
from hubspot_ingest.inbound.reconcile.repairs import Repairs

_ALL = Part(0, ABOVE_ANY_ID)
# A thorough comparison reads up to this many records from HubSpot's primary store, in ten pages.
LISTED = bisection.MOST * requests.LIST_LIMIT
# A thorough comparison holds up to this many records against their rows one by one: a hundred
# searches, twenty seconds at the five that HubSpot takes in one.
ONE_BY_ONE = 100 * requests.SEARCH_LIMIT


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
    """Compares the table of a plan, and repairs it. It is to be closed.

    ``thorough``: columns are held against PROPERTIES, ten times as many records are compared one by
    one, and few are read from HubSpot's primary store, which knows of every change, at twice the
    requests of a search.
    """

    repairs: Repairs
    thorough: bool = False
    _early_counts: Future[HubSpotCounts] | None = field(default=None, init=False)
    _begun: bool = field(default=False, init=False)
    _ask_after: Callable[[], HubSpotCounts] | None = field(default=None, init=False)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(SIDE_BY_SIDE), init=False
    )

    @property
    def _plan(self) -> Plan:
        return self.repairs.loader.plan

    @property
    def _tables(self) -> TableLoader:
        return self.repairs.loader.tables

    def _heartbeat_fetch(self, heartbeat: Callable[[], None]) -> HeartbeatFetch:
        return HeartbeatFetch(self.repairs.loader.fetch, self._pool, heartbeat, self._tables.tick)

    def close(self) -> None:
        """What was asked and did not come yet is not needed any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def follow(self, extraction: Extraction, rows: int) -> None:
        """Ask for HubSpot's counts already while the last of the table's rows are on their way.

        What has changed until all was read is asked for after that, beside the last MERGE: the
        table is held against HubSpot as it was then. ``rows`` are in the table already.
        """
        # once most rows are in, they tell where to cut
        if not self._begun and extraction.ending and rows > (extraction.expected or 0) / 2:
            self._begun = True
            self._begin(extraction.expected)
        if extraction.ended and self._ask_after is not None:
            self._early_counts = self._pool.submit(self._ask_after)
            self._ask_after = None

    def _begin(self, expected: int | None) -> None:
        if not self._plan.timed:
            return
        live = LiveRows(self._tables.database, self._plan.table)
        records = max(expected or 0, TableSide(live).count(self._whole))
        if records > bisection.FEW:
            parts = self._parts(live, records)
            # statements of this thread's session are not for the one that waits
            counting = self._counting(live, {}, heartbeat=lambda: None)
            early_counts = self._early_counts = self._pool.submit(counting.ask, parts)
            self._ask_after = lambda: counting.ask_after(early_counts.result())

    def beforehand(self) -> int:
        """How many requests were sent for what was begun, once it is answered."""
        if self._early_counts is None:
            return 0
        asking = self._early_counts
        while not wait([asking], self._tables.tick).done:
            self._tables.heartbeat()
        if asking.exception() is not None:
            return 0
        return asking.result().requests

    @property
    def counted_at(self) -> int | None:
        """Since when (epoch ms) HubSpot is as it is compared; None: it is asked from now on."""
        asking = self._early_counts
        if asking is None or not asking.done() or asking.exception() is not None:
            return None
        after = asking.result().after
        if after is None or not after.are_latest(self._tables.clock.now()):
            return None
        return after.at

    def steps(self) -> Iterator[None]:
        """Compare and repair; yields whenever another run may take its turn.

        What it came to stands in ``result``, also when the deadline or the day's limit ends it.
        """
        try:
            yield from self._compare()
        except (Stopped, NotAnswered, UnexpectedAnswer) as error:
            self.repairs.result.stopped = error
        finally:
            self.repairs.result.unread = len(self.repairs.loader.unread)

    @property
    def _whole(self) -> Part:
        earliest = max(self._plan.earliest or 0, requests.EARLIEST_FILTER)
        return Part(0, ABOVE_ANY_ID, earliest, self.repairs.settled)

    def _parts(self, live: LiveRows, records: int) -> list[Part]:
        """What is counted first: all records cut by id (not at all, where few requests may be
        spent), and all of them cut by when they were modified.
        """
        ids, ages = bisection.cut_counts(cost(records, searched=self._plan.selective))
        by_id = bisection.by_id(self._whole, live.boundaries(ids)) if ids else []
        return [*by_id, *bisection.by_age(self._whole, ages)]

    def _counting(
        self, live: LiveRows, differences: dict[str, Difference], *, heartbeat: Callable[[], None]
    ) -> PartCounter:
        fetch = self._heartbeat_fetch(heartbeat)
        return PartCounter(
            fetch,
            HubSpotSide(fetch, self._plan),
            live,
            self._whole,
            differences,
            self._tables.clock,
        )

    def _compare(self) -> Iterator[None]:
        live = LiveRows(self._tables.database, self._plan.table)
        few_rows = live.few(bisection.FEW) if self._early_counts is None else None
        counts = live.counts() if few_rows is None else few_rows.counts
        if counts.numbered < counts.rows:
            yield from self.repairs.mark_foreign(live)
        differences: dict[str, Difference] = {}
        counting = self._counting(live, differences, heartbeat=self._tables.heartbeat)
        few = counts.numbered <= (ONE_BY_ONE if self.thorough else bisection.FEW)
        whole = self._early_counts is None and (few or not self._plan.timed)
        if whole:
            listed = counts.numbered <= LISTED and not self._plan.selective
            self.repairs.result.one_by_one = True
            self.repairs.result.listed = self.thorough and listed
            for here, there in self._versions(counting, live, counts.numbered, few_rows):
                of_part: dict[str, Difference] = {}
                bisection.compare_versions(there, here, of_part)
                differences |= of_part
                yield
                yield from self.repairs.settle(counting.heartbeat_fetch, [*of_part], live)
        else:
            yield from self._compare_parts(counting, live, differences)
            yield
            ids = [id for id, pair in differences.items() if pair.there != pair.here]
            yield from self.repairs.settle(counting.heartbeat_fetch, ids, live)
            yield from self._compare_totals(counting, live)
        if self.thorough:
            yield from self.repairs.repair_columns()
        if differences or self.thorough or few_rows is None or counts.numbered < counts.rows:
            counts = live.counts()
        if whole:
            # what differed is by now as the primary store has it, or counted as unread
            self.repairs.result.hubspot_records = counts.ids
        self.repairs.result.table_records = counts.rows
        self.repairs.result.doubled = counts.rows - counts.ids

    def _versions(
        self, counting: PartCounter, live: LiveRows, rows: int, few_rows: FewRows | None
    ) -> Iterator[tuple[Mapping[str, int | None], Mapping[str, int | None]]]:
        """The versions of all rows and of all records, part by part."""
        listed = self.repairs.result.listed
        if listed or rows <= bisection.FEW:
            here = TableSide(live).versions(_ALL) if few_rows is None else few_rows.versions
            yield here, self._listed_versions() if listed else counting.theirs.versions(_ALL)
            return
        parts = bisection.by_id(_ALL, live.boundaries(math.ceil(rows / bisection.FEW)))
        for part, there in counting.versions(parts):
            yield TableSide(live).versions(part), there

    def _listed_versions(self) -> Mapping[str, int | None]:
        """All records as HubSpot's primary store has them, each with when it was modified."""
        fetch = self._heartbeat_fetch(self._tables.heartbeat)
        versions: dict[str, int | None] = {}
        for page in token_lists.listed(fetch, self.repairs.listing):
            versions |= {record.id: record.updated_at for record in page.records}
            self.repairs.loader.unread.update(page.unread)
        return versions

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
        fetch, plan = counting.heartbeat_fetch, self._plan
        theirs, ours = HubSpotSide(fetch, plan), TableSide(live)
        total = counting.total
        for _ in range(ROUNDS):
            rows = live.count_ids()
            if total is None or total == rows:
                self.repairs.result.hubspot_records = rows
                return
            differences: dict[str, Difference] = {}
            yield from bisection.find_differences(
                IdSide(theirs), IdSide(ours), [(_ALL, total)], ours.middle, differences
            )
            before = self.repairs.result.settled
            yield from self.repairs.settle(fetch, [*differences], live)
            lagging = len(differences) - (self.repairs.result.settled - before)
            if lagging == len(differences) and lagging:
                # all of them are in HubSpot's primary store as they are in the table
                self.repairs.result.hubspot_records = rows
                return
            total = latest_changes.count_taken(fetch, plan)
        self.repairs.result.hubspot_records = total or 0
        raise UnexpectedAnswer(
            f"HubSpot's search counts {total} records, the table has {live.count_ids()}"
        )

    def _asked(self, counting: PartCounter, live: LiveRows) -> HubSpotCounts:
        if self._early_counts is not None:
            return counting.heartbeat_fetch.end(self._early_counts)
        return counting.ask(self._parts(live, TableSide(live).count(self._whole)))
