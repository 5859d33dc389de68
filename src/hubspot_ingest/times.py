"""Instants are epoch milliseconds (int, UTC) everywhere inside; text only at the edges."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

MINUTE = 60_000
DAY = 86_400_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# Milliseconds, also with decimals, as a computed property was suspected to have them
# (airbytehq/airbyte #60962, 2025-05-29).
_NUMBER = re.compile(r"-?[0-9]{1,19}|[0-9]{12,13}\.[0-9]{1,18}")
# TIMESTAMP_NTZ and DATE hold years 1 to 9999 (Snowflake, "Date & time data types").
EARLIEST = -62_135_596_800_000
LATEST = 253_402_300_799_999


# Whole numbers that may be something else than milliseconds: the digits of a date (20240131) and
# seconds (1706659200), which as milliseconds are days of 1970 to 1973, and 20240131120000, which is
# one of the year 2611.
_DOUBTFUL = (range(10**7, 10**11), range(10**13, LATEST + 1))


class Clock(Protocol):
    """The one source of time, passed in so that tests own it."""

    def now(self) -> int:
        """Epoch milliseconds."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        """Epoch milliseconds."""
        return time.time_ns() // 1_000_000

    def sleep(self, seconds: float) -> None:
        """Wait, without burning compute."""
        time.sleep(seconds)


def milliseconds(text: str) -> int | None:
    """Epoch milliseconds of what HubSpot sends as an instant, None when it is not one.

    HubSpot mixes ISO 8601 with and without fraction, with and without zone, a space for the
    ``T``, and epoch milliseconds, even within one property (docs/BEHAVIOR.md, "Values").
    """
    # a dash after the year is ISO: no need to look whether it is a number
    if text[4:5] != "-" and _NUMBER.fullmatch(text):
        number = int(text.partition(".")[0])
        return number if EARLIEST <= number <= LATEST else None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        delta = moment - EPOCH
    except OverflowError:
        return None
    # floor division keeps instants before 1970 on the right side of their millisecond
    value = delta // _MILLISECOND
    return value if EARLIEST <= value <= LATEST else None


def instant(value: object) -> int | None:
    """As ``milliseconds``, of what may not be there."""
    return milliseconds(str(value)) if value else None


def http_date(text: str) -> int | None:
    """Epoch milliseconds of a date in a header, None when it is not one."""
    try:
        return round(parsedate_to_datetime(text).timestamp() * 1000)
    except ValueError:
        return None


def property_instant(text: str) -> int | None:
    """Epoch milliseconds of the value of a date property, None when it is not sure to be any.

    HubSpot keeps milliseconds, but takes what integrations write. A number that may be seconds or
    the digits of a date is none, unless it is a midnight, as HubSpot's own dates are.
    """
    value = milliseconds(text)
    if value is None or not _NUMBER.fullmatch(text):
        return value
    doubtful = any(value in numbers for numbers in _DOUBTFUL)
    return None if doubtful and value % DAY else value


def day(text: str) -> str | None:
    """``YYYY-MM-DD`` of what HubSpot sends as a date (ISO date, instant or milliseconds)."""
    value = property_instant(text)
    return None if value is None else iso(value)[:10]


def iso_or_none(value: int | None) -> str | None:
    """As ``iso``, of what may not be there."""
    return None if value is None else iso(value)


def iso(value: int) -> str:
    """ISO 8601 in UTC with milliseconds and ``Z``, the form HubSpot itself writes."""
    moment = EPOCH + timedelta(milliseconds=value)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{value % 1000:03d}Z".rjust(24, "0")
