"""How many batches are under way at once."""

from __future__ import annotations

from collections.abc import Callable

# Batches under way at once: Estuary's connector begins with as many. More, up to the limit, while
# HubSpot takes them; half as many after a 423 or 429.
FIRST_IN_FLIGHT = 5
MOST_IN_FLIGHT = 10


class Pace:
    """How many batches are under way: fewer while HubSpot throttles or locks."""

    def __init__(self, pushed_back: Callable[[], int]) -> None:
        """``pushed_back`` counts the requests that HubSpot asked to send again."""
        self._pushed_back = pushed_back
        self._seen = pushed_back()
        self.in_flight = FIRST_IN_FLIGHT

    def answered(self) -> None:
        """A batch is done: look whether HubSpot pushed back since."""
        count = self._pushed_back()
        if count > self._seen:
            self.in_flight = max(1, self.in_flight // 2)
        else:
            self.in_flight = min(MOST_IN_FLIGHT, self.in_flight + 1)
        self._seen = count
