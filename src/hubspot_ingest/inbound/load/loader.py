"""Loads batches of records into the tables: files are staged one by one, merged many at a time.

Reading, typing and Parquet happen in threads of their own, statements in the caller's: Snowflake
wants them all from one thread.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hubspot_ingest.database.columns import LINK, Column, nested_links
from hubspot_ingest.database.staging import Staging
from hubspot_ingest.database.statements import deletions, merge_records
from hubspot_ingest.errors import IngestError
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.extract import property_history
from hubspot_ingest.inbound.extract.id_ranges import RecordBatch
from hubspot_ingest.inbound.load import rows
from hubspot_ingest.inbound.load.batches import HISTORY, RecordFile, RecordFiles
from hubspot_ingest.inbound.load.table_loader import (
    LoadSpec,
    MergeResult,
    MergeStep,
    Parts,
    TableLoader,
)
from hubspot_ingest.inbound.load.table_spec import record_tables
from hubspot_ingest.inbound.plan.plan import Plan, Strategy
from hubspot_ingest.model import Json

# However slowly HubSpot answers, a run loads what it has so often.
LOADS_PER_RUN = 4


@dataclass(frozen=True, slots=True)
class DeletionMark:
    """A row to be marked as deleted since ``at`` (epoch ms); ``kind`` is its ``_DELETE_KIND``."""

    id: str
    kind: str
    at: int
    into: str | None = None


@dataclass
class Loader:
    """Loads records by one plan into the tables that ``tables`` loads.

    ``refused`` are the streams whose associations HubSpot does not let us read, ``unread`` the ids
    of records that it did not read, each with the reason, ``unread_links`` those whose associations
    it did not tell, by stream, ``survivors`` those of loaded records into which others were merged;
    every loader of a run adds to the same.
    ``overrules``: what the primary store says replaces later versions too. ``run_ms``: how
    long the run may take; what was read for a quarter of that is loaded, so that it gets on.
    """

    tables: TableLoader
    fetch: Fetch
    plan: Plan
    portal_id: str
    with_links: Mapping[str, Column]
    refused: dict[str, IngestError] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    unread_links: dict[str, list[str]] = field(default_factory=dict)
    survivors: set[str] = field(default_factory=set)
    overrules: bool = False
    run_ms: float = math.inf

    def load(
        self,
        batches: Iterator[RecordBatch],
        *,
        archived: bool = False,
        after: Callable[[Staging, Any], None] | None = None,
    ) -> Iterator[MergeResult | None]:
        """As ``TableLoader.load``. ``archived`` records are marked as deleted."""
        links = {} if archived else self.with_links
        files = RecordFiles(
            self.fetch,
            self.plan,
            self.tables.clock,
            links,
            archived,
            self.refused,
            self.unread,
            self.unread_links,
            self.run_ms / LOADS_PER_RUN,
        )

        def spec_of(waiting: Sequence[RecordFile], at: int) -> LoadSpec:
            ids = [id for file in waiting for id in file.ids]
            pairs = [pair for file in waiting for pair in file.merged_ids]
            self.survivors.update(into for _, into in pairs)
            merged = [DeletionMark(id, "MERGED", at, into) for id, into in pairs]
            distinct = len(set(ids)) == len(ids)
            return self.spec(_rows_of(merged), at, archived=archived, distinct=distinct)

        staged = self.staged(archived=archived)
        nested = {**staged, "": (*staged[""], *map(nested_links, links))}
        # what is looked at by more than one statement is staged
        is_alone = not (links or archived or self.plan.history or after)
        return self.tables.load(
            files.files(batches),
            nested,
            spec_of,
            after=after,
            binds_few=is_alone,
            # so that little is left to be merged once the last page is in
            merges_at_once=lambda file: file.nearly_last,
        )

    def staged(self, *, archived: bool) -> Parts:
        """The columns of what is staged, part by part."""
        links = {} if archived else self.with_links
        own = rows.staged_columns(self.plan.property_columns, links, archived=archived)
        return {"": own, HISTORY: property_history.COLUMNS, **dict.fromkeys(links, LINK)}

    def spec(
        self, merged: Sequence[dict[str, Json]], at: int, *, archived: bool, distinct: bool = False
    ) -> LoadSpec:
        """How staged records come in, and the marks of those that were ``merged`` into them.

        Archived records come in only where the sync takes every record: they could not be held
        against a filter.
        """
        plan, staged = self.plan, self.staged(archived=archived)
        primary = plan.strategy is not Strategy.SEARCH

        def steps(staging: Staging, parts: Collection[str]) -> Iterator[MergeStep]:
            merge = merge_records.merge(
                plan.table,
                staging.table(),
                staged[""],
                revive=primary,
                insert=not (archived and plan.selective),
                distinct=distinct,
                overrule=self.overrules and primary,
            )
            binds = (self.portal_id, self.tables.run_id, at, *staging.binds)
            yield MergeStep(merge, binds, marks=archived)
            for stream, column in self.with_links.items():
                if stream in parts:
                    links, to = plan.beside(stream), staging.table(stream)
                    read = deletions.merge_links(links, staging.table(), to, column)
                    yield MergeStep(read, (at, at), stream)
            if HISTORY in parts:
                past, key = staging.table(HISTORY), property_history.KEY
                columns = property_history.COLUMNS
                new = deletions.insert_new(plan.beside(HISTORY), past, columns, key)
                yield MergeStep(new, (at,), HISTORY)
            yield from self._marking(merged, at) if merged else ()
            if archived and not merged:
                yield from self._ending_links()

        kept = {**staged, "": [c for c in staged[""] if c not in plan.property_columns]}
        facts: dict[str, Json] = {**self._facts, "archived": archived, "gone": [*merged]}
        return LoadSpec(record_tables(plan, self.with_links), steps, "RECORDS", facts, kept)

    def mark(self, marks: Iterable[DeletionMark]) -> int:
        """Mark rows as deleted; returns how many were not marked so before."""
        mark_rows = _rows_of(marks)
        if not mark_rows or not self.tables.existing_table.types:
            return 0
        at = self.tables.clock.now()
        self._record("MARKS", at, {"marks": [*mark_rows]})
        return self.apply_marks(mark_rows, at)

    def apply_marks(self, mark_rows: Sequence[dict[str, Json]], at: int) -> int:
        """As ``mark``, of marks as ``deletions.mark_deleted`` has them, without keeping them."""
        return self._run(self._marking(mark_rows, at), at)

    def mark_foreign(self) -> int:
        """Mark the rows whose ids no record can have; returns how many there were."""
        at = self.tables.clock.now()
        merge = deletions.mark_foreign(self.plan.table)
        return self._run([MergeStep(merge, (self.tables.run_id, at), marks=True)], at)

    def end_links(self, at: int | None = None) -> None:
        """The links of records that are deleted, or that have no row, are gone with them."""
        if at is None:
            at = self.tables.clock.now()
            self._record("LINKS_ENDED", at, {})
        self._run(self._ending_links(at), at)

    def _marking(self, mark_rows: Sequence[dict[str, Json]], at: int) -> Iterator[MergeStep]:
        binds = (self.tables.run_id, at, json.dumps([*mark_rows]))
        yield MergeStep(deletions.mark_deleted(self.plan.table), binds, marks=True)
        if any(mark["kind"] == "MERGED" for mark in mark_rows):
            yield MergeStep(deletions.follow_merges(self.plan.table), binds)
        yield from self._ending_links()

    def _ending_links(self, orphans_at: int | None = None) -> Iterator[MergeStep]:
        orphans = orphans_at is not None
        for stream in self.with_links:
            links = self.plan.beside(stream)
            ended = deletions.end_links(links, self.plan.table, orphans=orphans)
            binds = (orphans_at, orphans_at) if orphans else ()
            yield MergeStep(ended, binds, stream, if_marked=not orphans)

    def _run(self, steps: Iterable[MergeStep], at: int) -> int:
        tables = record_tables(self.plan, self.with_links)
        self.tables.prepare(tables)
        return self.tables.run(tables, steps, at)[2]

    @property
    def _facts(self) -> dict[str, Json]:
        facts: dict[str, Json] = {"strategy": str(self.plan.strategy), "links": [*self.with_links]}
        return {**facts, "overrules": True} if self.overrules else facts

    def _record(self, kind: str, at: int, facts: Mapping[str, Json]) -> None:
        if self.tables.recorder is not None:
            self.tables.recorder.record_page(kind, at, {**self._facts, **facts})


def _rows_of(marks: Iterable[DeletionMark]) -> list[dict[str, Json]]:
    """The marks as statements take them; what was merged into a merged record, into the last."""
    by_id = {mark.id: mark for mark in marks}

    def last(mark: DeletionMark) -> str | None:
        passed = {mark.id}
        while mark.into in by_id and mark.into not in passed and by_id[mark.into].into:
            passed.add(mark.into)
            mark = by_id[mark.into]
        return mark.into

    return [
        {"id": mark.id, "kind": mark.kind, "at": mark.at, "into": last(mark)}
        for mark in by_id.values()
    ]
