"""Waits until a run may write associations: one after the other, in each portal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hubspot_ingest.database.state.link_leases import LinkLeases
from hubspot_ingest.errors import DeadlineReached, finishing
from hubspot_ingest.times import Clock

# How often a run looks whether it has its turn: a look is a statement or two.
LOOK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class LinkTurns:
    """The turns of one run, which ends at ``deadline`` (epoch ms)."""

    leases: LinkLeases
    clock: Clock
    deadline: int

    @contextmanager
    def turn(self, heartbeat: Callable[[], None]) -> Iterator[Callable[[], None]]:
        """Be the only run that writes associations; what is given says that it is alive.

        ``heartbeat`` is called while the run waits. Raises what it raises, and ``DeadlineReached``.
        """
        while not self.leases.take(self.clock.now()):
            if self.clock.now() + LOOK_SECONDS * 1000 > self.deadline:
                raise DeadlineReached(
                    "the run's deadline came while another push wrote associations; the next run "
                    "makes those of this one"
                )
            self.clock.sleep(LOOK_SECONDS)
            heartbeat()

        def alive() -> None:
            heartbeat()
            self.leases.renew(self.clock.now())

        with finishing(self.leases.release):
            yield alive
