"""What is kept, for how long, and that nothing is where nobody asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.errors import Refusal
from hubspot_ingest.times import iso
from tests.runs.conftest import MakeWorld
from tests.runs.replay.living import keep, replayed, rolled_back, tables
from tests.runs.world import HOUR, World

DAY = 24 * HOUR


class Noting(Database):
    """A connection that notes its statements."""

    def __init__(self, world: World) -> None:
        self._inner = world.database
        self.application = self._inner.application
        self.statements: list[str] = []

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[Row]:
        self.statements.append(statement)
        return self._inner.rows(statement, params)

    def put(self, stream: Any, location: str) -> None:
        self._inner.put(stream, location)


def _slim(make: MakeWorld) -> World:
    return make({"contacts": 5}).slim()


def _kept(world: World, table: str = "PAGES") -> set[str]:
    found = world.rows(f"SELECT DISTINCT RUN_ID FROM HUBSPOT_INGEST.STATE.{table}")
    return {str(row["RUN_ID"]) for row in found}


def _change(world: World, title: str) -> str:
    world.clock.advance(HOUR)
    world.portal.update("contacts", world.ids()[0], {"jobtitle": title})
    return str(world.run()["run_id"])


@pytest.mark.long
def test_without_the_setting_nothing_is_kept_and_no_statement_more_is_run(make: MakeWorld) -> None:
    world = _slim(make)
    world.run()
    world.portal.update("contacts", world.ids()[0], {"jobtitle": "Clerk"})
    world.clock.advance(HOUR)
    noting = Noting(world)
    world.database = noting
    world.run()

    assert not [
        statement
        for statement in noting.statements
        if "PAGES" in statement or "IMAGES" in statement
    ]
    assert (_kept(world), _kept(world, "IMAGES")) == (set(), set())


@pytest.mark.long
def test_pages_are_deleted_once_their_days_are_over(make: MakeWorld) -> None:
    world = _slim(make)
    keep(world, 3)
    first = str(world.run()["run_id"])
    world.clock.advance(2 * DAY)
    second = _change(world, "Clerk")
    assert _kept(world) == {first, second}
    world.clock.advance(2 * DAY)

    third = _change(world, "Head")

    assert _kept(world) == _kept(world, "IMAGES") == {second, third}


def test_to_keep_nothing_deletes_what_was_kept(make: MakeWorld) -> None:
    world = _slim(make)
    keep(world, 3)
    world.run()
    answer = world.call_with("CONFIGURE_APP", {"keep_pages_days": 0})

    assert "deleted" in answer["message"]
    assert (_kept(world), _kept(world, "IMAGES")) == (set(), set())


@pytest.mark.long
def test_a_replay_since_a_time_applies_the_runs_from_then_on_to_the_table(
    make: MakeWorld,
) -> None:
    world = _slim(make)
    keep(world)
    world.run()
    _change(world, "Clerk")
    since = iso(world.clock.now() + HOUR)
    _change(world, "Head")
    world.engine.sql("DELETE FROM HUBSPOT_DATA.CRM.CONTACTS")

    answer = replayed(world, since=since)

    assert (answer["runs"], answer["rows_inserted"]) == (1, 1)
    assert world.table("PROPERTIES_JOBTITLE") == [("Head",)]


@pytest.mark.long
def test_a_replay_never_sets_an_older_row_over_a_newer_one(make: MakeWorld) -> None:
    world = _slim(make)
    keep(world)
    world.run()
    world.engine.sql("UPDATE HUBSPOT_INGEST.STATE.SETTINGS SET SETTINGS = PARSE_JSON('{}')")
    _change(world, "Newer, and not kept")
    before = tables(world)

    answer = replayed(world)

    assert (answer["rows_inserted"], answer["rows_updated"]) == (0, 0)
    assert tables(world) == before


def test_a_replay_leaves_the_cursor_alone_and_is_on_record(make: MakeWorld) -> None:
    world = _slim(make)
    keep(world)
    world.run()
    before = world.sync()
    world.clock.advance(HOUR)

    answer = replayed(world)

    assert world.sync() == before
    run = next(row for row in world.runs() if row["RUN_ID"] == answer["run_id"])
    assert (run["STRATEGY"], run["STATUS"], run["REQUESTS"]) == ("REPLAY", "SUCCEEDED", 0)
    assert "of 1 run replayed without a request" in run["MESSAGE"]


@pytest.mark.long
def test_what_is_not_kept_is_not_replayed(make: MakeWorld) -> None:
    world = _slim(make)
    world.run()
    _refused(world, "NOTHING_KEPT", None)
    keep(world)
    world.syncs.reset("contacts", world.clock.now())
    world.clock.advance(HOUR)
    _change(world, "Clerk")

    _refused(world, "NOT_KEPT_SO_FAR", "2020-01-01")
    _refused(world, "INVALID_SETTINGS", "yesterday")
    _refused(world, "NOTHING_KEPT", iso(world.clock.now() + DAY))


def test_rows_of_another_portal_are_not_mixed_in(make: MakeWorld) -> None:
    world = _slim(make)
    keep(world)
    world.run()
    world.engine.sql("UPDATE HUBSPOT_DATA.CRM.CONTACTS SET _PORTAL_ID = '1'")

    _refused(world, "OTHER_PORTAL", None)


def _refused(world: World, code: str, since: str | None) -> None:
    before = tables(world)
    with pytest.raises(Refusal) as refused:
        replayed(world, since=since)
    assert refused.value.response_code == code
    assert tables(world) == before


@pytest.mark.long
def test_a_run_before_one_that_was_not_kept_is_not_rolled_back(make: MakeWorld) -> None:
    world = _slim(make)
    keep(world)
    run = str(world.run()["run_id"])
    world.engine.sql("UPDATE HUBSPOT_INGEST.STATE.SETTINGS SET SETTINGS = PARSE_JSON('{}')")
    _change(world, "Clerk")

    with pytest.raises(Refusal) as refused:
        rolled_back(world, run)

    assert refused.value.response_code == "LATER_RUN_NOT_KEPT"


@pytest.mark.long
def test_both_are_called_by_sql(make: MakeWorld) -> None:
    world = _slim(make)
    keep(world)
    run = world.run()["run_id"]

    assert world.call("CALL HUBSPOT_INGEST.CORE.REPLAY('contacts', NULL)")["rows_read"] == 5
    answer = world.call(f"CALL HUBSPOT_INGEST.CORE.ROLLBACK_RUN('{run}')")
    assert (answer["response_code"], answer["removed"]) == ("OK", 5)
    again = world.call(f"CALL HUBSPOT_INGEST.CORE.ROLLBACK_RUN('{run}')")
    assert again["response_code"] == "ALREADY_ROLLED_BACK"
    assert world.call("CALL HUBSPOT_INGEST.CORE.REPLAY('nobody', NULL)") == {
        "response_code": "UNKNOWN_SYNC",
        "message": "there is no sync 'nobody'; there are: contacts",
    }
