"""Days of a filter that are counted from today: ``TODAY-30``, ``THIS_MONTH``. Pure.

HubSpot's search compares with instants alone, so a run turns such days into instants, in the
portal's zone. They move with the day: what that means for a run is docs/decisions/0025.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from hubspot_ingest import times
from hubspot_ingest.errors import InvalidFilter
from hubspot_ingest.model import Json, Property
from hubspot_ingest.settings import Filter, FilterGroup, Value

_RELATIVE = re.compile(r"(TODAY|THIS_MONTH|THIS_YEAR)([+-][0-9]{1,4})?")
_TYPES = ("date", "datetime")
_FROM_THE_FIRST = ("LT", "GTE")
_FROM_THE_LAST = ("LTE", "GT")
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Today in a portal, and the portal's zone."""

    today: date
    zone: tzinfo


def is_relative(value: Value | None) -> bool:
    """Whether a filter's value is counted from today."""
    return isinstance(value, str) and _RELATIVE.fullmatch(value) is not None


def any_relative(groups: Sequence[FilterGroup]) -> bool:
    """Whether a value of some filter may be counted from today."""
    return any(
        is_relative(condition.value) or is_relative(condition.high_value)
        for group in groups
        for condition in group.filters
    )


def day_of(
    groups: Sequence[FilterGroup], properties: Sequence[Property], calendar: Calendar
) -> str | None:
    """The day (ISO) from which dates in the filters are counted; None where none is."""
    dates = {prop.name for prop in properties if prop.type in _TYPES}
    relative = any(
        condition.property_name in dates
        and (is_relative(condition.value) or is_relative(condition.high_value))
        for group in groups
        for condition in group.filters
    )
    return calendar.today.isoformat() if relative else None


def compared(condition: Filter, prop: Property, calendar: Calendar, place: str) -> dict[str, Json]:
    """The filter's operator and values, with days counted from today as instants (epoch ms).

    A value such as ``THIS_MONTH`` is a whole period: ``LTE`` goes up to its end. Raises
    ``InvalidFilter`` for an operator that does not fit a period, and for a day out of range.
    """
    operator = condition.operator
    value, high_value = condition.value, condition.high_value
    if operator == "EQ":
        first, last = _bounds(str(value), prop.type, calendar, place)
        return {"operator": "BETWEEN", "value": first, "highValue": last}
    if operator == "BETWEEN":
        if is_relative(value):
            value = _bounds(str(value), prop.type, calendar, place)[0]
        if is_relative(high_value):
            high_value = _bounds(str(high_value), prop.type, calendar, place)[1]
        return {"operator": operator, "value": value, "highValue": high_value}
    if operator not in (*_FROM_THE_FIRST, *_FROM_THE_LAST):
        raise InvalidFilter(
            f"{place}: {operator} does not take {value!r}, which is counted from today; use one of "
            "BETWEEN, EQ, GT, GTE, LT, LTE"
        )
    side = 0 if operator in _FROM_THE_FIRST else 1
    return {"operator": operator, "value": _bounds(str(value), prop.type, calendar, place)[side]}


def _bounds(text: str, type: str, calendar: Calendar, place: str) -> tuple[int, int]:
    """A period's first and last value (epoch ms) for a property of this type."""
    try:
        first, following = _days(text, calendar.today)
        if type == "date":
            # midnight UTC of the day, in every zone
            return _utc(first), _utc(following - timedelta(days=1))
        begin, end = (
            datetime.combine(day, time(), calendar.zone) - times.EPOCH for day in (first, following)
        )
        return begin // _MILLISECOND, end // _MILLISECOND - 1
    except (ValueError, OverflowError):
        raise InvalidFilter(f"{place}: {text!r} is too far away; no calendar has it") from None


def _days(text: str, today: date) -> tuple[date, date]:
    """The first day of a period, and the first one after it."""
    match = _RELATIVE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    unit, shift = match.group(1), int(match.group(2) or 0)
    if unit == "TODAY":
        day = today + timedelta(days=shift)
        return day, day + timedelta(days=1)
    months = 12 if unit == "THIS_YEAR" else 1
    month = today.year * 12 + (0 if unit == "THIS_YEAR" else today.month - 1) + shift * months
    return _month(month), _month(month + months)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def _utc(day: date) -> int:
    return (day - times.EPOCH.date()) // timedelta(days=1) * times.DAY
