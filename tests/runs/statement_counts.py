"""Counts the statements that runs send to Snowflake: ``python -m tests.runs.statement_counts``.

Each statement costs a round trip, cloud services and a warehouse's time, whatever it does; staging
a file counts as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from snowflake.snowpark import Session

from hubspot_ingest.database.connection import ADDS_NOTHING, Database, Row
from hubspot_ingest.inbound.run import runner
from hubspot_sandbox import Portal
from snowflake_sandbox import Engine
from tests.runs.world import DAY_AND_MORE, HANDLERS, HOUR, SLIM, HandClock, World

APP = Path(__file__).parents[2] / "app"


class Counting(Database):
    """A connection that lists its statements, beginning with those that open it."""

    def __init__(self, session: Session) -> None:
        # what a procedure sends before
        self.statements = [ADDS_NOTHING]
        super().__init__(session)

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[Row]:
        self.statements.append(statement)
        return super().rows(statement, params)

    def put(self, stream: BinaryIO, location: str) -> None:
        self.statements.append(f"PUT {location}")
        super().put(stream, location)


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The statements of what is done within, as a procedure sends them."""
    ordinary = world.database
    session = world.engine.session("HUBSPOT_INGEST", "CORE", owner=HANDLERS)
    counting = Counting(session)
    world.database = counting
    try:
        yield counting.statements
    finally:
        world.database = ordinary
        session.close()


def statements_of_run(world: World, sync: str = "contacts") -> list[str]:
    """Run a sync that must succeed; returns the statements."""
    with counted(world) as statements:
        world.run(sync)
    return statements


def statements_of_pass(world: World) -> list[str]:
    """Run all syncs, all of which must succeed; returns the statements."""
    with counted(world) as statements:
        answer = runner.ingest_all(world.context)
    assert answer["response_code"] == "OK", answer
    return statements


def of_small_runs(world: World) -> Mapping[str, list[str]]:
    """The statements of a first run of 300 contacts, an idle one, and one with a change."""
    counts = {"first run of 300 rows": statements_of_run(world)}
    world.clock.advance(HOUR)
    counts["idle sync"] = statements_of_run(world)
    world.portal.update("contacts", world.ids()[0], {"firstname": "Ada"})
    world.clock.advance(HOUR)
    counts["1 changed record"] = statements_of_run(world)
    return counts


def of_rotation(world: World) -> tuple[list[str], int]:
    """The statements of a run that rotates through a table of 1,500 contacts; and its slices."""
    world.run()
    world.clock.advance(DAY_AND_MORE)
    # slices of 1, 2, 4 and 8 pages of 100 records
    return statements_of_run(world), 4


def of_more_rows(world: World, rows: int) -> list[str]:
    """The statements of a first run of a narrow table of so many rows."""
    statements = statements_of_run(world.slim())
    assert len(world.ids()) == rows
    return statements


def of_passes(world: World, syncs: int) -> list[str]:
    """The statements of a pass over so many syncs in which nothing changed."""
    for n in range(syncs):
        world.syncs.save(f"sync_{n}", "contacts", {**SLIM, "stream": "contacts"}, world.clock.now())
    runner.ingest_all(world.context)
    world.clock.advance(HOUR)
    return statements_of_pass(world)


def shortened(statements: Sequence[str]) -> str:
    """Statements as a list that can be read."""
    return "\n".join(
        f"{n:3} {' '.join(statement.split())[:170]}" for n, statement in enumerate(statements, 1)
    )


@contextmanager
def _world(contacts: int) -> Iterator[World]:
    clock = HandClock()
    with Engine(None) as engine:
        engine.install(APP)
        portal = Portal(1, clock.now, {"contacts": contacts})
        with World(engine, clock=clock, portal=portal) as world:
            yield world


def main() -> None:
    """Print how many statements each kind of run sends."""
    with _world(300) as world:
        for title, statements in of_small_runs(world).items():
            print(f"{title}: {len(statements)}\n{shortened(statements)}", flush=True)
    with _world(1_500) as world:
        statements, slices = of_rotation(world)
        print(
            f"rotation of {slices} slices: {len(statements)}\n{shortened(statements)}", flush=True
        )
    counts = []
    for rows in (10_000, 20_000):
        with _world(rows) as world:
            counts.append(len(of_more_rows(world, rows)))
    print(f"first runs of 10,000 and 20,000 rows: {counts[0]} and {counts[1]}", flush=True)
    with _world(12) as world:
        statements = of_passes(world, 40)
        print(f"idle pass of 40 syncs: {len(statements)}\n{shortened(statements)}", flush=True)


if __name__ == "__main__":
    main()
