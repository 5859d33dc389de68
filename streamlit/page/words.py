"""Formats numbers, durations, sizes and times (in the viewer's zone) as text."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from html import escape
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

NOTHING = "–"
LABELS = "object-labels"
"""Where the session keeps the labels of custom objects, by stream."""

# what HubSpot puts before the names of a portal's custom objects: p62515001_machines
_PORTAL = re.compile(r"^p\d+_(?=.)")


def zone() -> tzinfo:
    """The viewer's time zone; UTC where the browser does not tell."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, AttributeError):
        return UTC


def number(value: object) -> str:
    """``12,345``; a dash for nothing."""
    if value is None or isinstance(value, bool) or not isinstance(value, int | float):
        return NOTHING if value is None else str(value)
    return f"{value:,.0f}"


def percent(value: float | None) -> str:
    """``12 %``, and ``under 1 %`` for a little of something."""
    if value is None:
        return NOTHING
    if 0 < value < 1:
        return "under 1 %"
    return f"{value:.0f} %"


def credits(value: float) -> str:
    """Snowflake's credits with two digits that say something: ``1.3``, ``0.052``."""
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"


def size(count: float | None) -> str:
    """Bytes in the unit a person would use."""
    if count is None:
        return NOTHING
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000:
            return f"{count:,.0f} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"


def duration(seconds: float | None) -> str:
    """``0.4 s``, ``12 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds is None:
        return NOTHING
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def utc(value: datetime | str | None) -> datetime | None:
    """A view's timestamp (naive, UTC) or an answer's ISO text as an aware UTC datetime."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return None
    if value is None:
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def clock(value: datetime | str | None, now: datetime | None = None) -> str:
    """``10:42`` today, ``yesterday 10:42``, ``3 Nov 10:42`` before; in the viewer's zone."""
    instant = utc(value)
    if instant is None:
        return NOTHING
    try:
        there = instant.astimezone(zone())
    except OverflowError:
        # "for good" is kept as the last instant there is, which no other zone can tell
        there = instant
    today = (now or datetime.now(UTC)).astimezone(zone())
    days = (today.date() - there.date()).days
    if days == 0:
        return f"{there:%H:%M}"
    if days == 1:
        return f"yesterday {there:%H:%M}"
    if days == -1:
        return f"tomorrow {there:%H:%M}"
    year = "" if there.year == today.year else f" {there.year}"
    return f"{there.day} {there:%b}{year} {there:%H:%M}"


def time(value: datetime | str | None, *, before: str = "") -> str:
    """HTML of an instant: the viewer's time, with UTC on hover."""
    instant = utc(value)
    if instant is None:
        return NOTHING
    return (
        f'<time datetime="{instant.isoformat()}" title="{instant:%Y-%m-%d %H:%M:%S} UTC">'
        f"{escape(before)}{escape(clock(instant))}</time>"
    )


def ago(value: datetime | str | None) -> timedelta | None:
    """How long ago an instant was."""
    instant = utc(value)
    return None if instant is None else datetime.now(UTC) - instant


def plural(count: int, singular: str, many: str | None = None) -> str:
    """``1 sync``, ``3 syncs``."""
    return f"{count:,} {singular if count == 1 else many or singular + 's'}"


def title(name: str) -> str:
    """``line_items`` as a heading: ``Line items``; a custom object by its label, once known."""
    label: str | None = st.session_state.get(LABELS, {}).get(name)
    if label is not None:
        return label
    spaced = _PORTAL.sub("", name).replace("_", " ").strip()
    return spaced[:1].upper() + spaced[1:]
