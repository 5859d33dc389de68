"""Times as HubSpot writes and reads them: epoch milliseconds inside, ISO-8601 UTC outside."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache

Clock = Callable[[], int]
"""Returns the present moment in epoch milliseconds, UTC."""

DAY_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def wall_clock() -> int:
    """The machine's own time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


@lru_cache(maxsize=20_000)
def _day(days: int) -> str:
    return date.fromordinal(days + 719_163).isoformat()


@lru_cache(maxsize=512)
def iso(ms: int) -> str:
    """ISO-8601 in UTC with milliseconds, e.g. ``2026-03-01T09:30:00.125Z``."""
    days, rest = divmod(ms, DAY_MS)
    seconds, millis = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{_day(days)}T{hour:02d}:{minute:02d}:{second:02d}.{millis:03d}Z"


def envelope_iso(ms: int) -> str:
    """Like `iso`, but a whole second has no fraction (BEHAVIOR H16)."""
    text = iso(ms)
    return text if ms % 1000 else text[:-5] + "Z"


def iso_day(ms: int) -> str:
    """The UTC day of a moment, ``YYYY-MM-DD``."""
    return _day(ms // DAY_MS)


def parse_moment(text: str) -> int | None:
    """Epoch milliseconds of an ISO date, an ISO time or epoch milliseconds written as text.

    Digits finer than a millisecond are cut off, as HubSpot does. None when it is no moment.
    """
    trimmed = text.strip()
    if trimmed.lstrip("-").isdigit():
        return int(trimmed)
    try:
        moment = datetime.fromisoformat(trimmed)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return since.days * DAY_MS + since.seconds * 1000 + since.microseconds // 1000
