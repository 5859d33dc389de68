"""Checks what a column holds against the property it is to fill, while somebody maps. Pure.

Types come from HubSpot and Snowflake, values are some of the column's; the run checks every row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
_DAY = re.compile(r"\s*\d{4}-\d\d-\d\d([T ]00:00(:00(\.0+)?)?Z?)?\s*")
_MOMENT = re.compile(r"\s*\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?\s*")
_BOOLEANS = frozenset({"true", "false", "1", "0", "yes", "no"})
WORDS = {
    "string": "text",
    "number": "number",
    "bool": "true or false",
    "date": "day",
    "datetime": "time",
    "enumeration": "one of its options",
}
"""HubSpot's types in words."""


@dataclass(frozen=True)
class Check:
    """How a column fits a property: ``good``, ``warn`` or ``bad``, and why.

    ``by_label``: the values are the labels of the options and not their values.
    """

    tone: str
    text: str
    by_label: bool = False


def check(
    prop: Mapping[str, Any], kind: str, fills: Mapping[str, Sequence[str]], values: Sequence[str]
) -> Check:
    """Whether a column of a kind, with such values, can fill a property."""
    kind_of_property = str(prop["type"])
    wanted = WORDS.get(kind_of_property, kind_of_property)
    if kind not in fills.get(kind_of_property, (kind,)):
        return Check("bad", f"it takes a {wanted}; cast the column in a view")
    if kind == "JSON":
        return Check("good", "a list; the plan checks each of its values")
    if not values:
        return Check("warn", "the column is empty")
    if kind_of_property == "enumeration" and prop["options"]:
        return _options(prop, values)
    wrong = [value for value in values if not _is(kind_of_property, kind, value)]
    if wrong:
        return Check("warn", f"{_share(wrong, values)} no {wanted}, such as “{wrong[0]}”")
    rules = f"; HubSpot's rule: {'; '.join(prop['rules'])}" if prop.get("rules") else ""
    return Check("good", f"{wanted}, for example “{values[0]}”{rules}")


def _options(prop: Mapping[str, Any], values: Sequence[str]) -> Check:
    by_value = {str(value) for value, _ in prop["options"]}
    by_label = {str(label).strip().lower() for _, label in prop["options"]}
    parts = list(
        dict.fromkeys(part.strip() for text in values for part in text.split(";") if part.strip())
    )
    unknown = [part for part in parts if part not in by_value]
    if not unknown:
        return Check("good", f"an option, for example “{parts[0]}”")
    if all(part.lower() in by_label for part in parts):
        return Check("good", f"the label of an option, for example “{parts[0]}”", by_label=True)
    options = ", ".join(sorted(by_value)[:6])
    return Check(
        "warn", f"{_share(unknown, parts)} no option, such as “{unknown[0]}”; there are {options}"
    )


def _is(kind_of_property: str, kind: str, value: str) -> bool:
    if kind != "TEXT":
        return True
    match kind_of_property:
        case "number":
            return _NUMBER.fullmatch(value) is not None
        case "bool":
            return value.strip().lower() in _BOOLEANS
        case "date":
            return _DAY.fullmatch(value) is not None and _is_day(value)
        case "datetime":
            return _MOMENT.fullmatch(value) is not None and _is_day(value)
    return True


def _is_day(value: str) -> bool:
    """Whether the day that a text begins with is in the calendar."""
    try:
        date.fromisoformat(value.strip()[:10])
    except ValueError:
        return False
    return True


def _share(wrong: Sequence[str], values: Sequence[str]) -> str:
    are = "is" if len(wrong) == 1 else "are"
    return f"{len(wrong)} of {len(values)} values {are}"
