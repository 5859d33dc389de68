"""Whose turn it is when several syncs want more of a limit than there is.

Stride scheduling: each weight has gone some way, a grant moves it on by one over the weight, and
of those that wait the one that has come least far is next. Weights of 4 and 1 that both wait all
the time get four grants and one; who does not wait costs nobody anything.
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
        """Begin to wait; who was away does not bring back the turns missed."""
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
        """Whether nobody else who waits has come less far."""
        distance = self._lanes[weight].distance
        return all(distance <= lane.distance for lane in self._lanes.values() if lane.waiting)
