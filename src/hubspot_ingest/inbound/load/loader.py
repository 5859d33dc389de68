"""Loads batches of records into the tables: files are staged one by one, merged many at a time.

Reading, typing and Parquet happen in threads of their own, statements in the caller's: Snowflake
wants them all from one thread.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hubspot_ingest import times
from hubspot_ingest.database.columns import KEY, LINK, LINK_KEY, LINK_SEEN, Column
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.staging import Staging
from hubspot_ingest.database.statements import deletions, merge_records
from hubspot_ingest.database.statements.merge import Merge
from hubspot_ingest.errors import DatabaseError, IngestError
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.extract import property_history
from hubspot_ingest.inbound.extract.id_ranges import RecordBatch
from hubspot_ingest.inbound.extract.prefetch import prefetched
from hubspot_ingest.inbound.load import destination, page_recorder, rows
from hubspot_ingest.inbound.load.batches import HISTORY, RecordFile, RecordFiles
from hubspot_ingest.inbound.load.destination import ExistingTable
from hubspot_ingest.inbound.load.page_recorder import PageRecorder
from hubspot_ingest.inbound.plan.plan import Plan, Strategy
from hubspot_ingest.model import Json

FILES_PER_MERGE = 5
# Files to go on with while a MERGE is at work.
FILES_AHEAD = 5
# So many rows are worth a MERGE of their own while there is nothing else to do.
IDLE_MERGE_ROWS = 4_000


@dataclass(frozen=True, slots=True)
class DeletionMark:
    """A row to be marked as deleted since ``at`` (epoch ms); ``kind`` is its ``_DELETE_KIND``."""

    id: str
    kind: str
    at: int
    into: str | None = None


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What one MERGE did, and how far reading has come with all merged so far."""

    rows: int
    inserted: int
    updated: int
    deleted: int
    misfits: int
    read_to: Mapping[int, int | str | None]


@dataclass
class Loader:
    """Loads batches of one plan.

    ``heartbeat`` is called, and None yielded, whenever nothing came for ``tick`` seconds;
    ``on_prepared`` when the table has the columns of the plan. ``recorder`` keeps what is read and
    the rows that are changed; ``ready`` says that the tables need not be made. ``refused`` are the
    streams whose associations HubSpot does not let us read, ``unread`` the ids of records that it
    did not read, each with the reason; every loader of a run adds to the same. ``overrules``: what
    the primary store says replaces later versions too.
    """

    database: Database
    fetch: Fetch
    plan: Plan
    existing_table: ExistingTable
    run_id: str
    portal_id: str
    clock: times.Clock
    heartbeat: Callable[[], None]
    with_links: Mapping[str, Column]
    tick: float
    on_prepared: Callable[[ExistingTable], None] = lambda _: None
    refused: dict[str, IngestError] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    recorder: PageRecorder | None = None
    ready: bool = False
    overrules: bool = False

    def load(
        self,
        batches: Iterator[RecordBatch],
        *,
        archived: bool = False,
        before_empty: Callable[[Staging, Mapping[int, int | str | None]], None] | None = None,
    ) -> Iterator[MergeResult | None]:
        """Yields after every MERGE, and None after every file and whenever it waits for HubSpot.

        What was read before an error is merged before the error is raised. ``archived`` records
        are marked as deleted, and come in only where the sync takes every record: they could not
        be held against a filter. ``before_empty`` sees the staged rows of a MERGE.
        """
        staging = self.staging(archived, self.run_id)
        waiting: list[RecordFile] = []
        read_to: dict[int, int | str | None] = {}

        def merge() -> MergeResult:
            merge_result = self.merge(staging, waiting, read_to, archived)
            if before_empty is not None:
                before_empty(staging, read_to)
            staging.truncate()
            waiting.clear()
            return merge_result

        links = {} if archived else self.with_links
        files = RecordFiles(
            self.fetch, self.plan, self.clock, links, archived, self.refused, self.unread
        )
        try:
            try:
                for item in prefetched(files.files(batches), FILES_AHEAD, self.tick):
                    self.heartbeat()
                    if item is None:
                        # nothing to stage: what waits may as well be merged meanwhile
                        enough = sum(file.rows for file in waiting) >= IDLE_MERGE_ROWS
                        yield merge() if enough else None
                        continue
                    read_to.update(item[0].read_to)
                    if item[0].rows:
                        self.prepare()
                        staging.add(item[0].parts)
                        waiting.append(item[0])
                    yield merge() if len(waiting) >= FILES_PER_MERGE else None
            except DatabaseError:
                raise
            except Exception:
                if waiting:
                    yield merge()
                raise
            if waiting or read_to:
                yield merge()
        finally:
            staging.drop()

    @property
    def grown(self) -> ExistingTable:
        """The table as it is by now."""
        return self.existing_table.grown(self.plan.columns) if self.ready else self.existing_table

    def mark(self, marks: Iterable[DeletionMark]) -> int:
        """Mark rows as deleted; returns how many were not marked so before."""
        mark_rows: list[Json] = [
            {"id": mark.id, "kind": mark.kind, "at": mark.at, "into": mark.into}
            for mark in {mark.id: mark for mark in marks}.values()
        ]
        if not mark_rows or not (self.existing_table.types or self.ready):
            return 0
        now = self.clock.now()
        if self.recorder is not None:
            self.recorder.record_page(
                "MARKS", now, {**self._loading_facts(), "marks": [*mark_rows]}
            )
        return self.apply_marks(mark_rows, now)

    def apply_marks(self, mark_rows: Sequence[Json], now: int) -> int:
        """As ``mark``, of marks as ``marks.mark_deleted`` has them."""
        if not mark_rows:
            return 0
        statement = deletions.mark_deleted(self.plan.table)
        _, marked = self._run_merge(statement, (self.run_id, now, json.dumps(mark_rows)), now)
        if marked:
            self._end_links(now)
        return marked

    def mark_foreign(self) -> int:
        """Mark the rows whose ids no record can have; returns how many there were."""
        now = self.clock.now()
        _, marked = self._run_merge(
            deletions.mark_foreign(self.plan.table), (self.run_id, now), now
        )
        return marked

    def end_links(self) -> None:
        """The links of records that are marked as deleted are gone with them."""
        now = self.clock.now()
        if self.with_links and self.recorder is not None:
            self.recorder.record_page("LINKS_ENDED", now, self._loading_facts())
        self._end_links(now)

    def _end_links(self, now: int) -> None:
        self.prepare()
        for stream in self.with_links:
            ended = deletions.end_links(self.plan.beside(stream), self.plan.table)
            self._run_merge(ended, (), now, part=stream)

    def _run_merge(
        self,
        statement: Merge,
        binds: Sequence[object],
        now: int,
        *,
        part: str = "",
    ) -> tuple[int, int]:
        """Run a MERGE of the table or of one beside it; rows inserted and updated."""
        key, columns = kept_columns(part, self.plan.columns)
        return page_recorder.recorded_merge(
            self.database,
            self.recorder,
            statement,
            binds,
            at=now,
            part=part,
            key=key,
            columns=columns,
        )

    def _loading_facts(self) -> dict[str, Json]:
        """What an entry tells of how it was loaded."""
        return {"strategy": str(self.plan.strategy), "links": [*self.with_links]}

    def staging(self, archived: bool, named: str) -> Staging:
        """The staging tables of what is loaded; ``named`` after a run."""
        parts: dict[str, Sequence[Column]] = {
            "": rows.staged_columns(
                self.plan.property_columns, {} if archived else self.with_links, archived=archived
            ),
            HISTORY: property_history.COLUMNS,
            **dict.fromkeys(self.with_links, LINK),
        }
        return Staging(self.database, named, parts)

    def prepare(self) -> None:
        """Make the tables, with all columns of the plan, unless that was done before."""
        if not self.ready:
            destination.prepare_tables(
                self.database, self.plan, self.existing_table, self.with_links
            )
            self.ready = True
            self.on_prepared(self.grown)

    def merge(
        self,
        staging: Staging,
        waiting: Sequence[RecordFile],
        read_to: Mapping[int, int | str | None],
        archived: bool,
    ) -> MergeResult:
        """Merge the files that were staged, with all that belongs to their records."""
        inserted = updated = deleted = 0
        now = self.clock.now()
        if waiting:
            ids = [id for file in waiting for id in file.ids]
            merged_marks: list[Json] = [
                {"id": old, "kind": "MERGED", "at": now, "into": into}
                for old, into in dict(pair for file in waiting for pair in file.merged_ids).items()
            ]
            self._keep(staging, waiting, now, {"archived": archived, "gone": merged_marks})
            inserted, updated = self._run_merge(
                merge_records.merge(
                    self.plan.table,
                    staging.table(),
                    staging.columns[""],
                    revive=self.plan.strategy is not Strategy.SEARCH,
                    insert=not (archived and self.plan.selective),
                    distinct=len(set(ids)) == len(ids),
                    overrule=self.overrules and self.plan.strategy is not Strategy.SEARCH,
                ),
                (self.portal_id, self.run_id, now),
                now,
            )
            self._merge_beside(staging, waiting, now)
            deleted = self.apply_marks(merged_marks, now)
        if archived:
            inserted, updated, deleted = 0, 0, deleted + inserted + updated
            if deleted:
                self._end_links(now)
        return MergeResult(
            rows=sum(file.rows for file in waiting),
            inserted=inserted,
            updated=updated,
            deleted=deleted,
            misfits=sum(file.misfits for file in waiting),
            read_to=dict(read_to),
        )

    def _keep(
        self, staging: Staging, waiting: Sequence[RecordFile], now: int, facts: Mapping[str, Json]
    ) -> None:
        """Keep what is staged; of the records what HubSpot sent, without what is made of it."""
        staging.copy()
        if self.recorder is None:
            return
        own = {column.name for column in self.plan.property_columns}
        parts = {part for file in waiting for part in file.parts}
        self.recorder.record_page(
            "RECORDS",
            now,
            {**self._loading_facts(), **facts, "parts": [*sorted(parts)]},
            {
                part: (
                    staging.table(part),
                    [column for column in staging.columns[part] if part or column.name not in own],
                )
                for part in sorted(parts)
            },
        )

    def _merge_beside(self, staging: Staging, waiting: Sequence[RecordFile], now: int) -> None:
        """Links and past values of the staged records."""
        parts = {part for file in waiting for part in file.parts}
        for stream, column in self.with_links.items():
            if stream in parts:
                links, staged = self.plan.beside(stream), staging.table(stream)
                removed = deletions.mark_removed(links, staging.table(), staged, column)
                self._run_merge(removed, (now,), now, part=stream)
                self._run_merge(
                    deletions.upsert_links(links, staged, LINK), (now,), now, part=stream
                )
        if HISTORY in parts:
            past, staged = self.plan.beside(HISTORY), staging.table(HISTORY)
            new = deletions.insert_new(past, staged, property_history.COLUMNS, property_history.KEY)
            self._run_merge(new, (), now, part=HISTORY)


def kept_columns(part: str, columns: Sequence[Column]) -> tuple[Sequence[Column], Sequence[Column]]:
    """The key, and all columns of ours, of a table (of ``columns``) or of one beside it."""
    if not part:
        return [column for column in columns if column.name == KEY], columns
    if part == HISTORY:
        return [
            column for column in property_history.COLUMNS if column.name in property_history.KEY
        ], property_history.COLUMNS
    return [column for column in LINK if column.name in LINK_KEY], (*LINK, *LINK_SEEN)
