"""No run concludes deletions from results that ROWS_PER_RESULTSET of the session cut."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hubspot_ingest.database.connection import Database
from hubspot_ingest.errors import DatabaseError
from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from tests.runs.conftest import MakeWorld
from tests.runs.world import CONTACTS, HANDLERS, HOUR, World, on_an_empty_stack

RECORDS, LIMIT = 130, 100


@contextmanager
def cutting(world: World, rows: int) -> Iterator[None]:
    """Work as a procedure whose caller's session cuts results to so many rows."""
    caller = world.engine.local_session()
    caller.execute(f"ALTER SESSION SET ROWS_PER_RESULTSET = {rows}")
    handlers = world.engine.session("HUBSPOT_INGEST", "CORE", owner=HANDLERS, caller=caller)
    database, world.database = world.database, Database(handlers)
    try:
        yield
    finally:
        world.database = database
        handlers.close()
        caller.close()


def _marked(world: World) -> int:
    return len(world.ids(CONTACTS, where="_DELETED_AT IS NOT NULL"))


@pytest.fixture
def purged(make: MakeWorld) -> World:
    """A table of which most records have left no trace in HubSpot."""
    world = make({"contacts": RECORDS}).slim(include_archived=True)
    world.run()
    world.clock.advance(HOUR)
    for record in [*world.portal.records("contacts")][: LIMIT + 10]:
        world.portal.purge("contacts", record.id)
    return world


def test_a_run_fails_and_marks_nothing_where_the_list_of_missing_ids_is_cut(purged: World) -> None:
    with cutting(purged, LIMIT):
        answer = purged.ingest()

    assert answer["status"] == "FAILED"
    assert f"cuts results to {LIMIT} rows" in answer["message"]
    assert "ROWS_PER_RESULTSET = 0" in answer["message"]
    assert _marked(purged) == 0
    purged.clock.advance(HOUR)
    purged.run()
    assert _marked(purged) == LIMIT + 10


def test_a_comparison_marks_nothing_where_the_tables_ids_are_cut(purged: World) -> None:
    with cutting(purged, LIMIT), pytest.raises(DatabaseError, match="ROWS_PER_RESULTSET"):
        on_an_empty_stack(lambda: dict(reconcile(purged.context, "contacts")))

    assert _marked(purged) == 0


def test_a_limit_that_no_result_reaches_changes_nothing(purged: World) -> None:
    with cutting(purged, 10_000):
        purged.run()

    assert _marked(purged) == LIMIT + 10
