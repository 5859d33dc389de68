"""Views in other products' shapes show the portal and the sync they are of, and outlive the app."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hubspot_ingest.errors import Refusal
from hubspot_ingest.inbound.load.shapes import shape_views
from hubspot_ingest.model import Json
from hubspot_sandbox import Portal
from snowflake_sandbox import Engine
from tests.runs.conftest import MakeWorld
from tests.runs.world import HOUR, Answer, World, on_an_empty_stack

APP = Path(__file__).parents[2] / "app"
NARROW: dict[str, Any] = {"properties": ["email"], "associations": []}
DEALS: dict[str, Any] = {"properties": ["dealname", "amount"], "associations": []}
BIG = [{"filters": [{"propertyName": "amount", "operator": "GT", "value": "5000"}]}]


def make_views(world: World, settings: Mapping[str, Json] | None = None) -> Answer:
    given = None if settings is None else {**settings}
    return on_an_empty_stack(
        lambda: dict(shape_views.make(world.context, shape_views.FIVETRAN, given))
    )


def viewed(world: World, view: str, column: str) -> set[str]:
    """The values of a column of a view, as text."""
    rows = world.rows(f"SELECT {column}::VARCHAR AS VALUE FROM HUBSPOT_DATA.{view}")
    return {row["VALUE"] for row in rows}


def test_each_portal_has_a_schema_with_its_own_records_alone(make: MakeWorld) -> None:
    here = make({"contacts": 3})
    portal = Portal(2, here.clock.now, {"contacts": 2}, portal_id=777)
    portal.grant("pat-of-emea", None)
    there = make(portal=portal, clock=here.clock, token="pat-of-emea")
    for world, sync, connection in ((here, "contacts", "default"), (there, "emea", "emea")):
        settings = {"stream": "contacts", "connection": connection, **NARROW}
        world.syncs.save(sync, "contacts", settings, world.clock.now())
        world.run(sync)
    make_views(here)
    with pytest.raises(Refusal, match="name another schema"):
        make_views(there, {"connection": "emea"})
    make_views(there, {"connection": "emea", "schema": "HUBSPOT_EMEA"})
    here.clock.advance(HOUR)
    portal.add_property("contacts", "email_two", "string")
    portal.update("contacts", next(portal.records("contacts")).id, {"email_two": "b@example.com"})
    wider = {"stream": "contacts", "connection": "emea", **NARROW, "properties": ["email*"]}
    there.syncs.save("emea", "contacts", wider, there.clock.now())

    there.run("emea")

    assert viewed(here, "HUBSPOT.CONTACT", "PORTAL_ID") == {str(here.portal.id)}
    assert viewed(here, "HUBSPOT_EMEA.CONTACT", "PORTAL_ID") == {"777"}
    assert len(here.rows("SELECT ID FROM HUBSPOT_DATA.HUBSPOT_EMEA.CONTACT")) == 2
    assert "PROPERTY_EMAIL_TWO" in here.columns("HUBSPOT_DATA.HUBSPOT_EMEA.CONTACT")
    assert "PROPERTY_EMAIL_TWO" not in here.columns("HUBSPOT_DATA.HUBSPOT.CONTACT")


@pytest.mark.long
def test_of_two_syncs_of_a_stream_the_whole_one_is_shown_unless_the_other_is_named(
    make: MakeWorld,
) -> None:
    world = make({"deals": 9})
    deals = [record.id for record in world.portal.records("deals")]
    for place, deal in enumerate(deals):
        world.portal.update("deals", deal, {"amount": str(1_000 * place)})
    world.syncs.save("deals", "deals", DEALS, world.clock.now())
    filtered = {"stream": "deals", **DEALS, "filter_groups": BIG}
    world.syncs.save("big_deals", "deals", filtered, world.clock.now())
    world.run("deals")
    world.run("big_deals")

    make_views(world)
    assert viewed(world, "HUBSPOT.DEAL", "DEAL_ID") == {*deals}

    [line] = [
        line
        for line in make_views(world, {"streams": {"deals": "big_deals"}})["views"]
        if line["view"] == "DEAL"
    ]
    assert viewed(world, "HUBSPOT.DEAL", "DEAL_ID") == {*deals[6:]}
    assert line["why"] == "only the deals that the sync big_deals reads: it has filters"


def test_views_that_were_never_made_are_dropped_without_a_choice_between_syncs(
    make: MakeWorld,
) -> None:
    world = make({"deals": 1})
    for sync in ("some_deals", "other_deals"):
        settings = {"stream": "deals", **DEALS}
        world.syncs.save(sync, "deals", settings, world.clock.now())

    answer = shape_views.drop(world.context, shape_views.FIVETRAN, None)

    assert answer["message"] == "0 views of HUBSPOT_DATA.HUBSPOT were dropped; the schema stays"


@pytest.mark.long
def test_the_views_can_be_read_when_the_app_is_gone() -> None:
    with Engine(None) as engine:
        engine.install(APP)
        with World(engine, {"contacts": 2}) as world:
            world.syncs.save("contacts", "contacts", NARROW, world.clock.now())
            world.run()
            make_views(world)
        to = "HUBSPOT_DATA TO ROLE SYSADMIN COPY CURRENT GRANTS"
        for kind in ("ALL TABLES IN", "ALL VIEWS IN", "ALL SCHEMAS IN", ""):
            engine.sql(f"GRANT OWNERSHIP ON {kind} DATABASE {to}")
        engine.sql("DROP APPLICATION HUBSPOT_INGEST")

        emails = engine.sql("SELECT PROPERTY_EMAIL FROM HUBSPOT_DATA.HUBSPOT.CONTACT")

    assert len(emails) == 2
