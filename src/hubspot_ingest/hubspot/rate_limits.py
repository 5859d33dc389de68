"""The governor: decides when a request may be sent. One per process, for all threads.

HubSpot counts three things apart ("API usage guidelines"): requests of this app in a rolling ten
seconds, reported in headers; searches of all apps of the account in a rolling second, reported
nowhere; and association reads. A day's total is in headers too. The governor keeps an exact
rolling count of its own for each, so that it neither breaks a limit nor leaves it unused.

Other processes of ours that read the same portal take a share each (``share``).
"""

from __future__ import annotations

import heapq
import threading
from collections import deque
from collections.abc import Mapping

from hubspot_ingest.errors import DeadlineReached
from hubspot_ingest.hubspot.daily_quota import DailyQuota
from hubspot_ingest.hubspot.fair_queue import FairQueue
from hubspot_ingest.hubspot.requests import Bucket
from hubspot_ingest.model import Usage
from hubspot_ingest.times import Clock

ONE_SECOND = 1_000
TEN_SECONDS = 10_000
# What the smallest subscription allows, assumed until the first answer has the real limit.
BURST_ASSUMED = 100
SEARCHES_PER_SECOND = 5
ASSOCIATION_READS = 100
# Left free of every learnt limit, for requests under way when HubSpot counted.
MARGIN = 2
# A search counts from when it left: in a window as short as its answer takes, waiting for the
# answer would leave much of the limit unused. This is how much the way there may vary, in ms.
SEARCH_JITTER = 40
LONGEST_NAP = 0.25
# How long a request waits, in ms, whose turn it is not.
SHORT_NAP = 5
# The weight of a request where nothing else is said, of which twice as much counts twice.
WEIGHT = 2


class _Rolling:
    """At most ``allowed`` requests in any ``window`` (ms); None allows any number.

    A request counts from when it is admitted until ``window`` after it was answered: HubSpot
    counted it somewhere in between, so its own rolling count can never be above ours.
    """

    def __init__(self, allowed: int | None, window: int) -> None:
        self.allowed = allowed
        self.ceiling = allowed
        self.window = window
        self.paused_until = 0
        self._open = 0
        self._ends: list[int] = []

    def wait(self, now: int) -> int:
        """Milliseconds until the next request may be sent, 0 for now; it is then counted."""
        while self._ends and self._ends[0] <= now:
            heapq.heappop(self._ends)
        if self.paused_until > now:
            return self.paused_until - now
        if self.allowed is not None and self._open + len(self._ends) >= self.allowed:
            return max(1, self._ends[0] - now) if self._ends else 5
        self._open += 1
        return 0

    def counted(self, now: int) -> None:
        """A request counts for one window more, from now on."""
        self._open -= 1
        heapq.heappush(self._ends, now + self.window)

    def slow_down(self, now: int, seconds: float) -> None:
        """After a 429: pause, and allow half as much until answers come again."""
        self.paused_until = max(self.paused_until, now + round(seconds * 1000))
        if self.allowed is not None:
            self.allowed = max(1, self.allowed // 2)

    def speed_up(self) -> None:
        if self.allowed is not None and self.ceiling is not None:
            self.allowed = min(self.ceiling, self.allowed + max(1, self.ceiling // 20))

    def bound(self, ceiling: int) -> None:
        """Allow at most ``ceiling``, and as much unless a 429 is still being recovered from."""
        recovered = self.allowed is None or self.allowed >= (self.ceiling or 0)
        self.ceiling = max(1, ceiling)
        if recovered or self.allowed is None or self.allowed > self.ceiling:
            self.allowed = self.ceiling


class Governor:
    """Grants requests, bucket by bucket. Thread-safe."""

    def __init__(self, clock: Clock, *, reserve_percent: float = 0) -> None:
        """``reserve_percent`` of the daily limit is never touched: it is other apps' share."""
        self._clock = clock
        self._reserve = 0.0
        self.reserve(reserve_percent)
        self._lock = threading.Lock()
        self._buckets = {
            Bucket.BURST: _Rolling(BURST_ASSUMED, TEN_SECONDS),
            Bucket.SEARCH: _Rolling(SEARCHES_PER_SECOND, ONE_SECOND + SEARCH_JITTER),
            Bucket.ASSOCIATIONS: _Rolling(ASSOCIATION_READS, TEN_SECONDS),
        }
        self._turns = {bucket: FairQueue() for bucket in self._buckets}
        self._sent: deque[int] = deque()
        self._under_way = 0
        self._learnt: int | None = None
        self._others = 0
        self._share = 1.0
        self._looked_at: int | None = None
        self._day = DailyQuota()

    def reserve(self, percent: float) -> None:
        """Leave at least this share of the daily limit to other apps."""
        self._reserve = max(self._reserve, percent / 100)

    def share(self, share: float, *, from_: int = 0) -> None:
        """Take this share of every limit, for other processes of ours read the same portal.

        Searches wait until ``from_`` (epoch ms), when the others will have noticed.
        """
        with self._lock:
            self._share = share
            self._buckets[Bucket.SEARCH].bound(int(SEARCHES_PER_SECOND * share))
            self._buckets[Bucket.ASSOCIATIONS].bound(int(ASSOCIATION_READS * share))
            self._buckets[Bucket.SEARCH].paused_until = max(
                self._buckets[Bucket.SEARCH].paused_until, from_
            )
            if self._learnt is not None:
                self._bound_burst(self._learnt)

    def look_due(self, every: int, *, first: bool = False) -> bool:
        """Whether to look who shares the limits: every so many ms in a process, once at ``first``.

        It is then taken for done.
        """
        with self._lock:
            now = self._clock.now()
            if self._looked_at is not None and (first or now - self._looked_at < every):
                return False
            self._looked_at = now
            return True

    def limits(self) -> dict[Bucket, tuple[int | None, int]]:
        """How many requests of each bucket go out in how many ms; None: any number."""
        with self._lock:
            return {
                bucket: (rolling.allowed, rolling.window)
                for bucket, rolling in self._buckets.items()
            }

    def admit(
        self, bucket: Bucket, deadline: int, weight: int = WEIGHT, *, of_reserve: bool = False
    ) -> int:
        """Wait until a request may be sent; returns the instant it counts from.

        Of requests that wait for the same limit, those of twice the ``weight`` are twice as many.
        Raises ``DeadlineReached`` when that would be after ``deadline`` (epoch ms), and
        ``DailyLimitReached`` once the day's limit less the reserve is used up, but for the one
        request ``of_reserve`` that asks when the day ends.
        """
        turns = self._turns[bucket]
        granted = False
        with self._lock:
            turns.join(weight)
        try:
            while True:
                with self._lock:
                    now = self._clock.now()
                    if now > deadline:
                        raise DeadlineReached(
                            "the run's deadline is over; the next run carries on where this one "
                            "stopped"
                        )
                    if not of_reserve:
                        self._day.check(now, self._reserve)
                    wait = self._buckets[bucket].wait(now) if turns.is_next(weight) else SHORT_NAP
                    if wait == 0:
                        granted = True
                        self._day.spend()
                        self._under_way += 1
                        if bucket is Bucket.BURST:
                            self._sent.append(now)
                        return now
                if now + wait > deadline:
                    raise DeadlineReached(
                        "the run's deadline came while it waited for HubSpot's rate limit; "
                        "the next run carries on where this one stopped"
                    )
                self._clock.sleep(min(wait / 1000, LONGEST_NAP))
        finally:
            with self._lock:
                turns.leave(weight, granted=granted)

    def mark_sent(self, bucket: Bucket) -> None:
        """An admitted request is on its way; to be called once for each, before its answer."""
        if bucket is Bucket.SEARCH:
            with self._lock:
                self._buckets[bucket].counted(self._clock.now())

    def answered(self, bucket: Bucket, sent: int, headers: Mapping[str, str], ok: bool) -> None:
        """Learn from an answer (or from its absence: empty headers, not ok)."""
        with self._lock:
            rolling = self._buckets[bucket]
            self._under_way -= 1
            if bucket is not Bucket.SEARCH:
                rolling.counted(self._clock.now())
            if ok:
                rolling.speed_up()
            if bucket is Bucket.BURST:
                self._learn(rolling, sent, headers, ok)
            daily = _number(headers, "x-hubspot-ratelimit-daily")
            remaining = _number(headers, "x-hubspot-ratelimit-daily-remaining")
            if daily and remaining is not None:
                # what is under way may or may not have been counted already
                self._day.update(daily, remaining - self._under_way, sent, self._clock.now())

    def throttled(self, bucket: Bucket, seconds: float) -> None:
        """HubSpot answered 429: nothing of this bucket goes out for ``seconds``."""
        with self._lock:
            self._buckets[bucket].slow_down(self._clock.now(), seconds)

    # -- the day ---------------------------------------------------------------------------------

    def usage_due(self) -> bool:
        """Whether to ask the usage endpoint now; true once until the next answer about the day."""
        with self._lock:
            return self._day.due(self._reserve)

    def learn(self, usage: Usage | None) -> None:
        """Take over the usage endpoint's answer; None: it gave none, and is not asked again."""
        with self._lock:
            if usage is None:
                self._day.stop_asking()
            else:
                self._day.learn(usage, self._clock.now())

    def remember(self, usage: Usage) -> None:
        """Begin with the usage an earlier run stored, if it is still the same day."""
        with self._lock:
            self._day.remember(usage, self._clock.now(), self._reserve)

    @property
    def usage(self) -> Usage | None:
        """Today's usage; None while it is unknown."""
        with self._lock:
            return self._day.usage

    # -- inside ----------------------------------------------------------------------------------

    def _learn(self, rolling: _Rolling, sent: int, headers: Mapping[str, str], ok: bool) -> None:
        while self._sent and self._sent[0] <= sent - TEN_SECONDS:
            self._sent.popleft()
        limit = _number(headers, "x-hubspot-ratelimit-max")
        if limit is not None:
            interval = _number(headers, "x-hubspot-ratelimit-interval-milliseconds") or TEN_SECONDS
            remaining = _number(headers, "x-hubspot-ratelimit-remaining")
            self._others = 0
            if remaining is not None:
                ours = sum(1 for sent_at in self._sent if sent_at <= sent)
                self._others = max(0, limit - remaining - ours)
            rolling.window = interval
            self._learnt = limit
            self._bound_burst(limit)
        elif ok and self._learnt is None:
            # HubSpot always tells; who does not tell has no limit (a sandbox, a gateway)
            rolling.allowed = rolling.ceiling = None

    def _bound_burst(self, limit: int) -> None:
        free = min(int(limit * self._share), limit - self._others)
        self._buckets[Bucket.BURST].bound(free - MARGIN)


def _number(headers: Mapping[str, str], name: str) -> int | None:
    try:
        return int(headers.get(name, ""))
    except ValueError:
        return None
