"""HubSpot's filter groups as the page edits them: operators by type, JSON, sentences.

Pure. Which operators fit a type, and how many filters HubSpot takes, is as docs/SETTINGS.md says.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from page import days, relative_days
from page.portal_names import NAMELESS, PortalNames

Filter = dict[str, Any]
Group = dict[str, list[Filter]]

LACKS = "A filter lacks its value: give it one, or remove it."
GROUPS, FILTERS = 5, 4
"""The most groups in a sync, and filters in a group; a run adds two filters to each group."""

WORDS = {
    "EQ": "is",
    "NEQ": "is not",
    "IN": "is any of",
    "NOT_IN": "is none of",
    "LT": "is less than",
    "LTE": "is at most",
    "GT": "is more than",
    "GTE": "is at least",
    "BETWEEN": "is between",
    "HAS_PROPERTY": "is known",
    "NOT_HAS_PROPERTY": "is unknown",
    "CONTAINS_TOKEN": "contains the word",
    "NOT_CONTAINS_TOKEN": "does not contain the word",
}
_OF_TIME = {
    **{"LT": "is before", "LTE": "is on or before", "GT": "is after", "GTE": "is on or after"},
    **relative_days.WORDS,
}

_PRESENT = ("HAS_PROPERTY", "NOT_HAS_PROPERTY")
_EQUAL = ("EQ", "NEQ", "IN", "NOT_IN")
_ORDERED = ("GTE", "GT", "LTE", "LT", "BETWEEN")
_TOKENS = ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN")
_BY_TYPE = {
    "number": (*_ORDERED, *_EQUAL, *_PRESENT),
    "date": (*relative_days.WORDS, *_ORDERED, *_EQUAL, *_PRESENT),
    # HubSpot compares an instant, and a day is none: only what can be said of a whole day
    "datetime": (*relative_days.WORDS, *_ORDERED, "EQ", *_PRESENT),
    "bool": ("EQ", "NEQ", *_PRESENT),
    "enumeration": ("IN", "NOT_IN", "EQ", "NEQ", *_PRESENT, *_TOKENS),
}
TIMES = ("date", "datetime")


def operators(type: str) -> tuple[str, ...]:
    """The operators that fit a property's type, the most useful first."""
    return _BY_TYPE.get(type, (*_EQUAL, *_TOKENS, *_PRESENT, *_ORDERED))


def operator_words(operator: str, type: str) -> str:
    """An operator as a person says it."""
    return (_OF_TIME if type in TIMES else {}).get(operator) or WORDS.get(operator, operator)


def value_type(type: str, operator: str) -> str:
    """The type of what an operator compares with: a number of days, or the property's own."""
    return "number" if operator in relative_days.COUNTED else type


def values_needed(operator: str) -> str:
    """How many values an operator takes: ``nothing``, ``one``, ``two`` or ``many``."""
    uncounted = relative_days.WORDS.keys() - {*relative_days.COUNTED}
    if operator in _PRESENT or operator in uncounted:
        return "nothing"
    return {"BETWEEN": "two", "IN": "many", "NOT_IN": "many"}.get(operator, "one")


def with_values(name: str, operator: str, values: Sequence[Any]) -> Filter:
    """A filter in HubSpot's JSON; values that are None or empty are left out."""
    filter_: Filter = {"propertyName": name, "operator": operator}
    kind = values_needed(operator)
    if kind == "many":
        filter_["values"] = [value for value in values if value not in (None, "")]
    elif kind != "nothing":
        for key, value in zip(("value", "highValue"), values, strict=False):
            if value not in (None, ""):
                filter_[key] = value
    return filter_


def values_of(filter_: Filter) -> list[Any]:
    """The values that a filter compares with."""
    if "values" in filter_:
        values = filter_["values"]
        return list(values) if isinstance(values, list) else []
    return [filter_[key] for key in ("value", "highValue") if key in filter_]


def complete(groups: Sequence[Group]) -> list[Group]:
    """The groups without the filters that still lack a value."""
    kept = [[filter_ for filter_ in group["filters"] if not lacks(filter_)] for group in groups]
    return [{"filters": filters} for filters in kept if filters]


def lacks(filter_: Filter) -> bool:
    """Whether a filter lacks a value it needs."""
    count = len(values_of(filter_))
    kind = values_needed(str(filter_.get("operator")))
    return count < {"nothing": 0, "one": 1, "two": 2, "many": 1}[kind]


def any_lacks(groups: Sequence[Group]) -> bool:
    """Whether some filter lacks a value it needs."""
    return any(lacks(filter_) for group in groups for filter_ in group["filters"])


def fault(groups: Sequence[Group], names: PortalNames) -> str | None:
    """Why filters are not saved, and what to do; None where they can be."""
    if any_lacks(groups):
        return LACKS
    condition = reversed_range(groups, names)
    if condition is None:
        return None
    return f"No record matches “{condition}”: From is above To, so swap them."


def reversed_range(groups: Sequence[Group], names: PortalNames) -> str | None:
    """In words the first condition that takes no record, as its From is more than its To.

    Text is not judged, as its order is HubSpot's; None where there is no such condition.
    """
    for group in groups:
        for filter_ in group["filters"]:
            if filter_.get("operator") != "BETWEEN" or lacks(filter_):
                continue
            type_ = names.types.get(str(filter_["propertyName"]), "string")
            first, last = (_order(value, type_) for value in values_of(filter_))
            if first is not None and last is not None and first[0] == last[0] and first > last:
                return _condition(filter_, names)
    return None


def _order(value: Any, type: str) -> tuple[str, float] | None:
    """By what a value is compared, and with which others; None where that is not known."""
    if type == "number":
        number = as_float(value)
        return None if number is None else ("", number)
    if type not in TIMES:
        return None
    from_today = relative_days.shift(value)
    if from_today is not None:
        return from_today
    at = instant(value)
    return None if at is None else ("", at.replace(tzinfo=UTC).timestamp())


def cleaned(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they are sent: without filters that lack a value."""
    kept = {key: value for key, value in settings.items() if key != "filter_groups"}
    groups = complete(settings.get("filter_groups") or [])
    return {**kept, "filter_groups": groups} if groups else kept


def as_text(groups: Sequence[Group]) -> str:
    """The groups as JSON."""
    return json.dumps(list(groups), indent=2, ensure_ascii=False)


def from_text(text: str) -> list[Group]:
    """The groups in a text: a list, or an object with ``filterGroups`` as HubSpot's search takes.

    Raises ``ValueError`` whose message says in one line what is wrong.
    """
    try:
        read: Any = json.loads(text) if text.strip() else []
    except json.JSONDecodeError as error:
        raise ValueError(
            f"this is not JSON: {error.msg.lower()} in line {error.lineno}, column {error.colno}"
        ) from None
    if isinstance(read, Mapping):
        read = read.get("filterGroups", read.get("filter_groups", read))
    if not isinstance(read, list):
        raise ValueError('filters are a list of groups: [{"filters": [...]}]')
    for n, group in enumerate(read, 1):
        if not isinstance(group, Mapping) or not isinstance(group.get("filters"), list):
            raise ValueError(f'group {n} must be an object with a list "filters"')
        for filter_ in group["filters"]:
            if (
                not isinstance(filter_, Mapping)
                or not {"propertyName", "operator"} <= filter_.keys()
            ):
                raise ValueError(f"each filter of group {n} needs propertyName and operator")
            if filter_["operator"] not in WORDS:
                raise ValueError(
                    f"{filter_['operator']} is no operator; use one of {', '.join(WORDS)}"
                )
    return [{"filters": [dict(filter_) for filter_ in group["filters"]]} for group in read]


def filter_sentence(groups: Sequence[Group], names: PortalNames = NAMELESS) -> str:
    """The groups as a sentence: which records are taken."""
    sentences = [
        " and ".join(_condition(filter_, names) for filter_ in group["filters"])
        for group in complete(groups)
    ]
    return "; or ".join(sentences) if sentences else "all records"


def _condition(stored_filter: Filter, names: PortalNames) -> str:
    """A filter as a person says it."""
    name = str(stored_filter["propertyName"])
    type_ = names.types.get(name, "string")
    filter_ = days.shown(stored_filter, type_)
    operator = str(filter_["operator"])
    words = operator_words(operator, type_)
    values = [
        days.said(value) if type_ in TIMES else names.value(name, value)
        for value in values_of(filter_)
    ]
    if operator in relative_days.COUNTED:
        return f"{names.label(name)} {words.replace('…', ''.join(values))}"
    listed = (" and " if operator == "BETWEEN" else ", ").join(values)
    return f"{names.label(name)} {words} {listed}".strip()


def as_float(value: Any) -> float | None:
    """A filter's value for a number field; None when it is no number."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def json_number(value: float | None) -> int | float | None:
    """A number as JSON should spell it: 1000, not 1000.0."""
    return int(value) if value is not None and value == int(value) else value


def instant(value: Any) -> datetime | None:
    """The instant (UTC, naive) of a value in ISO text or milliseconds; None when it is neither."""
    try:
        if str(value).lstrip("-").isdecimal():
            return datetime.fromtimestamp(int(value) / 1000, UTC).replace(tzinfo=None)
        read = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except (ValueError, OverflowError, OSError):
        return None
    return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read
