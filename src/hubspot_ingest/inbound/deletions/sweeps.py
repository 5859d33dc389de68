"""What no search tells: deletions, restored records, changes that move no modified time.

Sweeps follow the main reading when they are due, so that a run of a stream in which nothing
happens stays at one search. Each keeps its own place in ``STATE.SYNCS.SWEEPS``.

- ``archived``: the list of archived records, which has neither filter nor order by time.
- ``filtered``: records that changed so that the sync's filter no longer takes them.
- ``rotation``: the whole table once a day, in as many runs as it takes, from HubSpot's primary
  store. It brings in calculated properties and associations, neither of which moves a record's
  modified time, and finds what is gone without a trace: purged and GDPR-deleted records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.database.staging import Staging
from hubspot_ingest.database.state.page_archive import column_json
from hubspot_ingest.database.statements import deletions
from hubspot_ingest.inbound.extract import page_readers
from hubspot_ingest.inbound.extract.id_ranges import RecordBatch
from hubspot_ingest.inbound.extract.page_readers import IdPage
from hubspot_ingest.inbound.load.batches import merged
from hubspot_ingest.inbound.load.column_backfill import ColumnBackfill
from hubspot_ingest.inbound.load.loader import DeletionMark, Loader, MergeResult
from hubspot_ingest.inbound.plan import plan as planning
from hubspot_ingest.inbound.plan.due import (
    PAGES_PER_RUN,
    Due,
    filtered_since,
    growing_steps,
    rotation_under_way,
)
from hubspot_ingest.inbound.plan.plan import Plan
from hubspot_ingest.model import Json, Record

# HubSpot keeps archived records this long.
RECYCLE_BIN = 90 * times.DAY
# Above any id.
END = 10**18


@dataclass
class Sweeps:
    """The sweeps of one run, after its main reading. ``state`` is changed as they go on."""

    loading: Loader
    state: dict[str, Any]
    save: Callable[[Mapping[str, Json]], None]
    rows: int
    log: Callable[[MergeResult], None]
    _now: int = field(init=False)

    def __post_init__(self) -> None:
        """All sweeps of a run share one instant."""
        self._now = self.loading.clock.now()

    @property
    def _plan(self) -> Plan:
        return self.loading.plan

    @property
    def _listing(self) -> Plan:
        return planning.list_plan(self._plan)

    def begin(self) -> None:
        """After a backfill nothing is due: everything was just read from the primary store.

        What left the filter while it went on is looked for from where it began. The table is to
        be compared with HubSpot, by the next run if this one does not come to it.
        """
        for sweep in ("archived", "filtered"):
            self.state.pop(f"{sweep}_place", None)
        self.state.update(
            archived_at=self._now,
            filtered_at=self._plan.until,
            rotated_at=self._now,
            rotation=0,
            rotating=False,
            compare_from=self._now,
        )
        self.save(self.state)

    def _refill(self) -> Iterator[None]:
        noted = self.state.get("refill")
        if not noted or not self._has_table:
            return
        columns = [
            one for one in self._plan.property_columns if one.property in noted["properties"]
        ]
        if columns:
            refill = ColumnBackfill(
                self.loading.database, self._plan.table, columns, self.loading.run_id
            )
            steps = refill.after(noted["after"])
            while True:
                if self.loading.keeping is not None:
                    told: list[Json] = [column_json(one) for one in columns]
                    said: dict[str, Json] = {"columns": told, "after": noted["after"]}
                    self.loading.keeping.page("REFILL", self.loading.clock.now(), said)
                after = next(steps, None)
                if after is None:
                    break
                noted["after"] = after
                self.save(self.state)
                self.loading.alive()
                yield
        del self.state["refill"]
        self.save(self.state)

    def run(self, due: Due) -> Iterator[None]:
        """Do what is due."""
        yield from self._refill()
        if due.archived:
            yield from self._archived()
        if due.filtered:
            yield from self._filtered()
        if due.rotation:
            yield from self._rotate()

    def _swept(self, what: str) -> None:
        self.state[what] = self._now
        self.save(self.state)

    # -- archived --------------------------------------------------------------------------------

    def _begun(self, sweep: str) -> dict[str, Any]:
        """Where a sweep stands that an earlier run could not end, or where it begins."""
        place: dict[str, Any] = self.state.setdefault(f"{sweep}_place", {"begun": self._now})
        return place

    def _ended(self, sweep: str) -> None:
        """The sweep came to its end; what happened since it began is for the next one."""
        self.state[f"{sweep}_at"] = self.state.pop(f"{sweep}_place")["begun"]
        self.save(self.state)

    def _archived(self) -> Iterator[None]:
        place = self._begun("archived")
        for pages in growing_steps():
            ended = yield from self._archived_step(place, pages)
            if ended:
                break
            self.save(self.state)
        self._ended("archived")

    def _archived_step(self, place: dict[str, Any], pages: int) -> Generator[None, None, bool]:
        """Read on in the list of archived records; True when it came to the end."""
        seen: set[str] = set()
        first = int(place.get("after", 0))
        token: str | None = place.get("token")
        highest, ended = first, False

        def batches() -> Iterator[RecordBatch]:
            nonlocal token, highest, ended
            for _ in range(pages):
                page = page_readers.read_list_page(
                    self.loading.fetch, self._listing, token, archived=True
                )
                seen.update(one.id for one in page.records if one.archived)
                found = page_readers.with_values(
                    self.loading.fetch, self._listing, page.records, archived=True
                )
                # who does not know of archived records answers the live ones
                yield RecordBatch(tuple(one for one in found if one.archived), 0, page.after)
                highest = max([highest, *(int(one.id) for one in page.records)])
                ended = page.after is None or page.after == token
                if ended:
                    return
                token = page.after

        yield from self._load(batches(), archived=True)
        bound = self._now - RECYCLE_BIN + times.DAY
        marked = self._rows(deletions.marked_ids(self._plan.table), "ARCHIVED", bound)
        last = END if ended else highest
        yield from self.look_up(
            [one for one in marked if one not in seen and first < int(one) <= last]
        )
        place.update(token=token, after=highest)
        return ended

    # -- filtered out ----------------------------------------------------------------------------

    def _filtered(self) -> Iterator[None]:
        place = self._begun("filtered")
        since = filtered_since(self.state, self._plan.since, self._plan.until, self._now)
        since = place.setdefault("since", since)
        for pages in growing_steps() if self._has_table else ():
            after = int(place.get("after", 0))
            wanted = replace(self._plan, filter_groups=())
            changed = page_readers.changed_since(
                self.loading.fetch, wanted, since, after=after, pages=pages
            )
            yield from self._left_the_filter(changed, since, after)
            if not changed.more:
                break
            place["after"] = changed.id
            self.save(self.state)
        self._ended("filtered")

    def _left_the_filter(self, changed: IdPage, since: int, after: int) -> Iterator[None]:
        """Mark those of the changed records that the filter takes no longer."""
        if not changed.records:
            return
        fetch, wanted = self.loading.fetch, self._plan
        last = changed.id if changed.more else None
        taken = page_readers.changed_since(fetch, wanted, since, after=after, last=last)
        matching = {one.id for one in taken.records}
        others = [one.id for one in changed.records if one.id not in matching]
        rows = self._rows(deletions.unfiltered_ids(wanted.table), json.dumps(others))
        # what is found no more may have been deleted between the two searches
        there = page_readers.read_by_ids(
            fetch, replace(self._listing, properties=("hs_object_id",)), rows
        )
        self._mark(there, "FILTERED_OUT")
        yield from self._settle([one for one in rows if one not in there])
        # a survivor that the filter does not take tells of the records merged into it here alone
        self._mark_all(
            DeletionMark(old, "MERGED", self._now, into) for old, into in merged(changed.records)
        )

    # -- rotation --------------------------------------------------------------------------------

    def _rotate(self) -> Iterator[None]:
        """Read on where the last run left off, as far as a run's budget goes."""
        if not self._has_table:
            return
        if not rotation_under_way(self.state):
            self.state["rotating"] = True
            self._swept("rotated_at")
        listing = planning.rotation_plan(self._plan)
        read = 0
        for pages in growing_steps():
            turned = yield from self._turn(listing, pages)
            self.save(self.state)
            read += pages
            if turned or read >= PAGES_PER_RUN:
                return

    def _turn(self, listing: Plan, pages: int) -> Generator[None, None, bool]:
        """Read one slice from where the rotation stands; True when it came to the end."""
        read = page_readers.page_reader(self.loading.fetch, listing)
        start = int(self.state.get("rotation") or 0)

        def batches() -> Iterator[RecordBatch]:
            after, more = start, True
            for _ in range(pages):
                reach = read(after, None)
                after, more = reach.id, reach.more
                yield RecordBatch(reach.records, 0, after if more else None)
                if not more:
                    return

        doubtful: list[str] = []
        compared = start

        def compare(staging: Staging, read_to: Mapping[int, int | str | None]) -> None:
            # what is staged was read without a gap from where the last merge ended
            nonlocal compared
            told = read_to.get(0, compared)
            bound = END if told is None else int(told)
            statement = deletions.missing_ids(self._plan.table, staging.ensure_table())
            doubtful.extend(self._rows(statement, compared, bound))
            # a search that finds a record again proves nothing yet, its index may be behind
            doubtful.extend(
                self._rows(deletions.reappeared_ids(self._plan.table, staging.ensure_table()))
            )
            compared = bound

        yield from self._load(batches(), plan=listing, before_empty=compare)
        yield from self.look_up(doubtful)
        self.state["rotation"] = 0 if compared == END else compared
        self.state["rotating"] = compared != END
        if compared == END:
            self.loading.end_links()
        return compared == END

    # -- what the sweeps share -------------------------------------------------------------------

    @property
    def _has_table(self) -> bool:
        return bool(self.rows)

    def _rows(self, statement: str, *binds: object) -> list[str]:
        """The one column of a statement about the table; nothing where there is no table."""
        if not self._has_table:
            return []
        found = self.loading.database.rows(statement, binds)
        return [str(value) for row in found for value in row.values()]

    def _load(
        self, batches: Iterator[RecordBatch], plan: Plan | None = None, **options: Any
    ) -> Iterator[None]:
        loading = replace(self.loading, plan=plan or self._listing)
        for done in loading.load(batches, **options):
            if done is not None:
                self.log(done)
            yield

    def _mark(self, ids: Iterable[str], kind: str) -> None:
        self._mark_all(DeletionMark(one, kind, self._now) for one in ids)

    def _mark_all(self, found: Iterable[DeletionMark]) -> None:
        self.log(MergeResult(0, 0, 0, self.loading.mark(found), 0, {}))

    def look_up(self, ids: Sequence[str]) -> Iterator[None]:
        """Settle what became of records: live after all, filtered out, archived, or purged."""
        if not ids:
            return
        fetch, listing = self.loading.fetch, self._listing
        taken = {*ids}
        if self._plan.filter_groups:
            taken = set(page_readers.ids_matching_filters(fetch, self._plan, ids))
        # asked after the filter: what was deleted before it was is not taken for filtered out
        live = page_readers.read_by_ids(fetch, listing, ids)
        self._mark([one for one in live if one not in taken], "FILTERED_OUT")
        yield from self._load_records([live[one] for one in live if one in taken], archived=False)
        yield from self._settle([one for one in ids if one not in live])

    def _settle(self, gone: Sequence[str]) -> Iterator[None]:
        """Mark records that are not there any more: archived, merged, or purged."""
        if not gone:
            return
        fetch, listing = self.loading.fetch, self._listing
        archived = page_readers.read_by_ids(fetch, listing, gone, archived=True)
        yield from self._load_records(
            [one for one in archived.values() if one.archived], archived=True
        )
        gone = [one for one in gone if one not in archived]
        survivors: dict[str, str] = {}
        if gone and self._plan.filter_groups and planning.MERGED_IDS in self._plan.properties:
            # without a filter every survivor was read, and told
            survivors = dict(merged(page_readers.merge_survivors(fetch, self._plan)))
        self._mark([one for one in gone if one not in survivors], "PURGED")
        self._mark_all(
            DeletionMark(one, "MERGED", self._now, survivors[one])
            for one in gone
            if one in survivors
        )

    def _load_records(self, records: Sequence[Record], *, archived: bool) -> Iterator[None]:
        if records:
            yield from self._load(iter([RecordBatch(tuple(records), 0, None)]), archived=archived)
