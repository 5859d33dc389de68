"""The governor: decides when a request may be sent. One per process, for all threads.

HubSpot counts three things apart ("API usage guidelines"): requests of this app in a rolling ten
seconds, reported in headers; searches of all apps of the account in a rolling second, reported
nowhere; and association reads. A day's total is in headers too. The governor keeps an exact
rolling count of its own for each, so that it neither breaks a limit nor leaves it unused.

Other processes of ours that read the same portal take a share each (``share``).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hubspot_ingest.errors import AnswerLost, DeadlineReached
from hubspot_ingest.hubspot.daily_quota import DailyQuota
from hubspot_ingest.hubspot.requests import Bucket
from hubspot_ingest.hubspot.rolling_windows import SHORT_NAP, PacedWindow, RollingWindow
from hubspot_ingest.model import Usage
from hubspot_ingest.times import Clock

ONE_SECOND = 1_000
TEN_SECONDS = 10_000
# What the smallest subscription allows, assumed until the first answer has the real limit.
BURST_ASSUMED = 100
SEARCHES_PER_SECOND = 5
# Association reads in ten seconds: with Free and Starter, with Professional and Enterprise, and
# with the add-on for more ("API usage guidelines"). Their answers need not tell: they are exempt
# from the burst limit (OpenAPI of 2026-09), which is 100, 150 or 190, and 250 with the same.
ASSOCIATION_READS = 100
ASSOCIATION_READS_BY_BURST = ((250, 200), (150, 150), (0, ASSOCIATION_READS))
# Left free of every learnt limit, for requests under way when HubSpot counted.
MARGIN = 2
# How long (ms) a waiting request sleeps at most before it looks again.
LONGEST_NAP = 250
# A request that is not sent this long (ms) after its turn came is overtaken: the machine is busy
# and does not wake its thread.
LATE = 20
# The weight of a request by default; one of twice the weight gets twice as many turns.
WEIGHT = 2


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """One request that waits."""

    weight: int


@dataclass(slots=True)
class _Lane:
    waiting: deque[Turn] = field(default_factory=deque)
    distance: float = 0.0


class FairQueue:
    """Turns of one bucket, by weight. Not thread-safe: the governor's lock is around it.

    Stride scheduling: each weight has a distance, a granted request adds one over the weight to it,
    and of the weights that wait the one with the smallest distance is next. Weights of 4 and 1 that
    both wait all the time get four grants and one; a weight that does not wait costs nobody
    anything. Of one weight, who came first is next: readers of equal ranges then end at once.
    """

    def __init__(self) -> None:
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


class Governor:
    """Grants requests, bucket by bucket. Thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._reserve = 0.0
        self._lock = threading.Lock()
        self._buckets = {
            Bucket.BURST: RollingWindow(BURST_ASSUMED, TEN_SECONDS),
            Bucket.SEARCH: PacedWindow(SEARCHES_PER_SECOND, ONE_SECOND),
            Bucket.ASSOCIATIONS: RollingWindow(ASSOCIATION_READS, TEN_SECONDS),
        }
        self._association_reads = ASSOCIATION_READS
        self._queues = {bucket: FairQueue() for bucket in self._buckets}
        # until when the next request of a bucket has to wait, as far as is known
        self._until = dict.fromkeys(self._buckets, 0)
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
            self._buckets[Bucket.ASSOCIATIONS].bound(int(self._association_reads * share))
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
        self,
        bucket: Bucket,
        deadline: int,
        weight: int = WEIGHT,
        longest_wait: int | None = None,
        *,
        of_reserve: bool = False,
    ) -> int:
        """Wait until a request may be sent; returns the instant it counts from.

        Of requests that wait for the same limit, those of twice the ``weight`` are twice as many.
        Raises ``DeadlineReached`` when that would be after ``deadline`` (epoch ms), and
        ``DailyLimitReached`` once the day's limit less the reserve is used up, but for the one
        request ``of_reserve`` that asks when the day ends. Raises ``AnswerLost`` where it would
        wait longer than ``longest_wait`` (ms): nothing is sent then.
        """
        queue = self._queues[bucket]
        latest = None if longest_wait is None else self._clock.now() + longest_wait
        granted = False
        with self._lock:
            turn = queue.join(weight)
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
                    until = self._until[bucket]
                    if queue.is_next(turn, first_is_late=now > until + LATE):
                        wait = self._buckets[bucket].wait(now)
                        self._until[bucket] = now + wait
                    else:
                        wait = max(SHORT_NAP, until - now)
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
                if latest is not None and now + wait > latest:
                    raise AnswerLost(
                        "a request waited for HubSpot's rate limit for longer than what was read "
                        "before it holds: nothing was sent, it is decided anew"
                    )
                nap = min(wait, LONGEST_NAP)
                self._clock.sleep(nap / 1000)
                with self._lock:
                    self._buckets[bucket].woke(self._clock.now() - now - nap)
        finally:
            with self._lock:
                queue.leave(turn, granted=granted)

    def mark_sent(self, bucket: Bucket, sent: int) -> None:
        """The request admitted at ``sent`` is on its way; to be told once, before its answer."""
        with self._lock:
            self._buckets[bucket].mark_sent(self._clock.now(), sent)

    def answered(
        self,
        bucket: Bucket,
        sent: int,
        headers: Mapping[str, str],
        ok: bool,
        began: int | None = None,
    ) -> None:
        """Learn from an answer (or from its absence: empty headers, not ok).

        ``began`` is when its headers were there (epoch ms), None: now. HubSpot had counted the
        request by then, and a long body comes later by as much as this machine is busy.
        """
        with self._lock:
            rolling = self._buckets[bucket]
            self._under_way -= 1
            rolling.answered(self._clock.now() if began is None else began, sent, ok)
            if ok:
                rolling.speed_up()
            limit = _number(headers, "x-hubspot-ratelimit-max")
            if bucket is Bucket.BURST and limit:
                self._learn_burst(limit, sent, headers)
            reads = [reads for _, reads in ASSOCIATION_READS_BY_BURST if reads == limit]
            if bucket is Bucket.ASSOCIATIONS and reads:
                self._learn_associations(reads[0])
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

    def _learn_burst(self, limit: int, sent: int, headers: Mapping[str, str]) -> None:
        while self._sent and self._sent[0] <= sent - TEN_SECONDS:
            self._sent.popleft()
        interval = _number(headers, "x-hubspot-ratelimit-interval-milliseconds") or TEN_SECONDS
        remaining = _number(headers, "x-hubspot-ratelimit-remaining")
        self._others = 0
        if remaining is not None:
            ours = sum(1 for sent_at in self._sent if sent_at <= sent)
            self._others = max(0, limit - remaining - ours)
        self._buckets[Bucket.BURST].window = interval
        if limit != self._learnt:
            self._learn_associations(
                next(reads for burst, reads in ASSOCIATION_READS_BY_BURST if limit >= burst)
            )
        self._learnt = limit
        self._bound_burst(limit)

    def _learn_associations(self, reads: int) -> None:
        self._association_reads = reads
        self._buckets[Bucket.ASSOCIATIONS].bound(int(reads * self._share))

    def _bound_burst(self, limit: int) -> None:
        free = min(int(limit * self._share), limit - self._others)
        self._buckets[Bucket.BURST].bound(free - MARGIN)


def _number(headers: Mapping[str, str], name: str) -> int | None:
    """The number in a header, 0 where it is less; None where there is none."""
    try:
        return max(0, int(headers.get(name, "")))
    except ValueError:
        return None


class ExchangeTrace:
    """Learns from the transport when a request leaves and when its answer begins."""

    def __init__(self, clock: Clock, on_sent: Callable[[], None]) -> None:
        """``on_sent`` is called once: when the request left, or when it ended without."""
        self._clock = clock
        self._on_sent = on_sent
        self._notified = False
        self.answer_began: int | None = None
        """When the answer's headers were there (epoch ms); None: they are not."""

    def trace(self, event: str, _about: object) -> None:
        """Called by httpcore, whose event names begin with the protocol's."""
        if event.endswith("send_request_body.complete"):
            self.notify_sent()
        elif event.endswith("receive_response_headers.complete"):
            self.answer_began = self._clock.now()

    def notify_sent(self) -> None:
        """Call ``on_sent`` unless that was done."""
        if not self._notified:
            self._notified = True
            self._on_sent()
