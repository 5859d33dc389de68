"""Measures what a run spends its time on, over all its threads."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from hubspot_ingest.times import Clock


class Activity(StrEnum):
    """What a run spends time on; of several at once, the first of these counts."""

    REQUESTS = "REQUESTS"
    WAITING = "WAITING"
    LOADING = "LOADING"


class Stopwatch:
    """Counts each moment once, so that the parts add up to no more than the whole."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._going: Counter[Activity] = Counter()
        self._spent = dict.fromkeys(Activity, 0)
        self._at = clock.now()

    @contextmanager
    def during(self, activity: Activity) -> Iterator[None]:
        """Count the time in the block as this activity of one thread."""
        self._change(activity, 1)
        try:
            yield
        finally:
            self._change(activity, -1)

    def seconds(self, activity: Activity) -> float:
        """Seconds spent on an activity so far."""
        with self._lock:
            self._share()
            return self._spent[activity] / 1000

    def _change(self, activity: Activity, by: int) -> None:
        with self._lock:
            self._share()
            self._going[activity] += by

    def _share(self) -> None:
        now = self._clock.now()
        current = next((activity for activity in Activity if self._going[activity]), None)
        if current is not None:
            self._spent[current] += now - self._at
        self._at = now


class RunCost:
    """Shares out the seconds of a procedure, so that the runs' shares add up to what is billed.

    A warehouse bills the procedure's seconds however many runs go on in it, waiting included.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at = clock.now()
        self._going: dict[str, float] = {}

    def begin(self, run_id: str) -> None:
        """From now on a run has its share."""
        self._share()
        self._going[run_id] = 0.0

    def seconds(self, run_id: str) -> float:
        """A run's share so far; nothing once it has ended."""
        self._share()
        return self._going.get(run_id, 0.0)

    def end(self, run_id: str) -> None:
        """From now on the others share without it."""
        self._share()
        self._going.pop(run_id, None)

    def _share(self) -> None:
        now = self._clock.now()
        for run_id in self._going:
            self._going[run_id] += (now - self._at) / 1000 / len(self._going)
        self._at = now
