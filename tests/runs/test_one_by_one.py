"""A certificate says since when every row was compared with its record, and not only counted."""

from __future__ import annotations

import math

import pytest

from hubspot_ingest import times
from hubspot_ingest.database.state.syncs import Syncs
from hubspot_ingest.inbound.reconcile import bisection, comparison
from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from tests.runs.conftest import MakeWorld
from tests.runs.world import CONTACTS, HOUR, Answer, World, on_an_empty_stack

# more than are compared one by one after each backfill
MANY = 2_100
LIVE = "_DELETED_AT IS NULL"


@pytest.fixture
def several(make: MakeWorld) -> World:
    """A table that RECONCILE compares one by one in more than one part, loaded a while ago."""
    world = make({"contacts": MANY}).slim()
    world.run()
    world.clock.advance(HOUR)
    world.asked()
    return world


@pytest.fixture
def many(several: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A table too large to be compared one by one at once: twenty thousand rows take long."""
    monkeypatch.setattr(comparison, "ONE_BY_ONE", bisection.FEW)
    return several


def hide(world: World) -> None:
    """Let a row be missing beside one that is too many: their counts are equal."""
    ids = [record.id for record in world.portal.records("contacts")]
    world.portal.purge("contacts", ids[40])
    world.rows(f"DELETE FROM {CONTACTS} WHERE ID = ?", (ids[41],))


def compare(world: World) -> Answer:
    return on_an_empty_stack(lambda: dict(reconcile(world.context, "contacts")))


def rotate(world: World) -> int:
    """Run until the rotation has come past every record; returns when it began (epoch ms)."""
    world.clock.advance(25 * HOUR)
    began = world.clock.now()
    for _ in range(3):
        world.run()
        world.clock.advance(HOUR)
    return began


def live(world: World) -> set[str]:
    return {*world.ids(where=LIVE)}


def test_a_small_table_is_compared_one_by_one_at_once(make: MakeWorld) -> None:
    world = make({"contacts": 3}).slim()
    world.run()
    world.clock.advance(HOUR)

    answer = compare(world)

    assert answer["one_by_one_since"] == times.iso(world.clock.now())
    assert "counted in parts" not in answer["message"]


def test_reconcile_finds_what_hides_in_equal_counts(several: World) -> None:
    hide(several)
    began = several.clock.now()

    answer = compare(several)

    assert (answer["result"], answer["missing"], answer["extra"]) == ("REPAIRED", 1, 1)
    assert answer["one_by_one_since"] == times.iso(began)
    assert live(several) == {record.id for record in several.portal.records("contacts")}


@pytest.mark.long
def test_up_to_twenty_thousand_rows_cost_reconcile_a_search_for_each_two_hundred(
    several: World,
) -> None:
    answer = compare(several)

    searches = sum(request.path.endswith("/search") for request in several.asked())
    # the two parts end in a page that is not full
    assert (answer["result"], searches) == ("COMPLETE", math.ceil(MANY / 200) + 1)


@pytest.mark.long
def test_of_a_large_table_it_says_when_the_rotation_began_that_came_past_every_row(
    many: World,
) -> None:
    first = compare(many)
    began = rotate(many)

    second = compare(many)

    stored = many.rows(
        "SELECT DATE_PART(EPOCH_MILLISECOND, ONE_BY_ONE_SINCE) AS SINCE FROM "
        "HUBSPOT_INGEST.CORE.COMPLETENESS ORDER BY CHECKED_AT"
    )
    assert (first["result"], first["one_by_one_since"]) == ("COMPLETE", None)
    assert "no row was compared with its record one by one yet" in first["message"]
    assert (second["result"], second["one_by_one_since"]) == ("COMPLETE", times.iso(began))
    assert f"one by one since {times.iso(began)}" in second["message"]
    assert [row["SINCE"] for row in stored][-1] == began


@pytest.mark.long
def test_what_hides_in_equal_counts_is_not_said_to_be_compared_and_the_rotation_finds_it(
    many: World,
) -> None:
    rotate(many)
    many.clock.advance(HOUR)
    happened = many.clock.now()
    hide(many)
    many.clock.advance(HOUR)

    hidden = compare(many)

    assert hidden["result"] == "COMPLETE"
    assert hidden["one_by_one_since"] < times.iso(happened)
    truth = {record.id for record in many.portal.records("contacts")}
    assert live(many) != truth

    rotate(many)
    told = compare(many)

    assert told["one_by_one_since"] > times.iso(happened)
    assert live(many) == truth


@pytest.mark.long
def test_a_rotation_in_which_hubspot_did_not_read_a_record_proves_nothing(make: MakeWorld) -> None:
    world = make({"contacts": 3}).slim()
    world.run()
    first = world.ids()[0]
    world.lost, world.portal.table("contacts").withheld = [first], {first: "FORBIDDEN"}

    rotate(world)
    [kept] = Syncs(world.database).all()
    world.lost, world.portal.table("contacts").withheld = [], {}
    began = rotate(world)
    [proven] = Syncs(world.database).all()

    assert kept.sweeps.proven_at is None
    assert proven.sweeps.proven_at == began
