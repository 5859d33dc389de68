"""Counts requests in rolling windows as HubSpot does, and tells when the next one may be sent."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from dataclasses import dataclass
from statistics import median

# How much longer (ms) one request may take to reach HubSpot than another, unless answers show less.
JITTER = 80
# A request that is late by more than this (ms) does not hold up the next one any longer.
LATEST = 1_000
# How many answers it takes to tell how much their times vary.
STEADY_ANSWERS = 8
# How many of the newest answers count.
ANSWERS = 50
# A machine is busy if it woke a thread this late (ms) among its last so many wakings.
OVERSLEPT = 20
WAKINGS = 50
# How long (ms) a request sleeps at a time while it waits for another one to be sent.
SHORT_NAP = 5


class RollingWindow:
    """At most ``allowed`` requests in any ``window`` (ms).

    A request counts from when it is admitted until ``window`` after HubSpot has counted it, however
    long a thread slept or a connection took to open meanwhile. HubSpot counts it before it answers,
    and as much earlier as even the quickest answer takes, but for ``JITTER``.
    """

    def __init__(self, allowed: int, window: int) -> None:
        self.allowed = allowed
        self.ceiling = allowed
        self.window = window
        self.paused_until = 0
        self._open = 0
        self._ends: list[int] = []
        self._left: dict[int, list[int]] = defaultdict(list)
        self._latencies: deque[int] = deque(maxlen=ANSWERS)
        # the quickest answer, and by how much others are later as a rule
        self._quickest = 0
        self._spread = 0

    def wait(self, now: int) -> int:
        """Milliseconds until the next request may be sent, 0 for now; it is then counted."""
        if self.paused_until > now:
            return self.paused_until - now
        return self._admit(now)

    def _admit(self, now: int) -> int:
        while self._ends and self._ends[0] <= now:
            heapq.heappop(self._ends)
        if self._open + len(self._ends) >= self.allowed:
            return max(1, self._ends[0] - now) if self._ends else SHORT_NAP
        self._open += 1
        return 0

    def mark_sent(self, now: int, admitted: int) -> None:
        """An admitted request has left."""
        self._left[admitted].append(now)

    def answered(self, now: int, admitted: int, ok: bool) -> None:
        """The request counts for no longer than one window more."""
        left = self._left[admitted].pop(0) if self._left[admitted] else now
        if not self._left[admitted]:
            del self._left[admitted]
        if ok:
            self._learn_latency(now - left)
        counted = max(left, now - max(0, self._quickest - JITTER)) if ok else now
        self._open -= 1
        heapq.heappush(self._ends, counted + self.window)

    def _learn_latency(self, latency: int) -> None:
        self._latencies.append(latency)
        self._quickest = min(self._latencies)
        self._spread = round(median(self._latencies)) - self._quickest

    def woke(self, late: int) -> None:
        """A thread woke so many ms later than it was to."""

    def slow_down(self, now: int, seconds: float) -> None:
        """After a 429: pause, and allow half as much until answers come again."""
        self.paused_until = max(self.paused_until, now + round(seconds * 1000))
        self.allowed = max(1, self.allowed // 2)

    def speed_up(self) -> None:
        """An answer came: allow a little more again."""
        self.allowed = min(self.ceiling, self.allowed + max(1, self.ceiling // 20))

    def bound(self, ceiling: int) -> None:
        """Allow at most ``ceiling``, and as much unless a 429 is still being recovered from."""
        recovered = self.allowed >= self.ceiling
        self.ceiling = max(1, ceiling)
        if recovered or self.allowed > self.ceiling:
            self.allowed = self.ceiling


@dataclass(slots=True)
class _Flight:
    """A request on its way: when it was admitted, had left and was answered."""

    admitted: int
    left: int | None = None
    answered: int | None = None


class PacedWindow(RollingWindow):
    """A window so short that waiting for answers would leave much of the limit unused.

    Requests are spread evenly over it, and each counts from when it had left until ``window``
    after the latest instant at which HubSpot may have counted it. That is by as much later as its
    answer was later than the quickest answers: a delay on its way, or of a busy machine at either
    end, shows there. Where answers vary anyway, that is HubSpot's work and not the way, and what
    does not stand out is taken for ``JITTER``, unless this machine is busy.
    """

    def __init__(self, allowed: int, window: int) -> None:
        super().__init__(allowed, window)
        self._flights: list[_Flight] = []
        self._next = 0
        self._overslept: deque[int] = deque(maxlen=WAKINGS)

    def woke(self, late: int) -> None:
        """A thread woke so many ms later than it was to."""
        self._overslept.append(late)

    def _admit(self, now: int) -> int:
        self._flights = [flight for flight in self._flights if self._end(flight, now) > now]
        if len(self._flights) >= self.allowed:
            earliest = min(self._end(flight, now) for flight in self._flights)
            return min(SHORT_NAP, max(1, earliest - now)) if self._open else max(1, earliest - now)
        gap = self.window // self.allowed
        # after a rest the second may follow at once; who comes late catches up half a step
        behind = gap // 2 if self._flights else 2 * gap
        turn = max(self._next, now - behind)
        if turn > now:
            return turn - now
        self._next = turn + gap
        self._flights.append(_Flight(now))
        self._open += 1
        return 0

    def mark_sent(self, now: int, admitted: int) -> None:
        """The request counts from now on."""
        for flight in self._flights:
            if flight.admitted == admitted and flight.left is None:
                flight.left = now
                self._open -= 1
                return

    def answered(self, now: int, admitted: int, ok: bool) -> None:
        """How long the answer took tells how late the request may have been counted."""
        for flight in self._flights:
            if flight.admitted == admitted and flight.answered is None and flight.left is not None:
                flight.answered = now
                if ok:
                    self._learn_latency(now - flight.left)
                return

    def _end(self, flight: _Flight, now: int) -> int:
        """When the request counts no more, as far as is known now."""
        if flight.left is None:
            return now + self.window
        busy = any(overslept >= OVERSLEPT for overslept in self._overslept)
        took = (flight.answered or now) - flight.left
        if busy and len(self._latencies) < STEADY_ANSWERS:
            # even the quickest answer so far may have been late
            return flight.left + self.window + min(took, LATEST)
        slack = self._least_slack() if flight.answered else JITTER
        if self._latencies:
            late = took - self._quickest
            if busy:
                # the quickest answer may have been late by so much
                late += JITTER
            elif JITTER < late <= 4 * self._spread:
                late = JITTER
            slack = max(slack, late)
        return flight.left + self.window + min(slack, LATEST)

    def _least_slack(self) -> int:
        if len(self._latencies) < STEADY_ANSWERS:
            return JITTER
        return min(JITTER, 20 + 3 * self._spread)
