"""The configured filters, checked against the portal's properties and spelled as HubSpot wants.

Pure. HubSpot answers an unknown property in a filter with 400, compares enumeration values case
for case, and takes instants as epoch milliseconds ("CRM search"; docs/BEHAVIOR.md, "Search").
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from hubspot_ingest import times
from hubspot_ingest.errors import InvalidFilter
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


def checked_filters(
    groups: Sequence[FilterGroup], properties: Sequence[Property]
) -> list[list[Json]]:
    """Each group's filters as HubSpot takes them.

    Raises ``InvalidFilter`` for a property the portal does not have, an operator that does not
    fit its type, or a value that is not of its type or among its options.
    """
    known = {one.name: one for one in properties}
    return [
        [
            _filter(one, known, f"filter_groups.{g}.filters.{f}")
            for f, one in enumerate(group.filters)
        ]
        for g, group in enumerate(groups)
    ]


def _filter(given: Filter, known: Mapping[str, Property], place: str) -> Json:
    found = known.get(given.property_name)
    if found is None:
        raise InvalidFilter(
            f"{place}: this portal has no property {given.property_name!r} here"
            f"{did_you_mean(given.property_name, known)}"
        )
    allowed = _OPERATORS.get(found.type)
    if allowed is not None and given.operator not in allowed:
        raise InvalidFilter(
            f"{place}: {given.operator} does not fit {found.name!r}, which is of type "
            f"{found.type}; use one of {', '.join(sorted(allowed))}"
        )
    spelled: dict[str, Json] = {"propertyName": found.name, "operator": given.operator}
    if given.value is not None:
        spelled["value"] = _value(given.value, found, given.operator, place)
    if given.high_value is not None:
        spelled["highValue"] = _value(given.high_value, found, given.operator, place)
    if given.values is not None:
        spelled["values"] = [_value(one, found, given.operator, place) for one in given.values]
    return spelled


def _value(value: Value, found: Property, operator: str, place: str) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    wrong = InvalidFilter(
        f"{place}: {text!r} is no value of {found.name!r}, which is of type {found.type}"
    )
    if found.type == "number":
        if not _NUMBER.fullmatch(text):
            raise wrong
    elif found.type in ("date", "datetime"):
        instant = times.milliseconds(text)
        if instant is None:
            raise wrong
        return str(instant)
    elif found.type == "bool":
        if text.lower() not in ("true", "false"):
            raise wrong
        return text.lower()
    elif found.type == "enumeration" and operator not in _TOKENS and found.options:
        options = [option for option, _ in found.options]
        if text not in options:
            shown = ", ".join(options[:20]) + (", …" if len(options) > 20 else "")
            raise InvalidFilter(
                f"{place}: {text!r} is no option of {found.name!r}"
                f"{did_you_mean(text, options)}; options: {shown}"
            )
    elif operator in ("IN", "NOT_IN") and found.type != "enumeration":
        # HubSpot finds text in IN and NOT_IN only when it is given in lower case
        return text.lower()
    return text
