"""What is lost on the way is named and brought back, and nothing else is ever reported."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from hubspot_ingest.inbound.reconcile import bisection, comparison
from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from hubspot_sandbox import Portal
from snowflake_sandbox import Engine
from tests.runs.conftest import as_installed
from tests.runs.world import CONTACTS, HOUR, MINUTE, SECOND, World, on_an_empty_stack

Answer = dict[str, Any]

MANY, SOME, FEW = 100_000, 20_000, 2_100
# Of the requests of a backfill; fewer pages are granted four.
SHARE = 0.01


def narrow(world: World) -> World:
    # deletions are followed in every run: what a table is not told yet is no false alarm
    world.slim(include_archived=True)
    world.clock.advance(HOUR)
    return world


@pytest.fixture(scope="module")
def many(installed: Engine) -> Iterator[World]:
    with World(as_installed(installed), {"contacts": MANY}) as world:
        yield narrow(world)


@pytest.fixture(scope="module")
def some(installed: Engine) -> Iterator[World]:
    with World(as_installed(installed), {"contacts": SOME}) as world:
        yield narrow(world)


@pytest.fixture(scope="module")
def few(installed: Engine) -> Iterator[World]:
    with World(as_installed(installed), {"contacts": FEW}) as world:
        yield narrow(world)


@pytest.fixture(autouse=True)
def counting(monkeypatch: pytest.MonkeyPatch) -> None:
    """More rows than are few are counted: those that RECONCILE counts take long to make."""
    monkeypatch.setattr(comparison, "ONE_BY_ONE", bisection.FEW)


def last_certificate(world: World) -> Answer:
    return world.rows(
        "SELECT * FROM HUBSPOT_INGEST.CORE.COMPLETENESS ORDER BY CHECKED_AT DESC LIMIT 1"
    )[0]


def goes_on(world: World, random: Random, spared: set[str], every: int) -> None:
    """People change records while requests come in, each of which takes a while."""
    ids = [record.id for record in world.portal.records("contacts") if record.id not in spared]

    def meanwhile(portal: Portal, number: int) -> None:
        world.clock.advance(200)
        if number % every == 0:
            portal.update("contacts", random.choice(ids), {"jobtitle": str(number)})

    world.sandbox.before_each = meanwhile


def loses(world: World, k: int) -> None:
    """A backfill that loses k records, while others change and HubSpot's index is behind."""
    random = Random(k)
    lost = {*random.sample([record.id for record in world.portal.records("contacts")], k)}
    world.syncs.reset("contacts", world.clock.now())
    if world.exists():
        world.rows(f"DROP TABLE {CONTACTS}")
    goes_on(world, random, lost, every=10)
    world.sandbox.search_lag_ms = 90 * SECOND
    world.lost = lost
    run = world.run()
    world.sandbox.before_each, world.sandbox.search_lag_ms, world.lost = None, 0, ()

    certificate = last_certificate(world)
    assert certificate["RUN_ID"] == run["run_id"]
    assert (certificate["RESULT"], certificate["MISSING"], certificate["REPAIRED"]) == (
        "REPAIRED",
        k,
        k,
    )
    assert (certificate["EXTRA"], certificate["STALE"]) == (0, 0)
    named = world.rows(
        "SELECT f.VALUE:id::VARCHAR AS ID, f.VALUE:kind::VARCHAR AS KIND "
        "FROM HUBSPOT_INGEST.CORE.COMPLETENESS c, LATERAL FLATTEN(INPUT => c.DIFFERENCES) f "
        "WHERE c.RUN_ID = ?",
        (run["run_id"],),
    )
    assert {row["ID"]: row["KIND"] for row in named} == dict.fromkeys(lost, "MISSING")
    world.clock.advance(HOUR)
    world.run()
    assert world.landed() == world.truth()
    costs_little(world)


def costs_little(world: World) -> None:
    """A table that agrees, compared on request."""
    answer = on_an_empty_stack(lambda: dict(reconcile(world.context, "contacts")))
    assert answer["result"] == "COMPLETE"
    loaded = len(world.truth()) / 100
    assert answer["requests"] <= max(4, SHARE * loaded), answer


def stays_quiet(world: World, runs: int) -> None:
    """Compare again and again while records are made, changed, merged, archived and restored."""
    random = Random(runs)
    if world.sync()["SETTLED_THROUGH"] is None:
        world.run()
    before = len(world.rows("SELECT 1 AS ONE FROM HUBSPOT_INGEST.CORE.COMPLETENESS"))
    bin_: list[str] = []
    for number in range(runs):
        world.sandbox.search_lag_ms = random.choice([0, 30 * SECOND, 5 * MINUTE])
        _live(world, random, bin_)
        goes_on(world, random, set(), every=random.choice([1, 3]))
        world.clock.advance(random.randint(1, 40) * MINUTE)
        world.run()
        world.clock.advance(random.randint(0, 10) * MINUTE)
        answer = on_an_empty_stack(lambda: dict(reconcile(world.context, "contacts")))
        assert (answer["result"], answer["differences"]) == ("COMPLETE", []), (number, answer)
    world.sandbox.before_each, world.sandbox.search_lag_ms = None, 0
    after = world.rows("SELECT RESULT FROM HUBSPOT_INGEST.CORE.COMPLETENESS")
    assert len(after) == before + runs


def _live(world: World, random: Random, bin_: list[str]) -> None:
    """A few things of every kind happen at once."""
    portal = world.portal
    living = [record.id for record in portal.records("contacts")]
    for _ in range(random.randint(0, 20)):
        portal.update("contacts", random.choice(living), {"jobtitle": str(random.random())})
    for _ in range(random.randint(0, 3)):
        portal.create("contacts", {"email": f"{random.random()}@example.com"})
    primary, other, archived_id = random.sample(living, 3)
    if random.random() < 0.3:
        portal.merge("contacts", primary, other)
    if random.random() < 0.3:
        portal.archive("contacts", archived_id)
        bin_.append(archived_id)
    elif bin_ and random.random() < 0.5:
        portal.restore("contacts", bin_.pop())


def test_records_lost_on_the_way_are_named_and_brought_back(few: World) -> None:
    for k in (1, 100):
        loses(few, k)


@pytest.mark.long
def test_eight_clean_runs_raise_no_alarm(few: World) -> None:
    stays_quiet(few, 8)


@pytest.mark.nightly
@pytest.mark.parametrize("k", [1, 10, 1_000])
def test_of_a_hundred_thousand_records_those_lost_are_named_and_brought_back(
    many: World, k: int
) -> None:
    loses(many, k)


@pytest.mark.nightly
def test_two_hundred_clean_runs_raise_no_alarm(some: World) -> None:
    stays_quiet(some, 200)
