"""State belongs to what it was earned on: settings, reset, portal, table and HubSpot's clock."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.inbound import configure
from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from hubspot_sandbox import Portal
from tests.runs.conftest import MakeWorld
from tests.runs.meddling import before, meddling
from tests.runs.world import CONTACTS, DAY_AND_MORE, HOUR, MINUTE, SLIM, HandClock, World

CURSOR = 'INSERT INTO "HUBSPOT_INGEST".STATE.PROGRESS'
ROWS = 'MERGE INTO "HUBSPOT_DATA"'
OTHERS = {"properties": [*SLIM["properties"], "lastname"], "associations": []}


@pytest.fixture
def slim(world: World) -> World:
    return world.slim()


@pytest.fixture
def person(world: World, make: MakeWorld) -> World:
    """Somebody at another session of the same account."""
    return make(portal=world.portal, clock=world.clock)


def settled_through(world: World, sync: str = "contacts") -> int | None:
    stored = world.syncs.find(sync)
    assert stored is not None
    return stored.settled_through


# -- settings and resets while a run goes on -----------------------------------------------------


def test_settings_changed_while_a_run_goes_on_leave_its_cursor_unstored(
    slim: World, person: World
) -> None:
    filters = [{"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}]}]
    slim.configure("contacts", {**SLIM, "filter_groups": filters})

    with meddling(slim, before(CURSOR), lambda: person.configure("contacts", SLIM)):
        answer = slim.ingest()

    assert (answer["status"], answer["response_code"]) == ("STOPPED", "SETTINGS_CHANGED")
    assert "the settings of contacts changed while it ran" in answer["message"]
    assert settled_through(slim) is None
    slim.run()
    assert slim.ids() == sorted(slim.truth(), key=int)


@pytest.mark.long
def test_another_destination_while_a_run_goes_on_is_filled_whole_by_the_next(
    slim: World, person: World
) -> None:
    other = {**SLIM, "destination": {"table": "PEOPLE"}}

    with meddling(slim, before(CURSOR), lambda: person.configure("contacts", other)):
        assert slim.ingest()["response_code"] == "SETTINGS_CHANGED"

    slim.run()
    assert slim.ids("HUBSPOT_DATA.CRM.PEOPLE") == sorted(slim.truth(), key=int)


@pytest.mark.long
def test_wider_properties_while_a_run_goes_on_are_filled_in_every_row(
    slim: World, person: World
) -> None:
    slim.run()
    slim.clock.advance(HOUR)

    with meddling(slim, before(CURSOR), lambda: person.configure("contacts", OTHERS)):
        assert slim.ingest()["response_code"] == "SETTINGS_CHANGED"

    slim.run()
    names = {id: record["lastname"] for id, record in everything(slim).items()}
    landed = dict(slim.table("ID, PROPERTIES_LASTNAME"))
    assert landed == names


def everything(world: World) -> dict[str, dict[str, Any]]:
    return {one.id: dict(one.properties) for one in world.portal.records("contacts")}


@pytest.mark.long
def test_a_reset_while_a_run_goes_on_is_not_lost(slim: World, person: World) -> None:
    slim.run()
    slim.clock.advance(HOUR)

    with meddling(slim, before(CURSOR), lambda: configure.reset(person.context, "contacts")):
        answer = slim.ingest()

    assert (answer["status"], answer["response_code"]) == ("STOPPED", "SYNC_RESET")
    assert settled_through(slim) is None


def test_settings_that_change_nothing_read_do_not_stop_a_run(slim: World, person: World) -> None:
    calm = {**SLIM, "priority": "low"}

    with meddling(slim, before(CURSOR), lambda: person.configure("contacts", calm)):
        slim.run()

    assert settled_through(slim) is not None


@pytest.mark.long
def test_a_sync_dropped_and_configured_anew_while_a_run_goes_on_never_runs_twice_at_once(
    slim: World, person: World
) -> None:
    def drop_and_run() -> None:
        configure.drop(person.context, "contacts")
        person.configure("contacts", SLIM)
        with pytest.raises(Exception, match="another run of contacts is going on"):
            person.ingest()

    with meddling(slim, before(ROWS), drop_and_run):
        answer = slim.ingest()

    assert answer["status"] == "STOPPED"
    slim.run()
    assert slim.ids() == sorted(slim.truth(), key=int)


def test_a_dropped_sync_is_not_seen_while_its_last_run_ends(slim: World, person: World) -> None:
    with meddling(
        slim,
        before(ROWS),
        lambda: configure.drop(person.context, "contacts"),
    ):
        answer = slim.ingest()

    assert answer["response_code"] == "SYNC_DROPPED"
    assert slim.rows("SELECT NAME FROM HUBSPOT_INGEST.CORE.SYNCS") == []


@pytest.mark.long
def test_no_certificate_is_stored_for_settings_that_changed_meanwhile(
    slim: World, person: World
) -> None:
    slim.run()
    certificates = "SELECT COUNT(*) AS FOUND FROM HUBSPOT_INGEST.STATE.COMPLETENESS"
    earlier = slim.rows(certificates)
    filters = [{"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}]}]
    narrow = {**SLIM, "filter_groups": filters}

    with (
        meddling(slim, before("STATE.COMPLETENESS"), lambda: person.configure("contacts", narrow)),
        pytest.raises(Exception, match="the settings of contacts changed while it ran"),
    ):
        reconcile(slim.context, "contacts")

    assert slim.rows(certificates) == earlier


# -- the table -----------------------------------------------------------------------------------

TABLE_EDITS = {
    "dropped": [f"DROP TABLE {CONTACTS}"],
    "renamed": [f"ALTER TABLE {CONTACTS} RENAME TO OLD_CONTACTS"],
    "emptied": [f"TRUNCATE TABLE {CONTACTS}"],
    "deleted": [f"DELETE FROM {CONTACTS}"],
    "made anew": [f"CREATE OR REPLACE TABLE {CONTACTS} AS SELECT * FROM {CONTACTS} LIMIT 3"],
    "swapped": [
        f"CREATE TABLE HUBSPOT_DATA.CRM.OTHER AS SELECT * FROM {CONTACTS} LIMIT 3",
        f"ALTER TABLE {CONTACTS} RENAME TO PARKED",
        "ALTER TABLE HUBSPOT_DATA.CRM.OTHER RENAME TO CONTACTS",
    ],
}


def edit_as_owner(world: World, statement: str) -> None:
    """Edit a table so that the app may go on using it."""
    world.handlers.sql(statement).collect()


@pytest.mark.parametrize("edit", TABLE_EDITS)
def test_a_table_that_somebody_took_is_filled_whole_again(slim: World, edit: str) -> None:
    slim.run()
    slim.clock.advance(DAY_AND_MORE)
    for statement in TABLE_EDITS[edit]:
        edit_as_owner(slim, statement)

    answer = slim.run()

    assert slim.ids() == sorted(slim.truth(), key=int)
    assert "everything was read anew" in answer["message"]


@pytest.mark.long
@pytest.mark.parametrize("edit", ["dropped", "emptied", "made anew"])
def test_a_table_taken_while_a_run_goes_on_is_filled_whole_by_the_next(
    slim: World, edit: str
) -> None:
    slim.run()
    slim.clock.advance(HOUR)
    slim.portal.update("contacts", slim.ids()[0], {"firstname": "Ada"})
    slim.clock.advance(HOUR)

    def change() -> None:
        for statement in TABLE_EDITS[edit]:
            edit_as_owner(slim, statement)

    with meddling(slim, before(CURSOR), change):
        slim.ingest()
    slim.run()

    assert slim.ids() == sorted(slim.truth(), key=int)


@pytest.mark.long
def test_reconcile_says_that_the_table_is_gone(slim: World) -> None:
    slim.run()
    slim.engine.sql(f"DROP TABLE {CONTACTS}")

    with pytest.raises(Exception, match="CONTACTS is gone"):
        reconcile(slim.context, "contacts")


@pytest.mark.long
def test_a_table_of_items_that_somebody_dropped_is_filled_again(make: MakeWorld) -> None:
    world = make({"contacts": 3})
    world.run("owners")
    rows = "SELECT COUNT(*) AS FOUND FROM HUBSPOT_DATA.CRM.OWNERS"
    earlier = world.rows(rows)
    world.clock.advance(HOUR)
    world.engine.sql("DROP TABLE HUBSPOT_DATA.CRM.OWNERS")

    world.run("owners")

    assert world.rows(rows) == earlier


@pytest.mark.long
@pytest.mark.parametrize("edit", ["DROP TABLE", "TRUNCATE TABLE"])
def test_a_table_of_links_that_somebody_took_is_filled_again(make: MakeWorld, edit: str) -> None:
    world = make({"contacts": 8, "companies": 4})
    world.configure("contacts", {**SLIM, "associations": ["companies"]})
    world.run()
    links = "SELECT COUNT(*) AS FOUND FROM HUBSPOT_DATA.CRM.CONTACTS_COMPANIES"
    earlier = world.rows(links)
    assert earlier[0]["FOUND"] > 0
    world.clock.advance(HOUR)
    world.engine.sql(f"{edit} HUBSPOT_DATA.CRM.CONTACTS_COMPANIES")

    world.run()

    assert world.rows(links) == earlier


@pytest.mark.long
def test_an_untouched_table_is_not_read_again(slim: World) -> None:
    slim.run()
    slim.clock.advance(HOUR)
    slim.asked()

    answer = slim.run()

    assert answer["rows_read"] == 0
    assert "anew" not in answer["message"]
    assert len(slim.asked()) == 1


# -- clocks --------------------------------------------------------------------------------------


def with_clock(make: MakeWorld, ahead: int) -> tuple[World, HandClock]:
    """A world whose clock is so far ahead of HubSpot's, which is given too."""
    hubspot = HandClock()
    portal = Portal(1, hubspot.now, {"contacts": 12})
    world = make(portal=portal, clock=HandClock(hubspot.now() + ahead))
    return world.slim(), hubspot


@pytest.mark.long
def test_a_clock_that_is_ahead_of_hubspots_loses_no_change(make: MakeWorld) -> None:
    world, hubspot = with_clock(make, ahead=2 * DAY_AND_MORE)
    world.run()
    world.clock.advance(HOUR - 2 * DAY_AND_MORE)
    hubspot.advance(HOUR)
    world.portal.update("contacts", world.ids()[0], {"firstname": "Ada"})
    hubspot.advance(HOUR)
    world.clock.advance(HOUR)

    world.run()

    assert world.landed() == world.truth()


@pytest.mark.long
def test_no_cursor_is_later_than_hubspots_clock_less_the_settling_time(make: MakeWorld) -> None:
    world, hubspot = with_clock(make, ahead=2 * DAY_AND_MORE)
    world.run()

    settled = settled_through(world)
    assert settled is not None
    assert settled <= hubspot.now() - 10 * MINUTE + 1_000


@pytest.mark.long
def test_a_cursor_in_hubspots_future_is_forgotten(slim: World) -> None:
    slim.run()
    with slim.state_of() as writer:
        writer.advance(slim.clock.now() + DAY_AND_MORE)
    slim.portal.update("contacts", slim.ids()[0], {"firstname": "Ada"})
    slim.clock.advance(HOUR)

    answer = slim.run()

    assert slim.landed() == slim.truth()
    assert "a clock that was ahead" in answer["message"]
