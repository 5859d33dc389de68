"""Random lives of a portal, what the tables were after each run, and what they are to be."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from hubspot_ingest.database.columns import LINK_KEY
from hubspot_ingest.inbound.extract import property_history
from snowflake_sandbox import Engine
from tests.faults.life import Life
from tests.faults.portals import NOTE, RANK, TIER, VALUES, make_portal
from tests.runs.conftest import as_installed
from tests.runs.replay.living import SCHEMA, keep
from tests.runs.world import HOUR, HandClock, World

Key = tuple[Any, ...]
Table = Mapping[Key, Mapping[str, Any]]
Tables = Mapping[str, Table]
GOLD = [{"filters": [{"propertyName": TIER, "operator": "EQ", "value": "gold"}]}]


@dataclass
class Lived:
    """A world after some runs, with the tables before the first and after each of them."""

    world: World
    run_ids: list[str] = field(default_factory=list)
    snapshots: list[Tables] = field(default_factory=list)


@contextmanager
def lived(engine: Engine, seed: int, runs: int = 4) -> Iterator[Lived]:
    """A life drawn from a seed: what is read, what happens between runs and for how long."""
    random = Random(seed)
    clock = HandClock()
    portal = make_portal(seed, clock.now, {"contacts": 12, "companies": 3})
    settings: dict[str, Any] = {
        "properties": [*VALUES, "f_extra*"],
        "associations": ["companies"] if random.random() < 0.7 else [],
        "include_archived": True,
    }
    if random.random() < 0.5:
        settings["history"] = [NOTE, RANK]
    if random.random() < 0.4:
        settings["filter_groups"] = GOLD
    as_installed(engine)
    with World(engine, clock=clock, portal=portal) as world:
        keep(world)
        world.configure("contacts", settings)
        life = Life(portal, seed, ("contacts",), ("companies",))
        past = Lived(world, snapshots=[snapshot(world)])
        for _ in range(runs):
            life.goes_on(random.randint(0, 12))
            clock.advance(random.choice((1, 5, 26)) * HOUR)
            life.goes_on(random.randint(0, 3))
            past.run_ids.append(world.run()["run_id"])
            past.snapshots.append(snapshot(world))
        yield past


def snapshot(world: World) -> Tables:
    """Every table, its rows by key."""
    if "HUBSPOT_DATA" not in world.databases():
        return {}
    names = world.rows(
        "SELECT TABLE_NAME FROM HUBSPOT_DATA.INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'CRM' "
        "AND TABLE_TYPE = 'BASE TABLE' AND TABLE_NAME <> '_FRESHNESS'"
    )
    return {
        (table := str(name_row["TABLE_NAME"])): {
            tuple(row[name] for name in _key(table)): row
            for row in world.rows(f'SELECT * FROM {SCHEMA}."{table}"')
        }
        for name_row in names
    }


def _key(table: str) -> tuple[str, ...]:
    if table.endswith("_HISTORY"):
        return property_history.KEY
    return LINK_KEY if table.endswith("_COMPANIES") else ("ID",)


def without(life: Lived, run_id: str) -> Tables:
    """What the tables are once a run is undone: its rows as before, but for those changed since."""
    n = life.run_ids.index(run_id)
    before, after, final = life.snapshots[n], life.snapshots[n + 1], life.snapshots[-1]
    expected: dict[str, dict[Key, Mapping[str, Any]]] = {}
    for table, rows in final.items():
        had, did = before.get(table, {}), after.get(table, {})
        expected[table] = {}
        for key, row in rows.items():
            own = key in did and _same(did[key], row) and not (key in had and _same(had[key], row))
            if not own:
                expected[table][key] = row
            elif key in had:
                expected[table][key] = had[key]
    return expected


def _same(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two rows are the same in the columns that both have."""
    return all(other[name] == value for name, value in row.items() if name in other)


def unlike(actual: Tables, expected: Tables) -> list[str]:
    """How tables differ from what they are to be; columns that were not there do not count."""
    differences = []
    for table in {*actual, *expected}:
        rows, others = actual.get(table, {}), expected.get(table, {})
        for key in {*rows, *others}:
            if key not in rows or key not in others:
                where = "is not to be there" if key in rows else "is missing"
                differences.append(f"{table} {json.dumps(key, default=str)} {where}")
            elif not _same(others[key], rows[key]):
                wrong = {
                    name: (rows[key].get(name), value)
                    for name, value in others[key].items()
                    if rows[key].get(name) != value
                }
                differences.append(f"{table} {json.dumps(key, default=str)} {wrong}")
    return sorted(differences)
