"""One table holds one portal's rows: whatever reads, marks, certifies or explains asks first."""

from __future__ import annotations

import pytest

from hubspot_ingest.diagnose.explain_row import row_explanation
from hubspot_ingest.errors import Refusal
from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from hubspot_sandbox import Portal
from tests.nights import few_by_day
from tests.runs.conftest import MakeWorld
from tests.runs.world import CONTACTS, HOUR, SLIM, World

LISTS_AND_MORE = ["forms", "lists", "workflows", "campaigns"]


def move(make: MakeWorld, world: World, records: dict[str, int] | None = None) -> World:
    """The same account with the credential of another portal."""
    portal = Portal(2, world.clock.now, records or {}, portal_id=222222)
    portal.grant("pat-of-the-second-portal", None)
    return make(portal=portal, clock=world.clock, token="pat-of-the-second-portal")


def rows(world: World, table: str) -> list[tuple[object, ...]]:
    found = world.rows(f'SELECT "_DELETE_KIND", COUNT(*) AS N FROM {table} GROUP BY 1 ORDER BY 1')
    return [tuple(row.values()) for row in found]


def test_reconcile_with_another_portals_token_changes_nothing(make: MakeWorld) -> None:
    world = make({"contacts": 12}).slim()
    world.run()
    earlier = world.table("*")
    other = move(make, world, {"contacts": 5})

    with pytest.raises(Refusal, match="holds rows of portal") as refused:
        reconcile(other.context, "contacts")

    assert refused.value.response_code == "OTHER_PORTAL"
    assert world.table("*") == earlier


@pytest.mark.parametrize("stream", few_by_day(LISTS_AND_MORE))
def test_the_empty_lists_of_another_portal_mark_nothing(make: MakeWorld, stream: str) -> None:
    world = make({stream: 3})
    world.run(stream)
    table = f"HUBSPOT_DATA.CRM.{stream.upper()}"
    earlier = rows(world, table)
    world.clock.advance(25 * HOUR)
    other = move(make, world)

    answer = other.ingest(stream)

    assert (answer["status"], answer["response_code"]) == ("FAILED", "OTHER_PORTAL")
    assert rows(world, table) == earlier


def test_another_portal_does_not_explain_a_row(make: MakeWorld) -> None:
    world = make({"contacts": 12}).slim()
    world.run()
    other = move(make, world, {"contacts": 1})

    with pytest.raises(Refusal, match="leads to portal"):
        row_explanation(other.context, "contacts", world.ids()[-1])


@pytest.mark.long
def test_after_the_table_is_dropped_the_other_portal_is_read_whole(make: MakeWorld) -> None:
    world = make({"contacts": 12}).slim()
    world.run()
    world.clock.advance(HOUR)
    other = move(make, world, {"contacts": 7})
    other.only = world.only
    assert other.ingest()["response_code"] == "OTHER_PORTAL"

    world.engine.sql(f"DROP TABLE {CONTACTS}")
    other.run()

    assert other.landed() == other.truth()


@pytest.mark.long
def test_with_a_table_of_its_own_the_other_portal_is_read_whole(make: MakeWorld) -> None:
    world = make({"contacts": 12}).slim()
    world.run()
    world.clock.advance(HOUR)
    other = move(make, world, {"contacts": 7})
    other.only = world.only

    other.configure("contacts", {**SLIM, "destination": {"table": "SECOND"}})
    other.run()

    assert other.landed("HUBSPOT_DATA.CRM.SECOND") == other.truth()


@pytest.mark.long
def test_links_of_another_portal_that_were_left_behind_are_refused(make: MakeWorld) -> None:
    world = make({"contacts": 8, "companies": 4})
    world.configure("contacts", {**SLIM, "associations": ["companies"]})
    world.run()
    world.clock.advance(HOUR)
    other = move(make, world, {"contacts": 8, "companies": 4})
    world.engine.sql(f"DROP TABLE {CONTACTS}")

    answer = other.ingest()

    assert answer["response_code"] == "OTHER_PORTAL"
    assert "CONTACTS_COMPANIES" in answer["message"]
    world.engine.sql("DROP TABLE HUBSPOT_DATA.CRM.CONTACTS_COMPANIES")
    other.run()
    assert len(other.ids()) == 8


@pytest.mark.long
def test_an_empty_portal_leaves_no_cursor_for_another_one(make: MakeWorld) -> None:
    world = make({"contacts": 0}).slim()
    world.run()
    world.clock.advance(HOUR)
    other = move(make, world, {"contacts": 7})
    other.only = world.only
    world.clock.advance(HOUR)

    other.run()

    assert other.landed() == other.truth()
