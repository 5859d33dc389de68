"""What becomes of rows that wait to be merged when something ends the run that read them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import BinaryIO, NoReturn

import pytest

from hubspot_ingest.database.columns import KEY, Column, Type
from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.database.staging import Staging, parquet
from hubspot_ingest.errors import DatabaseError, IngestError, StateOutdated, Stopped, SyncBusy
from hubspot_ingest.inbound.load.destination import ExistingTable
from hubspot_ingest.inbound.load.table_loader import (
    FILES_PER_MERGE,
    LoadSpec,
    MergeResult,
    MergeStep,
    TableLoader,
)
from hubspot_ingest.inbound.load.table_spec import TableSpec
from tests.builders import TABLE, FakeClock

ID = Column(KEY, Type.TEXT)
SPEC = LoadSpec(TableSpec(TABLE, "", [ID], [ID]), lambda *_: [], "RECORDS", {}, {})


@dataclass(frozen=True)
class Place:
    """A file that brings no rows, but a place that reading has come to."""

    read_to: int
    rows: int = 0
    misfits: int = 0
    parts: dict[str, bytes] = field(default_factory=dict)


def _ending_with(error: Exception) -> Callable[[], None]:
    """A heartbeat of which the second ends the run."""
    beats: Iterator[Exception | None] = iter([None, error])

    def beat() -> None:
        error = next(beats)
        if error is not None:
            raise error

    return beat


def _loader(database: Database, error: Exception) -> TableLoader:
    return TableLoader(
        database, "run-1", FakeClock(), _ending_with(error), 5, ExistingTable({}, {})
    )


def _places_merged(database: Database, error: IngestError) -> list[int]:
    loader = _loader(database, error)
    results = loader.load(iter([Place(1), Place(2)]), {"": [ID]}, lambda *_: SPEC)
    places: list[int] = []
    with pytest.raises(type(error)):
        places.extend(result.read_to for result in results if result is not None)
    return places


@pytest.mark.parametrize("error", [SyncBusy("taken"), StateOutdated("changed", code="SYNC_RESET")])
def test_what_waits_is_not_merged_once_the_sync_is_not_the_runs_own(
    database: Database, error: IngestError
) -> None:
    assert _places_merged(database, error) == []


def test_an_error_nobody_foresaw_is_not_hidden_by_a_merge_that_fails_after_it(
    database: Database,
) -> None:
    def fail(*_: object) -> NoReturn:
        raise DatabaseError("a statement failed")

    loader = _loader(database, KeyError())
    with pytest.raises(KeyError):
        list(loader.load(iter([Place(1), Place(2)]), {"": [ID]}, fail))


def test_what_waits_is_merged_when_a_run_is_stopped(database: Database) -> None:
    assert _places_merged(database, Stopped("the deadline")) == [1]


@pytest.mark.parametrize("error", [KeyError("unforeseen"), Stopped("the deadline")])
@pytest.mark.parametrize("fails_in", ["MERGE", "what looks at its rows"])
def test_a_merge_that_fails_moves_no_place(
    database: Database, error: Exception, fails_in: str
) -> None:
    failures = [error]

    def steps(*_: object) -> list[MergeStep]:
        if fails_in == "MERGE" and failures:
            raise failures.pop()
        return []

    def after(*_: object) -> None:
        if fails_in != "MERGE" and failures:
            raise failures.pop()

    spec = replace(SPEC, steps=steps)
    loader = _table_loader(database)
    files = iter([OneRow(number) for number in range(FILES_PER_MERGE)])
    results: list[MergeResult | None] = []
    with pytest.raises(type(error)):
        results.extend(loader.load(files, STAGED, lambda *_: spec, after=after))
    loader.close()
    assert [result.read_to for result in results if result is not None] == []


# -- uploads beside the MERGE ---------------------------------------------------------------------

WAIT_SECONDS = 20
FILE = parquet({KEY: ["1"], "TEXT": ["long"]})


@dataclass(frozen=True)
class OneRow:
    """A file of one row."""

    read_to: int
    parts: dict[str, bytes | None] = field(default_factory=lambda: {"": FILE})
    rows: int = 1
    misfits: int = 0


class Watched(Database):
    """A connection that notes its uploads and the threads they came from."""

    def __init__(self, database: Database, *, is_thread_safe: bool = True) -> None:
        self._inner = database
        self.application = database.application
        self.is_thread_safe = is_thread_safe
        self.threads: list[threading.Thread] = []
        self.copied: list[str] = []
        self.enough_uploaded = threading.Event()
        self.enough = FILES_PER_MERGE + 1
        self.failing: Collection[int] = ()
        # Snowflake's packages have reported uploads that left no file
        self.lost: Collection[int] = ()
        self.failure: Exception = DatabaseError("the upload failed")
        self.before_upload: Callable[[int], None] = lambda _: None
        self.waits = False

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[Row]:
        if statement.startswith("COPY"):
            self.copied.append(statement)
            # what is uploaded beside it must not have to wait for it
            assert not self.waits or self.enough_uploaded.wait(WAIT_SECONDS)
        return self._inner.rows(statement, params)

    def put(self, stream: BinaryIO, location: str) -> None:
        self.threads.append(threading.current_thread())
        self.before_upload(len(self.threads))
        if len(self.threads) in self.failing:
            raise self.failure
        if len(self.threads) not in self.lost:
            self._inner.put(stream, location)
        if len(self.threads) == self.enough:
            self.enough_uploaded.set()


def _left_in_stage(database: Database) -> list[Row]:
    return database.rows("LIST @HUBSPOT_INGEST.STAGING.LOADS")


def _table_loader(database: Database, heartbeat: Callable[[], None] = lambda: None) -> TableLoader:
    loader = TableLoader(database, "run-1", FakeClock(), heartbeat, 5, ExistingTable({}, {}))
    loader.prepared.add(TABLE)
    return loader


STAGED = {"": [ID, Column("TEXT", Type.TEXT)]}


def test_files_are_uploaded_while_those_before_them_are_merged(database: Database) -> None:
    watched = Watched(database)
    watched.waits = True
    loader = _table_loader(watched)
    files = iter([OneRow(number) for number in range(FILES_PER_MERGE + 1)])
    results = [result for result in loader.load(files, STAGED, lambda *_: SPEC) if result]
    loader.close()
    assert [result.rows for result in results] == [FILES_PER_MERGE, 1]
    assert threading.current_thread() not in watched.threads


def test_a_session_that_threads_may_not_share_uploads_between_its_statements(
    database: Database,
) -> None:
    watched = Watched(database, is_thread_safe=False)
    loader = _table_loader(watched)
    results = [r for r in loader.load(iter([OneRow(1)]), STAGED, lambda *_: SPEC) if r]
    loader.close()
    assert [result.rows for result in results] == [1]
    assert watched.threads == [threading.current_thread()]


def test_a_merge_takes_the_files_it_was_given_and_no_later_ones(database: Database) -> None:
    watched = Watched(database)
    watched.waits = True
    loader = _table_loader(watched)
    files = iter([OneRow(number) for number in range(FILES_PER_MERGE + 1)])
    list(loader.load(files, STAGED, lambda *_: SPEC))
    loader.close()
    first, second = (statement.partition("FILES = ")[2] for statement in watched.copied)
    assert first.startswith("('000001.parquet', '000002.parquet', '000003.parquet')")
    assert second.startswith("('000004.parquet')")


def test_a_file_that_is_merged_at_once_takes_what_waits_with_it(database: Database) -> None:
    loader = _table_loader(database)
    files = iter([OneRow(number) for number in range(4)])
    results = loader.load(
        files, STAGED, lambda *_: SPEC, merges_at_once=lambda file: file.read_to == 1
    )
    merged_to = [result.read_to for result in results if result is not None]
    loader.close()
    assert merged_to == [1, 3]


def test_a_merge_does_not_wait_for_an_upload_under_way(database: Database) -> None:
    watched = Watched(database)
    under_way, merging = threading.Event(), threading.Event()
    merged_meanwhile: list[bool] = []

    def before_upload(number: int) -> None:
        if number == FILES_PER_MERGE + 1:
            under_way.set()
            merged_meanwhile.append(merging.wait(WAIT_SECONDS))

    def steps(*_: object) -> list[MergeStep]:
        merging.set()
        return []

    def heartbeat() -> None:
        # the first file is taken once the upload of the last is under way
        assert under_way.wait(WAIT_SECONDS)

    watched.before_upload = before_upload
    loader = _table_loader(watched, heartbeat)
    files = iter([OneRow(number) for number in range(FILES_PER_MERGE + 1)])
    list(loader.load(files, STAGED, lambda *_: replace(SPEC, steps=steps)))
    loader.close()
    assert merged_meanwhile == [True]


@pytest.mark.parametrize(
    "failure", [DatabaseError("the upload failed"), RuntimeError("not in this thread")]
)
def test_an_upload_that_fails_beside_a_statement_is_made_again_between_statements(
    database: Database, failure: Exception
) -> None:
    watched = Watched(database)
    watched.failing, watched.failure = {2}, failure
    loader = _table_loader(watched)
    files = iter([OneRow(1), OneRow(2)])
    results = [result for result in loader.load(files, STAGED, lambda *_: SPEC) if result]
    loader.close()
    assert sum(result.rows for result in results) == 2
    assert watched.threads[2] is threading.current_thread()
    assert _left_in_stage(database) == []


def test_what_failed_beside_a_statement_is_not_tried_with_every_file(database: Database) -> None:
    watched = Watched(database)
    watched.failing = {2}
    loader = _table_loader(watched)
    files = iter([OneRow(number) for number in range(FILES_PER_MERGE + 2)])
    list(loader.load(files, STAGED, lambda *_: SPEC))
    loader.close()
    assert {*watched.threads[2:]} == {threading.current_thread()}


def test_a_file_whose_second_part_is_uploaded_again_comes_in_once(database: Database) -> None:
    watched = Watched(database)
    watched.failing = {2}
    loader = _table_loader(watched)
    staged_rows: dict[str, int] = {}

    def steps(staging: Staging, parts: Collection[str]) -> list[MergeStep]:
        for part in parts:
            [row] = database.rows(f"SELECT COUNT(*) AS N FROM {staging.table(part)}")
            staged_rows[part] = row["N"]
        return []

    both = OneRow(1, {"": FILE, "HISTORY": FILE})
    staged = {**STAGED, "HISTORY": STAGED[""]}
    list(loader.load(iter([both]), staged, lambda *_: replace(SPEC, steps=steps)))
    loader.close()
    assert staged_rows == {"": 1, "HISTORY": 1}
    assert _left_in_stage(database) == []


def test_a_file_that_is_not_in_the_stage_after_its_upload_moves_no_place(
    database: Database,
) -> None:
    watched = Watched(database)
    watched.lost = {1}
    loader = _table_loader(watched)
    results: list[MergeResult | None] = []
    with pytest.raises(DatabaseError, match="not found"):
        results.extend(loader.load(iter([OneRow(1)]), STAGED, lambda *_: SPEC))
    loader.close()
    assert [result for result in results if result is not None] == []


def test_an_upload_that_fails_again_ends_the_load(database: Database) -> None:
    watched = Watched(database)
    watched.failing = {2, 3}
    loader = _table_loader(watched)
    with pytest.raises(DatabaseError, match="the upload failed"):
        list(loader.load(iter([OneRow(1), OneRow(2)]), STAGED, lambda *_: SPEC))
    loader.close()
    assert _left_in_stage(database) == []


@pytest.mark.parametrize("end", [SyncBusy("taken"), KeyboardInterrupt()])
def test_files_that_nobody_merges_any_more_are_gone_with_the_staging_tables(
    database: Database, end: BaseException
) -> None:
    watched = Watched(database)
    watched.enough = 2

    def end_the_run() -> NoReturn:
        assert watched.enough_uploaded.wait(WAIT_SECONDS)
        raise end

    loader = _table_loader(watched, end_the_run)
    with pytest.raises(type(end)):
        list(loader.load(iter([OneRow(1), OneRow(2)]), STAGED, lambda *_: SPEC))
    loader.close()
    assert _left_in_stage(database) == []


def test_nothing_is_uploaded_once_the_staging_tables_are_dropped(database: Database) -> None:
    watched = Watched(database)
    closed = threading.Event()
    began = threading.Event()

    def files() -> Iterator[OneRow]:
        yield OneRow(1)
        began.set()
        assert closed.wait(WAIT_SECONDS)
        yield OneRow(2)

    loader = _table_loader(watched)
    with closing(loader.load(files(), STAGED, lambda *_: SPEC)) as results:
        next(results)
        assert began.wait(WAIT_SECONDS)
    loader.close()
    closed.set()
    for thread in threading.enumerate():
        if thread.name == "ahead":
            thread.join(WAIT_SECONDS)
    assert (len(watched.threads), _left_in_stage(database)) == (1, [])
