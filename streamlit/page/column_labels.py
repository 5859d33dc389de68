"""HubSpot's labels for the columns of a table and their values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from page import words
from page.calls import Row, variant

Labels = Mapping[str, Row]
"""The rows of the view PROPERTIES by column."""

TELLING = (
    *("email", "firstname", "lastname", "name", "domain", "dealname", "amount", "dealstage"),
    *("subject", "lifecyclestage", "industry", "city", "price", "quantity"),
)
"""Properties by which a person recognises a record."""

OCCURRENCE = ("EVENT_TYPE", "TYPE", "OCCURRED_AT", "CHANGED_AT", "SUBMITTED_AT", "OBJECT_ID")
"""Columns by which a person recognises what happened, when and to what."""


def label_of(column: str, labels: Labels) -> str:
    """HubSpot's label of a column, or its name as a heading."""
    if column in labels:
        return str(labels[column]["LABEL"] or column)
    return words.title(column.lower().lstrip("_"))


def help_of(column: str, labels: Labels) -> str:
    """The column's name, and what HubSpot says about it."""
    about = labels.get(column)
    return f"{column}" + (f" · {about['DESCRIPTION']}" if about and about["DESCRIPTION"] else "")


def options(about: Row) -> dict[str, str]:
    """The labels of a property's options by value."""
    return {str(pair[0]): str(pair[1]) for pair in variant(about["OPTIONS"]) or []}


def labelled(value: object, by_value: Mapping[str, str]) -> object:
    """The option labels of a value, or of several joined by semicolons."""
    if not by_value or not isinstance(value, str):
        return value
    return "; ".join(by_value.get(option, option) for option in value.split(";"))


def naming_columns(columns: Sequence[str], labels: Labels) -> list[str]:
    """Those of the columns that name a record, the best first."""
    of_property = {str(row["PROPERTY"]): column for column, row in labels.items()}
    return [of_property[name] for name in TELLING if of_property.get(name) in columns]


def usual_columns(columns: Sequence[str], labels: Labels, fill: Mapping[str, float]) -> list[str]:
    """The columns to show at first: those that name a record, then the fullest."""
    naming = naming_columns(columns, labels)
    own = [
        column
        for column in labels
        if column in columns and "_HS_" not in column and column not in naming
    ]
    fullest = sorted(own, key=lambda column: -fill.get(column, 0))
    rest = [] if labels else [column for column in columns if column[0] != "_"]
    return list(
        dict.fromkeys(
            [column for column in columns if column == "ID"]
            + [column for column in OCCURRENCE if column in columns]
            + [*naming, *fullest][:7]
            + rest[:9]
            + [column for column in columns if column == "UPDATED_AT"]
        )
    )
