"""What becomes of rows that wait to be merged when something ends the run that read them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import pytest

from hubspot_ingest.database.columns import KEY, Column, Type
from hubspot_ingest.database.connection import Database
from hubspot_ingest.errors import DatabaseError, IngestError, StateOutdated, Stopped, SyncBusy
from hubspot_ingest.inbound.load.destination import ExistingTable
from hubspot_ingest.inbound.load.table_loader import LoadSpec, TableLoader
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
