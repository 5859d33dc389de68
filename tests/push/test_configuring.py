"""A push is stored only when its settings hold for its source and for the portal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hubspot_ingest.errors import IngestError, Refusal
from hubspot_ingest.operations import connections
from hubspot_ingest.outbound import push_configuration
from hubspot_ingest.outbound.mapping import EXTERNAL_IDS
from tests.push.push_world import SOURCE, PushWorld
from tests.runs.world import SLIM

DEALS: dict[str, Any] = {"match": ..., "object": "deals", "properties": {"dealname": "EMAIL"}}


def refused(world: PushWorld, **changes: Any) -> IngestError:
    before = world.stored()
    with pytest.raises(IngestError) as error:
        world.configure_push(**changes)
    after = world.stored()
    # the portal's id may be learnt on the way
    assert {**after, "PORTALS": []} == {**before, "PORTALS": []}
    return error.value


def test_a_push_is_stored_and_seen(push_world: PushWorld) -> None:
    push_world.create_external_id("contacts")
    answer = push_world.configure_push()
    assert answer["response_code"] == "OK"
    [push] = push_world.push_rows("PUSHES")
    assert (push["NAME"], push["OBJECT"], push["STRATEGY"]) == (
        "customers_out",
        "contacts",
        "upsert",
    )
    assert push["SOURCE"] == "MARTS.CRM.CUSTOMERS"
    assert (push["HEALTH"], push["ROWS_SYNCED"], push["ENABLED"]) == ("PENDING", 0, True)
    settings = json.loads(push["SETTINGS"])
    assert settings["match"] == {"email": "EMAIL"}
    # the default of then stays, whatever properties there are later
    assert settings["external_id"] in EXTERNAL_IDS


def test_configuring_writes_nothing_to_hubspot(push_world: PushWorld) -> None:
    push_world.configure_push()
    assert list(push_world.portal.records("contacts")) == []


def test_a_property_belongs_to_one_push(push_world: PushWorld) -> None:
    push_world.configure_push()
    error = refused(push_world, name="second", properties={"firstname": "EMAIL"})
    assert error.response_code == "PROPERTY_CONTESTED"
    assert "customers_out" in error.message
    push_world.configure_push("second", properties={"lastname": "EMAIL"})
    push_world.configure_push("customers_out")


def test_a_name_is_a_syncs_or_a_pushs(push_world: PushWorld) -> None:
    push_world.configure_push()
    with pytest.raises(Refusal, match="a push 'customers_out' already"):
        push_world.configure("customers_out", {"stream": "contacts"})
    push_world.configure("contacts", {})
    assert refused(push_world, name="contacts").response_code == "INVALID_NAME"


def test_all_columns_go_to_the_properties_of_their_names(push_world: PushWorld) -> None:
    push_world.configure_push(properties="*", match={"email": "EMAIL"})
    stored = push_world.rows("SELECT PROPERTIES FROM HUBSPOT_INGEST.STATE.PUSHES")[0]["PROPERTIES"]
    # email is what records are matched by, and no property is called like the other columns
    assert json.loads(stored) == []


def test_a_push_is_switched_and_forgotten(push_world: PushWorld) -> None:
    push_world.configure_push()
    push_configuration.enable(push_world.context, "customers_out", enabled=False)
    assert push_world.push_rows("PUSHES")[0]["ENABLED"] is False
    push_configuration.drop(push_world.context, "customers_out")
    assert push_world.push_rows("PUSHES") == []
    with pytest.raises(IngestError) as error:
        push_configuration.drop(push_world.context, "customers_out")
    assert error.value.response_code == "UNKNOWN_PUSH"


def test_a_connection_that_a_push_uses_is_kept(push_world: PushWorld) -> None:
    push_world.configure_push()
    with pytest.raises(Refusal, match="customers_out"):
        connections.drop(push_world.context, "writer")


def test_a_source_is_checked(push_world: PushWorld) -> None:
    answer = push_configuration.check_source(push_world.context, dict(SOURCE))
    assert answer["response_code"] == "OK"
    assert json.loads(json.dumps(answer))["columns"]["CUSTOMER_ID"] == "NUMBER"
    with pytest.raises(Refusal) as error:
        push_configuration.check_source(push_world.context, {**SOURCE, "table": "NOBODY"})
    assert error.value.response_code == "SOURCE_UNREADABLE"


def test_an_external_id_is_made_once(push_world: PushWorld) -> None:
    first = push_world.create_external_id("deals")
    again = push_world.create_external_id("deals", "snowflake_key", "writer")
    assert (first["property"], first["created"], again["created"]) == ("snowflake_key", True, False)
    push_world.configure_push(**DEALS)


def test_a_property_that_is_there_does_not_become_unique(push_world: PushWorld) -> None:
    push_world.portal.add_property("deals", "our_key", "string", None, None, "", [])
    with pytest.raises(Refusal) as error:
        push_world.create_external_id("deals", "our_key")
    assert error.value.response_code == "MATCH_NOT_UNIQUE"


def test_an_eleventh_unique_property_is_refused(push_world: PushWorld) -> None:
    for number in range(10):
        push_world.create_external_id("deals", f"key_{number}")
    with pytest.raises(Refusal) as error:
        push_world.create_external_id("deals", "key_10")
    assert error.value.response_code == "EXTERNAL_ID_MISSING"


def _source_of_a_sync(world: PushWorld, **settings: Any) -> dict[str, Any]:
    """The table of contacts of a sync with such settings, as the source of a push."""
    world.portal.create("contacts", {"email": "ada@example.com", "firstname": "Ada"})
    world.configure("contacts", {**SLIM, **settings})
    world.run()
    return {
        "source": {"database": "HUBSPOT_DATA", "schema": "CRM", "view": "CONTACTS_CURRENT"},
        "key": "ID",
        "match": {"email": "PROPERTIES_EMAIL"},
        "properties": {"lastname": "PROPERTIES_FIRSTNAME"},
    }


def test_a_column_of_hashes_is_not_sent(push_world: PushWorld) -> None:
    source = _source_of_a_sync(push_world, hash=["firstname"])

    error = refused(push_world, **source)

    assert "PROPERTIES_FIRSTNAME of HUBSPOT_DATA.CRM.CONTACTS_CURRENT holds hashes" in error.message


def test_values_that_a_push_sends_are_not_hashed(push_world: PushWorld) -> None:
    push_world.configure_push(**_source_of_a_sync(push_world))

    with pytest.raises(Refusal, match="the push customers_out sends PROPERTIES_EMAIL"):
        push_world.configure("contacts", {**SLIM, "hash": ["email"]})
