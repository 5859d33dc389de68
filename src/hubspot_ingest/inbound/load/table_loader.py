"""Brings rows into tables in the one way there is: stage, COPY, keep, MERGE, and what follows.

What is particular to a kind of rows stands in a ``LoadSpec``: records, items, a column backfill
and a replay differ in nothing else.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol, TypeVar

from hubspot_ingest import telemetry, times
from hubspot_ingest.database.columns import Column
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.staging import Staging, UploadedFile, merged_rows
from hubspot_ingest.database.state.runs import RunLog
from hubspot_ingest.database.statements.merge import Merge
from hubspot_ingest.errors import DatabaseError, IngestError, StateOutdated, SyncBusy
from hubspot_ingest.inbound.extract.prefetch import prefetched
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.load.destination import BesideColumns, ExistingTable
from hubspot_ingest.inbound.load.page_recorder import PageRecorder
from hubspot_ingest.inbound.load.table_spec import TableSpec
from hubspot_ingest.model import Json

FILES_PER_MERGE = 3
# Files to go on with while a MERGE is at work.
FILES_AHEAD = 2
# So many rows are worth a MERGE of their own while there is nothing else to do.
IDLE_MERGE_ROWS = 4_000
# Milliseconds after which a run with little to merge saves its place all the same.
PLACE_EVERY = times.MINUTE

Parts = Mapping[str, Sequence[Column]]


class StagedFile(Protocol):
    """Rows on their way, as Parquet by part, and how far reading has come with them."""

    # a dataclass, so that ``replace`` takes it
    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def rows(self) -> int:
        """How many there are of the table itself."""

    @property
    def parts(self) -> Mapping[str, bytes | None]:
        """The rows; None where they are nested in those of the table itself."""

    @property
    def misfits(self) -> int:
        """How many values did not fit their column's type."""

    @property
    def read_to(self) -> Any:
        """How far reading has come, as whoever made the file understands it."""


File = TypeVar("File", bound=StagedFile)


@dataclass(frozen=True, slots=True)
class MergeStep:
    """One MERGE, into a part of the tables.

    ``marks``: the rows that it changes count as deleted. ``if_marked``: it is run where a step
    before it marked a row. Without ``recorded`` no images of rows are kept: they can be made again.
    """

    merge: Merge
    binds: Sequence[object]
    part: str = ""
    marks: bool = False
    if_marked: bool = False
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class LoadSpec:
    """How staged rows come into their tables.

    ``steps`` are told the staging tables and the parts that have rows in them. ``kind`` and
    ``facts`` describe the page that is kept, ``kept`` its columns by part.
    """

    tables: TableSpec
    steps: Callable[[Staging, Collection[str]], Iterable[MergeStep]]
    kind: str
    facts: Mapping[str, Json]
    kept: Parts


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What a MERGE did, with all that belongs to it, and how far reading has come by then."""

    rows: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    misfits: int = 0
    read_to: Any = None

    def count_in(self, log: RunLog, *, main: bool = False) -> None:
        """Add it to the row of a run; ``main``: the rows were read by the run's main reading."""
        log.rows_inserted += self.inserted
        log.rows_updated += self.updated
        log.rows_deleted += self.deleted
        if main:
            log.rows_read += self.rows
            log.values_misfit += self.misfits


@dataclass
class TableLoader:
    """Loads rows for one run, which makes its staging tables once, and is to be closed.

    ``heartbeat`` is called whenever nothing came for ``tick`` seconds; ``on_prepared`` when a table
    has the columns of its spec (and whether any of them is new), and ``on_changed`` before it where
    a table or column is new; ``beside`` are the columns of the tables beside it that are there, and
    readers were let into those that are ``granted``. ``recorder`` keeps what is read and the rows
    that are changed. ``prepared`` are the tables that need not be made.
    """

    database: Database
    run_id: str
    clock: times.Clock
    heartbeat: Callable[[], None]
    tick: float
    existing_table: ExistingTable
    on_prepared: Callable[[ExistingTable, bool], None] = lambda _, __: None
    recorder: PageRecorder | None = None
    prepared: set[Table] = field(default_factory=set)
    beside: BesideColumns = field(default_factory=dict)
    granted: Collection[Table] = ()
    on_changed: Callable[[], None] = lambda: None
    _stagings: list[Staging] = field(default_factory=list, init=False)

    def load(
        self,
        files: Iterator[File],
        staged: Parts,
        spec_of: Callable[[Sequence[File], int], LoadSpec],
        *,
        after: Callable[[Staging, Any], None] | None = None,
        binds_few: bool = False,
        merges_at_once: Callable[[File], bool] = lambda _: False,
    ) -> Generator[MergeResult | None, None, None]:
        """Yields the result of every MERGE, and None after other files and while it waits.

        What was read before an error is merged before the error is raised, unless the sync is not
        the run's any more. ``spec_of`` says how some files come in at an instant (epoch ms);
        ``after`` sees the staged rows of a MERGE. ``binds_few``: its steps take few rows by the
        binds of ``Staging``. A file that ``merges_at_once`` is merged with what waits before it.
        """
        staging = self.staging(staged)
        binds_few = binds_few and self.recorder is None
        waiting: list[File] = []
        merged_at = self.clock.now()

        def upload(file: File) -> tuple[File, UploadedFile | None]:
            if not file.rows:
                return file, None
            uploaded = staging.upload(file.parts, binds_few=binds_few)
            # its bytes are needed no more
            return replace(file, parts=dict.fromkeys(file.parts)), uploaded

        def merge() -> MergeResult:
            nonlocal merged_at
            # only once more rows come: the last rows of a run are dropped with their tables
            staging.truncate()
            merged_at = self.clock.now()
            # a MERGE that fails is not made again: its staged rows are gone by then, and without
            # them the place would move past rows that nobody merged
            files, waiting[:] = [*waiting], []
            result = self.merge(staging, files, spec_of(files, merged_at), merged_at)
            if after is not None:
                after(staging, result.read_to)
            return result

        # the garbage collector would look through all older objects again with each page
        gc.freeze()
        try:
            with closing(self._uploaded(files, upload)) as items:
                for item in items:
                    self.heartbeat()
                    if item is None:
                        # nothing to stage: what waits may as well be merged meanwhile
                        enough = sum(file.rows for file in waiting) >= IDLE_MERGE_ROWS
                        yield merge() if enough else None
                        continue
                    file, uploaded = item[0]
                    if uploaded is None and file.rows:
                        # not beside a statement: no page says that a procedure may do both
                        file, uploaded = upload(file)
                    if uploaded is not None:
                        staging.take(uploaded)
                    waiting.append(file)
                    enough = sum(file.rows > 0 for file in waiting) >= FILES_PER_MERGE
                    enough = enough or merges_at_once(file)
                    late = self.clock.now() - merged_at >= PLACE_EVERY
                    yield merge() if enough or late else None
        except (DatabaseError, StateOutdated, SyncBusy):
            raise
        except IngestError:
            if waiting:
                yield merge()
            raise
        except Exception:
            # an unforeseen error is not to be hidden by what it makes fail
            with suppress(DatabaseError):
                if waiting:
                    yield merge()
            raise
        finally:
            gc.unfreeze()
        if waiting:
            yield merge()

    def _uploaded(
        self, files: Iterator[File], upload: Callable[[File], tuple[File, UploadedFile | None]]
    ) -> Generator[tuple[tuple[File, UploadedFile | None]] | None, None, None]:
        """Files made ahead, each with what was uploaded of it; None while none is ready.

        They are uploaded beside a MERGE where the session allows it, until that fails: from then on
        files come with None, as one without rows does.
        """

        allowed = self.database.is_thread_safe

        def upload_beside(file: File) -> tuple[File, UploadedFile | None]:
            nonlocal allowed
            try:
                return upload(file) if allowed else (file, None)
            except Exception as error:
                # what kind of error a procedure raises where it may not do both is nowhere
                # documented; one that has another cause is raised by the upload between statements
                allowed = False
                kind = type(error).__name__
                telemetry.warning("upload beside a statement failed", run_id=self.run_id, kind=kind)
                return file, None

        return prefetched(map(upload_beside, files), FILES_AHEAD, self.tick)

    def merge(
        self, staging: Staging, files: Sequence[StagedFile], spec: LoadSpec, at: int
    ) -> MergeResult:
        """Merge the files that were staged, at an instant, with all that belongs to their rows."""
        rows = sum(file.rows for file in files)
        inserted = updated = deleted = 0
        if rows:
            self.prepare(spec.tables)
            staging.copy()
            parts = sorted({part for file in files for part in file.parts})
            if self.recorder is not None:
                facts: dict[str, Json] = {**spec.facts, "parts": [*parts]}
                kept = {
                    part: (staging.table(part), columns)
                    for part, columns in spec.kept.items()
                    if part in parts
                }
                self.recorder.record_page(spec.kind, at, facts, kept)
            inserted, updated, deleted = self.run(spec.tables, spec.steps(staging, parts), at)
        misfits = sum(file.misfits for file in files)
        return MergeResult(rows, inserted, updated, deleted, misfits, files[-1].read_to)

    def run(self, tables: TableSpec, steps: Iterable[MergeStep], at: int) -> tuple[int, int, int]:
        """Run some steps; the rows of the table itself inserted, updated and marked as deleted."""
        inserted = updated = deleted = 0
        for step in steps:
            if step.if_marked and not deleted:
                continue
            if self.recorder is not None and step.recorded:
                spec = tables.parts[step.part]
                self.recorder.record_images(
                    at, step.part, step.merge, step.binds, spec.key, spec.columns
                )
            counts = merged_rows(self.database.rows(str(step.merge), step.binds))
            if step.marks:
                deleted += sum(counts)
            elif not step.part:
                inserted, updated = inserted + counts[0], updated + counts[1]
        return inserted, updated, deleted

    def prepare(self, tables: TableSpec) -> None:
        """Make the tables, with all their columns, unless that was done before."""
        names = {spec.table for spec in tables.parts.values()}
        lacking = any(column.name not in self.existing_table.types for column in tables.columns)
        if names <= self.prepared and not (lacking and self.existing_table.types):
            return
        if lacking or {*tables.beside} - {*self.beside}:
            self.on_changed()
        destination.prepare(self.database, tables, self.existing_table, self.beside, self.granted)
        self.prepared |= names
        self.existing_table = self.existing_table.grown(tables)
        self.on_prepared(self.existing_table, lacking)

    def staging(self, parts: Parts) -> Staging:
        """The staging tables of this run that have these columns."""
        for staging in self._stagings:
            if staging.columns == parts:
                return staging
        name = f"{self.run_id}_{len(self._stagings)}" if self._stagings else self.run_id
        self._stagings.append(Staging(self.database, name, parts))
        return self._stagings[-1]

    def close(self) -> None:
        """Drop the staging tables."""
        for staging in self._stagings:
            staging.drop()
