"""The first run of a sync: what is read, when the table is made, what stands in it."""

from __future__ import annotations

import json

import httpx
import pytest

from hubspot_sandbox import Portal
from tests.nights import first_of_each
from tests.runs.conftest import MakeWorld
from tests.runs.world import CONTACTS, HandClock, World, paths

OBJECT_TYPES = {
    "contacts": "contacts",
    "companies": "companies",
    "deals": "deals",
    "tickets": "tickets",
    "calls": "calls",
    "emails": "emails",
    "meetings": "meetings",
    "tasks": "tasks",
    "notes": "notes",
    "products": "products",
    "line_items": "line_items",
    "quotes": "quotes",
    "leads": "leads",
    "goals": "goal_targets",
    "deal_splits": "deal_splits",
    "users": "users",
    "p_machines": "machines",
    "2-3456789": "machines",
}


def _kind(stream: str) -> tuple[bool, bool, str]:
    """Contacts have a property of change of their own; custom objects are named in two ways."""
    custom = stream[:2] if stream.startswith(("p_", "2-")) else ""
    return stream == "contacts", stream == OBJECT_TYPES[stream], custom


@pytest.mark.parametrize("stream", first_of_each(OBJECT_TYPES, _kind))
def test_every_object_type_lands_whole(make: MakeWorld, stream: str) -> None:
    object_type = OBJECT_TYPES[stream]
    world = make({object_type: 7})

    answer = world.run(stream)

    name = "OBJECT_2_3456789" if stream.startswith("2-") else stream.upper()
    assert answer["destination"] == f"HUBSPOT_DATA.CRM.{name}"
    assert (answer["rows_read"], answer["rows_inserted"]) == (7, 7)
    assert world.landed(f"HUBSPOT_DATA.CRM.{name}") == world.truth(object_type)


@pytest.mark.long
def test_a_real_call_over_http_lands_the_same(served: World) -> None:
    answer = served.call("CALL ingest_hubspot('contacts')")

    assert (answer["response_code"], answer["status"]) == ("OK", "SUCCEEDED")
    assert answer["rows_inserted"] == 12
    assert served.landed() == served.truth()


def test_an_answer_has_every_field_promised(world: World) -> None:
    assert list(world.run()) == [
        "response_code",
        "message",
        "run_id",
        "status",
        "destination",
        "rows_read",
        "rows_inserted",
        "rows_updated",
        "rows_deleted",
        "requests",
        "duration_seconds",
        "since",
        "until",
        "settled_through",
    ]


def test_nothing_is_made_while_there_is_nothing_to_read(make: MakeWorld) -> None:
    world = make()

    answer = world.run()

    assert answer["rows_read"] == 0
    assert not world.exists()
    assert "HUBSPOT_DATA" not in world.databases()


def test_the_table_is_made_by_the_first_run_that_finds_a_record(make: MakeWorld) -> None:
    world = make()
    world.run()
    world.clock.advance(3_600_000)
    new_id = world.portal.create("contacts", {"email": "first@example.com"})

    answer = world.run()

    assert (answer["rows_read"], answer["rows_inserted"]) == (1, 1)
    assert world.table("ID, PROPERTIES_EMAIL") == [(new_id, "first@example.com")]


def test_a_filter_that_matches_nothing_makes_no_table(world: World) -> None:
    equals = {"propertyName": "email", "operator": "EQ", "value": "nobody@example.com"}
    world.configure("contacts", {"filter_groups": [{"filters": [equals]}]})

    assert world.run()["rows_read"] == 0
    assert not world.exists()


def test_a_table_has_the_records_columns_the_properties_and_ours(world: World) -> None:
    world.run()

    columns = world.columns()

    names = list(columns)
    assert names[:5] == ["ID", "CREATED_AT", "UPDATED_AT", "ARCHIVED", "PROPERTIES"]
    assert names[-7:] == [
        "COMPANIES_IDS",
        "_PORTAL_ID",
        "_RUN_ID",
        "_SYNCED_AT",
        "_DELETED_AT",
        "_DELETE_KIND",
        "_MERGED_INTO",
    ]
    types = {name: column_type.partition("(")[0] for name, (column_type, _) in columns.items()}
    assert {name: types[name] for name in names[:5]} == {
        "ID": "TEXT",
        "CREATED_AT": "TIMESTAMP_NTZ",
        "UPDATED_AT": "TIMESTAMP_NTZ",
        "ARCHIVED": "BOOLEAN",
        "PROPERTIES": "VARIANT",
    }
    assert types["PROPERTIES_ODD_NUMBER"] == "NUMBER"
    assert types["PROPERTIES_SIGNED_UP_ON"] == "DATE"
    assert types["PROPERTIES_SIGNED_UP_AT_MS"] == "TIMESTAMP_NTZ"
    assert types["PROPERTIES_VIP"] == "BOOLEAN"
    assert types["PROPERTIES_INTERESTS"] == "TEXT"
    assert types["COMPANIES_IDS"] == "ARRAY"


def test_every_property_of_the_portal_has_a_column(world: World) -> None:
    world.run()

    rows = world.rows("SELECT PROPERTY, COLUMN_NAME FROM HUBSPOT_INGEST.CORE.PROPERTIES")

    assert {row["PROPERTY"] for row in rows} == set(next(iter(world.truth().values())))
    assert {row["COLUMN_NAME"] for row in rows} <= set(world.columns())


def test_column_comments_carry_label_and_description(world: World) -> None:
    world.portal.add_property(
        "contacts", "quoted", "string", label='It\'s "quoted"', description="back\\slash\nline"
    )

    world.run()

    columns = world.columns()
    assert columns["PROPERTIES_FIRSTNAME"][1] == "First Name"
    assert columns["PROPERTIES_EMAIL"][1] == "Email: A contact's email address"
    assert columns["PROPERTIES_QUOTED"][1] == 'It\'s "quoted": back\\slash\nline'


@pytest.mark.long
def test_rows_say_where_they_come_from(world: World) -> None:
    answer = world.run()

    [bookkeeping] = {*world.table("_PORTAL_ID, _RUN_ID, _DELETED_AT, _DELETE_KIND, ARCHIVED")}
    assert bookkeeping == (str(world.portal.id), answer["run_id"], None, None, False)


@pytest.mark.long
def test_creation_and_change_are_told_to_the_millisecond(world: World) -> None:
    world.run()

    rows = world.table(
        "ID, DATE_PART(EPOCH_MILLISECOND, CREATED_AT), DATE_PART(EPOCH_MILLISECOND, UPDATED_AT)"
    )
    assert rows == [
        (record.id, record.created_at, record.updated_at)
        for record in world.portal.records("contacts")
    ]


@pytest.mark.long
def test_a_portal_too_wide_for_a_url_lands_whole(make: MakeWorld) -> None:
    world = make({"notes": 130})
    for n in range(500):
        world.portal.add_property("notes", f"{'wide_' * 7}{n:03d}", "string", pool=(f"v{n}", None))

    world.run("notes")

    assert world.runs()[0]["STRATEGY"] == "WIDE"
    assert world.landed("HUBSPOT_DATA.CRM.NOTES") == world.truth("notes")
    assert (
        max(len(request.path) + len(request.query) for request in world.sandbox.requests) < 16_000
    )


@pytest.mark.long
def test_many_pages_land_whole_and_once(make: MakeWorld) -> None:
    world = make({"notes": 1_050})

    answer = world.run("notes")

    assert answer["rows_inserted"] == 1_050
    assert world.ids("HUBSPOT_DATA.CRM.NOTES") == [*world.truth("notes")]


def test_a_backfill_may_hold_only_some_properties(world: World) -> None:
    world.configure("contacts", {"properties": ["email", "hs_analytics_*", "!*_url"]})

    world.run()

    names = [name for name in world.columns() if name.startswith("PROPERTIES_")]
    assert "PROPERTIES_EMAIL" in names
    assert "PROPERTIES_HS_ANALYTICS_SOURCE" in names
    assert "PROPERTIES_HS_ANALYTICS_LAST_URL" not in names
    assert "PROPERTIES_FIRSTNAME" not in names


def test_a_destination_may_be_anywhere(world: World) -> None:
    where = {"database": "hubspot_data", "schema": "sales", "table": "people"}
    world.configure("everyone", {"stream": "contacts", "destination": where, "column_prefix": ""})

    answer = world.run("everyone")

    assert answer["destination"] == "HUBSPOT_DATA.SALES.PEOPLE"
    assert len(world.table("ID, EMAIL", "HUBSPOT_DATA.SALES.PEOPLE")) == 12
    assert not world.exists()


def test_readers_of_the_app_may_read_the_table(world: World) -> None:
    world.run()

    grants = {
        (row["privilege"], row["granted_on"])
        for row in world.rows("SHOW GRANTS TO APPLICATION ROLE HUBSPOT_INGEST.DATA_READER")
        if row["name"].startswith("HUBSPOT_DATA")
    }
    assert grants == {
        ("USAGE", "DATABASE"),
        ("USAGE", "SCHEMA"),
        ("SELECT", "TABLE"),
        ("SELECT", "VIEW"),
    }


@pytest.mark.long
def test_nothing_stays_behind_in_staging(world: World) -> None:
    world.run()

    left = world.rows(
        "SELECT TABLE_NAME FROM HUBSPOT_INGEST.INFORMATION_SCHEMA.TABLES "
        "WHERE TABLE_SCHEMA = 'STAGING'"
    )
    assert left == []
    assert world.rows("LIST @HUBSPOT_INGEST.STAGING.LOADS") == []


@pytest.mark.long
def test_a_portal_is_asked_who_it_is_once(world: World) -> None:
    world.slim()
    world.run()
    # the properties, the page, and the comparison afterwards
    assert paths(world.asked()) == ["details", "contacts", "contacts", "search"]

    world.clock.advance(3_600_000)
    world.run()

    assert paths(world.asked()) == ["search"]


@pytest.mark.long
def test_many_records_of_one_millisecond_are_all_read(make: MakeWorld) -> None:
    clock = HandClock()
    portal = Portal(1, clock.now, {"contacts": 900}, records_per_millisecond=450)
    world = make(clock=clock, portal=portal)
    world.configure("contacts", {"updated_after": "2000-01-01T00:00:00Z", "properties": ["email"]})

    assert world.run()["rows_inserted"] == 900
    assert world.ids(CONTACTS) == [*world.truth()]


@pytest.mark.long
def test_where_a_proxy_takes_shorter_urls_the_values_are_read_by_batch(make: MakeWorld) -> None:
    world = make({"contacts": 250})
    names = [f"long_{number}_{'l' * 990}" for number in range(4)]
    for name in names:
        world.portal.add_property("contacts", name, "string", pool=["a", "b"])
    world.configure("contacts", {"properties": ["email", *names], "associations": []})
    refused: list[int] = []

    def shorten(request: httpx.Request, _answer: httpx.Response) -> httpx.Response | None:
        if len(request.url.raw_path) <= 2_000:
            return None
        refused.append(len(request.url.raw_path))
        return httpx.Response(414, text="<html>Request-URI Too Large</html>")

    world.instead = shorten

    assert world.run()["rows_inserted"] == 250
    values = [json.loads(value)[names[3]] for (value,) in world.table("PROPERTIES", CONTACTS)]
    assert values == [one.properties[names[3]] for one in world.portal.records("contacts")]
    # it is learnt once a run
    assert len(refused) == 1


def test_requests_are_on_record_by_endpoint(world: World) -> None:
    answer = world.run()

    asked = world.asked()
    rows = world.rows("SELECT ENDPOINT, COUNT, BYTES FROM HUBSPOT_INGEST.CORE.REQUESTS")

    assert sum(row["COUNT"] for row in rows) == answer["requests"] == len(asked)
    assert {row["ENDPOINT"] for row in rows} == {request.endpoint for request in asked}
    assert all(row["BYTES"] > 0 for row in rows)
