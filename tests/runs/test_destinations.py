"""Where rows land: a database of the app's making, or the user's own by their grants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hubspot_ingest.inbound.load import destination
from tests.runs.world import CONTACTS, SLIM, Answer, World

OURS = {"database": "WAREHOUSE", "schema": "HUBSPOT", "table": "PEOPLE"}
ON_DATABASE = 'GRANT USAGE ON DATABASE "WAREHOUSE" TO APPLICATION "HUBSPOT_INGEST"'
ON_SCHEMA = (
    'GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA "WAREHOUSE"."HUBSPOT"'
    ' TO APPLICATION "HUBSPOT_INGEST"'
)

ON_TABLE = (
    'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "WAREHOUSE"."HUBSPOT"."MADE"'
    ' TO APPLICATION "HUBSPOT_INGEST"'
)


@pytest.fixture
def ours(world: World) -> Iterator[World]:
    """A database and schema that the user made, and a sync that should write there."""
    world.rows("CREATE DATABASE WAREHOUSE")
    world.rows("CREATE SCHEMA WAREHOUSE.HUBSPOT")
    world.configure("contacts", {**SLIM, "destination": OURS})
    yield world
    world.rows("DROP DATABASE WAREHOUSE")


def check(world: World, place: Any = OURS) -> Answer:
    return destination.check_destination(world.database, place)


def test_a_run_that_may_not_write_names_the_grants_it_lacks_and_reads_nothing_twice(
    ours: World,
) -> None:
    answer = ours.ingest()

    assert (answer["status"], answer["response_code"]) == ("FAILED", "GRANT_MISSING")
    assert f"{ON_DATABASE}; {ON_SCHEMA}; then run again" in answer["message"]
    assert ours.errors()[-1]["MESSAGE"] == answer["message"]


@pytest.mark.long
def test_once_granted_the_next_run_lands_everything(ours: World) -> None:
    ours.ingest()
    for grant in (ON_DATABASE, ON_SCHEMA):
        ours.rows(grant)
    ours.run()

    assert len(ours.ids("WAREHOUSE.HUBSPOT.PEOPLE")) == 12


def test_a_schema_it_cannot_see_is_made_and_granted_by_the_statements_told(ours: World) -> None:
    ours.rows(ON_DATABASE)

    assert check(ours)["grants"] == [
        'CREATE SCHEMA IF NOT EXISTS "WAREHOUSE"."HUBSPOT"',
        ON_SCHEMA,
    ]


def test_only_what_is_lacking_is_told(ours: World) -> None:
    ours.rows(ON_DATABASE)
    ours.rows(ON_SCHEMA.replace(", CREATE VIEW", ""))

    assert check(ours)["grants"] == [ON_SCHEMA.replace("USAGE, CREATE TABLE, ", "")]


def test_an_app_that_may_make_schemas_makes_its_own(ours: World) -> None:
    ours.rows(ON_DATABASE.replace("USAGE", "USAGE, CREATE SCHEMA"))
    elsewhere = {**OURS, "schema": "FRESH"}

    assert check(ours, elsewhere)["grants"] == []
    ours.configure("contacts", {**SLIM, "destination": elsewhere})
    ours.run()
    assert len(ours.ids("WAREHOUSE.FRESH.PEOPLE")) == 12


@pytest.mark.long
def test_what_is_told_can_be_run_as_it_is(ours: World) -> None:
    ours.rows(ON_DATABASE)
    for statement in check(ours)["grants"]:
        ours.rows(statement)

    assert check(ours)["grants"] == []
    ours.run()


def test_of_a_database_it_cannot_see_the_app_says_that_it_would_make_it(world: World) -> None:
    answer = check(world, {"database": "ELSEWHERE"})

    assert (answer["exists"], answer["grants"]) == (False, [])
    assert "makes it when the first record arrives" in answer["message"]
    assert answer["grants_if_it_exists"][0] == ON_DATABASE.replace("WAREHOUSE", "ELSEWHERE")
    assert "ELSEWHERE" not in world.databases()


def test_what_the_app_made_needs_no_grants(world: World) -> None:
    world.slim().run()

    answer = check(world, {"table": "CONTACTS"})
    assert (answer["exists"], answer["grants"]) == (True, [])
    answer = check(world, {"schema": "OTHER"})
    assert (answer["exists"], answer["grants"]) == (False, [])


@pytest.mark.long
def test_another_schema_of_a_database_that_the_app_made_is_made_too(world: World) -> None:
    world.slim().run()
    world.configure("contacts", {**SLIM, "destination": {"schema": "OTHER"}})
    world.run()

    assert len(world.ids("HUBSPOT_DATA.OTHER.CONTACTS")) == 12


@pytest.mark.long
def test_a_table_of_the_users_is_in_the_way_until_it_may_be_written(ours: World) -> None:
    for statement in (ON_DATABASE, ON_SCHEMA, "CREATE TABLE WAREHOUSE.HUBSPOT.PEOPLE (ID VARCHAR)"):
        ours.rows(statement)

    answer = ours.ingest()

    assert answer["response_code"] == "GRANT_MISSING"
    assert "PEOPLE" in answer["message"]


def test_what_is_no_destination_is_refused(world: World) -> None:
    answer = world.call("CALL check_destination({'databse': 'X'})")

    assert answer["response_code"] == "INVALID_SETTINGS"
    assert "databse" in answer["message"]


def test_a_destination_is_checked_through_a_call(ours: World) -> None:
    answer = ours.call(
        "CALL HUBSPOT_INGEST.CORE.CHECK_DESTINATION("
        "{'database': 'WAREHOUSE', 'schema': 'HUBSPOT', 'table': 'PEOPLE'})"
    )

    assert answer["response_code"] == "OK"
    assert answer["grants_if_it_exists"][0] == ON_DATABASE


def test_everything_the_app_makes_may_be_read_by_its_readers(world: World) -> None:
    world.configure(
        "contacts",
        {"properties": ["email"], "associations": ["companies"], "history": ["email"]},
    )
    world.run()

    created = {
        f"HUBSPOT_DATA.CRM.{row['TABLE_NAME']}"
        for row in world.rows(
            "SELECT TABLE_NAME FROM HUBSPOT_DATA.INFORMATION_SCHEMA.TABLES"
            " WHERE TABLE_SCHEMA = 'CRM'"
        )
    }
    readable = {
        grant.name
        for grant in world.engine.catalog.grants_to("DATA_READER")
        if grant.privilege == "SELECT" and grant.on in ("TABLE", "VIEW")
    }
    assert len(created) >= 3
    assert created <= readable


@pytest.mark.long
def test_a_table_whose_first_run_was_killed_before_the_grant_is_granted_by_the_next(
    world: World,
) -> None:
    world.slim().run()
    world.rows("REVOKE SELECT ON TABLE HUBSPOT_DATA.CRM.CONTACTS"
               " FROM APPLICATION ROLE HUBSPOT_INGEST.DATA_READER")  # fmt: skip
    world.syncs.reset("contacts", world.clock.now())
    world.run()

    granted = world.engine.catalog.held("TABLE", CONTACTS, "HUBSPOT_INGEST.DATA_READER")
    assert granted == {"SELECT"}


@pytest.mark.long
def test_a_table_of_the_users_that_may_be_written_is_written(ours: World) -> None:
    ours.configure("contacts", {**SLIM, "destination": {**OURS, "table": "MADE"}})
    for grant in (ON_DATABASE, ON_SCHEMA):
        ours.rows(grant)
    ours.run()
    ours.rows("GRANT OWNERSHIP ON TABLE WAREHOUSE.HUBSPOT.MADE TO ROLE SYSADMIN"
              " COPY CURRENT GRANTS")  # fmt: skip
    ours.syncs.reset("contacts", ours.clock.now())
    refused = ours.ingest()
    for grant in check(ours, {**OURS, "table": "MADE"})["grants"] or [ON_TABLE]:
        ours.rows(grant)

    assert refused["response_code"] == "GRANT_MISSING"
    assert ours.run()["rows_read"] == 12
