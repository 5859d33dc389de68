"""A process that is killed at a statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from hubspot_ingest.database.connection import Database, Row
from tests.runs.world import World


class Killed(BaseException):
    """What a test raises where the process is taken to end."""


class Dying(Database):
    """A connection whose process is killed before or after its n-th statement."""

    def __init__(self, world: World, dies_at: int, *, after: bool) -> None:
        self._alive = world.database
        self.application = self._alive.application
        self.is_thread_safe = self._alive.is_thread_safe
        self.statements = 0
        self._dies_at = dies_at
        self._after = after

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[Row]:
        self.statements += 1
        if self.statements > self._dies_at or (
            self.statements == self._dies_at and not self._after
        ):
            raise Killed
        found = self._alive.rows(statement, params)
        if self.statements == self._dies_at:
            raise Killed
        return found

    def put(self, stream: BinaryIO, location: str) -> None:
        self._alive.put(stream, location)


def killed(world: World, dies_at: int, *, after: bool, sync: str = "contacts") -> bool:
    """Run until the statement; whether the run got that far."""
    alive = world.database
    world.database = Dying(world, dies_at, after=after)
    try:
        world.ingest(sync)
    except Killed:
        return True
    finally:
        world.database = alive
    return False
