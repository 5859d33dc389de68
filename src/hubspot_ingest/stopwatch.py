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
        """No activity goes on at first."""
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
