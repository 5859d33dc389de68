"""The views where names are taken, tables moved or dropped, or where no records are."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from hubspot_ingest.errors import Refusal
from hubspot_sandbox.items.seed_data import DEMO
from tests.runs.conftest import MakeWorld
from tests.runs.test_freshness import CURRENT, FRESHNESS, SETTLED, settled_through
from tests.runs.world import DAY_AND_MORE, HOUR, MINUTE, NOW, SLIM, World

LEADS = [{"filters": [{"propertyName": "lifecyclestage", "operator": "EQ", "value": "lead"}]}]
SETTLE = 10 * MINUTE


@pytest.fixture
def world(make: MakeWorld) -> World:
    return make({"contacts": 12}).slim()


def rows(world: World, view: str) -> int:
    return int(world.rows(f"SELECT COUNT(*) AS N FROM {view}")[0]["N"])


# -- something is in the way ------------------------------------------------------------------


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize(
    "statement",
    [
        f"CREATE TABLE {CURRENT} (MINE VARCHAR)",
        f"CREATE VIEW {CURRENT} AS SELECT 'mine' AS MINE",
    ],
)
def test_what_somebody_else_made_stays_and_the_run_says_so(
    world: World, statement: str, *, seen: bool
) -> None:
    world.run()
    world.rows(f"DROP VIEW {CURRENT}")
    world.rows(statement)
    if seen:
        kind = statement.split()[1]
        world.rows(f"GRANT SELECT ON {kind} {CURRENT} TO APPLICATION HUBSPOT_INGEST")
    world.call("CALL reset_sync('contacts')")
    for _ in range(2):
        answer = world.run()

        assert f"the view {CURRENT} was not made: something else" in answer["message"]
        assert [*world.columns(CURRENT)] == ["MINE"]
        assert settled_through(world) == world.clock.now() - SETTLE
        world.clock.advance(HOUR)


@pytest.mark.long
def test_the_view_is_made_once_nothing_is_in_the_way(world: World) -> None:
    world.rows("CREATE DATABASE HUBSPOT_DATA")
    world.rows("CREATE SCHEMA HUBSPOT_DATA.CRM")
    for grant in (
        "USAGE ON DATABASE HUBSPOT_DATA",
        "USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA HUBSPOT_DATA.CRM",
    ):
        world.rows(f"GRANT {grant} TO APPLICATION HUBSPOT_INGEST")
    world.rows(f"CREATE TABLE {CURRENT} (MINE VARCHAR)")
    assert f"the view {CURRENT} was not made" in world.run()["message"]
    assert rows(world, SETTLED) == 12
    world.rows(f"ALTER TABLE {CURRENT} RENAME TO HUBSPOT_DATA.CRM.MINE")
    world.clock.advance(HOUR)

    answer = world.run()

    assert (answer["rows_read"], rows(world, CURRENT), rows(world, SETTLED)) == (0, 12, 12)
    assert "not made" not in answer["message"]


@pytest.fixture
def ours(world: World) -> Iterator[World]:
    """A schema of the user's where the app may make tables, but no views."""
    for statement in (
        "CREATE DATABASE WAREHOUSE",
        "CREATE SCHEMA WAREHOUSE.HUBSPOT",
        "GRANT USAGE ON DATABASE WAREHOUSE TO APPLICATION HUBSPOT_INGEST",
        "GRANT USAGE, CREATE TABLE ON SCHEMA WAREHOUSE.HUBSPOT TO APPLICATION HUBSPOT_INGEST",
    ):
        world.rows(statement)
    place = {"database": "WAREHOUSE", "schema": "HUBSPOT"}
    world.configure("contacts", {**SLIM, "destination": place})
    yield world
    world.rows("DROP DATABASE WAREHOUSE")


def test_without_the_privilege_rows_come_in_and_the_run_names_the_grant(ours: World) -> None:
    answer = ours.run()

    grant = 'GRANT CREATE VIEW ON SCHEMA "WAREHOUSE"."HUBSPOT" TO APPLICATION "HUBSPOT_INGEST"'
    assert answer["rows_inserted"] == 12
    assert grant in answer["message"]

    ours.rows(grant)
    ours.clock.advance(HOUR)
    ours.run()
    assert rows(ours, "WAREHOUSE.HUBSPOT.CONTACTS_SETTLED") == 12


# -- moved, dropped -------------------------------------------------------------------


@pytest.mark.long
def test_a_dropped_sync_leaves_the_views_as_they_are(world: World) -> None:
    world.run()
    world.call("CALL drop_sync('contacts')")

    assert (rows(world, CURRENT), rows(world, SETTLED)) == (12, 12)


@pytest.mark.long
def test_the_views_of_a_table_that_another_sync_takes_over_are_that_syncs(world: World) -> None:
    world.run()
    world.call("CALL drop_sync('contacts')")
    world.configure("people", {**SLIM, "stream": "contacts", "destination": {"table": "CONTACTS"}})
    world.clock.advance(HOUR)
    world.run("people")

    assert [row["SYNC"] for row in world.rows(f"SELECT SYNC FROM {FRESHNESS}")] == ["people"]
    assert rows(world, SETTLED) == 12


@pytest.mark.long
def test_a_reset_takes_nothing_from_the_views(world: World) -> None:
    world.run()
    world.call("CALL reset_sync('contacts')")

    assert (rows(world, CURRENT), rows(world, SETTLED)) == (12, 12)


@pytest.mark.long
def test_with_another_filter_nothing_is_settled_until_its_rows_are_in(world: World) -> None:
    world.run()
    world.configure("contacts", {**SLIM, "filter_groups": LEADS})
    assert (rows(world, CURRENT), rows(world, SETTLED)) == (12, 0)

    world.clock.advance(DAY_AND_MORE)
    world.run()
    assert rows(world, SETTLED) > 0


@pytest.mark.long
def test_another_destination_has_views_of_its_own_and_the_old_ones_stay(world: World) -> None:
    world.run()
    world.configure("contacts", {**SLIM, "destination": {"schema": "SALES", "table": "PEOPLE"}})
    world.clock.advance(HOUR)
    world.run()

    assert rows(world, "HUBSPOT_DATA.SALES.PEOPLE_SETTLED") == 12
    assert (rows(world, SETTLED), settled_through(world)) == (12, NOW - SETTLE)


@pytest.mark.long
def test_with_another_prefix_columns_and_labels_are_in_the_views(world: World) -> None:
    world.run()
    before = [*world.columns(CURRENT)]
    world.configure("contacts", {**SLIM, "column_prefix": "P_"})
    world.clock.advance(HOUR)
    world.run()

    table = [*world.columns()]
    columns = [*world.columns(CURRENT)]
    assert {*before} <= {*columns}
    assert [column for column in columns if not column.endswith("__LABEL")] == table


def test_no_sync_may_fill_what_is_a_view_beside_a_table(world: World) -> None:
    world.configure("contacts", SLIM)
    for table in ("CONTACTS_CURRENT", "contacts_settled"):
        with pytest.raises(Refusal, match="belongs to the sync contacts as its view"):
            world.configure("some", {"stream": "contacts", "destination": {"table": table}})
    with pytest.raises(Refusal, match="give the sync another table"):
        world.configure("some", {"stream": "contacts", "destination": {"table": "_FRESHNESS"}})


# -- streams that are no records --------------------------------------------------------------


@pytest.mark.long
def test_item_streams_have_views_too(make: MakeWorld) -> None:
    world = make({"deals": 1})
    world.run("owners")
    world.run("teams")
    owners, teams = "HUBSPOT_DATA.CRM.OWNERS", "HUBSPOT_DATA.CRM.TEAMS"

    assert [*world.columns(f"{owners}_CURRENT")] == [*world.columns(owners)]
    living = rows(world, f"{owners} WHERE _DELETE_KIND IS NULL")
    assert 0 < living < rows(world, owners)
    assert rows(world, f"{owners}_CURRENT") == rows(world, f"{owners}_SETTLED") == living
    # of teams nothing tells when they changed: all are settled with the run that read them
    assert rows(world, f"{teams}_SETTLED") == rows(world, teams) > 0
    assert settled_through(world, "TEAMS") == NOW


@pytest.mark.long
def test_what_came_after_a_stream_is_settled_is_not_settled(make: MakeWorld) -> None:
    world = make({"contacts": 3, **DEMO})
    world.run("form_submissions")
    table = "HUBSPOT_DATA.CRM.FORM_SUBMISSIONS"
    world.rows(f"UPDATE {table} SET SUBMITTED_AT = '2026-09-21T14:05:00'")

    assert rows(world, f"{table}_CURRENT") == rows(world, table) > 0
    assert rows(world, f"{table}_SETTLED") == 0


def test_a_stream_that_is_a_view_has_none_beside_it(make: MakeWorld) -> None:
    world = make({"deals": 2})
    world.run("deals")
    world.run("deals_archived")

    assert not world.exists("HUBSPOT_DATA.CRM.DEALS_ARCHIVED_CURRENT")


# -- whatever happens -------------------------------------------------------------------------


@pytest.mark.long
def test_whatever_changes_settled_is_what_hubspot_had_and_nothing_newer(world: World) -> None:
    chance = random.Random(7)
    for _ in range(8):
        for record in chance.sample([*world.portal.records("contacts")], 4):
            what = chance.choice(["change", "change", "archive", "create"])
            if what == "change":
                world.portal.update("contacts", record.id, {"jobtitle": f"Title {chance.random()}"})
            elif what == "archive":
                world.portal.archive("contacts", record.id)
            else:
                world.portal.create("contacts", {"email": f"{chance.random()}@example.com"})
            world.clock.advance(chance.randrange(20 * MINUTE))
        # archived records are looked for every four hours
        world.clock.advance(chance.choice([0, 5 * HOUR, DAY_AND_MORE]))
        world.run()

        through = settled_through(world)
        living = {record.id: record.updated_at for record in world.portal.records("contacts")}
        settled = {id for id, at in living.items() if at < through}
        marked = {*world.ids(where="_DELETE_KIND IS NOT NULL")}
        assert {*world.ids(CURRENT)} == {*world.ids()} - marked
        assert {*world.ids(SETTLED)} - {*living} <= {*world.ids()} - marked
        assert {*world.ids(SETTLED)} & {*living} == settled
