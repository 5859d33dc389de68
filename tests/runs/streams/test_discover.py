"""What a portal has to read: streams, their scopes and counts, their properties."""

from __future__ import annotations

from typing import Any

import pytest

from hubspot_ingest.catalog.registry import BY_NAME
from hubspot_ingest.inbound import discovery
from hubspot_ingest.inbound.run.runner import ingest_all
from tests.runs.conftest import MakeWorld
from tests.runs.world import Answer, World

STREAMS = "HUBSPOT_INGEST.CORE.STREAMS"


@pytest.fixture
def portal(make: MakeWorld) -> World:
    """A credential that may read contacts and owners of a portal that has a little of each."""
    world = make({"contacts": 5, "machines": 2})
    world.token = "pat-na1-limited-0001"
    scopes = ["crm.objects.contacts.read", "crm.objects.owners.read", "oauth"]
    world.portal.grant(world.token, [*scopes, "crm.schemas.custom.read"])
    return world


def _discover(world: World) -> dict[str, Answer]:
    answer: dict[str, Any] = discovery.discover(world.context)
    assert answer["response_code"] == "OK"
    return {stream["stream"]: stream for stream in answer["streams"]}


def test_every_stream_and_custom_object_is_told_of(portal: World) -> None:
    assert {*_discover(portal)} == {*BY_NAME, "p62515001_machines"}


def test_a_stream_that_can_be_read_is_told_with_its_count(portal: World) -> None:
    assert _discover(portal)["contacts"] == {
        "stream": "contacts",
        "object_type": "contacts",
        "label": "Contacts",
        "readable": True,
        "scopes": ["crm.objects.contacts.read"],
        "tier": None,
        "records": 5,
    }


def test_a_stream_that_cannot_be_read_is_told_with_scope_and_subscription(portal: World) -> None:
    streams = _discover(portal)

    assert streams["leads"]["readable"] is False
    assert streams["leads"]["scopes"] == ["crm.objects.leads.read"]
    assert streams["leads"]["tier"] == "Sales Hub Professional"
    assert streams["leads"]["records"] is None
    assert streams["forms"] | {"label": ""} == {
        "stream": "forms",
        "object_type": None,
        "label": "",
        "readable": False,
        "scopes": ["forms"],
        "tier": None,
        "records": None,
    }


def test_a_view_can_be_read_when_anything_it_is_made_of_can_be(portal: World) -> None:
    streams = _discover(portal)

    assert streams["engagements"]["readable"] is True
    assert streams["deals_archived"]["readable"] is False
    assert "crm.objects.deals.read" in streams["deals_archived"]["scopes"]


def test_the_views_show_what_was_found(portal: World) -> None:
    streams = _discover(portal)

    rows = portal.rows(f"SELECT * FROM {STREAMS} WHERE STREAM = 'owners'")
    assert (rows[0]["LABEL"], rows[0]["READER"], rows[0]["READABLE"]) == ("Owners", "PAGES", True)
    assert rows[0]["CHECKED_AT"] is not None
    assert portal.rows(f"SELECT COUNT(*) AS N FROM {STREAMS}")[0]["N"] == len(streams)


def test_the_properties_of_every_readable_object_type_are_shown(portal: World) -> None:
    _discover(portal)

    rows = portal.rows(
        "SELECT LABEL, TYPE, FIELD_TYPE, GROUP_NAME, OPTIONS, CALCULATED "
        "FROM HUBSPOT_INGEST.CORE.STREAM_PROPERTIES "
        "WHERE STREAM = 'contacts' AND PROPERTY = 'lifecyclestage'"
    )
    assert rows[0]["TYPE"] == "enumeration"
    assert "customer" in rows[0]["OPTIONS"]
    assert all(rows[0][column] for column in ("LABEL", "FIELD_TYPE", "GROUP_NAME"))
    streams = portal.rows("SELECT DISTINCT STREAM FROM HUBSPOT_INGEST.CORE.STREAM_PROPERTIES")
    assert "contacts" in {row["STREAM"] for row in streams}
    assert "deals" not in {row["STREAM"] for row in streams}


def test_what_was_found_before_is_replaced(portal: World) -> None:
    _discover(portal)
    portal.token = "pat-na1-limited-0002"
    portal.portal.grant(portal.token, ["oauth"])

    _discover(portal)

    readable = portal.rows(
        f"SELECT STREAM FROM {STREAMS} WHERE READABLE AND OBJECT_TYPE = 'contacts'"
    )
    assert readable == []
    assert portal.rows("SELECT 1 AS N FROM HUBSPOT_INGEST.CORE.STREAM_PROPERTIES") == []


def test_the_procedure_answers_the_same(served: World) -> None:
    answer = served.call("CALL discover()")

    assert answer["response_code"] == "OK"
    assert {stream["stream"] for stream in answer["streams"]} >= {*BY_NAME}


def test_a_stream_that_is_skipped_does_not_keep_others_from_running(portal: World) -> None:
    portal.configure("forms", {})
    portal.configure("owners", {})

    answer: dict[str, Any] = ingest_all(portal.context)

    assert {run["sync"]: run["status"] for run in answer["runs"]} == {
        "forms": "SKIPPED",
        "owners": "SUCCEEDED",
    }
