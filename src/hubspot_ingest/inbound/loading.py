"""Files on their way into the tables: staged one by one, merged many at a time.

Reading, typing and Parquet happen in threads of their own, statements in the caller's: Snowflake
wants them all from one thread.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hubspot_ingest import times
from hubspot_ingest.database import marks, sql
from hubspot_ingest.database.columns import LINK, Column
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.stage import Staging
from hubspot_ingest.errors import DatabaseError, IngestError
from hubspot_ingest.inbound import destination, history, rows
from hubspot_ingest.inbound.destination import Existing
from hubspot_ingest.inbound.files import HISTORY, File, Files
from hubspot_ingest.inbound.handover import ahead
from hubspot_ingest.inbound.plan import Plan, Strategy
from hubspot_ingest.inbound.ranges import Batch
from hubspot_ingest.inbound.readers import Fetch

FILES_PER_MERGE = 5
FILES_AHEAD = 2
# So many rows are worth a MERGE of their own while there is nothing else to do.
IDLE_MERGE_ROWS = 4_000


@dataclass(frozen=True, slots=True)
class Mark:
    """A record that is gone from HubSpot, since ``at`` (epoch ms), of what kind."""

    id: str
    kind: str
    at: int
    into: str | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """What one MERGE did, and how far reading has come with all merged so far."""

    rows: int
    inserted: int
    updated: int
    deleted: int
    misfits: int
    read_to: Mapping[int, int | str | None]


@dataclass
class Loading:
    """Loads batches of one plan.

    ``alive`` is called, and None yielded, whenever nothing came for ``tick`` seconds; ``prepared``
    when the table is as it has to be.
    """

    database: Database
    fetch: Fetch
    plan: Plan
    stands: Existing
    run_id: str
    portal_id: str
    clock: times.Clock
    alive: Callable[[], None]
    with_links: Mapping[str, Column]
    tick: float
    prepared: Callable[[Existing], None] = lambda _: None
    refused: dict[str, IngestError] = field(default_factory=dict)
    _ready: bool = field(default=False, init=False)

    def load(
        self,
        batches: Iterator[Batch],
        *,
        archived: bool = False,
        before_empty: Callable[[Staging, Mapping[int, int | str | None]], None] | None = None,
    ) -> Iterator[Merged | None]:
        """Yields after every MERGE, and None whenever it waits for HubSpot.

        What was read before an error is merged before the error is raised. ``archived`` records
        are marked as deleted, and come in only where the sync takes every record: they could not
        be held against a filter. ``before_empty`` sees the staged rows of a MERGE.
        """
        staging = self._staging(archived)
        waiting: list[File] = []
        read_to: dict[int, int | str | None] = {}

        def merge() -> Merged:
            done = self._merge(staging, waiting, read_to, archived)
            if before_empty is not None:
                before_empty(staging, read_to)
            staging.empty()
            waiting.clear()
            return done

        links = {} if archived else self.with_links
        files = Files(self.fetch, self.plan, self.clock, links, archived, self.refused)
        try:
            try:
                for item in ahead(files.of(batches), FILES_AHEAD, self.tick):
                    self.alive()
                    if item is None:
                        # nothing to stage: what waits may as well be merged meanwhile
                        enough = sum(one.rows for one in waiting) >= IDLE_MERGE_ROWS
                        yield merge() if enough else None
                        continue
                    read_to.update(item[0].read_to)
                    if item[0].rows:
                        self._prepare()
                        staging.add(item[0].parts)
                        waiting.append(item[0])
                    if len(waiting) >= FILES_PER_MERGE:
                        yield merge()
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
    def grown(self) -> Existing:
        """The table as it is by now."""
        return self.stands.grown(self.plan.columns) if self._ready else self.stands

    def mark(self, found: Iterable[Mark]) -> int:
        """Mark rows as deleted; returns how many were not marked so before."""
        told = [
            {"id": one.id, "kind": one.kind, "at": one.at, "into": one.into}
            for one in {one.id: one for one in found}.values()
        ]
        if not told or not (self.stands.types or self._ready):
            return 0
        answer = self.database.rows(
            marks.mark_deleted(self.plan.table), (self.run_id, self.clock.now(), json.dumps(told))
        )
        marked = int(answer[0].get("number of rows updated") or 0)
        if marked:
            self.end_links()
        return marked

    def end_links(self) -> None:
        """The links of records that are marked as deleted are gone with them."""
        self._prepare()
        for stream in self.with_links:
            self.database.rows(marks.end_links(self.plan.beside(stream), self.plan.table))

    def _staging(self, archived: bool) -> Staging:
        parts: dict[str, Sequence[Column]] = {
            "": rows.staged_columns(
                self.plan.property_columns, {} if archived else self.with_links, archived=archived
            ),
            HISTORY: history.COLUMNS,
            **dict.fromkeys(self.with_links, LINK),
        }
        return Staging(self.database, self.run_id, parts)

    def _prepare(self) -> None:
        if not self._ready:
            destination.prepare(self.database, self.plan, self.stands, self.with_links)
            self._ready = True
            self.prepared(self.grown)

    def _merge(
        self,
        staging: Staging,
        waiting: Sequence[File],
        read_to: Mapping[int, int | str | None],
        archived: bool,
    ) -> Merged:
        inserted = updated = deleted = 0
        now = self.clock.now()
        if waiting:
            ids = [one for file in waiting for one in file.ids]
            inserted, updated = staging.merge(
                sql.merge(
                    self.plan.table,
                    staging.table(),
                    staging.columns[""],
                    revive=self.plan.strategy is not Strategy.SEARCH,
                    insert=not (archived and self.plan.selective),
                    distinct=len(set(ids)) == len(ids),
                ),
                (self.portal_id, self.run_id, now),
            )
            self._merge_beside(staging, waiting, now)
            deleted = self.mark(
                Mark(old, "MERGED", now, into) for file in waiting for old, into in file.merged
            )
        if archived:
            inserted, updated, deleted = 0, 0, deleted + inserted + updated
            if deleted:
                self.end_links()
        return Merged(
            rows=sum(one.rows for one in waiting),
            inserted=inserted,
            updated=updated,
            deleted=deleted,
            misfits=sum(one.misfits for one in waiting),
            read_to=dict(read_to),
        )

    def _merge_beside(self, staging: Staging, waiting: Sequence[File], now: int) -> None:
        """Links and past values of the staged records."""
        parts = {part for file in waiting for part in file.parts}
        for stream, column in self.with_links.items():
            if stream in parts:
                links, staged = self.plan.beside(stream), staging.table(stream)
                removed = marks.mark_removed(links, staging.table(), staged, column)
                staging.merge(removed, (now,))
                staging.merge(marks.upsert_links(links, staged, LINK), (now,))
        if HISTORY in parts:
            past = self.plan.beside(HISTORY)
            staging.merge(
                marks.insert_new(past, staging.table(HISTORY), history.COLUMNS, history.KEY), ()
            )
