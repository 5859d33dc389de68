"""Property definitions: their JSON, and the short form the catalog is written in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from hubspot_sandbox.times import iso

FIELD_TYPES = {
    "string": "text",
    "number": "number",
    "date": "date",
    "datetime": "date",
    "enumeration": "select",
    "bool": "booleancheckbox",
    "phone_number": "phonenumber",
    "json": "text",
    "object_coordinates": "text",
}
"""The usual fieldType of each type; the type decides, never the fieldType (BEHAVIOR H60)."""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of an enumeration: what people see and what is stored."""

    value: str
    label: str
    hidden: bool = False


def options(*values: str | tuple[str, str]) -> tuple[Option, ...]:
    """Options from values (labelled by themselves) or (value, label) pairs."""
    return tuple(
        Option(item[0], item[1])
        if isinstance(item, tuple)
        else Option(item, item.replace("_", " ").capitalize())
        for item in values
    )


@dataclass(frozen=True, slots=True)
class Property:
    """A property definition. Times are epoch milliseconds."""

    name: str
    type: str = "string"
    field_type: str = "text"
    label: str = ""
    description: str = ""
    group: str = "information"
    options: tuple[Option, ...] = ()
    calculated: bool = False
    formula: str | None = None
    referenced_object_type: str | None = None
    hubspot_defined: bool = True
    sensitivity: str = "non_sensitive"
    unique: bool = False
    read_only: bool = False
    external_options: bool = False
    currency_property: str | None = None
    value_scope: str | None = None
    created_at: int = 1_420_070_400_000
    updated_at: int = 1_735_689_600_000
    archived_at: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The shape of the properties endpoint."""
        shape: dict[str, Any] = {
            "updatedAt": iso(self.updated_at),
            "createdAt": iso(self.created_at),
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": [
                {
                    "label": option.label,
                    "value": option.value,
                    "displayOrder": order,
                    "hidden": option.hidden,
                    "description": "",
                }
                for order, option in enumerate(self.options)
            ],
            "displayOrder": -1,
            "calculated": self.calculated,
            "externalOptions": self.external_options,
            "archived": self.archived_at is not None,
            "hasUniqueValue": self.unique,
            "hidden": False,
            "hubspotDefined": self.hubspot_defined,
            "modificationMetadata": {
                "archivable": not self.hubspot_defined,
                "readOnlyDefinition": self.hubspot_defined,
                "readOnlyValue": self.read_only or self.calculated,
            },
            "formField": not self.read_only and self.type != "json",
            "dataSensitivity": self.sensitivity,
        }
        if not self.hubspot_defined:
            shape |= {"createdUserId": "5000001", "updatedUserId": "5000001"}
        if self.formula is not None:
            shape["calculationFormula"] = self.formula
        if self.referenced_object_type is not None:
            shape["referencedObjectType"] = self.referenced_object_type
        if self.currency_property is not None:
            shape["showCurrencySymbol"] = True
            shape["currencyPropertyName"] = self.currency_property
        if self.sensitivity != "non_sensitive":
            shape["sensitiveDataCategories"] = ["STANDARD_SENSITIVE_DATA"]
        if self.archived_at is not None:
            shape["archivedAt"] = iso(self.archived_at)
        return shape


@dataclass(frozen=True, slots=True)
class Seeding:
    """Where the seeded records' values of a property come from.

    Either ``pool``, values to draw from (None among them for records without one), or ``source``,
    the name of a function of the record (see `seeds`). Neither: no seeded record has a value.
    """

    pool: tuple[str | None, ...] = ()
    source: str | None = None
    filled: float = 1.0


@dataclass(frozen=True, slots=True)
class Definition:
    """A property together with where its seeded values come from."""

    property: Property
    seeding: Seeding = field(default_factory=Seeding)


def define(
    name: str,
    type_: str = "string",
    pool: Iterable[str | None] = (),
    *,
    source: str | None = None,
    filled: float = 1.0,
    choices: tuple[Option, ...] = (),
    field_type: str | None = None,
    label: str | None = None,
    **more: Any,
) -> Definition:
    """A row of the catalog: name, type and the values seeded records draw from.

    Enumerations draw from their options unless a pool is given; ``filled`` is the share of
    records that have a value at all.
    """
    drawn = tuple(pool) or (() if source else tuple(option.value for option in choices))
    return Definition(
        Property(
            name=name,
            type=type_,
            field_type=field_type or FIELD_TYPES[type_],
            label=label
            if label is not None
            else name.removeprefix("hs_").replace("_", " ").title(),
            options=choices,
            **more,
        ),
        Seeding(drawn, source, filled),
    )
