"""Decides whose request is next when several syncs wait for the same rate limit.

Stride scheduling: each weight has a distance, a granted request adds one over the weight to it,
and of the weights that wait the one with the smallest distance is next. Weights of 4 and 1 that
both wait all the time get four grants and one; a weight that does not wait costs nobody anything.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class _Lane:
    waiting: int = 0
    distance: float = 0.0


class FairQueue:
    """Turns of one bucket, by weight. Not thread-safe: the governor's lock is around it."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._lanes: dict[int, _Lane] = {}
        self._distance = 0.0

    def join(self, weight: int) -> None:
        """Begin to wait; a weight that did not wait for a while does not catch up."""
        lane = self._lanes.setdefault(weight, _Lane())
        if not lane.waiting:
            lane.distance = max(lane.distance, self._distance)
        lane.waiting += 1

    def leave(self, weight: int, *, granted: bool) -> None:
        """Wait no longer, because a request was granted or given up."""
        lane = self._lanes[weight]
        lane.waiting -= 1
        if granted:
            self._distance = lane.distance
            lane.distance += 1 / weight

    def is_next(self, weight: int) -> bool:
        """Whether no other waiting weight has a smaller distance."""
        distance = self._lanes[weight].distance
        return all(distance <= lane.distance for lane in self._lanes.values() if lane.waiting)
