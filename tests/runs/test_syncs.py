"""Several syncs, several runs at once, and what configuring, switching and resetting do."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hubspot_ingest.errors import SyncBusy
from hubspot_ingest.inbound import configure, discovery
from tests.runs.conftest import MakeWorld
from tests.runs.world import HOUR, MINUTE, SLIM, World


def test_two_runs_of_one_sync_never_overlap(served: World) -> None:
    """Two real calls at once: one runs, the other is told so."""
    served.call("CALL configure_sync('contacts', PARSE_JSON('{\"properties\": [\"email\"]}'))")
    together = threading.Barrier(2, timeout=20)

    def call(_: int) -> dict[str, Any]:
        with World(served.engine, portal=served.portal) as other:
            together.wait()
            return other.call("CALL ingest_hubspot('contacts')")

    served.sandbox.latency_ms = 300
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(call, range(2)))

    assert sorted(answer["response_code"] for answer in answers) == ["OK", "SYNC_BUSY"]
    [busy] = [answer for answer in answers if answer["response_code"] == "SYNC_BUSY"]
    assert "another run of contacts is going on" in busy["message"]
    assert len(served.ids()) == 12
    assert len(served.runs()) == 1


def test_two_syncs_run_side_by_side(served: World) -> None:
    served.portal.create("companies", {"name": "One"})
    served.sandbox.latency_ms = 50
    together = threading.Barrier(2, timeout=20)

    def call(sync: str) -> dict[str, Any]:
        with World(served.engine, portal=served.portal) as other:
            together.wait()
            return other.call(f"CALL ingest_hubspot('{sync}')")

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(call, ["contacts", "companies"]))

    assert [answer["status"] for answer in answers] == ["SUCCEEDED", "SUCCEEDED"], answers
    assert (answers[0]["rows_inserted"], answers[1]["rows_inserted"]) == (12, 1)
    assert served.landed() == served.truth()


def test_a_sync_that_is_running_cannot_be_run_again(world: World) -> None:
    world.slim()
    world.hold()

    with pytest.raises(SyncBusy) as busy:
        world.ingest()

    assert busy.value.response_code == "SYNC_BUSY"
    assert world.asked() == []


def test_two_syncs_of_one_stream_have_a_table_each(world: World) -> None:
    group = {"filters": [{"propertyName": "loyalty_points", "operator": "GTE", "value": 50}]}
    destination = {"table": "LOYAL"}
    world.configure(
        "loyal",
        {**SLIM, "stream": "contacts", "filter_groups": [group], "destination": destination},
    )
    world.slim()

    assert world.run()["rows_inserted"] == 12
    world.run("loyal")

    loyal = world.ids("HUBSPOT_DATA.CRM.LOYAL")
    assert 0 < len(loyal) < 12
    assert set(loyal) < set(world.ids())


@pytest.mark.long
@pytest.mark.parametrize(
    "settings",
    [
        {"properties": ["email", "firstname"]},
        {"filter_groups": [{"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}]}]},
        {"updated_after": "2001-01-01T00:00:00Z"},
        {"column_prefix": "P_"},
        {"destination": {"table": "OTHER"}},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_settings_that_change_what_is_read_make_the_next_run_a_backfill(
    world: World, settings: dict[str, Any]
) -> None:
    world.slim()
    world.run()

    answer = world.configure("contacts", {**SLIM, **settings})

    assert "the next run is a backfill" in answer["message"]
    assert world.sync()["SETTLED_THROUGH"] is None
    assert world.run()["rows_read"] == 12


@pytest.mark.long
@pytest.mark.parametrize(
    "settings",
    [{"schedule": "60 MINUTES"}, {"reserve_percent": 5}, {"deadline_minutes": 3}],
    ids=lambda settings: next(iter(settings)),
)
def test_settings_that_read_the_same_keep_the_cursor(
    world: World, settings: dict[str, Any]
) -> None:
    world.slim()
    world.run()
    before = world.sync()["SETTLED_THROUGH"]

    answer = world.configure("contacts", {**SLIM, **settings})

    assert "backfill" not in answer["message"]
    assert world.sync()["SETTLED_THROUGH"] == before


@pytest.mark.long
def test_a_wider_selection_of_properties_fills_the_columns_of_old_rows(world: World) -> None:
    world.slim(properties=["email"])
    world.run()
    world.only = ("email", "firstname")
    world.configure("contacts", {"properties": ["email", "firstname"], "associations": []})

    world.run()

    truth = [(record["firstname"] or None,) for record in world.truth().values()]
    assert world.table("PROPERTIES_FIRSTNAME") == truth


def test_reset_makes_the_next_run_a_backfill_and_keeps_the_table(world: World) -> None:
    world.slim()
    world.run()
    before = world.table("*")

    answer = configure.reset(world.context, "contacts")

    assert answer["response_code"] == "OK"
    assert world.table("*") == before
    again = world.run()
    assert (again["rows_read"], again["rows_inserted"], again["rows_updated"]) == (12, 0, 0)


def test_a_dropped_sync_is_forgotten_and_its_table_stays(world: World) -> None:
    world.slim()
    world.run()

    assert configure.drop(world.context, "contacts")["response_code"] == "OK"

    assert world.rows("SELECT * FROM HUBSPOT_INGEST.CORE.SYNCS") == []
    assert len(world.ids()) == 12
    assert len(world.runs()) == 1


@pytest.mark.long
def test_a_dropped_sync_can_be_run_anew(world: World) -> None:
    world.slim()
    world.run()
    configure.drop(world.context, "contacts")
    world.clock.advance(HOUR)

    assert world.run()["rows_read"] == 12


def test_a_sync_is_switched_off_and_on(world: World) -> None:
    world.slim()

    configure.enable(world.context, "contacts", enabled=False)
    assert world.sync()["ENABLED"] is False
    assert world.run()["rows_inserted"] == 12

    configure.enable(world.context, "contacts", enabled=True)
    assert world.sync()["ENABLED"] is True


def test_names_of_syncs_do_not_mind_case(world: World) -> None:
    world.configure("Contacts", SLIM)

    assert world.run("CONTACTS")["rows_inserted"] == 12
    assert [row["NAME"] for row in world.rows("SELECT NAME FROM HUBSPOT_INGEST.CORE.SYNCS")] == [
        "contacts"
    ]


@pytest.mark.long
def test_the_health_of_a_sync_follows_its_runs(make: MakeWorld) -> None:
    world = make({"contacts": 1_500})
    world.slim(deadline_minutes=1)
    assert world.sync()["HEALTH"] == "PENDING"

    world.sandbox.latency_ms = 10_000
    world.ingest()
    assert world.sync()["HEALTH"] == "INCOMPLETE"

    world.sandbox.latency_ms = 0
    world.clock.advance(MINUTE)
    world.run()
    assert world.sync()["HEALTH"] == "HEALTHY"

    world.token = "pat-na1-00000000-wrong"
    world.clock.advance(HOUR)
    world.ingest()
    assert world.sync()["HEALTH"] == "FAILED"


def test_a_connection_test_tells_what_can_be_read(world: World) -> None:
    world.token = "pat-na1-limited-0009"
    world.portal.grant(world.token, ["oauth", "crm.objects.contacts.read"])

    answer: dict[str, Any] = discovery.test_connection(world.context, "default")

    streams = {stream["stream"]: stream for stream in answer["streams"]}
    assert answer["portal_id"] == str(world.portal.id)
    assert streams["contacts"]["readable"] is True
    assert streams["deals"]["readable"] is False
    assert "crm.objects.deals.read" in streams["deals"]["scopes"]
    rows = world.rows("SELECT STREAM, READABLE FROM HUBSPOT_INGEST.CORE.STREAMS")
    assert {row["STREAM"]: row["READABLE"] for row in rows}["deals"] is False
