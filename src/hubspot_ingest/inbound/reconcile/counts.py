"""Counts the records of HubSpot and of a table while HubSpot goes on changing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from hubspot_ingest import times
from hubspot_ingest.database.state.certificates import LiveRows
from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.hubspot import record_pages, requests
from hubspot_ingest.hubspot.fetch import Fetch, HeartbeatFetch
from hubspot_ingest.inbound.extract import latest_changes, page_readers
from hubspot_ingest.inbound.plan.plan import Plan
from hubspot_ingest.inbound.reconcile.bisection import Difference, Part
from hubspot_ingest.model import Json, Record

# Searches that go out at once; HubSpot takes five in a second.
SIDE_BY_SIDE = 5
# How often parts are counted anew in which something moved.
ROUNDS = 4
# How much later (ms) the index may learn of one change than of another.
INDEX_LAG = 10 * times.MINUTE
# What had changed is asked for beside the last MERGE, and again where that, and what else comes
# before the comparison, took longer (ms).
STILL_LATEST = times.MINUTE // 2


@dataclass
class HubSpotSide:
    """HubSpot's side: the records that match the sync's filters, by its search index."""

    fetch: Fetch
    plan: Plan

    def _groups(self, part: Part) -> list[Json]:
        bounds: list[Json] = [
            {
                "propertyName": "hs_object_id",
                "operator": "BETWEEN",
                "value": str(part.after + 1),
                "highValue": str(part.last),
            }
        ]
        if part.since is None or part.until is None:
            return [{"filters": [*group, *bounds]} for group in self.plan.taken_groups]
        bounds.append(
            {
                "propertyName": self.plan.stream.updated,
                "operator": "BETWEEN",
                "value": str(max(part.since, requests.EARLIEST_FILTER)),
                "highValue": str(part.until - 1),
            }
        )
        return [{"filters": [*group, *bounds]} for group in self.plan.filter_groups or ((),)]

    def counted(self, part: Part, fetch: Fetch) -> int:
        """As ``count``, sent through another ``Fetch``."""
        request = requests.search_page(
            self.plan.stream.object_type, self._groups(part), ["hs_object_id"], limit=1
        )
        return fetch(request, record_pages.page).total or 0

    def count(self, part: Part, /) -> int:
        """See ``Side``."""
        return self.counted(part, self.fetch)

    def versions(self, part: Part, /) -> Mapping[str, int | None]:
        """See ``Side``."""
        versions: dict[str, int | None] = {}
        after, more, total = part.after, True, None
        while more:
            request = requests.search_page(
                self.plan.stream.object_type,
                self._groups(replace(part, after=after)),
                ["hs_object_id"],
            )
            page = self.fetch(request, record_pages.page)
            versions |= {record.id: record.updated_at for record in page.records}
            total = page.total if total is None else total
            rest = (page.total or 0) - len(page.records)
            more = bool(page.records) and (page.after is not None or rest > 0)
            after = max([after, *(int(record.id) for record in page.records)])
        # records may have come and gone between two pages
        if total != len(versions) and (total := self.count(part)) > len(versions):
            raise UnexpectedAnswer(
                f"HubSpot's search of {self.plan.stream.name} counts {total} records and sends "
                f"{len(versions)}"
            )
        return versions


@dataclass(frozen=True, slots=True)
class LatestChanges:
    """The records that had changed at an instant ``at`` (epoch ms), each with when.

    ``total`` is how many records the sync took then, None where HubSpot does not tell.
    """

    at: int
    versions: Mapping[str, int | None]
    total: int | None

    def are_latest(self, now: int) -> bool:
        """Whether they still count for those of an instant."""
        return now - self.at <= STILL_LATEST

    @property
    def requests(self) -> int:
        """How many requests it took to ask for them."""
        return max(1, math.ceil(len(self.versions) / requests.SEARCH_LIMIT))


@dataclass(frozen=True, slots=True)
class HubSpotCounts:
    """How many records HubSpot has in some parts, and which had changed before it was asked.

    ``after`` is what had changed later, if that was asked already.
    """

    before: LatestChanges
    counts: Mapping[Part, int]
    after: LatestChanges | None = None

    @property
    def requests(self) -> int:
        """How many requests it took to ask for all of it."""
        after = 0 if self.after is None else self.after.requests
        return len(self.counts) + self.before.requests + after


@dataclass
class PartCounter:
    """Counts parts in HubSpot while records go on changing.

    ``changed`` are the records that have changed since the table was settled, which no part holds
    any more; in ``differences`` they stand with the versions of our rows. ``total`` is how many
    records the sync takes by the latest answer, None where that did not tell.
    """

    heartbeat_fetch: HeartbeatFetch
    theirs: HubSpotSide
    live: LiveRows
    whole: Part
    differences: dict[str, Difference]
    clock: times.Clock
    changed: dict[str, int | None] = field(default_factory=dict)
    total: int | None = field(default=None, init=False)

    def ask(self, parts: Sequence[Part]) -> HubSpotCounts:
        """HubSpot's counts of some parts; needs no statement, so any thread may call it."""
        return HubSpotCounts(self._changes(), self._counted(parts))

    def versions(self, parts: Sequence[Part]) -> Iterator[tuple[Part, Mapping[str, int | None]]]:
        """HubSpot's records of each part, with when they were modified; few parts at once."""
        side = HubSpotSide(self.heartbeat_fetch.fetch, self.theirs.plan)
        for start in range(0, len(parts), SIDE_BY_SIDE):
            together = parts[start : start + SIDE_BY_SIDE]
            pending = [
                self.heartbeat_fetch.begin(partial(side.versions, part)) for part in together
            ]
            for part, future in zip(together, pending, strict=True):
                yield part, self.heartbeat_fetch.end(future)

    def ask_after(self, asked: HubSpotCounts) -> HubSpotCounts:
        """With what has changed by now; needs no statement either."""
        return replace(asked, after=self._changes())

    def counts(self, asked: HubSpotCounts) -> list[tuple[Part, int]]:
        """How many records each part has, less those that changed until it was counted."""
        self._note(asked.before)
        counts = dict(asked.counts)
        after = asked.after
        if after is None or not after.are_latest(self.clock.now()):
            after = self._changes()
        moved = self._note(after)
        for _ in range(ROUNDS):
            # whether one was counted before it changed or after it, nobody knows
            unsure = [
                part
                for part in counts
                if any(part.holds(id, self.differences[id].here) for id in moved)
            ]
            if not unsure:
                break
            counts |= self._counted(unsure)
            moved = self._note(self._changes())
        return [*counts.items()]

    def _counted(self, parts: Sequence[Part]) -> dict[Part, int]:
        fetch = self.heartbeat_fetch.fetch
        pending = [
            self.heartbeat_fetch.begin(partial(self.theirs.counted, part, fetch)) for part in parts
        ]
        return {
            part: self.heartbeat_fetch.end(future)
            for part, future in zip(parts, pending, strict=True)
        }

    def _changes(self) -> LatestChanges:
        """The records that have changed by now."""
        at = self.clock.now()
        latest = max((at or 0 for at in self.changed.values()), default=0)
        since = max(self.whole.until or 0, latest - INDEX_LAG)
        plan = replace(self.theirs.plan, since=since)
        names = ("hs_object_id", plan.stream.updated)
        newest = latest_changes.newest_page(self.heartbeat_fetch, plan, names)
        records: Sequence[Record] = newest.records
        if not newest.whole:
            records = page_readers.changed_since(self.heartbeat_fetch, plan, since).records
        versions = {record.id: record.updated_at for record in records}
        return LatestChanges(at, versions, newest.total)

    def _note(self, changes: LatestChanges) -> set[str]:
        """Take account of changed records; returns those not taken account of before."""
        changed, self.total = changes.versions, changes.total
        moved = {*changed} - {*self.changed}
        here = self.live.versions_of([*moved])
        self.differences |= {id: Difference(changed[id], here.get(id)) for id in moved}
        self.changed |= changed
        return moved


@dataclass
class TableSide:
    """The table's side."""

    live: LiveRows

    def count(self, part: Part, /) -> int:
        """See ``Side``."""
        return self.live.count(part.after, part.last, part.since, part.until)

    def versions(self, part: Part, /) -> Mapping[str, int | None]:
        """See ``Side``."""
        return self.live.versions(part.after, part.last, part.since, part.until)

    def middle(self, part: Part, /) -> int | None:
        """An id that halves the part's rows; None where they have none."""
        return self.live.middle(part.after, part.last, part.since, part.until)


@dataclass
class IdSide:
    """A side of which the ids alone count, whatever the versions are.

    ``after`` is the id above which it was asked last.
    """

    side: HubSpotSide | TableSide
    after: int = 0

    def count(self, part: Part, /) -> int:
        """See ``Side``."""
        self.after = part.after
        return self.side.count(part)

    def versions(self, part: Part, /) -> Mapping[str, int | None]:
        """See ``Side``."""
        self.after = part.after
        return dict.fromkeys(self.side.versions(part), 0)
