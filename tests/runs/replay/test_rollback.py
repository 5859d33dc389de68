"""Runs undone."""

from __future__ import annotations

import pytest

from hubspot_ingest.errors import Refusal
from tests.runs.conftest import MakeWorld
from tests.runs.replay.living import drop_tables, keep, replayed, rolled_back, tables
from tests.runs.world import HOUR, World


def _kept(make: MakeWorld) -> World:
    world = make({"contacts": 8, "companies": 4}).slim(
        associations=["companies"], history=["jobtitle"], include_archived=True
    )
    keep(world)
    return world


def _change(world: World, *ids: str, to: str) -> None:
    for id_ in ids:
        world.portal.update("contacts", id_, {"jobtitle": to})


def test_a_run_rolled_back_leaves_the_tables_as_they_were(make: MakeWorld) -> None:
    world = _kept(make)
    ids = [record.id for record in world.portal.records("contacts")]
    companies = [record.id for record in world.portal.records("companies")]
    world.run()
    world.clock.advance(HOUR)
    before = tables(world)
    _change(world, *ids[:3], to="Clerk")
    world.portal.archive("contacts", ids[3])
    world.portal.merge("contacts", ids[4], ids[5])
    world.portal.associate("contacts", ids[0], "companies", companies[0])
    world.portal.create("contacts", {"email": "new@example.com"})
    run = world.run()
    after = tables(world)
    assert after != before

    answer = rolled_back(world, run["run_id"])

    assert tables(world) == before
    assert answer["response_code"] == "OK"
    assert answer["restored"] >= 5
    # the one that was made, and the one that two were merged into
    assert answer["removed"] == 2
    assert answer["kept"] == 0
    assert answer["links"] >= 1
    assert answer["history"] >= 3


@pytest.mark.long
def test_the_next_run_reads_again_what_was_rolled_back(make: MakeWorld) -> None:
    world = _kept(make)
    ids = [record.id for record in world.portal.records("contacts")]
    world.run()
    world.clock.advance(HOUR)
    _change(world, ids[0], to="Clerk")
    world.portal.archive("contacts", ids[3])
    run = world.run()
    rolled_back(world, run["run_id"])
    world.clock.advance(HOUR)

    world.run()

    assert world.table("ID, PROPERTIES_JOBTITLE", where=f"ID = '{ids[0]}'") == [(ids[0], "Clerk")]
    assert world.table("ID, _DELETE_KIND", where=f"ID = '{ids[3]}'") == [(ids[3], "ARCHIVED")]


@pytest.mark.long
def test_a_backfill_rolled_back_empties_the_table_and_the_next_run_is_a_backfill(
    make: MakeWorld,
) -> None:
    world = _kept(make)
    run = world.run()
    answer = rolled_back(world, run["run_id"])

    assert all(not rows for rows in tables(world).values())
    assert answer["removed"] == 8
    assert answer["since"] is None
    world.clock.advance(HOUR)
    assert world.run()["rows_inserted"] == 8


@pytest.mark.long
def test_rows_that_a_later_run_changed_keep_what_it_made_of_them(make: MakeWorld) -> None:
    world = make({"contacts": 5}).slim()
    keep(world)
    world.run()
    ids = world.ids()
    world.clock.advance(HOUR)
    before = dict(world.table("ID, PROPERTIES_JOBTITLE"))
    _change(world, ids[0], ids[1], to="Clerk")
    first = world.run()
    world.clock.advance(HOUR)
    _change(world, ids[1], ids[2], to="Head")
    world.run()

    answer = rolled_back(world, first["run_id"])

    titles = dict(world.table("ID, PROPERTIES_JOBTITLE"))
    assert titles == before | {ids[1]: "Head", ids[2]: "Head"}
    assert (answer["restored"], answer["kept"]) == (1, 1)


@pytest.mark.long
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_runs_rolled_back_one_after_the_other_leave_nothing_of_either(
    make: MakeWorld, order: tuple[int, int]
) -> None:
    world = make({"contacts": 5}).slim()
    keep(world)
    world.run()
    ids = world.ids()
    world.clock.advance(HOUR)
    before = tables(world)
    runs = []
    for title in ("Clerk", "Head"):
        _change(world, ids[0], ids[1], to=title)
        runs.append(world.run()["run_id"])
        world.clock.advance(HOUR)

    for number in order:
        rolled_back(world, runs[number])

    assert tables(world) == before
    drop_tables(world)
    assert replayed(world)["response_code"] == "OK"
    assert tables(world) == before


def test_what_cannot_be_rolled_back_is_refused_before_anything_is_changed(
    make: MakeWorld,
) -> None:
    world = make({"contacts": 5}).slim()
    unkept = world.run()["run_id"]
    keep(world)
    world.clock.advance(HOUR)
    ids = world.ids()
    _change(world, ids[0], to="Clerk")
    kept = world.run()["run_id"]

    for run, code in (("nobody", "UNKNOWN_RUN"), (unkept, "NOTHING_KEPT")):
        with pytest.raises(Refusal) as refused:
            rolled_back(world, run)
        assert refused.value.response_code == code
    rolled_back(world, kept)
    with pytest.raises(Refusal) as refused:
        rolled_back(world, kept)
    assert refused.value.response_code == "ALREADY_ROLLED_BACK"


@pytest.mark.long
def test_a_run_that_was_killed_can_be_rolled_back(make: MakeWorld) -> None:
    world = _kept(make)
    world.run()
    world.clock.advance(HOUR)
    before = tables(world)
    _change(world, world.ids()[0], to="Clerk")
    killed_run = world.begin()
    for _ in killed_run.steps:
        pass
    world.clock.advance(HOUR)

    answer = rolled_back(world, killed_run.ending.log.run_id)

    assert (answer["response_code"], answer["restored"]) == ("OK", 1)
    assert tables(world) == before
