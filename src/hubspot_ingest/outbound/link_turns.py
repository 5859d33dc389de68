"""Waits until a run may write associations: one after the other, in each portal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hubspot_ingest.database.state.link_leases import LINK_LEASE, LinkLeases
from hubspot_ingest.errors import DeadlineReached
from hubspot_ingest.times import Clock

# How often a run looks whether it has its turn: a look is a statement or two.
LOOK_SECONDS = 5.0
# A run that writes no associations for so long says that it is going to.
KEPT_AFTER = LINK_LEASE // 3


@dataclass
class LinkTurns:
    """The turn of one run, which ends at ``deadline`` (epoch ms) and gives it back."""

    leases: LinkLeases
    clock: Clock
    deadline: int
    # when the turn was taken or renewed; None while it is not this run's
    _renewed_at: int | None = None

    @property
    def is_taken(self) -> bool:
        """Whether it is this run's turn."""
        return self._renewed_at is not None

    def take(self) -> bool:
        """Whether this run is the only one that writes associations from now on."""
        now = self.clock.now()
        if not self.is_taken and self.leases.take(now):
            self._renewed_at = now
        return self.is_taken

    def wait(self, heartbeat: Callable[[], None]) -> None:
        """Take the turn once it is free; ``heartbeat`` is called while the run waits.

        Raises what it raises, and ``DeadlineReached``.
        """
        while not self.take():
            if self.clock.now() + LOOK_SECONDS * 1000 > self.deadline:
                raise DeadlineReached(
                    "the run's deadline came while another push wrote associations; the next run "
                    "makes those of this one"
                )
            self.clock.sleep(LOOK_SECONDS)
            heartbeat()

    def renew(self) -> None:
        """Say that the run is alive. Raises ``SyncBusy`` where another one took the turn."""
        self._renewed_at = self.clock.now()
        self.leases.renew(self._renewed_at)

    def keep(self) -> None:
        """Renew the turn, if it is this run's and was not renewed for long; raises as ``renew``."""
        if self._renewed_at is not None and self.clock.now() - self._renewed_at > KEPT_AFTER:
            self.renew()

    def give_back(self) -> None:
        """Let the next run write, if it was this one's turn."""
        if self._renewed_at is not None:
            self._renewed_at = None
            self.leases.release()
