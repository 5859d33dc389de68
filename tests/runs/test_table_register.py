"""A table belongs to one sync: every name it takes is registered, and refused to others."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.errors import Refusal
from hubspot_ingest.inbound import configure
from hubspot_ingest.inbound.load import destination
from tests.runs.conftest import MakeWorld
from tests.runs.world import CONTACTS, HOUR, SLIM, World

LEADS = [{"filters": [{"propertyName": "lifecyclestage", "operator": "EQ", "value": "lead"}]}]
OF_CONTACTS: dict[str, Any] = {"stream": "contacts", **SLIM}


def into(table: str, **settings: Any) -> dict[str, Any]:
    return {**OF_CONTACTS, "destination": {"table": table}, **settings}


def refused(world: World, sync: str, settings: dict[str, Any]) -> str:
    """The message by which the settings are refused, for what they would take."""
    with pytest.raises(Refusal) as error:
        world.configure(sync, settings)
    assert error.value.response_code == "TABLE_TAKEN"
    return error.value.message


def test_a_table_is_called_like_its_sync(world: World) -> None:
    world.configure("leads-2", {**OF_CONTACTS, "filter_groups": LEADS})

    answer = world.run("leads-2")

    assert answer["destination"] == "HUBSPOT_DATA.CRM.LEADS_2"


@pytest.mark.long
def test_two_filters_of_a_stream_leave_each_others_rows_alone(world: World) -> None:
    world.slim().run()
    world.configure("leads", {**OF_CONTACTS, "filter_groups": LEADS})
    world.clock.advance(HOUR)

    world.run("leads")

    assert len(world.ids(where='"_DELETE_KIND" IS NULL')) == 12


def test_a_table_that_another_sync_fills_is_refused_naming_it(world: World) -> None:
    world.slim().run()

    message = refused(world, "leads", into("CONTACTS"))

    assert "belongs to the sync contacts" in message
    assert "give the sync a table of its own" in message


def test_the_first_run_of_a_sync_that_was_never_configured_is_refused_a_taken_table(
    world: World,
) -> None:
    world.configure("people", into("COMPANIES"))

    with pytest.raises(Refusal, match="belongs to the sync people") as error:
        world.ingest("companies")

    assert error.value.response_code == "TABLE_TAKEN"
    assert world.syncs.find("companies") is None


@pytest.mark.parametrize(
    "table", ["CONTACTS_COMPANIES", "CONTACTS_HISTORY", "CONTACTS_CURRENT", "CONTACTS_SETTLED"]
)
def test_names_beside_a_table_are_taken_too(world: World, table: str) -> None:
    linked = {"associations": ["companies"], "history": ["email"]}
    world.configure("contacts", {**SLIM, **linked})

    assert "belongs to the sync contacts" in refused(world, "other", into(table))


def test_a_table_whose_views_are_another_syncs_table_is_refused(world: World) -> None:
    world.configure("people_current", into("PEOPLE_CURRENT"))

    assert "belongs to the sync people_current" in refused(world, "people", into("PEOPLE"))


def test_two_streams_never_share_a_table(world: World) -> None:
    world.slim().run()

    message = refused(world, "contacts", {"stream": "companies"})

    assert "holds contacts" in message


@pytest.mark.long
def test_a_dropped_syncs_table_may_be_filled_with_the_same_stream_only(world: World) -> None:
    world.slim().run()
    configure.drop(world.context, "contacts")

    assert "holds contacts" in refused(
        world, "firms", {"stream": "companies", "destination": {"table": "CONTACTS"}}
    )
    world.configure("people", into("CONTACTS"))
    world.run("people")
    assert len(world.ids()) == 12


@pytest.mark.parametrize("schema", ["STATE", "CORE", "CONFIG", "TASKS", "ELSE"])
def test_the_apps_own_database_is_no_destination(world: World, schema: str) -> None:
    place: dict[str, Any] = {"database": "HUBSPOT_INGEST", "schema": schema, "table": "SYNCS"}

    with pytest.raises(Refusal, match="the app's own database"):
        world.configure("contacts", {"destination": place})
    with pytest.raises(Refusal, match="the app's own database"):
        destination.check_destination(world.database, place)


def test_names_beside_a_long_name_are_cut_and_differ(make: MakeWorld) -> None:
    world = make({"contacts": 8, "companies": 4})
    table = "T" * 250
    world.configure("contacts", into(table, associations=["companies"]))

    world.run()

    places = [
        row["TABLE_NAME"]
        for row in world.rows(
            "SELECT TABLE_NAME FROM HUBSPOT_DATA.INFORMATION_SCHEMA.TABLES "
            "WHERE TABLE_SCHEMA = 'CRM'"
        )
    ]
    assert len(places) == 5
    assert max(map(len, places)) <= 255


@pytest.mark.long
def test_with_another_prefix_columns_of_the_new_name_are_made_and_filled(world: World) -> None:
    world.slim().run()
    world.configure("contacts", {**SLIM, "column_prefix": "P_"})
    world.clock.advance(HOUR)

    world.run()

    assert world.table("P_EMAIL") == world.table("PROPERTIES_EMAIL")
    assert any(email for (email,) in world.table("P_EMAIL"))


def test_without_a_prefix_no_column_is_called_what_means_something_else(world: World) -> None:
    for name in ("current_date", "order", "companies_ids"):
        world.portal.add_property("contacts", name, "string")
    names = ["current_date", "order", "companies_ids", "email"]
    world.configure("contacts", {"properties": names, "associations": [], "column_prefix": ""})

    world.run()

    columns = world.columns(CONTACTS)
    assert "EMAIL" in columns
    assert not {"CURRENT_DATE", "ORDER", "COMPANIES_IDS"} & {*columns}


@pytest.mark.long
def test_a_sync_that_fills_fewer_tables_than_before_goes_on(make: MakeWorld) -> None:
    world = make({"contacts": 3, "companies": 1, "deals": 1})
    world.configure("contacts", {**SLIM, "associations": ["companies", "deals"]})
    world.run()
    world.clock.advance(HOUR)
    world.configure("contacts", {**SLIM, "associations": ["companies"]})

    assert world.run()["response_code"] == "OK"
    assert world.exists(f"{CONTACTS}_DEALS")
