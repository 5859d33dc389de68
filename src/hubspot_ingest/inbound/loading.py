"""Batches on their way into the table: typed, staged file by file, merged many files at a time.

Typing and Parquet happen in a thread of their own, statements in the caller's: Snowflake wants
them all from one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from hubspot_ingest import times
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.stage import Staging, parquet
from hubspot_ingest.errors import DatabaseError
from hubspot_ingest.inbound import destination, rows
from hubspot_ingest.inbound.destination import Existing
from hubspot_ingest.inbound.handover import ahead
from hubspot_ingest.inbound.plan import Plan
from hubspot_ingest.inbound.ranges import Batch
from hubspot_ingest.model import Record

# Cells (rows x columns) and rows of a staged file, and files before a MERGE: they bound memory.
FILE_CELLS = 500_000
FILE_ROWS = 5_000
FILES_PER_MERGE = 5
FILES_AHEAD = 2
# How often the caller is told that nothing came, in seconds.
TICK = 5.0


@dataclass(frozen=True, slots=True)
class File:
    """A Parquet file, what is in it, and how far reading has come with it."""

    content: bytes
    rows: int
    misfits: int
    read_to: Mapping[int, int | str | None]


@dataclass(frozen=True, slots=True)
class Merged:
    """What one MERGE did, and how far reading has come with all merged so far."""

    rows: int
    inserted: int
    updated: int
    misfits: int
    read_to: Mapping[int, int | str | None]


def files(batches: Iterator[Batch], plan: Plan) -> Iterator[File]:
    """Files of many pages. What was read before an error is yielded before it is raised."""
    wanted = max(100, min(FILE_ROWS, FILE_CELLS // max(1, len(plan.properties))))
    records: list[Record] = []
    read_to: dict[int, int | str | None] = {}

    def file() -> File:
        columns, misfits = rows.staged(records, plan.property_columns, {})
        made = File(parquet(columns), len(records), misfits, dict(read_to))
        records.clear()
        return made

    try:
        for batch in batches:
            records.extend(batch.records)
            read_to[batch.key] = batch.after
            if len(records) >= wanted:
                yield file()
    except Exception:
        yield file()
        raise
    yield file()


@dataclass
class Loading:
    """Loads the batches of one run. ``alive`` is called whenever time has passed."""

    database: Database
    plan: Plan
    stands: Existing
    run_id: str
    portal_id: str
    clock: times.Clock
    alive: Callable[[], None]
    _ready: bool = field(default=False, init=False)

    def load(self, batches: Iterator[Batch]) -> Iterator[Merged]:
        """Yields after every MERGE. What was read before an error is merged before it is raised."""
        columns = rows.staged_columns(self.plan.property_columns, {})
        staging = Staging(self.database, self.run_id, columns)
        waiting: list[File] = []
        read_to: dict[int, int | str | None] = {}
        try:
            try:
                for item in ahead(files(batches, self.plan), FILES_AHEAD, TICK):
                    self.alive()
                    if item is None:
                        continue
                    read_to.update(item[0].read_to)
                    if item[0].rows:
                        self._stage(staging, item[0])
                        waiting.append(item[0])
                    if len(waiting) >= FILES_PER_MERGE:
                        yield self._merge(staging, waiting, read_to)
            except DatabaseError:
                raise
            except Exception:
                if waiting:
                    yield self._merge(staging, waiting, read_to)
                raise
            if waiting or read_to:
                yield self._merge(staging, waiting, read_to)
        finally:
            staging.drop()

    def _stage(self, staging: Staging, file: File) -> None:
        if not self._ready:
            destination.prepare(self.database, self.plan, self.stands)
            self._ready = True
        staging.add(file.content)

    def _merge(
        self, staging: Staging, waiting: list[File], read_to: Mapping[int, int | str | None]
    ) -> Merged:
        inserted = updated = 0
        if waiting:
            inserted, updated = staging.merge(
                self.plan.table, portal_id=self.portal_id, now=self.clock.now()
            )
        merged = Merged(
            rows=sum(one.rows for one in waiting),
            inserted=inserted,
            updated=updated,
            misfits=sum(one.misfits for one in waiting),
            read_to=dict(read_to),
        )
        waiting.clear()
        return merged
