"""Whose turn it is when several syncs want more of a limit than there is.

Stride scheduling: each weight has gone some way, a grant moves it on by one over the weight, and
of those that wait the one that has come least far is next. Weights of 4 and 1 that both wait all
the time get four grants and one; who does not wait costs nobody anything.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class _Weight:
    waiting: int = 0
    gone: float = 0.0


class FairQueue:
    """Turns of one bucket, by weight. Not thread-safe: the governor's lock is around it."""

    def __init__(self) -> None:
        """Nobody waits."""
        self._lanes: dict[int, _Weight] = {}
        self._come = 0.0

    def join(self, weight: int) -> None:
        """Begin to wait; who was away does not bring back the turns missed."""
        lane = self._lanes.setdefault(weight, _Weight())
        if not lane.waiting:
            lane.gone = max(lane.gone, self._come)
        lane.waiting += 1

    def leave(self, weight: int, *, granted: bool) -> None:
        """Wait no longer, because a request was granted or given up."""
        lane = self._lanes[weight]
        lane.waiting -= 1
        if granted:
            self._come = lane.gone
            lane.gone += 1 / weight

    def mine(self, weight: int) -> bool:
        """Whether nobody else who waits has come less far."""
        gone = self._lanes[weight].gone
        return all(gone <= one.gone for one in self._lanes.values() if one.waiting)
