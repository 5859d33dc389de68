"""Parses search filters, refuses what HubSpot refuses, and turns them into tests of a record."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hubspot_sandbox.answers import invalid, refusal
from hubspot_sandbox.records.columns import Column, State
from hubspot_sandbox.records.table import Table
from hubspot_sandbox.schema.catalog.engagements import UNSEARCHABLE, UNSEARCHABLE_OF_EMAILS
from hubspot_sandbox.times import parse_moment

MOST_GROUPS, MOST_IN_GROUP, MOST_FILTERS = 5, 6, 18
COMPARISONS = ("EQ", "NEQ", "LT", "LTE", "GT", "GTE")
SETS = ("IN", "NOT_IN")
TOKENS = ("CONTAINS_TOKEN", "NOT_CONTAINS_TOKEN")
PRESENCE = ("HAS_PROPERTY", "NOT_HAS_PROPERTY")
OPERATORS = (*COMPARISONS, "BETWEEN", *SETS, *TOKENS, *PRESENCE)
_TOP = 1 << 62

Comparable = int | float | str
Test = Callable[[State], bool]
LinkedIds = Callable[[str, str], set[int]]
"""Ids of the records linked to (object type name, record id)."""


@dataclass(slots=True)
class Group:
    """One group of ANDed filters, taken apart.

    Bounds on the record id and on the modification time, ends included, stand alone: an index
    answers them without looking at each record. ``tests`` are all others and ``key`` names them.
    """

    first_id: int = 0
    last_id: int = _TOP
    since: int = -_TOP
    until: int = _TOP
    tests: list[Test] = field(default_factory=list)
    key: list[str] = field(default_factory=list)

    @property
    def bounded(self) -> bool:
        """Whether the modification time is bounded."""
        return self.since > -_TOP or self.until < _TOP


def parse_groups(body: dict[str, Any], table: Table, linked: LinkedIds) -> list[Group]:
    """The filter groups of a search body; without filters one group that takes everything.

    Raises:
        Refusal: 400 for what HubSpot does not accept, 500 for a moment of 0 (BEHAVIOR H36-H45).
    """
    groups = body.get("filterGroups") or []
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise invalid("Invalid input JSON: filterGroups must be a list of objects")
    filters = [group.get("filters") or [] for group in groups]
    if body.get("filters"):
        filters.append(body["filters"])
    if not all(
        isinstance(item, list) and all(isinstance(condition, dict) for condition in item)
        for item in filters
    ):
        raise invalid("Invalid input JSON: filters must be lists of objects")
    if len(filters) > MOST_GROUPS:
        raise invalid(f"Too many filterGroups: {len(filters)}, the maximum is {MOST_GROUPS}")
    if any(len(group) > MOST_IN_GROUP for group in filters):
        raise invalid(f"Too many filters in one filterGroup, the maximum is {MOST_IN_GROUP}")
    if sum(map(len, filters)) > MOST_FILTERS:
        raise invalid(f"Too many filters in total, the maximum is {MOST_FILTERS}")
    return [_group(group, table, linked) for group in filters] or [Group()]


def comparable(text: str, type_: str) -> Comparable | None:
    """A stored or given value as something that can be ordered; None when it is not of the type."""
    if type_ == "number":
        try:
            return int(text)
        except ValueError:
            pass
        try:
            return float(text)
        except ValueError:
            return None
    if type_ in ("date", "datetime"):
        return parse_moment(text)
    return text if type_ in ("enumeration", "bool") else text.lower()


def _group(filters: list[dict[str, Any]], table: Table, linked: LinkedIds) -> Group:
    group = Group()
    for item in filters:
        name, operator = item.get("propertyName"), item.get("operator")
        if not isinstance(name, str):
            raise invalid("Some required fields were not set: [propertyName]", "REQUIRED_FIELD")
        if operator not in OPERATORS:
            raise invalid(f"Invalid input JSON: operator must be one of {', '.join(OPERATORS)}")
        if name.startswith("associations."):
            ids = _linked(item, table, name.removeprefix("associations."), linked)
            group.tests.append(_member(ids))
            group.key.append(repr((name, sorted(ids))))
            continue
        column = known_property(table, name)
        of_emails = table.object_type.name == "emails" and name in UNSEARCHABLE_OF_EMAILS
        if name in UNSEARCHABLE or of_emails:
            raise invalid(f"Property '{name}' is not supported in search filters")
        if not _bound(group, table, name, operator, item, column):
            group.tests.append(_test(column, operator, item))
            group.key.append(repr(sorted(item.items())))
    return group


def known_property(table: Table, name: str) -> Column:
    """A property a filter or sort names.

    Raises:
        Refusal: 400 when it is unknown, archived or highly sensitive (BEHAVIOR H41, H62).
    """
    column = table.columns.get(name)
    if column is None or column.property.archived_at is not None:
        message = f"Property '{name}' does not exist"
    elif column.property.sensitivity == "highly_sensitive":
        message = f"Property '{name}' is highly sensitive and cannot be searched"
    else:
        return column
    raise refusal(
        400, "There was a problem with the request.", "VALIDATION_ERROR", [{"message": message}]
    )


def _linked(item: dict[str, Any], table: Table, other: str, linked: LinkedIds) -> set[int]:
    if table.object_type.custom or other.startswith(("2-", "p_")):
        raise invalid("associations filters are not supported for custom objects")
    if item["operator"] not in ("EQ", "IN"):
        raise invalid("associations filters support EQ and IN only")
    values = item.get("values") if item["operator"] == "IN" else [item.get("value")]
    return {id_ for value in values or () for id_ in linked(other, str(value))}


def _member(ids: set[int]) -> Test:
    return lambda state: state.id in ids


def _filter_value(item: dict[str, Any], field_name: str, column: Column) -> Comparable:
    """A value in a filter, as something comparable."""
    raw = item.get(field_name)
    if raw is None or raw == "":
        raise invalid(
            f"Filter on {column.name} with {item['operator']} needs '{field_name}'",
            "REQUIRED_FIELD",
        )
    text = ("true" if raw else "false") if isinstance(raw, bool) else str(raw)
    type_ = column.property.type
    value = comparable(text, type_)
    if value is None:
        raise invalid(f"Invalid {type_} value for property '{column.name}': {text}")
    if value == 0 and type_ in ("date", "datetime"):
        raise refusal(500, "internal error", "INTERNAL_ERROR")
    return value


def _bound(
    group: Group,
    table: Table,
    name: str,
    operator: str,
    item: dict[str, Any],
    column: Column,
) -> bool:
    """Narrow the group's bounds when the filter is one on the id or the modification time."""
    on_id = name == "hs_object_id"
    if not on_id and name != table.object_type.modified_property:
        return False
    if operator not in ("EQ", "LT", "LTE", "GT", "GTE", "BETWEEN"):
        return False
    low, high = -_TOP, _TOP
    value = _filter_value(item, "value", column)
    if not isinstance(value, int):
        return False
    if operator == "BETWEEN":
        top = _filter_value(item, "highValue", column)
        if not isinstance(top, int):
            return False
        low, high = value, top
    elif operator == "EQ":
        low = high = value
    elif operator in ("GT", "GTE"):
        low = value + (operator == "GT")
    else:
        high = value - (operator == "LT")
    if on_id:
        group.first_id, group.last_id = max(group.first_id, low), min(group.last_id, high)
    else:
        group.since, group.until = max(group.since, low), min(group.until, high)
    return True


def _test(column: Column, operator: str, item: dict[str, Any]) -> Test:
    if operator in PRESENCE:
        has_value = operator == "HAS_PROPERTY"
        return lambda state: (column.value(state) not in (None, "")) is has_value
    if operator in TOKENS:
        return _token(
            column, str(_filter_value(item, "value", column)), operator == "CONTAINS_TOKEN"
        )
    if operator in SETS:
        return _set(column, item, operator == "IN")
    type_ = column.property.type
    value = _filter_value(item, "value", column)
    high = _filter_value(item, "highValue", column) if operator == "BETWEEN" else value

    def test(state: State) -> bool:
        text = column.value(state)
        if text is None or text == "":
            return operator == "NEQ"  # H48: a record without a value differs from every value
        if type_ == "enumeration" and operator in ("EQ", "NEQ"):
            return (value == text or value in text.split(";")) is (operator == "EQ")
        held = comparable(text, type_)
        return held is not None and _compare(operator, held, value, high)

    return test


def _compare(operator: str, held: Any, value: Any, high: Any) -> bool:
    match operator:
        case "EQ":
            return bool(held == value)
        case "NEQ":
            return bool(held != value)
        case "LT":
            return bool(held < value)
        case "LTE":
            return bool(held <= value)
        case "GT":
            return bool(held > value)
        case "GTE":
            return bool(held >= value)
    return bool(value <= held <= high)


def _set(column: Column, item: dict[str, Any], included: bool) -> Test:
    """IN and NOT_IN; for text the values have to be given in lower case (BEHAVIOR H40)."""
    values = item.get("values")
    if not isinstance(values, list) or not values:
        raise invalid(
            f"Filter on {column.name} with {item['operator']} needs 'values'", "REQUIRED_FIELD"
        )
    type_ = column.property.type
    text_like = type_ not in ("number", "date", "datetime")
    members = {
        str(value) if text_like else _filter_value({**item, "value": value}, "value", column)
        for value in values
    }

    def test(state: State) -> bool:
        text = column.value(state)
        if text is None or text == "":
            return not included
        if type_ == "enumeration":
            return (not members.isdisjoint([text, *text.split(";")])) is included
        return (comparable(text, type_) in members) is included

    return test


def _token(column: Column, token: str, contains: bool) -> Test:
    pattern = re.compile(
        r"(?<!\w)" + re.escape(token.lower()).replace(r"\*", r"[\w.+-]*") + r"(?!\w)"
    )

    def test(state: State) -> bool:
        text = column.value(state)
        if text is None or text == "":
            return not contains
        return (pattern.search(text.lower()) is not None) is contains

    return test
