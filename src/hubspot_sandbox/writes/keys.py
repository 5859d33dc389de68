"""Unique properties: which record a key means, and which values are taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hubspot_sandbox.answers import Refusal, invalid, refusal
from hubspot_sandbox.call import Call, record_id
from hubspot_sandbox.records.columns import State
from hubspot_sandbox.records.table import Table
from hubspot_sandbox.writes.values import Problem, Values, not_valid


@dataclass(slots=True)
class Claims:
    """The unique values that inputs of one batch take before any of them is written."""

    taken: set[tuple[str, str]] = field(default_factory=set)

    def claim(self, table: Table, values: Values, state: State | None) -> None:
        """Take the unique values of a write.

        Raises:
            Refusal: another record has one, or another input of the batch took it (BEHAVIOR H87).
        """
        claimed = []
        for name, text in _unique_values(table, values):
            other = table.find_by_value(name, text)
            if other is not None and (state is None or other.id != state.id):
                raise _taken(table, name, text, str(other.id))
            claim = (name, table.keys.folded(name, text))
            if claim in self.taken:
                raise _taken(table, name, text, "")
            claimed.append(claim)
        self.taken.update(claimed)


def _unique_values(table: Table, values: Values) -> list[tuple[str, str]]:
    unique = {name for name, column in table.columns.items() if column.property.unique}
    pairs = [(name, text) for name, text in values.items() if name in unique and text]
    further = (values.get("hs_additional_emails") or "").split(";")
    return pairs + [("email", text) for text in further if text]


def _taken(table: Table, name: str, text: str, other_id: str) -> Refusal:
    if name == "email":
        label = table.object_type.label
        return refusal(409, f"{label} already exists. Existing ID: {other_id}", "CONFLICT")
    message = f"{other_id or 'Another record'} already has that value: {name}={text}"
    return not_valid([Problem(name, "CONFLICTING_UNIQUE_VALUE", message)])


def target(call: Call, table: Table, item: Mapping[str, Any], what: str) -> State | None:
    """The record an input of a batch ``update`` or ``upsert`` means (BEHAVIOR H187, H177).

    Raises:
        Refusal: 400 where its id is no text, or its property identifies no record.
    """
    text, key = item.get("id"), item.get("idProperty")
    if not isinstance(text, str):
        raise invalid(
            "Invalid input JSON: Cannot deserialize value of type `java.lang.String`"
            if text is not None
            else "Some required fields were not set: [id]",
        )
    if key is None and what == "update":
        number = record_id(text)
        return None if number is None else table.find_live(number)
    if key is None:
        raise invalid("Some required fields were not set: [idProperty]", "REQUIRED_FIELD")
    column = table.columns.get(key)
    kind = table.object_type
    # by e-mail contacts can be upserted, not updated
    refused = kind.name == "contacts" and key == "email" and what == "update"
    if column is None or not column.property.unique or refused:
        raise invalid(
            f"Unable to perform update/upsert by non-unique {kind.id} property {key} in portal ID "
            f"{call.portal.id}"
        )
    return table.find_by_value(key, text)
