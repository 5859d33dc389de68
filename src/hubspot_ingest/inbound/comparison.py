"""One comparison of a sync's table with HubSpot, up to what the table is settled through.

Counts find where the two disagree (``comparing``), at 1 % of what a full load costs. What became of
each record is then asked of HubSpot's primary store: its search index, which counts, lags behind,
and a difference that the primary store does not confirm is none.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from hubspot_ingest.database.certificates import Live
from hubspot_ingest.errors import IngestError, Stopped
from hubspot_ingest.hubspot import answers, requests
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound import comparing, plan, readers
from hubspot_ingest.inbound.comparing import Difference, Part
from hubspot_ingest.inbound.files import merged
from hubspot_ingest.inbound.loading import Loading, Merged
from hubspot_ingest.inbound.plan import Plan, Strategy
from hubspot_ingest.inbound.readers import Fetch
from hubspot_ingest.inbound.sweeps import END, Sweeps
from hubspot_ingest.model import Json

Answer = TypeVar("Answer")

# How many are looked up at once, and how many a certificate names.
SHOWN = 1_000
# Searches that go out at once; HubSpot takes five in a second.
SIDE_BY_SIDE = 5


@dataclass
class Found:
    """What a comparison has come to so far; ``stopped`` is what kept it from its end."""

    hubspot_records: int = 0
    table_records: int = 0
    changed_meanwhile: int = 0
    kinds: dict[str, str] = field(default_factory=dict)
    repaired: int = 0
    stopped: IngestError | None = None

    @property
    def counted(self) -> Counter[str]:
        """How many differ, by kind: MISSING, EXTRA, STALE."""
        return Counter(self.kinds.values())

    @property
    def result(self) -> str:
        """COMPLETE, REPAIRED or INCOMPLETE."""
        if self.stopped is not None or self.repaired < len(self.kinds):
            return "INCOMPLETE"
        return "REPAIRED" if self.kinds else "COMPLETE"


def cost(records: int, *, searched: bool) -> int:
    """How many requests the comparison of a table costs that agrees.

    ``searched``: whether a full load of it goes by search, 200 a page and not 100.
    """
    if records <= comparing.FEW:
        return max(1, math.ceil(records / requests.SEARCH_LIMIT))
    page = requests.SEARCH_LIMIT if searched else requests.LIST_LIMIT
    return comparing.allowed(math.ceil(records / page))


@dataclass
class Comparison:
    """Compares the table of a plan, and repairs it; ``log`` hears of every MERGE."""

    loading: Loading
    settled: int
    log: Callable[[Merged], None]
    found: Found = field(default_factory=Found)

    def steps(self) -> Iterator[None]:
        """Compare and repair; yields whenever another run may take its turn.

        What it came to stands in ``found``, also when the deadline or the day's limit ends it.
        """
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            patient = _Patient(self.loading.fetch, pool, self.loading.alive, self.loading.tick)
            try:
                yield from self._go(patient)
            except Stopped as error:
                self.found.stopped = error

    def _go(self, patient: _Patient) -> Iterator[None]:
        found, wanted = self.found, self.loading.plan
        live = Live(self.loading.database, wanted.table)
        theirs, ours = _Theirs(patient, wanted), _Ours(live)
        earliest = max(wanted.earliest or 0, requests.EARLIEST_FILTER)
        whole = Part(0, END, earliest, self.settled)
        found.table_records = ours.count(whole)
        known: dict[str, Difference] = {}
        meanwhile: set[str] = set()
        if found.table_records <= comparing.FEW:
            there = theirs.versions(whole)
            found.hubspot_records = len(there)
            comparing.compare(there, ours.versions(whole), known)
        else:
            first = self._first(patient, theirs, live, whole, known)
            meanwhile |= {*known}
            found.changed_meanwhile = sum(
                one.here is not None and one.here < self.settled for one in known.values()
            )
            yield from comparing.differing(theirs, ours, first, ours.middle, known)
        yield
        self._judge(patient, sorted(known.keys() - meanwhile, key=int), live)
        yield from self._repair()

    def _first(
        self,
        patient: _Patient,
        theirs: _Theirs,
        live: Live,
        whole: Part,
        known: dict[str, Difference],
    ) -> list[tuple[Part, int]]:
        """The parts to begin with, counted at once, and in ``known`` what changed meanwhile."""
        loading = self.loading
        asked = cost(self.found.table_records, searched=loading.plan.selective)
        ids, ages = comparing.cuts(asked)
        by_id = comparing.by_id(whole, live.cuts(ids)) if ids else []
        parts = [*by_id, *comparing.by_age(whole, ages)]
        fetch, until = loading.fetch, whole.until
        changing = patient.begin(lambda: readers.changed_since(fetch, loading.plan, until))
        counting = [patient.begin(partial(theirs.counted, part, fetch)) for part in parts]
        changed = {one.id: one.updated_at for one in patient.end(changing).records}
        first = [(part, patient.end(one)) for part, one in zip(parts, counting, strict=True)]
        self.found.hubspot_records = sum(count for _, count in first[: len(by_id) or None])
        here = live.of([*changed])
        known |= {one: Difference(at, here.get(one)) for one, at in changed.items()}
        return first

    @property
    def _listing(self) -> Plan:
        """The same records from the primary store, without their values."""
        wanted = self.loading.plan
        fits = plan.fits_url(wanted.stream.object_type, ("hs_object_id",), ())
        strategy = Strategy.LIST if fits else Strategy.WIDE
        return replace(wanted, strategy=strategy, properties=("hs_object_id",))

    def _judge(self, fetch: Fetch, ids: Sequence[str], live: Live) -> None:
        """What each id is, by the primary store; those that are as they should be are left out."""
        if not ids:
            return
        found, wanted = self.found, self.loading.plan
        here = live.of(ids)
        taken = {*ids}
        if wanted.filter_groups:
            taken = set(readers.matching_among(fetch, wanted, ids))
        there = readers.read_ids(fetch, self._listing, ids)
        gone = [one for one in ids if one not in there and one in here]
        archived = readers.read_ids(fetch, self._listing, gone, archived=True)
        merged_away = self._merged_away(fetch, [one for one in gone if one not in archived])
        for one in ids:
            record = there.get(one)
            kind, at = "", None
            if record is None:
                kind = "EXTRA" if one in here else ""
                at = archived[one].archived_at if one in archived else None
            else:
                at = record.updated_at
                if one not in taken:
                    kind = "EXTRA" if one in here else ""
                elif one not in here:
                    kind = "MISSING" if (at or 0) >= (wanted.earliest or 0) else ""
                elif at != here[one]:
                    kind = "STALE"
            if kind and (one in merged_away or (at is not None and at >= self.settled)):
                found.changed_meanwhile += 1
            elif kind:
                found.kinds[one] = kind

    def _merged_away(self, fetch: Fetch, ids: Sequence[str]) -> set[str]:
        """Which of some ids were merged into another record since: it alone tells of them."""
        if not ids:
            return set()
        anything = replace(self.loading.plan, filter_groups=())
        changed = readers.changed_since(fetch, anything, self.settled).records
        return {old for old, _ in merged(changed)} & {*ids}

    def _repair(self) -> Iterator[None]:
        def repaired(done: Merged) -> None:
            self.found.repaired += done.inserted + done.updated + done.deleted
            self.log(done)

        sweeps = Sweeps(
            loading=self.loading,
            state={},
            save=lambda _: None,
            rows=self.found.table_records or 1,
            log=repaired,
        )
        ids = [*self.found.kinds]
        for start in range(0, len(ids), SHOWN):
            yield from sweeps.look_up(ids[start : start + SHOWN])


@dataclass
class _Patient:
    """A ``Fetch`` that shows life while HubSpot, or a limit, lets a request wait."""

    fetch: Fetch
    pool: ThreadPoolExecutor
    alive: Callable[[], None]
    tick: float

    def __call__(self, request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        return self.end(self.pool.submit(self.fetch, request, parse))

    def begin(self, work: Callable[[], Answer]) -> Future[Answer]:
        """Do some work meanwhile."""
        return self.pool.submit(work)

    def end(self, going: Future[Answer]) -> Answer:
        """The answer of some work, once it is there."""
        while not wait([going], self.tick).done:
            self.alive()
        return going.result()


@dataclass
class _Theirs:
    """HubSpot's side: what the sync's filters take, as its search index has it."""

    patient: _Patient
    plan: Plan

    def _groups(self, part: Part) -> list[Json]:
        bounds: list[Json] = [
            {
                "propertyName": "hs_object_id",
                "operator": "BETWEEN",
                "value": str(part.after + 1),
                "highValue": str(part.last),
            },
            {
                "propertyName": self.plan.stream.updated,
                "operator": "BETWEEN",
                "value": str(max(part.since, requests.EARLIEST_FILTER)),
                "highValue": str(part.until - 1),
            },
        ]
        return [{"filters": [*group, *bounds]} for group in self.plan.filter_groups or ((),)]

    def counted(self, part: Part, fetch: Fetch) -> int:
        """As ``count``, by another way to HubSpot."""
        request = requests.search_page(
            self.plan.stream.object_type, self._groups(part), ["hs_object_id"], limit=1
        )
        return fetch(request, answers.page).total or 0

    def count(self, part: Part, /) -> int:
        return self.counted(part, self.patient)

    def versions(self, part: Part, /) -> Mapping[str, int | None]:
        found: dict[str, int | None] = {}
        after, more = part.after, True
        while more:
            request = requests.search_page(
                self.plan.stream.object_type,
                self._groups(replace(part, after=after)),
                ["hs_object_id"],
            )
            page = self.patient(request, answers.page)
            found |= {one.id: one.updated_at for one in page.records}
            more = page.after is not None and bool(page.records)
            after = max([after, *(int(one.id) for one in page.records)])
        return found


@dataclass
class _Ours:
    """The table's side."""

    live: Live

    def count(self, part: Part, /) -> int:
        return self.live.count(part.after, part.last, part.since, part.until)

    def versions(self, part: Part, /) -> Mapping[str, int | None]:
        return self.live.versions(part.after, part.last, part.since, part.until)

    def middle(self, part: Part, /) -> int | None:
        return self.live.middle(part.after, part.last, part.since, part.until)
