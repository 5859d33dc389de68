"""Estimates what a day of forty syncs costs in credits, from the statements that real runs send.

Each kind of run is made once on the local engine and its statements and requests are counted; a
day is composed of them. The prices are those of ``operations.credits``: fixed seconds for a
statement and for a request, Snowflake's published rates for the seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.figures import Figure
from hubspot_ingest.database.state.runs import RecentRuns
from hubspot_ingest.inbound.run.runner import ingest_all, ingest_fresh
from hubspot_ingest.operations import credits
from hubspot_ingest.operations.freshness import FreshSyncs
from hubspot_ingest.schedules import MINUTES_A_DAY
from hubspot_ingest.settings import parse_settings
from hubspot_ingest.times import MINUTE
from hubspot_sandbox import Portal, Sandbox
from snowflake_sandbox import Engine
from tests.runs.statement_counts import APP, counted
from tests.runs.world import DAY_AND_MORE, HOUR, SLIM, HandClock, World

SYNCS = 40
EVERY = 5
RECORDS = 30
CHANGED = 4
# HubSpot answers five searches a second of an account, whoever asks.
SEARCHES_A_SECOND = 5
LATENCY_MS = 60


@dataclass(frozen=True, slots=True)
class Kind:
    """So many syncs that bring changes in so many windows of five minutes a day.

    ``promise`` is how fresh such tables are kept where each is as fresh as somebody needs it.
    """

    syncs: int
    windows: int
    promise: str


# Objects that people work with all day, those they look at, and those that hardly change.
KINDS = (Kind(4, 120, "5 MINUTES"), Kind(12, 24, "15 MINUTES"), Kind(24, 2, "1 HOUR"))
CHANGED_RUNS = sum(kind.syncs * kind.windows for kind in KINDS)


@dataclass(frozen=True, slots=True)
class Work:
    """The statements and requests of something, and the seconds that requests took one by one."""

    statements: float
    requests: float
    overlap: float = 1.0

    @property
    def seconds(self) -> float:
        """At the fixed prices; requests side by side keep to HubSpot's limit."""
        asking = self.requests * credits.REQUEST * self.overlap
        if self.overlap < 1:
            asking = max(asking, self.requests / SEARCHES_A_SECOND)
        return self.statements * credits.STATEMENT + asking

    def more_than(self, other: Work, times: int) -> Work:
        """What of this is more than ``other``, for one of so many."""
        return Work(
            max(0.0, self.statements - other.statements) / times,
            max(0.0, self.requests - other.requests) / times,
        )

    def credits(self, price: Callable[[float, float], float]) -> float:
        """By Snowflake's rates."""
        return price(self.seconds, self.statements)


@dataclass(frozen=True, slots=True)
class Measured:
    """The kinds of runs: of one sync, and of a pass over all; what is more for a changed sync."""

    idle: Work
    changed: Work
    daily: Work
    idle_pass: Work
    changed_in_pass: Work
    daily_in_pass: Work
    look: Work


def measure(records: int | None, large: bool) -> list[Figure]:
    """The figures of one day; the numbers of records say nothing here."""
    del records, large
    with _world() as world:
        measured = _measured(world)
    return [
        *(
            Figure(f"{title}: statements", work.statements, "statements")
            for title, work in (
                ("idle run", measured.idle),
                (f"idle pass of {SYNCS} syncs", measured.idle_pass),
                ("look of the task of fresh syncs", measured.look),
            )
        ),
        Figure("a task per sync, every 5 minutes", _alone(measured), "credits/day"),
        Figure("INGEST_ALL every 5 minutes", _together(measured), "credits/day", at_most=1.0),
        Figure(
            "  the same on an XSMALL warehouse",
            _together(measured, credits.warehouse),
            "credits/day",
        ),
        Figure("fresh_within 5 minutes for all", _fresh(measured, "5 MINUTES"), "credits/day"),
        Figure("fresh_within as each is needed", _fresh(measured), "credits/day"),
    ]


@contextmanager
def _world() -> Iterator[World]:
    clock = HandClock()
    with Engine(None) as engine:
        engine.install(APP)
        portal = Portal(1, clock.now, {"contacts": RECORDS})
        with World(engine, clock=clock, portal=portal) as world:
            yield world


def _measured(world: World) -> Measured:
    names = [f"sync_{n:02d}" for n in range(SYNCS)]
    for name in names:
        settings = {**SLIM, "stream": "contacts", "fresh_within": "1 DAY"}
        world.syncs.save(name, "contacts", settings, world.clock.now())

    def pass_over_all() -> Any:
        return ingest_all(world.context)

    def run() -> Any:
        return world.run(names[0])

    pass_over_all()
    world.clock.advance(HOUR)
    idle_pass = _work(world, pass_over_all)
    look = _work(world, lambda: ingest_fresh(world.context))
    idle = _work(world, run)
    _change(world)
    changed = _work(world, run)
    changed_pass = _work(world, pass_over_all)
    world.clock.advance(DAY_AND_MORE)
    daily = _work(world, run)
    daily_pass = _work(world, pass_over_all)
    overlap = _overlap(world, pass_over_all)
    return Measured(
        idle,
        changed,
        daily,
        Work(idle_pass.statements, idle_pass.requests, overlap),
        changed_pass.more_than(idle_pass, SYNCS - 1),
        daily_pass.more_than(idle_pass, SYNCS - 1),
        look,
    )


def _change(world: World) -> None:
    for record in [*world.portal.records("contacts")][:CHANGED]:
        world.portal.update("contacts", record.id, {"jobtitle": "Changed"})
    world.clock.advance(HOUR)


def _work(world: World, work: Callable[[], Any]) -> Work:
    world.asked()
    with counted(world) as statements:
        answer = work()
    assert answer["response_code"] == "OK", answer
    return Work(len(statements), len(world.asked()))


def _overlap(world: World, work: Callable[[], Any]) -> float:
    """The share of HubSpot's time for an idle pass that is waited for: 1 where one by one."""

    def seconds(latency_ms: int) -> float:
        world.sandbox = Sandbox(world.portal, latency_ms=latency_ms)
        world.clock.advance(HOUR)
        began = time.monotonic()
        work()
        return time.monotonic() - began

    plain, slow = min(seconds(0) for _ in range(2)), min(seconds(LATENCY_MS) for _ in range(2))
    return min(1.0, max(0.0, slow - plain) / (SYNCS * LATENCY_MS / 1000))


def _alone(measured: Measured) -> float:
    runs = SYNCS * MINUTES_A_DAY / EVERY
    return (
        (runs - CHANGED_RUNS - SYNCS) * measured.idle.credits(credits.serverless)
        + CHANGED_RUNS * measured.changed.credits(credits.serverless)
        + SYNCS * measured.daily.credits(credits.serverless)
    )


def _together(
    measured: Measured, price: Callable[[float, float], float] = credits.serverless
) -> float:
    passes = MINUTES_A_DAY / EVERY
    beside = CHANGED_RUNS * measured.changed_in_pass.seconds
    beside += SYNCS * measured.daily_in_pass.seconds
    statements = CHANGED_RUNS * measured.changed_in_pass.statements
    statements += SYNCS * measured.daily_in_pass.statements
    idle = measured.idle_pass
    return passes * price(idle.seconds + beside / passes, idle.statements + statements / passes)


def _fresh(measured: Measured, promise: str | None = None) -> float:
    """A day of the task of fresh syncs: looks, and passes over those that are due."""
    kinds = {f"{n}-{kind.promise}": kind for kind in KINDS for n in range(kind.syncs)}
    promised = FreshSyncs(
        {
            name: parse_settings("contacts", {"fresh_within": promise or kind.promise})
            for name, kind in kinds.items()
        }
    )
    recent: dict[str, RecentRuns] = {}
    mean_ms = round(1000 * measured.idle.seconds)
    total = 0.0
    for minute in range(0, MINUTES_A_DAY, promised.minutes_between_looks):
        now = minute * MINUTE
        due = promised.due(recent, now)
        if not due:
            total += measured.look.credits(credits.serverless)
            continue
        share = len(due) / SYNCS
        requests = measured.idle_pass.requests * share
        idle = Work(measured.idle_pass.statements, requests, measured.idle_pass.overlap)
        total += idle.credits(credits.serverless)
        recent |= {name: RecentRuns(now, now, mean_ms) for name in due}
    beside = Work(
        CHANGED_RUNS * measured.changed_in_pass.statements
        + SYNCS * measured.daily_in_pass.statements,
        CHANGED_RUNS * measured.changed_in_pass.requests + SYNCS * measured.daily_in_pass.requests,
    )
    return total + beside.credits(credits.serverless)
