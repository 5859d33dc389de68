"""The endpoints that read property definitions."""

from __future__ import annotations

from hubspot_sandbox.answers import Answer, invalid, json_answer, not_found
from hubspot_sandbox.call import Call
from hubspot_sandbox.tokens import require

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
