"""Conditions that are counted from today, as the filter builder shows them and as they are stored.

Pure. ``docs/SETTINGS.md`` says what ``TODAY-30`` means; here it is "in the last 30 days".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Filter = dict[str, Any]

WORDS = {
    "LAST_DAYS": "is in the last … days",
    "DAYS_AGO": "is more than … days ago",
    "NEXT_DAYS": "is in the next … days",
    "TODAY": "is today",
    "YESTERDAY": "is yesterday",
    "THIS_MONTH": "is this month",
    "LAST_MONTH": "is last month",
    "THIS_YEAR": "is this year",
}
COUNTED = ("LAST_DAYS", "DAYS_AGO", "NEXT_DAYS")
"""The conditions that take a number of days."""
DAYS = 30
"""What such a condition begins with."""

_PERIODS = {
    "TODAY": "TODAY",
    "YESTERDAY": "TODAY-1",
    "THIS_MONTH": "THIS_MONTH",
    "LAST_MONTH": "THIS_MONTH-1",
    "THIS_YEAR": "THIS_YEAR",
}
_RELATIVE = re.compile(r"(TODAY|THIS_MONTH|THIS_YEAR)([+-][0-9]{1,4})?")
_BACK, _AHEAD = re.compile(r"TODAY-([0-9]{1,4})"), re.compile(r"TODAY\+([0-9]{1,4})")


def is_relative(value: object) -> bool:
    """Whether a filter's value is counted from today."""
    return isinstance(value, str) and _RELATIVE.fullmatch(value) is not None


def shift(value: object) -> tuple[str, float] | None:
    """From what a value is counted, and how far; None of what is not counted from today."""
    match = _RELATIVE.fullmatch(value) if isinstance(value, str) else None
    return None if match is None else (match[1], float(match[2] or 0))


def stored(filter_: Filter) -> Filter:
    """A shown filter as ``CONFIGURE_SYNC`` takes it."""
    condition = str(filter_["operator"])
    name = {"propertyName": filter_["propertyName"]}
    if condition in _PERIODS:
        return {**name, "operator": "EQ", "value": _PERIODS[condition]}
    if condition not in COUNTED:
        return filter_
    days = max(int(filter_.get("value") or 0), 0)
    if condition == "DAYS_AGO":
        return {**name, "operator": "LT", "value": f"TODAY-{days}"}
    ends = (f"TODAY-{days}", "TODAY") if condition == "LAST_DAYS" else ("TODAY", f"TODAY+{days}")
    return {**name, "operator": "BETWEEN", "value": ends[0], "highValue": ends[1]}


def shown(filter_: Mapping[str, Any]) -> Filter:
    """A stored filter as the builder shows it."""
    operator, value = str(filter_["operator"]), str(filter_.get("value"))
    name = {"propertyName": filter_["propertyName"]}
    back = _BACK.fullmatch(value)
    if operator == "EQ":
        for condition, period in _PERIODS.items():
            if value == period:
                return {**name, "operator": condition}
    elif operator == "LT" and back:
        return {**name, "operator": "DAYS_AGO", "value": int(back[1])}
    elif operator == "BETWEEN":
        ahead = _AHEAD.fullmatch(str(filter_.get("highValue")))
        if back and filter_.get("highValue") == "TODAY":
            return {**name, "operator": "LAST_DAYS", "value": int(back[1])}
        if ahead and value == "TODAY":
            return {**name, "operator": "NEXT_DAYS", "value": int(ahead[1])}
    return dict(filter_)
