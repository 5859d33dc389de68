"""Whole runs whose files are uploaded beside the MERGE, and what may become of an upload."""

from __future__ import annotations

import io
import logging
import threading
from collections import Counter
from collections.abc import Collection, Sequence
from typing import BinaryIO

import pytest

from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.errors import DatabaseError
from hubspot_ingest.inbound.load import batches
from hubspot_ingest.inbound.run.runner import ingest_all
from tests.nights import few_by_day
from tests.runs.conftest import MakeWorld
from tests.runs.dying import Killed
from tests.runs.world import HOUR, Answer, World, on_an_empty_stack

# four files of contacts, each with one of past values; the first three make a MERGE
COUNT = 310
FILE_ROWS = 100
WAIT_SECONDS = 20
SETTINGS: Answer = {"properties": ["email"], "associations": ["companies"], "history": ["email"]}


class Troubled(Database):
    """The world's connection, some of whose uploads go wrong, by their numbers from 1 on.

    ``dies_at``: the process is killed before that upload, or ``after`` it. ``failing`` raise
    ``failure``, and ``lost`` leave no file. ``fails_first``: the first statement of that beginning
    fails.
    """

    def __init__(self, world: World) -> None:
        super().__init__(world.handlers)
        self.application = world.database.application
        world.database = self
        self.dies_at, self.after = 0, False
        self.failing: Collection[int] = ()
        self.failure: Exception = DatabaseError("the upload failed")
        self.lost: Collection[int] = ()
        self.fails_first = ""
        self.uploaded_bytes: Counter[str] = Counter()
        self._uploads: list[str] = []
        self._failures: list[str] = []
        self._dead = threading.Event()

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[Row]:
        # the connection asks for its database before there is anything to go wrong
        if hasattr(self, "_dead"):
            if self._dead.is_set():
                raise Killed
            if self.fails_first and statement.startswith(self.fails_first) and not self._failures:
                self._failures.append(statement)
                raise DatabaseError("the statement failed")
        return super().rows(statement, params)

    def put(self, stream: BinaryIO, location: str) -> None:
        if self._dead.is_set():
            raise Killed
        self._uploads.append(location)
        number = len(self._uploads)
        if number == self.dies_at:
            if self.after:
                super().put(stream, location)
            self._dead.set()
            raise Killed
        if number in self.failing:
            raise self.failure
        if number not in self.lost:
            super().put(stream, location)
        self.uploaded_bytes[location.split("/")[1]] += stream.seek(0, io.SEEK_END)


def _left_in_staging(world: World) -> list[str]:
    tables = world.rows(
        "SELECT TABLE_NAME AS LEFT_OVER FROM HUBSPOT_INGEST.INFORMATION_SCHEMA.TABLES "
        "WHERE TABLE_SCHEMA = 'STAGING'"
    )
    files = world.rows("LIST @HUBSPOT_INGEST.STAGING.LOADS")
    return [row["LEFT_OVER"] for row in tables] + [row["name"] for row in files]


@pytest.fixture
def world(make: MakeWorld, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(batches, "FILE_ROWS", FILE_ROWS)
    world = make({"contacts": COUNT})
    world.only = ("email",)
    world.configure("contacts", SETTINGS)
    return world


def _run_the_next(world: World, trouble: Troubled) -> None:
    """The next run, in a process of its own, makes good what a troubled one left."""
    world.clock.advance(HOUR)
    world.database = Database(world.handlers)
    world.database.application = trouble.application
    world.run()
    assert world.landed() == world.truth()
    assert world.ids(where="COMPANIES_IDS IS NULL") == []
    [history] = world.rows(
        "SELECT COUNT(*) AS N, COUNT(DISTINCT ID) AS IDS FROM HUBSPOT_DATA.CRM.CONTACTS_HISTORY"
    )
    assert history == {"N": COUNT, "IDS": COUNT}
    assert _left_in_staging(world) == []


@pytest.mark.parametrize(
    ("dies_at", "after"), few_by_day([(4, False), (1, False), (2, True), (7, True), (8, True)])
)
def test_a_process_killed_at_an_upload_is_made_good_by_the_next_run(
    world: World, dies_at: int, after: bool
) -> None:
    trouble = Troubled(world)
    trouble.dies_at, trouble.after = dies_at, after
    with pytest.raises(Killed):
        world.ingest()

    _run_the_next(world, trouble)


@pytest.mark.long
@pytest.mark.parametrize("fails", ["COPY INTO", "MERGE INTO"])
def test_a_statement_that_fails_leaves_nothing_of_the_files_that_are_ahead(
    world: World, fails: str
) -> None:
    trouble = Troubled(world)
    trouble.fails_first = fails

    assert world.ingest()["response_code"] == "DATABASE_ERROR"

    assert _left_in_staging(world) == []
    _run_the_next(world, trouble)


@pytest.mark.long
@pytest.mark.parametrize("number", [2, 8])
def test_a_run_fails_rather_than_go_past_an_upload_that_left_no_file(
    world: World, number: int
) -> None:
    trouble = Troubled(world)
    trouble.lost = {number}

    assert world.ingest()["response_code"] == "DATABASE_ERROR"

    _run_the_next(world, trouble)


@pytest.mark.long
def test_a_procedure_that_may_not_upload_beside_a_statement_runs_all_the_same(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    trouble = Troubled(world)
    trouble.failing, trouble.failure = {1}, RuntimeError("not in this thread: secret")
    caplog.set_level(logging.WARNING, "hubspot_ingest")

    world.run()

    assert world.landed() == world.truth()
    assert [vars(record)["kind"] for record in caplog.records] == ["RuntimeError"]
    assert "secret" not in caplog.text
    assert _left_in_staging(world) == []


@pytest.mark.long
def test_runs_side_by_side_count_their_own_uploads(world: World) -> None:
    for name in ("again", "once_more"):
        world.configure(name, {**SETTINGS, "stream": "contacts"})
    trouble = Troubled(world)

    on_an_empty_stack(lambda: dict(ingest_all(world.context)))

    assert {run["RUN_ID"]: run["STAGED_BYTES"] for run in world.runs()} == trouble.uploaded_bytes
    for table in ("CONTACTS", "AGAIN", "ONCE_MORE"):
        assert world.landed(f"HUBSPOT_DATA.CRM.{table}") == world.truth()
    assert _left_in_staging(world) == []
    for thread in threading.enumerate():
        if thread.name == "ahead":
            thread.join(WAIT_SECONDS)
            assert not thread.is_alive()
