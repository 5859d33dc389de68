"""Somebody who changes something in the midst of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO

from hubspot_ingest.database.connection import Database, Row
from tests.runs.world import World


class Meddling(Database):
    """A connection that makes a change before the statement that ``at`` picks, once."""

    def __init__(
        self, database: Database, at: Callable[[str, int], bool], change: Callable[[], object]
    ) -> None:
        self._inner = database
        self.application = database.application
        # copies of the connection count together
        self._seen: list[str] = []
        self._changes = [change]
        self._at = at

    def rows(self, statement: str, params: Sequence[object] = ()) -> list[Row]:
        self._seen.append(statement)
        if self._changes and self._at(statement, len(self._seen)):
            self._changes.pop()()
        return self._inner.rows(statement, params)

    @property
    def statements(self) -> int:
        """How many statements there were."""
        return len(self._seen)

    def put(self, stream: BinaryIO, location: str) -> None:
        self._inner.put(stream, location)


def before(text: str) -> Callable[[str, int], bool]:
    """Picks the first statement with that text."""
    return lambda statement, _: text in statement


@contextmanager
def meddling(
    world: World, at: Callable[[str, int], bool], change: Callable[[], object]
) -> Iterator[Meddling]:
    """Let ``change`` happen within whatever the world does meanwhile.

    ``change`` must come by another session: a person's, or that of another world on the engine.
    """
    quiet = world.database
    world.database = database = Meddling(quiet, at, change)
    try:
        yield database
    finally:
        world.database = quiet
