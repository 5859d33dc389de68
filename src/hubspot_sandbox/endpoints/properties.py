"""The endpoints of property definitions."""

from __future__ import annotations

import re

from hubspot_sandbox.answers import Answer, invalid, json_answer, not_found, refusal
from hubspot_sandbox.call import Call
from hubspot_sandbox.schema.properties import FIELD_TYPES, Option
from hubspot_sandbox.tokens import require

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
SENSITIVITIES = ("non_sensitive", "sensitive", "highly_sensitive")


def _may_read(call: Call) -> None:
    kind = call.object_type()
    schemas = tuple(scope.replace(".objects.", ".schemas.") for scope in kind.read_scopes)
    require(call.granted, (*kind.read_scopes, *schemas))


def list_properties(call: Call) -> Answer:
    """Every property of one sensitivity, all at once (BEHAVIOR H61, H62)."""
    _may_read(call)
    archived = call.flag("archived")
    sensitivity = call.query_value("dataSensitivity") or "non_sensitive"
    if sensitivity not in SENSITIVITIES:
        raise invalid(f"Unable to parse value for query parameter dataSensitivity: {sensitivity}")
    columns = call.portal.table(call.object_type()).columns.values()
    return json_answer(
        {
            "results": [
                column.property.as_json()
                for column in sorted(columns, key=lambda column: column.name)
                if (column.property.archived_at is not None) is archived
                and column.property.sensitivity == sensitivity
            ]
        }
    )


def list_groups(call: Call) -> Answer:
    """The groups the properties of an object type are shown in, all at once."""
    _may_read(call)
    columns = call.portal.table(call.object_type()).columns.values()
    names = sorted({column.property.group for column in columns})
    return json_answer(
        {
            "results": [
                {
                    "name": name,
                    "label": name.replace("_", " ").capitalize(),
                    "displayOrder": place,
                    "archived": False,
                }
                for place, name in enumerate(names)
            ]
        }
    )


def get_property(call: Call) -> Answer:
    """One property."""
    _may_read(call)
    column = call.portal.table(call.object_type()).columns.get(call.parameters["name"])
    if column is None or (column.property.archived_at is not None) is not call.flag("archived"):
        raise not_found(f"Property {call.parameters['name']} does not exist")
    return json_answer(column.property.as_json())


def create_property(call: Call) -> Answer:
    """A new property; the name of an archived one brings that one back (BEHAVIOR H64)."""
    table = call.writable()
    body = call.body()
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
    else:
        call.portal.add_property(
            kind,
            name,
            type_,
            body.get("fieldType"),
            body.get("label"),
            body.get("description") or "",
            [
                Option(str(option.get("value")), str(option.get("label")))
                for option in body.get("options") or ()
            ],
            unique=bool(body.get("hasUniqueValue")),
            group=str(body.get("groupName") or "information"),
        )
    return json_answer(table.columns[name].property.as_json(), 201)


def archive_property(call: Call) -> Answer:
    """Delete a property the portal added itself."""
    table = call.writable()
    column = table.columns.get(call.parameters["name"])
    if column is None or column.property.archived_at is not None:
        raise not_found(f"Property {call.parameters['name']} does not exist")
    if column.property.hubspot_defined:
        raise invalid(f"Property {column.name} is defined by HubSpot and cannot be deleted")
    call.portal.archive_property(table.object_type.name, column.name)
    return Answer(204)
