"""How often a schedule lets a task run, and when a promise of freshness asks for a run. Pure.

Source: Snowflake, "CREATE TASK", on SCHEDULE and its CRON expressions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

MINUTES_A_DAY = 24 * 60
# Eight years: whatever a CRON expression means by day, month and weekday comes twice in them.
DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range(8 * 366)]
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

SCHEDULE = re.compile(r"(?i)[1-9]\d{0,4} MINUTES?|USING CRON( \S+){5} [a-z_]+(/[a-z0-9_+-]+)*")
SHORTEST_PROMISE = 5
SPAN = re.compile(r"(?i)([1-9]\d{0,4}) (MINUTE|HOUR|DAY)S?")
MINUTES = {"MINUTE": 1, "HOUR": 60, "DAY": MINUTES_A_DAY}
SHORTEST_PROMISE = 5
# The task of the syncs with fresh_within comes at least so often (minutes): what failed is soon
# tried again, and coming in vain costs three statements.
LONGEST_LOOK = 15


def checked_schedule(schedule: str | None) -> str | None:
    """A schedule as Snowflake's tasks take it. Raises ``ValueError``."""
    if schedule is not None and not SCHEDULE.fullmatch(schedule):
        raise ValueError(
            f"{schedule!r} is no schedule; use '60 MINUTES' or 'USING CRON 0 * * * * UTC'"
        )
    return schedule


def checked_promise(promise: str | None) -> str | None:
    """A promise of freshness in upper case. Raises ``ValueError``."""
    if promise is None:
        return None
    if not SHORTEST_PROMISE <= (minutes_of(promise) or 0) <= MINUTES_A_DAY:
        raise ValueError(
            f"{promise!r} is no time from '5 MINUTES' to '1 DAY'; use for example '15 MINUTES' or "
            "'2 HOURS'"
        )
    return promise.upper()


def minutes_of(span: str | None) -> int | None:
    """The minutes of a span like ``2 HOURS``; None for no span, or what is none."""
    match = SPAN.fullmatch(span or "")
    return None if match is None else int(match[1]) * MINUTES[match[2].upper()]


def minutes_between_looks(promise: int) -> int:
    """How often to look whether a sync is to run that is to be fresh within ``promise`` minutes.

    At least twice within it, so that a sync whose runs take long can be run at the look before the
    last; the last look leaves a minute for the run.
    """
    return (promise - 1) // max(2, math.ceil(promise / LONGEST_LOOK))


def longest_gap(schedule: str | None) -> int | None:
    """The most minutes between two runs; None for no schedule, or one that never runs.

    A change to or from summer time may make a gap an hour longer or shorter.
    """
    words = (schedule or "").upper().split()
    if len(words) == 2:
        return int(words[0])
    try:
        return _of_cron(words[2:7]) if len(words) == 8 else None
    except (ValueError, IndexError):
        # Snowflake alone says what it takes; this only looks at what it took
        return None


def _of_cron(fields: list[str]) -> int | None:
    minutes, hours = _numbers(fields[0], 0, 59), _numbers(fields[1], 0, 23)
    times = sorted(hour * 60 + minute for hour in hours for minute in minutes)
    days = [n for n, day in enumerate(DAYS) if _runs_on(day, *fields[2:])]
    if len(days) < 2:
        return None
    within = [later - earlier for earlier, later in pairwise(times)]
    overnight = max(later - earlier for earlier, later in pairwise(days)) * MINUTES_A_DAY
    return max([*within, overnight + times[0] - times[-1]])


def _runs_on(day: date, of_month: str, month: str, of_week: str) -> bool:
    if day.month not in _numbers(month, 1, 12, MONTHS):
        return False
    last = (day + timedelta(days=1)).month != day.month
    in_month = last if of_month == "L" else day.day in _numbers(of_month, 1, 31)
    weekday = day.isoweekday() % 7
    if of_week.endswith("L"):
        named = _numbers(of_week[:-1], 0, 6, WEEKDAYS)
        in_week = weekday in named and (day + timedelta(days=7)).month != day.month
    else:
        in_week = weekday in _numbers(of_week, 0, 6, WEEKDAYS)
    # where both are named, either makes a day one to run on
    return in_month or in_week if "*" not in (of_month, of_week) else in_month and in_week


def _numbers(field: str, low: int, high: int, names: Sequence[str] = ()) -> set[int]:
    """The numbers that a field means: ``*``, ``*/15``, ``1-5``, ``MON,WED``."""

    def number(word: str) -> int:
        return names.index(word) + low if word in names else int(word)

    numbers: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        ends = span.split("-", 1)
        first = low if span == "*" else number(ends[0])
        last = number(ends[1]) if len(ends) == 2 else first
        if span == "*" or (step and len(ends) == 1):
            last = high
        numbers.update(range(first, last + 1, int(step or 1)))
    return numbers
