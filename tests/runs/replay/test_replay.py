"""Tables made again from kept pages."""

from __future__ import annotations

import httpx

from hubspot_ingest import times
from tests.runs.conftest import MakeWorld
from tests.runs.replay.living import columns, drop_tables, keep, replayed, tables
from tests.runs.world import DAY_AND_MORE, HOUR, MINUTE, World


def test_a_table_made_again_is_the_one_there_was(make: MakeWorld) -> None:
    world = make({"contacts": 12, "companies": 6}).slim(
        associations=["companies"], history=["jobtitle"], include_archived=True
    )
    keep(world)
    _live(world)
    before, described = tables(world), columns(world)
    drop_tables(world)
    world.asked()

    answer = replayed(world)

    assert answer["response_code"] == "OK", answer
    assert tables(world) == before
    assert columns(world) == described
    assert world.asked() == []


def test_a_wrong_time_that_the_primary_store_corrected_stays_corrected(make: MakeWorld) -> None:
    world = make({"contacts": 3}).slim()
    keep(world)
    wrong = next(world.portal.records("contacts")).id
    later = times.iso(world.clock.now() + DAY_AND_MORE)

    def misdate(request: httpx.Request, answer: httpx.Response) -> httpx.Response | None:
        if request.method != "GET" or "results" not in (page := answer.json()):
            return None
        for record in page["results"]:
            if record.get("id") == wrong:
                record["updatedAt"] = record["properties"]["lastmodifieddate"] = later
        return httpx.Response(200, json=page)

    world.instead = misdate
    world.run()
    world.instead = None
    world.call("CALL reconcile('contacts')")
    before = tables(world)
    drop_tables(world)

    answer = replayed(world)

    assert answer["response_code"] == "OK", answer
    assert all(dict(row)["UPDATED_AT"].isoformat() < later for row in before["CONTACTS"])
    assert tables(world) == before


def _live(world: World) -> None:
    portal = world.portal
    ids = [record.id for record in portal.records("contacts")]
    companies = [record.id for record in portal.records("companies")]
    world.run()
    world.clock.advance(HOUR)
    portal.update("contacts", ids[0], {"jobtitle": "Clerk"})
    portal.update("contacts", ids[1], {"loyalty_points": "no number"})
    portal.associate("contacts", ids[2], "companies", companies[0])
    portal.update("contacts", ids[2], {"jobtitle": "Linked"})
    portal.archive("contacts", ids[3])
    portal.merge("contacts", ids[4], ids[5])
    world.run()
    world.clock.advance(HOUR)
    portal.update("contacts", ids[0], {"jobtitle": "Head"})
    portal.gdpr_delete("contacts", ids[6])
    portal.restore("contacts", ids[3])
    portal.create("contacts", {"email": "new@example.com"})
    portal.disassociate("contacts", ids[2], "companies", companies[0])
    portal.update("contacts", ids[2], {"jobtitle": "Free"})
    world.run()
    world.clock.advance(DAY_AND_MORE)
    portal.add_property("contacts", "jobtitle_two", "string", pool=("a", None))
    portal.update("contacts", ids[8], {"jobtitle": "Late"})
    world.run()
    world.clock.advance(MINUTE)
    world.run()
