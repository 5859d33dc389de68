"""Counts what a run will meet, with as few requests to HubSpot as possible."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.state.certificates import LiveRows
from hubspot_ingest.database.state.syncs import FilteredPlace
from hubspot_ingest.database.statements import deletions
from hubspot_ingest.errors import HubSpotRefused, ScopeMissing
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.deletions.archived import RECYCLE_BIN
from hubspot_ingest.inbound.deletions.context import ABOVE_ANY_ID
from hubspot_ingest.inbound.extract import latest_changes, page_readers
from hubspot_ingest.inbound.extract.latest_changes import NewestPage
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.inbound.plan.due import Due, filtered_since
from hubspot_ingest.inbound.plan.plan import Plan, Strategy, list_plan, rotation_plan
from hubspot_ingest.inbound.preview.estimate import Counts
from hubspot_ingest.inbound.reconcile.live_count import counts_apart, looks_again
from hubspot_ingest.model import Record

# Of a reading that was left unfinished, so many of its ranges are counted; the rest are taken for
# as large as those.
RANGES_COUNTED = 20


@dataclass(frozen=True, slots=True)
class Survey:
    """How much a run will read.

    ``ranges`` are the counts of an unfinished reading's ranges, None where none is carried on.
    ``refused`` are the streams whose associations may not be read, with the scopes that would let.
    """

    counts: Counts
    ranges: tuple[int, ...] | None
    due: Due
    refused: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Surveyor:
    """Counts for one plan."""

    fetch: Fetch
    database: Database
    sync_state: SyncState
    plan: Plan
    now: int

    def survey(self) -> Survey:
        """Raises what a request raises that a run could not do without."""
        records, ranges, sample, newest = self._main()
        counted = newest is None or newest.counts
        due = self.sync_state.due(self.plan, self.now, counted=counted)
        counts = Counts(records=records)
        types = self.sync_state.existing_table.types
        has_rows = records > 0 or self._rows(sql.count(self.plan.table)) != ["0"]
        has_rows = has_rows and (records > 0 or bool(types))
        due = replace(due, rotation=due.rotation and has_rows)
        due = replace(due, comparison=due.comparison and (records > 0 or bool(types)))
        if due.comparison:
            counts = replace(counts, compared=self._compared(records, resumed=ranges is not None))
        if newest is not None and types:
            counts = self._counted_out(newest, counts)
        elif has_rows and counts_apart(self.sync_state, self.plan, self.now):
            # what the main reading finds is all there is, unless it is the rest of one
            page = NewestPage((), False, records if ranges is None else None)
            counts = self._counted_out(page, replace(counts, apart=True))
        if due.archived:
            counts = replace(counts, archived=self._archived())
        filtered = bool(counts.gone and self.plan.filter_groups and self.plan.timed)
        if (due.filtered or filtered) and has_rows:
            counts = self._filtered(counts)
        if due.rotation:
            plan_of_rotation = rotation_plan(self.plan)
            after = self.sync_state.sweeps.rotation
            counts = replace(
                counts, rotation=page_readers.count_matching(self.fetch, plan_of_rotation, after)
            )
        return Survey(counts, ranges, due, self._refused(sample, due))

    def _main(
        self,
    ) -> tuple[int, tuple[int, ...] | None, Sequence[Record], NewestPage | None]:
        """How many records the main reading finds, and some of them; the page that has all."""
        plan = self.plan
        resumed = self.sync_state.resumed(plan)
        if plan.strategy is Strategy.SEARCH:
            # the run's first request itself, which shows how fast such pages come
            if plan.incremental and resumed is None:
                newest = latest_changes.newest_page(self.fetch, plan)
                if newest.whole:
                    return len(newest.records), None, newest.records, newest
            search_page, total = page_readers.search_range(self.fetch, plan, 0, None)
            sample = search_page.records
        else:
            page = page_readers.read_list_page(self.fetch, plan, None)
            total = len(page.records)
            if page.after is not None and resumed is None:
                _, total = page_readers.highest_id(self.fetch, plan)
            sample = page.records
        if resumed is None:
            return total, None, sample, None
        ranges = self._ranges(resumed)
        return sum(ranges), ranges, sample, None

    def _ranges(self, resumed: Mapping[str, Any]) -> tuple[int, ...]:
        if "ranges" not in resumed:
            token = str(resumed.get("start", resumed.get("token")) or "")
            after = int(token) - 1 if token.isdigit() else 0
            return (page_readers.count_matching(self.fetch, self.plan, after),)
        ranges = [(int(after), last) for after, last, _ in resumed["ranges"]]
        counts = [
            page_readers.count_matching(
                self.fetch, self.plan, after, None if last is None else int(last)
            )
            for after, last in ranges[:RANGES_COUNTED]
        ]
        return tuple(counts) + (sum(counts) // max(1, len(counts)),) * (len(ranges) - len(counts))

    def _counted_out(self, newest: NewestPage, counts: Counts) -> Counts:
        """How many live rows HubSpot does not count, if the run is to look for them."""
        rows = LiveRows(self.database, self.plan.table)
        ids = [record.id for record in newest.records]
        live = rows.count_ids() + len(ids) - len(rows.versions_of(ids))
        gone = 0 if newest.total is None else live - newest.total
        seen = self.sync_state.sweeps.count
        follows = self.sync_state.settings.include_archived
        if gone <= 0 or not follows or not looks_again(seen, newest.total, live, self.now):
            return counts
        return replace(counts, live=live, gone=gone)

    def _archived(self) -> int:
        """How many archived records there are: HubSpot counts them nowhere.

        One page tells where it is the only one. Else the table knows of those that it took; where
        it took not all, how far the page got among the ids tells roughly.
        """
        ids = replace(list_plan(self.plan), properties=())
        place = self.sync_state.sweeps.archived_place
        token = None if place is None else place.token
        try:
            page = page_readers.read_list_page(self.fetch, ids, token, archived=True)
        except HubSpotRefused:
            # the run skips this sweep
            return 0
        archived_on_page = sum(record.archived for record in page.records)
        if page.after is None or not archived_on_page:
            return archived_on_page
        if not self.plan.selective:
            marked_ids = self._rows(
                deletions.marked_ids(self.plan.table), "ARCHIVED", self.now - RECYCLE_BIN
            )
            return max(archived_on_page + 1, len(marked_ids))
        highest, _ = page_readers.highest_id(self.fetch, self.plan)
        return max(
            archived_on_page + 1,
            round(archived_on_page * highest / max(1, int(page.records[-1].id))),
        )

    def _filtered(self, counts: Counts) -> Counts:
        plan = self.plan
        place = self.sync_state.sweeps.filtered_place or FilteredPlace(self.now)
        since = filtered_since(self.sync_state.sweeps, plan.since, plan.until, self.now)
        since, after = since if place.since is None else place.since, place.after
        ids = replace(plan, since=since, properties=("hs_object_id",))
        reach, changed = page_readers.search_range(
            self.fetch, replace(ids, filter_groups=()), after, None
        )
        if not changed:
            return counts
        last = reach.id if reach.more else None
        taken, _ = page_readers.search_range(self.fetch, ids, after, last)
        matching = {record.id for record in taken.records}
        others = [record.id for record in reach.records if record.id not in matching]
        left = self._rows(deletions.unfiltered_ids(plan.table), json.dumps(others))
        # the first page stands for those that follow
        pages = changed / max(1, len(reach.records))
        return replace(
            counts,
            changed=changed,
            matching=round(len(matching) * pages),
            left=round(len(left) * pages),
        )

    def _compared(self, records: int, *, resumed: bool) -> int:
        """About how many living rows the table will have."""
        table, plan = self.plan.table, self.plan
        there = 0
        if self.sync_state.existing_table.types:
            there = LiveRows(self.database, table).count(
                0, ABOVE_ANY_ID, plan.earliest or 0, plan.until
            )
        if self.sync_state.settled_through is None:
            return there + records if resumed else records
        return there

    def _refused(self, sample: Sequence[Record], due: Due) -> dict[str, tuple[str, ...]]:
        """Each association that the run reads is tried with one record."""
        linked = {*self.sync_state.links_at_once(self.plan)} if sample else set()
        if due.rotation:
            linked |= {*self.plan.associations}
        refused: dict[str, tuple[str, ...]] = {}
        kind, types = self.plan.stream.object_type, self.plan.linked_types
        for stream in sorted(linked) if sample else ():
            request = requests.associations(kind, types[stream], [(sample[0].id, None)])
            try:
                self.fetch(request, responses.links)
            except ScopeMissing as error:
                refused[stream] = error.scopes
            except HubSpotRefused:
                refused[stream] = ()
        return refused

    def _rows(self, statement: str, *binds: object) -> list[str]:
        """The one column of a statement about the table; nothing where there is none."""
        if not self.sync_state.existing_table.types:
            return []
        rows = self.database.rows(statement, binds)
        return [str(value) for row in rows for value in row.values()]
