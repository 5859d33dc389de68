"""A server that counts requests as HubSpot does, and what sends them under a governor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hubspot_ingest.errors import DeadlineReached
from hubspot_ingest.hubspot.rate_limits import Governor
from hubspot_ingest.hubspot.requests import Bucket
from tests.builders import NOW, FakeClock

SECOND = 1_000
TEN_SECONDS = 10_000
LATE = NOW + 10**9


def headers(limit: int, remaining: int, **more: int) -> dict[str, str]:
    fields = {"max": limit, "remaining": remaining, "interval-milliseconds": TEN_SECONDS, **more}
    return {
        f"x-hubspot-ratelimit-{name.replace('_', '-')}": str(value)
        for name, value in fields.items()
    }


class Server:
    """Counts requests where HubSpot does: when they arrive, some time after they were sent."""

    def __init__(self, limit: int, window: int) -> None:
        self.limit = limit
        self.window = window
        self.arrivals: list[int] = []
        self.others: list[int] = []
        self.refused = 0

    def arrive(self, at: int) -> int:
        """How many are left in this window; below 0 the request is refused."""
        taken = [arrival for arrival in self.arrivals + self.others if arrival > at - self.window]
        left = self.limit - len(taken) - 1
        if left < 0:
            self.refused += 1
        else:
            self.arrivals.append(at)
        return left

    def most_in_any_window(self) -> int:
        arrivals = sorted(self.arrivals)
        return max(sum(at <= arrival < at + self.window for arrival in arrivals) for at in arrivals)


def drive(
    governor: Governor,
    clock: FakeClock,
    server: Server,
    bucket: Bucket,
    number: int,
    latency: Callable[[], tuple[int, int]],
    leaving: Callable[[], int] = lambda: 0,
) -> None:
    """Send ``number`` requests as soon as each is admitted, however many are under way.

    ``latency`` draws the milliseconds to the server and those back again, ``leaving`` those until
    an admitted request leaves: its thread woke late, or its connection took so long to open.
    """

    def arrive(sent: int, back: int) -> None:
        left = server.arrive(clock.now())
        header_fields = headers(server.limit, max(0, left)) if bucket is Bucket.BURST else {}
        clock.at(clock.now() + back, partial(end, sent, header_fields, left >= 0))

    def end(sent: int, header_fields: dict[str, str], ok: bool) -> None:
        governor.answered(bucket, sent, header_fields, ok)
        if not ok:
            governor.throttled(bucket, 1)

    for _ in range(number):
        sent = governor.admit(bucket, LATE)
        left = sent + leaving()
        there, back = latency()
        clock.at(left, partial(governor.mark_sent, bucket, sent))
        clock.at(left + there, partial(arrive, sent, back))
    clock.advance(60_000)


def admitted_at_once(governor: Governor, clock: FakeClock, bucket: Bucket = Bucket.BURST) -> int:
    """How many requests go out in this very millisecond."""
    for count in range(10_000):
        try:
            governor.admit(bucket, clock.now())
        except DeadlineReached:
            return count
    return 10_000


def answer_with(governor: Governor, header_fields: dict[str, str], *, ok: bool = True) -> None:
    """One request, answered at once."""
    governor.answered(Bucket.BURST, governor.admit(Bucket.BURST, LATE), header_fields, ok)


class BusyClock(FakeClock):
    """The clock of a machine that wakes threads late."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds + 0.03)
