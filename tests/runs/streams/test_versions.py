"""A version is one constant for each family of endpoints: older ones are read just the same."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest

from hubspot_ingest.catalog.registry import ITEM_STREAMS
from hubspot_ingest.hubspot import requests
from tests.runs.conftest import MakeWorld
from tests.runs.versions import FAMILIES, NUMBERED, VERSIONS
from tests.runs.world import HOUR, Answer, World

# one or two of each family
ITEM_SYNCS = (
    *("owners", "pipelines", "properties", "association_types", "custom_objects"),
    *("account_details", "provisioned_users", "lists", "list_memberships", "marketing_emails"),
    *("campaigns", "marketing_events", "subscription_definitions", "event_definitions", "events"),
)


@pytest.fixture(params=VERSIONS)
def paths(request: pytest.FixtureRequest) -> Mapping[str, str]:
    return VERSIONS[str(request.param)]


def _told(world: World, table: str, key: str) -> list[Answer]:
    # some versions tell ids as numbers and others as text: RAW differs, columns do not
    columns = [
        column for column in world.columns(table) if not column.startswith("_") and column != "RAW"
    ]
    names = ", ".join(f'"{column}"' for column in columns)
    return world.rows(f"SELECT {names} FROM {table} ORDER BY {key}")


def test_no_dated_family_is_left_out() -> None:
    dated = {
        path
        for name, path in vars(requests).items()
        if name.isupper() and isinstance(path, str) and "/2026-09" in path
    }
    assert dated == {*FAMILIES}
    assert {*FAMILIES} < {*NUMBERED}


@pytest.mark.long
@pytest.mark.parametrize("stream", ITEM_SYNCS)
def test_a_stream_lands_the_same_at_every_version(busy: World, stream: str) -> None:
    tables = []
    for version, paths in {"dated": {}, **VERSIONS}.items():
        busy.paths = paths
        table = f"{stream}_{version}".upper().replace("-", "_")
        settings: Answer = {"stream": stream, "destination": {"table": table}}
        busy.syncs.save(table.lower(), stream, settings, busy.clock.now())
        busy.asked()
        busy.run(table.lower())
        if paths:
            assert not any("2026-09" in request.path for request in busy.sandbox.requests)
        key = ", ".join(f'"{column}"' for column in ITEM_STREAMS[stream].key)
        tables.append(_told(busy, f"HUBSPOT_DATA.CRM.{table}", key))
    busy.paths = {}

    dated, older, numbered = tables
    assert dated == older == numbered


@pytest.mark.long
def test_the_life_of_records_is_the_same_at_an_older_version(
    make: MakeWorld, paths: Mapping[str, str]
) -> None:
    world = make({"contacts": 60, "companies": 20, "machines": 5}).slim(
        associations=["companies"], history=["lifecyclestage"], include_archived=True
    )
    world.paths = paths
    world.run()
    assert world.landed() == world.truth()

    ids = world.ids()
    world.clock.advance(HOUR)
    world.portal.update("contacts", ids[0], {"jobtitle": "Changed"})
    world.portal.archive("contacts", ids[1])
    world.portal.merge("contacts", ids[2], ids[3])
    world.portal.create("contacts", {"email": "new@example.com"})
    world.clock.advance(HOUR)
    world.run()

    gone = dict(world.table("ID, _DELETE_KIND", where="_DELETE_KIND IS NOT NULL"))
    assert gone[ids[1]] == "ARCHIVED"
    assert "MERGED" in gone.values()
    living = {table: rows for table, rows in world.landed().items() if table not in gone}
    assert living == world.truth()
    links = world.rows("SELECT COUNT(*) AS N FROM HUBSPOT_DATA.CRM.CONTACTS_COMPANIES")
    past = world.rows("SELECT COUNT(*) AS N FROM HUBSPOT_DATA.CRM.CONTACTS_HISTORY")
    assert links[0]["N"] > 0
    assert past[0]["N"] > 0
    assert world.run("2-3456789")["rows_inserted"] == 5


@pytest.mark.long
def test_a_filter_takes_the_same_at_an_older_version(
    make: MakeWorld, paths: Mapping[str, str]
) -> None:
    world = make({"contacts": 60})
    world.paths = paths
    filters = [{"filters": [{"propertyName": "email", "operator": "HAS_PROPERTY"}]}]
    settings = {"filter_groups": filters, "properties": ["email"], "associations": []}
    world.configure("contacts", settings)

    world.run()

    emails = [*itertools.chain(*world.table("PROPERTIES_EMAIL"))]
    assert emails
    assert all(emails)
