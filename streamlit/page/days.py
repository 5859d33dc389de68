"""Days of a filter as HubSpot compares them, and back. Pure.

A ``date`` is midnight UTC of its day, whatever the zone; a ``datetime`` is an instant, so a day is
all its milliseconds in the portal's zone (HubSpot, "How should timestamps be formatted").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from page import relative_days

Filter = dict[str, Any]

_BEGINS, _ENDS = time(0), time(23, 59, 59, 999_000)
_AT_ITS_END = ("LTE", "GT")


def zone_named(name: object) -> tzinfo:
    """The zone of that name; UTC where it is not known."""
    try:
        return ZoneInfo(str(name)) if name else UTC
    except (KeyError, OSError, ValueError):
        return UTC


def day_in(value: object) -> date | None:
    """The day of a filter's value in the zone it is written in; None when it is no time."""
    text = str(value)
    try:
        if text.lstrip("-").isdecimal():
            return datetime.fromtimestamp(int(text) / 1000, UTC).date()
        return datetime.fromisoformat(text).date()
    except (ValueError, OverflowError, OSError):
        return None


def written(operator: str, position: int, day: date, type: str, zone: tzinfo) -> str:
    """A day as the value of a filter; ``position`` is 1 for the second value of two."""
    if type == "date":
        return day.isoformat()
    ends = operator in _AT_ITS_END or position == 1
    at = datetime.combine(day, _ENDS if ends else _BEGINS, zone)
    return at.isoformat(timespec="milliseconds" if ends else "seconds")


def rewritten(values: Sequence[Any], operator: str, type: str, zone: tzinfo) -> list[Any]:
    """The values of a filter under another operator; what is no whole day stays as it is."""
    return [
        written(operator, position, day, type, zone)
        if type == "datetime" and day is not None and _is_whole(value)
        else value
        for position, value in enumerate(values)
        for day in [day_in(value)]
    ]


def _is_whole(value: object) -> bool:
    """Whether a value is an end of a day in the zone it is written in."""
    try:
        return datetime.fromisoformat(str(value)).time() in (_BEGINS, _ENDS)
    except ValueError:
        return False


def on_one_day(filter_: Mapping[str, Any]) -> bool:
    """Whether a filter takes one whole day."""
    try:
        first, last = (datetime.fromisoformat(str(filter_[key])) for key in ("value", "highValue"))
    except (KeyError, ValueError):
        return False
    same = first.date() == last.date()
    return same and (first.time(), last.time()) == (_BEGINS, _ENDS)


def shown(filter_: Mapping[str, Any], type: str) -> Filter:
    """A filter as it is shown: one that takes a whole day of a ``datetime`` has the operator EQ.

    What is counted from today has a condition of its own.
    """
    if type == "datetime" and filter_.get("operator") == "BETWEEN" and on_one_day(filter_):
        return {**{k: v for k, v in filter_.items() if k != "highValue"}, "operator": "EQ"}
    return relative_days.shown(filter_) if type in ("date", "datetime") else dict(filter_)


def compared(filter_: Filter, type: str, zone: tzinfo) -> Filter:
    """A filter as HubSpot compares it: a ``datetime`` that is a day lies between the day's ends."""
    filter_ = relative_days.stored(filter_)
    day = day_in(filter_.get("value"))
    if type != "datetime" or filter_["operator"] != "EQ" or day is None:
        return filter_
    if filter_["value"] != written("EQ", 0, day, type, zone):
        return filter_  # not a whole day of the portal's: as somebody wrote it
    return {**filter_, "operator": "BETWEEN", "highValue": written("EQ", 1, day, type, zone)}


def said(value: object) -> str:
    """A filter's value in a sentence: the day alone where it is a whole one."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return at.date().isoformat() if at.time() in (_BEGINS, _ENDS) else str(value)
