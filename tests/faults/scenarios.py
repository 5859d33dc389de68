"""One scenario: a portal, a sync, what goes wrong, and what happens meanwhile."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, BinaryIO

from hypothesis import strategies as st

from hubspot_ingest.catalog.registry import RECORD_STREAMS
from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.errors import DatabaseError, SyncBusy
from hubspot_ingest.times import iso
from hubspot_sandbox import Faults, Portal
from snowflake_sandbox import Engine
from tests.faults.life import Life
from tests.faults.portals import ACTIVE, SCORE, TIER, make_portal
from tests.faults.truth import Promise, Takes, differences, number
from tests.runs.world import NOW, HandClock, World, empty

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
MACHINES = "2-3456789"
OBJECT_TYPES = {MACHINES: "machines"}
# Runs that a scenario may take to get through its deadlines once nothing goes wrong any more.
PATIENCE = 12
SETTLE_MINUTES = 15

_FILTERS: Mapping[str, tuple[list[dict[str, Any]], Takes]] = {
    "one tier": (
        [{"filters": [{"propertyName": TIER, "operator": "EQ", "value": "gold"}]}],
        lambda record: record[TIER] == "gold",
    ),
    "active or well scored": (
        [
            {"filters": [{"propertyName": ACTIVE, "operator": "EQ", "value": "true"}]},
            {"filters": [{"propertyName": SCORE, "operator": "GTE", "value": 42}]},
        ],
        lambda record: record[ACTIVE] == "true" or (number(record[SCORE] or "") or -1) >= 42,
    ),
    "without a tier": (
        [{"filters": [{"propertyName": TIER, "operator": "NOT_HAS_PROPERTY"}]}],
        lambda record: not record[TIER],
    ),
}


@dataclass(frozen=True)
class Step:
    """A run, after some time in which things happened.

    ``killed_at`` is the number of the statement at which the process ends, before or after it.
    """

    minutes: int = 5
    happens: int = 0
    killed_at: int | None = None
    killed_after: bool = False


@dataclass(frozen=True)
class Scenario:
    """Everything that is drawn. ``seed`` is that of the portal, of life and of the faults."""

    seed: int = 1
    stream: str = "contacts"
    count: int = 60
    associations: tuple[str, ...] | None = ()
    filtered: str | None = None
    wide: bool = False
    include_archived: bool | None = None
    history: bool = False
    full_refresh: bool = False
    deadline_minutes: float = 50
    updated_after_days: int | None = None
    lookback_minutes: int = 0
    lag_minutes: int = 0
    reads_through: bool = False
    faults: float = 0.0
    happens: float = 0.0
    takes_ms: int = 20
    together: int = 1
    steps: tuple[Step, ...] = field(default=(Step(), Step(60, 20)))

    @property
    def settings(self) -> dict[str, Any]:
        """The sync's settings."""
        found: dict[str, Any] = {
            "properties": ["f_*"],
            "settle_minutes": SETTLE_MINUTES,
            "deadline_minutes": self.deadline_minutes,
        }
        if self.associations is not None:
            found["associations"] = list(self.associations)
        if self.filtered is not None:
            found["filter_groups"] = _FILTERS[self.filtered][0]
        if self.include_archived is not None:
            found["include_archived"] = self.include_archived
        if self.history:
            found["history"] = ["f_note"]
        if self.updated_after_days is not None:
            found["updated_after"] = iso(self.earliest or 0)
        if self.lookback_minutes:
            found["lookback_minutes"] = self.lookback_minutes
        if self.full_refresh:
            found["sync_mode"] = "full_refresh"
        return found

    @property
    def earliest(self) -> int | None:
        """Epoch milliseconds before which nothing is wanted."""
        days = self.updated_after_days
        return None if days is None else NOW - days * DAY


_LINKED: Mapping[str, tuple[str, ...]] = {
    "contacts": ("companies", "deals"),
    "companies": ("contacts",),
    "deals": ("contacts", "companies"),
    "tickets": ("contacts",),
    "notes": ("contacts",),
    MACHINES: ("contacts",),
}


def drawn(random: Random) -> Scenario:
    """A scenario, drawn."""
    stream = random.choice(tuple(_LINKED))
    wide = random.random() < 0.2
    slow = random.random() < 0.4
    named = _LINKED[stream]
    return Scenario(
        seed=random.randrange(10**6),
        stream=stream,
        count=60 if wide else random.choice((60, 60, 110, 110, 230, 230, 600)),
        associations=random.choice((named, named[:1], None, ())),
        filtered=None if wide else random.choice((None, None, None, *_FILTERS)),
        wide=wide,
        include_archived=random.choice((None, None, True, False)),
        history=not wide and random.random() < 0.3,
        full_refresh=random.random() < 0.15,
        deadline_minutes=random.choice((0.5, 2.0)) if slow else 50,
        updated_after_days=random.choice((None,) * 8 + (100, 400)),
        lookback_minutes=random.choice((0, 0, 0, 30)),
        reads_through=random.random() < 0.3,
        lag_minutes=random.choice((0, 0, 1, 15)),
        faults=random.choice((0.0, 0.1, 0.3)),
        happens=random.choice((0.0, 0.5, 3.0)),
        takes_ms=random.choice((3_000, 8_000)) if slow else 20,
        together=random.choice((1, 50, 10_000)),
        steps=tuple(_step(random) for _ in range(random.choice((2, 2, 3, 4)))),
    )


def _step(random: Random) -> Step:
    return Step(
        minutes=random.choice((1, 5, 20, 65, 300, 1500)),
        happens=random.choice((0, 5, 30)),
        killed_at=random.randint(1, 60) if random.random() < 0.4 else None,
        killed_after=random.random() < 0.5,
    )


# One number draws a whole scenario: what hypothesis would vary of it a little at a time is the
# same story told again, and a failing one is printed whole.
scenarios = st.integers(0, 2**48).map(lambda number: drawn(Random(number)))


class Killed(BaseException):
    """The process ended here."""


class Mortal(Database):
    """A connection whose process ends at a statement, and does nothing any more after that."""

    def __init__(self, alive: Database, dies_at: int, *, after: bool) -> None:
        self._alive = alive
        self.application = alive.application
        self.is_thread_safe = alive.is_thread_safe
        self._left = dies_at
        self._after = after

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[Row]:
        # nothing can be raised where a generator is let go, which is where tables are dropped and
        # leases released: nobody dies there, and the dead do not clean up
        cleaning = isinstance(sys.exception(), GeneratorExit) or statement.startswith("DROP TABLE")
        if cleaning and self._left > 0:
            return self._alive.rows(statement, params)
        self._left -= 1
        if self._left < 0:
            return []
        if self._left:
            return self._alive.rows(statement, params)
        if self._after:
            with suppress(DatabaseError):
                self._alive.rows(statement, params)
        raise Killed

    def put(self, stream: BinaryIO, location: str) -> None:
        if self._left > 0:
            self._alive.put(stream, location)


class Played:
    """A scenario under way."""

    def __init__(self, engine: Engine, scenario: Scenario) -> None:
        empty(engine)
        self.scenario = scenario
        self.clock = HandClock()
        self.object_type = OBJECT_TYPES.get(scenario.stream, scenario.stream)
        linked = _LINKED[scenario.stream]
        records = {self.object_type: scenario.count, **dict.fromkeys(linked, 25)}
        self.portal: Portal = make_portal(
            scenario.seed,
            self.clock,
            records,
            wide=scenario.wide,
            together=scenario.together,
        )
        self.life = Life(self.portal, scenario.seed, [self.object_type], linked, wide=scenario.wide)
        self.world = World(engine, clock=self.clock, portal=self.portal)
        self._begin_trouble()
        self.sync = scenario.stream
        self.world.configure(self.sync, scenario.settings)
        self.statuses: list[str] = []
        self.rows: set[str] = set()

    def _begin_trouble(self) -> None:
        scenario, sandbox = self.scenario, self.world.sandbox
        sandbox.faults = Faults(scenario.faults, scenario.seed)
        sandbox.search_lag_ms = scenario.lag_minutes * MINUTE
        sandbox.search_reads_through = scenario.reads_through
        sandbox.before_each = self._meanwhile
        self._due = 0.0

    def end_trouble(self) -> None:
        """From here on HubSpot answers at once, and nobody changes anything."""
        self.world.sandbox.faults = None
        self.world.sandbox.search_lag_ms = 0
        self.world.sandbox.search_reads_through = False
        self.world.sandbox.before_each = None

    def _meanwhile(self, _portal: Portal, _number: int) -> None:
        self.clock.advance(self.scenario.takes_ms)
        self._due += self.scenario.happens
        self.life.goes_on(int(self._due))
        self._due -= int(self._due)

    def play(self) -> None:
        """Run as the scenario has it, until the last settled run."""
        for step in self.scenario.steps:
            self.clock.advance(step.minutes * MINUTE)
            self.life.goes_on(step.happens)
            self._run(step)
        self.end_trouble()
        for _ in range(2):
            self.clock.advance(DAY + HOUR)
            self.settle()

    def settle(self) -> None:
        """Run until a run comes to its end."""
        for _ in range(PATIENCE):
            answer = self.world.ingest(self.sync)
            if answer["status"] != "STOPPED":
                break
            self.clock.advance(MINUTE)
        assert answer["status"] == "SUCCEEDED", answer

    def _run(self, step: Step) -> None:
        alive = self.world.database
        if step.killed_at is not None:
            self.world.database = Mortal(alive, step.killed_at, after=step.killed_after)
        try:
            answer = self.world.ingest(self.sync)
            assert answer["status"] in ("SUCCEEDED", "STOPPED"), answer
            self.statuses.append(answer["status"])
        except Killed:
            self.statuses.append("KILLED")
        except SyncBusy:
            self.statuses.append("BUSY")
        finally:
            self.world.database = alive
            self.world.leases.recover(self.clock.now())

    def too_old(self, updated_at: int) -> bool:
        """Whether ``updated_after`` leaves a record out."""
        earliest = self.scenario.earliest
        return earliest is not None and updated_at < earliest

    # -- comparing ---------------------------------------------------------------------------

    def differences(self) -> list[str]:
        """What the tables hold that the portal does not, and the other way round."""
        promise = self._promise()
        if not self.world.exists(promise.table):
            wanted = [
                one
                for one in self.portal.records(self.object_type)
                if (promise.takes is None or promise.takes(one.properties))
                and not self.too_old(one.updated_at)
            ]
            return ["there is no table"] if wanted else []
        return differences(self.portal, promise, self.world.rows)

    def _promise(self) -> Promise:
        scenario = self.scenario
        columns = self.portal.table(self.object_type).columns
        told = self.world.rows(
            "SELECT NAME, COLUMN_NAME FROM HUBSPOT_INGEST.STATE.PROPERTIES WHERE SYNC = ?",
            (self.sync,),
        )
        named = {row["NAME"]: row["COLUMN_NAME"] for row in told}
        wanted = [
            name
            for name, column in columns.items()
            if name.startswith("f_") and column.property.archived_at is None
        ]
        linked = scenario.associations
        if linked is None:
            stream = RECORD_STREAMS.get(scenario.stream)
            linked = stream.associations if stream is not None else ()
        table = "OBJECT_2_3456789" if scenario.stream == MACHINES else scenario.stream.upper()
        return Promise(
            object_type=self.object_type,
            table=f"HUBSPOT_DATA.CRM.{table}",
            columns={
                name: (named.get(name) or f"(unknown) {name}", columns[name].property.type)
                for name in wanted
            },
            links={one: one for one in linked},
            takes=None if scenario.filtered is None else _FILTERS[scenario.filtered][1],
            earliest=scenario.earliest or 0,
            archived=scenario.include_archived is not False,
            history=("f_note",) if scenario.history else (),
        )


def outcome(engine: Engine, scenario: Scenario) -> list[str]:
    """Play a scenario to its end; returns the differences that are left."""
    played = Played(engine, scenario)
    with played.world:
        played.play()
        return played.differences()
