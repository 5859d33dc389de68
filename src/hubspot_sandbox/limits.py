"""HubSpot's request limits, counted in sliding windows, bucket by bucket."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from hubspot_sandbox.answers import CORRELATION, Refusal, json_answer
from hubspot_sandbox.times import DAY_MS, iso

BURST, SEARCH, ASSOCIATIONS, OPEN = "burst", "search", "associations", "open"
"""The limits a request can count against; an open one needs no token and counts against none."""

_MANY = 10_000_000
_SUBSCRIPTIONS = {
    "FREE": (100, 100, 250_000), "STARTER": (100, 100, 250_000),
    "PROFESSIONAL": (190, 150, 650_000), "ENTERPRISE": (190, 150, 1_000_000),
}  # fmt: skip
"""Requests per ten seconds, association reads per ten seconds, requests per day."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many requests a portal allows. The defaults are those of a Professional account.

    ``burst`` and ``associations`` are per ``interval_ms``, ``searches`` per second, ``daily`` and
    ``associations_daily`` per day of the account. ``taken_by_others`` is what other apps use of the
    burst at a moment: a number, or a function of the present. ``retry_after`` adds the header
    HubSpot rarely sends.
    """

    burst: int = 190
    interval_ms: int = 10_000
    searches: int = 5
    associations: int = 150
    associations_daily: int = 500_000
    daily: int = 625_000
    taken_by_others: int | Callable[[int], int] = 0
    searches_taken_by_others: int | Callable[[int], int] = 0
    retry_after: bool = False

    @classmethod
    def of_subscription(cls, subscription: str, *, add_on: bool = False) -> Limits:
        """The limits of FREE, STARTER, PROFESSIONAL or ENTERPRISE, more with the add-on (H75, H77).

        Raises:
            KeyError: there is no such subscription.
        """
        burst, associations, daily = _SUBSCRIPTIONS[subscription]
        if not add_on:
            return cls(burst=burst, associations=associations, daily=daily)
        return cls(
            burst=250, associations=200, associations_daily=1_000_000, daily=daily + 1_000_000
        )

    @classmethod
    def unlimited(cls) -> Limits:
        """Limits too high to be reached; the headers show them."""
        return cls(
            burst=_MANY,
            searches=_MANY,
            associations=_MANY,
            associations_daily=_MANY,
            daily=_MANY,
        )


def _taken(by: int | Callable[[int], int], now: int) -> int:
    return by(now) if callable(by) else by


@dataclass(slots=True)
class Meter:
    """Counts admitted requests. Times are epoch milliseconds; ``utc_offset_ms`` places midnight."""

    limits: Limits
    utc_offset_ms: int = 0
    day: int = -1
    used_today: int = 0
    associations_today: int = 0
    windows: dict[str, deque[int]] = field(
        default_factory=lambda: {BURST: deque(), SEARCH: deque(), ASSOCIATIONS: deque()}
    )

    def admit(self, bucket: str, now: int) -> None:
        """Count a request in.

        Raises:
            Refusal: 429 in the words of the limit that is used up (BEHAVIOR H75-H81).
        """
        self._turn_day(now)
        limits = self.limits
        associates = bucket == ASSOCIATIONS
        if self.used_today >= limits.daily or (
            associates and self.associations_today >= limits.associations_daily
        ):
            raise self._refuse("DAILY", "You have reached your daily limit.", now)
        limit, interval, others = self._limit(bucket, now)
        window = self._window(bucket, now, interval)
        if len(window) + others >= limit:
            if bucket == SEARCH:
                raise self._refuse(None, "You have reached your secondly limit.", now)
            message = "You have reached your ten_secondly_rolling limit."
            raise self._refuse("TEN_SECONDLY_ROLLING", message, now)
        if limit < _MANY:
            window.append(now)
        self.used_today += 1
        self.associations_today += associates

    def headers(self, bucket: str, now: int, *, oauth: bool = False) -> dict[str, str]:
        """The limit headers of an answer (BEHAVIOR H79).

        Searches and association reads carry those of the day only, ``oauth`` answers none of them.
        """
        limits = self.limits
        day = {
            "X-HubSpot-RateLimit-Daily": str(limits.daily),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(limits.daily - self.used_today, 0)),
        }
        if bucket in (SEARCH, ASSOCIATIONS):
            return {} if oauth else day
        limit, interval, others = self._limit(BURST, now)
        left = max(limit - others - len(self._window(BURST, now, interval)), 0)
        return {
            "X-HubSpot-RateLimit-Max": str(limits.burst),
            "X-HubSpot-RateLimit-Remaining": str(left),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(limits.interval_ms),
            "X-HubSpot-RateLimit-Secondly": str(limits.burst // 10),
            "X-HubSpot-RateLimit-Secondly-Remaining": str(limits.burst // 10),
            **({} if oauth else day),
        }

    def resets_at(self, now: int) -> int:
        """The next midnight of the account."""
        return ((now + self.utc_offset_ms) // DAY_MS + 1) * DAY_MS - self.utc_offset_ms

    def usage(self, now: int) -> tuple[int, int]:
        """Requests counted today, and how many there may be."""
        self._turn_day(now)
        return self.used_today, self.limits.daily

    def _limit(self, bucket: str, now: int) -> tuple[int, int, int]:
        limits = self.limits
        if bucket == SEARCH:
            return limits.searches, 1000, _taken(limits.searches_taken_by_others, now)
        if bucket == ASSOCIATIONS:
            return limits.associations, limits.interval_ms, 0
        return limits.burst, limits.interval_ms, _taken(limits.taken_by_others, now)

    def _window(self, bucket: str, now: int, interval: int) -> deque[int]:
        window = self.windows[bucket]
        while window and window[0] <= now - interval:
            window.popleft()
        return window

    def _turn_day(self, now: int) -> None:
        day = (now + self.utc_offset_ms) // DAY_MS
        if day != self.day:
            self.day, self.used_today, self.associations_today = day, 0, 0

    def _refuse(self, policy: str | None, message: str, now: int) -> Refusal:
        shape = {"status": "error", "message": message, "correlationId": CORRELATION}
        if policy == "DAILY":
            shape |= {"errorType": "RATE_LIMIT", "policyName": policy, "requestId": CORRELATION}
        elif policy is not None:
            shape |= {"errorType": "RATE_LIMIT", "policyName": policy, "category": "RATE_LIMITS"}
        else:
            shape["category"] = "RATE_LIMITS"
        answer = json_answer(shape, 429)
        if self.limits.retry_after:
            seconds = (self.resets_at(now) - now) // 1000 if policy == "DAILY" else 1
            answer.headers["Retry-After"] = str(seconds)
        return Refusal(answer)


def usage_shape(meter: Meter, now: int) -> dict[str, object]:
    """Today's requests in the shape of the usage endpoint (BEHAVIOR H70)."""
    used, most = meter.usage(now)
    return {
        "name": "private-apps-api-calls-daily",
        "usageLimit": most,
        "currentUsage": used,
        "collectedAt": iso(now),
        "fetchStatus": "SUCCESS",
        "resetsAt": iso(meter.resets_at(now)),
    }
