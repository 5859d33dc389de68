"""Decides whose request is next when several syncs wait for the same rate limit.

Stride scheduling: each weight has a distance, a granted request adds one over the weight to it,
and of the weights that wait the one with the smallest distance is next. Weights of 4 and 1 that
both wait all the time get four grants and one; a weight that does not wait costs nobody anything.
Of one weight, who came first is next: readers of ranges of equal length then end at once.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """One request that waits."""

    weight: int


@dataclass(slots=True)
class _Lane:
    waiting: deque[Turn] = field(default_factory=deque)
    distance: float = 0.0


class FairQueue:
    """Turns of one bucket, by weight. Not thread-safe: the governor's lock is around it."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._lanes: dict[int, _Lane] = {}
        self._distance = 0.0

    def join(self, weight: int) -> Turn:
        """Begin to wait; a weight that did not wait for a while does not catch up."""
        lane = self._lanes.setdefault(weight, _Lane())
        if not lane.waiting:
            lane.distance = max(lane.distance, self._distance)
        turn = Turn(weight)
        lane.waiting.append(turn)
        return turn

    def leave(self, turn: Turn, *, granted: bool) -> None:
        """Wait no longer, because a request was granted or given up."""
        lane = self._lanes[turn.weight]
        lane.waiting.remove(turn)
        if granted:
            self._distance = lane.distance
            lane.distance += 1 / turn.weight

    def is_next(self, turn: Turn, *, first_is_late: bool = False) -> bool:
        """Whether no other waiting weight has a smaller distance, and of its own none came before.

        Where the ``first_is_late``, whose thread the machine does not wake, any other may go.
        """
        own = self._lanes[turn.weight]
        if own.waiting[0] is not turn and not first_is_late:
            return False
        return all(own.distance <= lane.distance for lane in self._lanes.values() if lane.waiting)
