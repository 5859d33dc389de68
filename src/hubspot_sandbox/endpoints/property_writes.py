"""The endpoints that make, change and delete property definitions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hubspot_sandbox.answers import Answer, Refusal, invalid, json_answer, not_found, refusal
from hubspot_sandbox.call import Call
from hubspot_sandbox.records.table import Table
from hubspot_sandbox.schema.properties import FIELD_TYPES, Option
from hubspot_sandbox.times import iso
from hubspot_sandbox.tokens import require
from hubspot_sandbox.writes.records import batch_error

MOST_UNIQUE = 10
"""Properties of its own with unique values that an object type may have (BEHAVIOR H197)."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
_REQUIRED = ("groupName", "label", "fieldType")
_MOST = 100


def _table(call: Call) -> Table:
    kind = call.object_type()
    require(call.granted, kind.schema_write_scopes)
    return call.portal.table(kind)


def create_property(call: Call) -> Answer:
    """A new property; the name of an archived one brings that one back (BEHAVIOR H64)."""
    table = _table(call)
    return json_answer(_create(call, table, call.body()), 201)


def create_properties(call: Call) -> Answer:
    """Up to 100 new properties; what cannot be is an error beside the others."""
    table = _table(call)
    results, errors = [], []
    for body in call.inputs(_MOST):
        try:
            results.append(_create(call, table, body))
        except Refusal as refused:
            errors.append(batch_error(refused, None))
    shape: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": iso(call.now),
        "completedAt": iso(call.now),
    }
    latest = call.version == "2026-09"
    if errors:
        shape |= {"numErrors": len(errors), "errors": errors}
    return json_answer(shape, 200 if latest else 207 if errors else 201)


def _create(call: Call, table: Table, body: Mapping[str, Any]) -> dict[str, Any]:
    name, type_ = body.get("name"), body.get("type")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise invalid(f"Property name '{name}' is not valid", "INVALID_PROPERTY_NAME")
    if type_ not in FIELD_TYPES:
        raise invalid(f"Property type '{type_}' is not one of {sorted(FIELD_TYPES)}")
    kind = table.object_type.name
    existing = table.columns.get(name)
    if existing is not None and existing.property.archived_at is None:
        raise refusal(
            409,
            f"A property named '{name}' already exists.",
            "OBJECT_ALREADY_EXISTS",
            subCategory="Properties.PROPERTY_WITH_NAME_EXISTS",
        )
    if existing is not None:
        call.portal.restore_property(kind, name)
        return existing.property.as_json()
    absent = [key for key in _REQUIRED if not isinstance(body.get(key), str)]
    if absent:
        raise invalid(f"Some required fields were not set: [{', '.join(absent)}]", "REQUIRED_FIELD")
    unique = bool(body.get("hasUniqueValue"))
    if unique:
        _keep_unique_limit(table, str(type_))
    call.portal.add_property(
        kind,
        name,
        str(type_),
        body["fieldType"],
        body["label"],
        body.get("description") or "",
        _options(body),
        unique=unique,
        group=body["groupName"],
    )
    return table.columns[name].property.as_json()


def _keep_unique_limit(table: Table, type_: str) -> None:
    rows = [column.property for column in table.columns.values()]
    own = [row for row in rows if row.unique and not row.hubspot_defined and not row.archived_at]
    if len(own) >= MOST_UNIQUE:
        raise invalid(
            f"{table.object_type.label} already has {MOST_UNIQUE} properties with unique values, "
            "the maximum"
        )
    if type_ not in ("string", "number"):
        raise invalid(f"A property of type '{type_}' cannot have unique values")


def _options(body: Mapping[str, Any]) -> list[Option]:
    return [
        Option(str(option.get("value")), str(option.get("label")), bool(option.get("hidden")))
        for option in body.get("options") or ()
    ]


def update_property(call: Call) -> Answer:
    """Change label, description, group, form or options; uniqueness stays (BEHAVIOR H197)."""
    table = _table(call)
    column = table.columns.get(call.parameters["name"])
    if column is None or column.property.archived_at is not None:
        raise not_found(f"Property {call.parameters['name']} does not exist")
    row, body = column.property, call.body()
    if body.get("hasUniqueValue", row.unique) is not row.unique:
        raise invalid("hasUniqueValue cannot be changed once a property is there")
    fields: dict[str, Any] = {"updated_at": call.now}
    for key, field in (
        ("label", "label"),
        ("description", "description"),
        ("groupName", "group"),
        ("fieldType", "field_type"),
    ):
        if key in body:
            fields[field] = body[key]
    if "options" in body:
        fields["options"] = tuple(_options(body))
    call.portal.change_property(table.object_type.name, row.name, **fields)
    return json_answer(column.property.as_json())


def archive_property(call: Call) -> Answer:
    """Delete a property the portal added itself."""
    table = _table(call)
    column = table.columns.get(call.parameters["name"])
    if column is None or column.property.archived_at is not None:
        raise not_found(f"Property {call.parameters['name']} does not exist")
    if column.property.hubspot_defined:
        raise invalid(f"Property {column.name} is defined by HubSpot and cannot be deleted")
    call.portal.archive_property(table.object_type.name, column.name)
    return Answer(204)
