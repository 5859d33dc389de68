"""What a portal calls its properties and their values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from page.column_labels import options
from page.statements import Row


@dataclass(frozen=True)
class PortalNames:
    """The labels of the properties of an object.

    Attributes:
        labels: The label of each property.
        types: HubSpot's type of each property.
        options: The labels of the values of each property that has a list of them.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def label(self, name: str) -> str:
        """The label of a property, or its name."""
        return self.labels.get(name, name)

    def value(self, name: str, value: object) -> str:
        """The label of a property's value, or the value itself."""
        return self.options.get(name, {}).get(str(value), str(value))


NAMELESS = PortalNames()


def names_of(properties: Sequence[Row]) -> PortalNames:
    """The names in rows of properties."""
    return PortalNames(
        {str(row["PROPERTY"]): str(row["LABEL"] or row["PROPERTY"]) for row in properties},
        {str(row["PROPERTY"]): str(row["TYPE"]) for row in properties},
        {str(row["PROPERTY"]): by_value for row in properties if (by_value := options(row))},
    )
