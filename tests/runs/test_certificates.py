"""No certificate says COMPLETE while the truth differs: taken at random moments of random lives."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from hubspot_ingest.inbound.reconcile.reconciliation import reconcile
from tests.lives import bounded, by_night
from tests.runs.conftest import MakeWorld
from tests.runs.world import CONTACTS, HOUR, MINUTE, World, on_an_empty_stack

FILTER: list[Any] = [{"filters": [{"propertyName": "jobtitle", "operator": "HAS_PROPERTY"}]}]
Deed = Callable[[World, Random, str], object]


def _edit(assignment: str) -> Deed:
    """A hand that changes a row."""
    return lambda world, _, id: world.rows(f"UPDATE {CONTACTS} SET {assignment} WHERE ID = '{id}'")


DEEDS: dict[str, Deed] = {
    "update": lambda world, random, id: world.portal.update(
        "contacts", id, {"jobtitle": random.choice(["", "Head", "Tail"])}
    ),
    "create": lambda world, random, _: world.portal.create(
        "contacts", {"email": f"{random.random()}@example.com", "jobtitle": "New"}
    ),
    "archive": lambda world, _, id: world.portal.archive("contacts", id),
    "purge": lambda world, _, id: world.portal.purge("contacts", id),
    "forbid": lambda world, random, id: world.portal.table("contacts").withheld.update(
        {id: random.choice(["FORBIDDEN", "INTERNAL_ERROR"])}
    ),
    "allow": lambda world, *_: world.portal.table("contacts").withheld.clear(),
    "delete a row": lambda world, _, id: world.rows(f"DELETE FROM {CONTACTS} WHERE ID = '{id}'"),
    "add a row": lambda world, random, _: world.rows(
        f"INSERT INTO {CONTACTS} (ID) SELECT '{random.choice(['odd', '123456789'])}'"
    ),
    "double a row": lambda world, _, id: world.rows(
        f"INSERT INTO {CONTACTS} SELECT * FROM {CONTACTS} WHERE ID = '{id}'"
    ),
    "age a row": _edit("UPDATED_AT = DATEADD(DAY, -3, UPDATED_AT)"),
    "send a row ahead": _edit("UPDATED_AT = DATEADD(DAY, 3, UPDATED_AT)"),
    "mark a row": _edit("_DELETED_AT = UPDATED_AT, _DELETE_KIND = 'PURGED'"),
    "run": lambda world, *_: world.ingest(),
    "lag": lambda world, random, _: setattr(
        world.sandbox, "search_lag_ms", random.choice([0, 5 * MINUTE, 3 * HOUR])
    ),
}


def _truth(world: World, filtered: bool) -> dict[str, int]:
    """The ids that the sync takes, each with when it was changed."""
    return {
        record.id: record.updated_at
        for record in world.portal.records("contacts")
        if not filtered or record.properties["jobtitle"]
    }


def _landed(world: World) -> list[tuple[str, int]]:
    return [
        (id, int(changed))
        for id, changed in world.table(
            "ID, DATE_PART(EPOCH_MILLISECOND, UPDATED_AT)", where="_DELETED_AT IS NULL"
        )
    ]


def certify(make: MakeWorld, seed: int, certificates: int) -> None:
    """Live a random life, and hold every certificate taken in it against the truth."""
    random = Random(seed)
    filtered = random.random() < 0.4
    count = random.choice([30, 30, 250, 1_100])
    world = make({"contacts": count}).slim(**({"filter_groups": FILTER} if filtered else {}))
    world.run()
    for _ in range(certificates):
        for _ in range(random.randint(1, 6)):
            world.clock.advance(random.choice([MINUTE, HOUR]))
            records = [*world.portal.records("contacts")]
            DEEDS[random.choice([*DEEDS])](world, random, random.choice(records).id)
        answer = on_an_empty_stack(lambda: dict(reconcile(world.context, "contacts")))
        by_search = world.sandbox.search_lag_ms > 0 and "so says its search" in answer["message"]
        if answer["result"] == "INCOMPLETE" or by_search:
            continue
        truth = _truth(world, filtered)
        assert sorted(_landed(world)) == sorted(truth.items()), answer
        assert answer["hubspot_records"] == answer["table_records"] == len(truth)


@pytest.mark.parametrize("seed", range(2))
def test_no_certificate_says_complete_while_the_truth_differs(make: MakeWorld, seed: int) -> None:
    certify(make, seed, 10)


@by_night
@pytest.mark.parametrize("seed", range(2, 2 + bounded(100, one_in=10)))
def test_no_certificate_of_a_thousand_does(make: MakeWorld, seed: int) -> None:
    certify(make, seed, 10)
