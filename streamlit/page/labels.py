"""The columns of a table in HubSpot's own words. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from page import words
from page.calls import Row, variant

Labels = Mapping[str, Row]
"""What is known of the columns that hold properties, by column."""

TELLING = (
    *("email", "firstname", "lastname", "name", "domain", "dealname", "amount", "dealstage"),
    *("subject", "lifecyclestage", "industry", "city", "price", "quantity"),
)
"""Properties that tell a person which record is meant."""


def label(column: str, labels: Labels) -> str:
    """What HubSpot calls what a column holds."""
    if column in labels:
        return str(labels[column]["LABEL"] or column)
    return words.title(column.lower().lstrip("_"))


def help_of(column: str, labels: Labels) -> str:
    """The column's name, and what HubSpot says about it."""
    about = labels.get(column)
    return f"{column}" + (f" · {about['DESCRIPTION']}" if about and about["DESCRIPTION"] else "")


def options(about: Row) -> dict[str, str]:
    """The labels of a property's values, by value."""
    return {str(pair[0]): str(pair[1]) for pair in variant(about["OPTIONS"]) or []}


def said(value: object, by_value: Mapping[str, str]) -> object:
    """A value, or several joined by semicolons, by the labels of their options."""
    if not by_value or not isinstance(value, str):
        return value
    return "; ".join(by_value.get(one, one) for one in value.split(";"))


def telling(columns: Sequence[str], labels: Labels) -> list[str]:
    """Of some columns those that name a record, the most telling first."""
    of_property = {str(one["PROPERTY"]): name for name, one in labels.items()}
    return [of_property[one] for one in TELLING if of_property.get(one) in columns]


def usual(columns: Sequence[str], labels: Labels, fill: Mapping[str, float]) -> list[str]:
    """The columns a person looks at first: what names a record, then the fullest."""
    naming = telling(columns, labels)
    own = [one for one in labels if one in columns and "_HS_" not in one and one not in naming]
    fullest = sorted(own, key=lambda one: -fill.get(one, 0))
    rest = [] if labels else [one for one in columns if one[0] != "_"]
    return list(
        dict.fromkeys(
            [one for one in columns if one == "ID"]
            + [*naming, *fullest][:7]
            + rest[:9]
            + [one for one in columns if one == "UPDATED_AT"]
        )
    )
