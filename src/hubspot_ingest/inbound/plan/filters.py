"""Checks a sync's filters against the portal's properties and writes them as HubSpot takes them.

Pure. HubSpot answers an unknown property in a filter with 400, compares enumeration values case
for case, and takes instants as epoch milliseconds ("CRM search"; docs/BEHAVIOR.md, "Search").
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC

from hubspot_ingest import times
from hubspot_ingest.catalog.lookup import CUSTOM, STANDARD_NAMES
from hubspot_ingest.errors import InvalidFilter
from hubspot_ingest.inbound.plan import relative_days
from hubspot_ingest.inbound.plan.relative_days import Calendar
from hubspot_ingest.model import Json, Property
from hubspot_ingest.settings import Filter, FilterGroup, Value, did_you_mean

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_ORDERED = {"LT", "LTE", "GT", "GTE", "BETWEEN"}
_TOKENS = {"CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN"}
_EQUAL = {"EQ", "NEQ", "IN", "NOT_IN"}
_PRESENT = {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}
# What may be asked of a property of each type; text takes every operator.
_OPERATORS: Mapping[str, set[str]] = {
    "number": _ORDERED | _EQUAL | _PRESENT,
    "date": _ORDERED | _EQUAL | _PRESENT,
    "datetime": _ORDERED | _EQUAL | _PRESENT,
    "bool": _EQUAL | _PRESENT,
    "enumeration": _EQUAL | _PRESENT | _TOKENS,
}


# "CRM search", "Engagements": HubSpot answers a filter on these with 400
_UNSEARCHABLE = {"hs_body_preview_html", "hs_email_html"}
_UNSEARCHABLE_OF_EMAILS = {"hs_body_preview"}
# A filter on associations.<object type> takes ids of that type's records ("CRM search").
_ASSOCIATED = "associations."
_ASSOCIATED_OPERATORS = {"EQ", "IN"}
_ID = re.compile(r"[0-9]{1,20}")
# For filters that are only checked: any day will do.
_NO_DAY = Calendar(times.EPOCH.date(), UTC)


def checked_filters(
    groups: Sequence[FilterGroup],
    properties: Sequence[Property],
    object_type: str = "",
    *,
    calendar: Calendar | None = None,
) -> list[list[Json]]:
    """Each group's filters as HubSpot takes them, of records of ``object_type``.

    Days that are counted from today are those of ``calendar``; without one the filters are checked
    and not sent.

    Raises ``InvalidFilter`` for a property the portal does not have or HubSpot cannot search, an
    operator that does not fit its type, or a value that is not of its type or among its options.
    """
    by_name = {prop.name: prop for prop in properties}
    return [
        [
            _filter(
                condition,
                by_name,
                object_type,
                f"filter_groups.{g}.filters.{f}",
                calendar or _NO_DAY,
            )
            for f, condition in enumerate(group.filters)
        ]
        for g, group in enumerate(groups)
    ]


def check_ranges(groups: Sequence[FilterGroup], properties: Sequence[Property]) -> None:
    """Raises ``InvalidFilter`` for a BETWEEN that no value lies in, as it ends before it begins.

    Text is not judged, nor a day counted from today: their order is HubSpot's, and the day's.
    """
    types = {prop.name: prop.type for prop in properties}
    for g, group in enumerate(groups):
        for f, condition in enumerate(group.filters):
            ends = (condition.value, condition.high_value)
            # a day counted from today is no number, nor is the end that other operators lack
            first, last = (_as_number(end, types.get(condition.property_name)) for end in ends)
            if first is not None and last is not None and first > last:
                raise InvalidFilter(
                    f"filter_groups.{g}.filters.{f}: no value of {condition.property_name!r} is "
                    f"between {ends[0]} and {ends[1]}: value is more than highValue; swap them"
                )


def _as_number(value: Value | None, type: str | None) -> float | None:
    """A value of a number or of a time by which it is compared; None of any other."""
    if type in ("date", "datetime"):
        return times.milliseconds(str(value))
    return float(str(value)) if type == "number" and _NUMBER.fullmatch(str(value)) else None


def _filter(
    condition: Filter,
    properties: Mapping[str, Property],
    object_type: str,
    place: str,
    calendar: Calendar,
) -> Json:
    if condition.property_name.startswith(_ASSOCIATED):
        return _associated(condition, object_type, place)
    prop = properties.get(condition.property_name)
    if prop is None:
        raise InvalidFilter(
            f"{place}: this portal has no property {condition.property_name!r} here"
            f"{did_you_mean(condition.property_name, properties)}"
        )
    of_emails = object_type == "emails" and prop.name in _UNSEARCHABLE_OF_EMAILS
    if prop.name in _UNSEARCHABLE or of_emails:
        raise InvalidFilter(f"{place}: HubSpot's search cannot look at {prop.name!r}")
    allowed = _OPERATORS.get(prop.type)
    if allowed is not None and condition.operator not in allowed:
        raise InvalidFilter(
            f"{place}: {condition.operator} does not fit {prop.name!r}, which is of type "
            f"{prop.type}; use one of {', '.join(sorted(allowed))}"
        )
    relative = relative_days.any_relative([FilterGroup(filters=(condition,))])
    if relative and prop.type in ("date", "datetime"):
        counted = relative_days.compared(condition, prop, calendar, place)
        condition = Filter.model_validate({"propertyName": prop.name, **counted})
    spelled: dict[str, Json] = {"propertyName": prop.name, "operator": condition.operator}
    if condition.value is not None:
        spelled["value"] = _value(condition.value, prop, condition.operator, place)
    if condition.high_value is not None:
        spelled["highValue"] = _value(condition.high_value, prop, condition.operator, place)
    if condition.values is not None:
        spelled["values"] = [
            _value(value, prop, condition.operator, place) for value in condition.values
        ]
    return spelled


def _associated(condition: Filter, object_type: str, place: str) -> Json:
    """A filter on what records are associated with, which standard objects have alone."""
    other = condition.property_name.removeprefix(_ASSOCIATED)
    if CUSTOM.fullmatch(object_type) or other not in STANDARD_NAMES:
        raise InvalidFilter(
            f"{place}: HubSpot filters by associations between standard objects alone, for example "
            f"associations.company; {condition.property_name!r} is none"
        )
    if condition.operator not in _ASSOCIATED_OPERATORS:
        raise InvalidFilter(
            f"{place}: {condition.operator} does not fit {condition.property_name!r}, which takes "
            "EQ or IN and record ids"
        )
    values = [condition.value] if condition.values is None else condition.values
    ids = [str(value) for value in values]
    for id in ids:
        if not _ID.fullmatch(id):
            raise InvalidFilter(f"{place}: {id!r} is no record id")
    sent: dict[str, Json] = {
        "propertyName": condition.property_name,
        "operator": condition.operator,
    }
    sent |= {"value": ids[0]} if condition.values is None else {"values": [*ids]}
    return sent


def _value(value: Value, prop: Property, operator: str, place: str) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    wrong = InvalidFilter(
        f"{place}: {text!r} is no value of {prop.name!r}, which is of type {prop.type}"
    )
    if prop.type == "number":
        if not _NUMBER.fullmatch(text):
            raise wrong
    elif prop.type in ("date", "datetime"):
        instant = times.milliseconds(text)
        if instant is None:
            raise InvalidFilter(f"{wrong}; write it as 2026-01-31, or from today as TODAY-30")
        return str(instant)
    elif prop.type == "bool":
        if text.lower() not in ("true", "false"):
            raise wrong
        return text.lower()
    elif prop.type == "enumeration" and operator not in _TOKENS and prop.options:
        options = [option for option, _ in prop.options]
        if text not in options:
            shown = ", ".join(options[:20]) + (", …" if len(options) > 20 else "")
            raise InvalidFilter(
                f"{place}: {text!r} is no option of {prop.name!r}"
                f"{did_you_mean(text, options)}; options: {shown}"
            )
    elif operator in ("IN", "NOT_IN") and prop.type != "enumeration":
        # HubSpot finds text in IN and NOT_IN only when it is given in lower case
        return text.lower()
    return text
