"""Tables made again from kept pages."""

from __future__ import annotations

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
