"""Counts down what is left of HubSpot's daily limit, which all apps of an account share.

Most answers carry it in headers, searches do not ("API usage guidelines"); the usage endpoint
returns it together with the time at which the day ends. Between two such answers every request of
ours is subtracted; what other apps use meanwhile shows in the next one.
"""

from __future__ import annotations

from hubspot_ingest.errors import DailyLimitReached
from hubspot_ingest.model import Usage

# How many requests are sent before the usage endpoint is asked for the first time.
REQUESTS_UNTIL_COUNTED = 100
# The share of the free requests that may be used, without an answer about the day, before it is
# asked again.
ASKED_AFTER = 0.1
# When less than this share of the limit is left by an earlier run's answer, it is asked at once.
SCARCE = 0.2


class DailyQuota:
    """Counts down what is left today. Not thread-safe: the governor's lock is around it."""

    def __init__(self) -> None:
        self._limit: int | None = None
        self._left = 0
        self._resets_at: int | None = None
        self._checked_at = 0
        self._updated_for = 0
        self._uncounted = 0
        self._asked = False
        self._silent = False
        self._apps: tuple[tuple[str, int], ...] = ()

    def check(self, now: int, reserve: float) -> None:
        """Raise ``DailyLimitReached`` where the next request would come out of the ``reserve``.

        That is the share of the limit which is other apps'.
        """
        self._begin_new_day(now)
        if self._limit is not None and self._left <= self._limit * reserve:
            raise DailyLimitReached(
                f"{max(0, self._left)} of HubSpot's {self._limit} requests of today are left and "
                "the reserve for other apps begins; the next run after midnight in the account's "
                "time zone carries on"
            )

    def spend(self) -> None:
        """Count a request that leaves."""
        self._left -= 1
        self._uncounted += 1

    def update(self, limit: int, left: int, sent: int, now: int) -> None:
        """Learn from the headers of the answer to a request sent at ``sent``.

        Answers overtake each other: one to an earlier request does not raise what is left.
        """
        if self._limit is not None and left > self._left and sent < self._updated_for:
            return
        self._limit, self._left, self._updated_for, self._checked_at = limit, left, sent, now
        self._uncounted = 0
        self._asked = False

    def learn(self, usage: Usage, now: int) -> None:
        """Learn from the usage endpoint, or from what an earlier run left behind."""
        if usage.resets_at is not None and usage.resets_at <= now:
            return
        self._resets_at = usage.resets_at
        self._apps = usage.apps or self._apps
        self.update(usage.limit, usage.limit - usage.used, usage.checked_at, usage.checked_at)

    def remember(self, usage: Usage, now: int, reserve: float) -> None:
        """Begin with what an earlier run learnt; where little was left, ask before it is used.

        Usage without a reset time may be of another day, and is ignored.
        """
        if usage.resets_at is not None:
            self.learn(usage, now)
        if self._limit is not None:
            scarce = self._left - self._limit * reserve < SCARCE * self._limit
            self._uncounted = REQUESTS_UNTIL_COUNTED + self._left if scarce else 0

    def due(self, reserve: float) -> bool:
        """Whether to ask the usage endpoint now; true once until the next answer about the day."""
        if self._silent or self._asked:
            return False
        free = REQUESTS_UNTIL_COUNTED
        if self._limit is not None:
            above = self._left - self._limit * reserve
            if above <= 0:
                return False
            free = max(10, round(above * ASKED_AFTER))
        self._asked = self._uncounted >= free
        return self._asked

    def stop_asking(self) -> None:
        """The usage endpoint gives no answer: it is not asked again."""
        self._silent = True

    @property
    def usage(self) -> Usage | None:
        """Today's usage; None while it is unknown."""
        if self._limit is None:
            return None
        used = max(0, self._limit - self._left)
        return Usage(self._limit, used, self._resets_at, self._checked_at, self._apps)

    def _begin_new_day(self, now: int) -> None:
        """Forget the day that is over at ``now`` (epoch ms), and ask about the next one soon."""
        if self._resets_at is not None and now >= self._resets_at:
            self._limit = self._resets_at = None
            self._apps = ()
            self._uncounted, self._asked = REQUESTS_UNTIL_COUNTED, False
