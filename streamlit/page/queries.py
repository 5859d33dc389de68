"""Sample queries for a table, made from the columns it has. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

PLAIN = re.compile(r"[A-Z_][A-Z0-9_$]*")
CURRENT, LABEL = "_CURRENT", "__LABEL"
"""Suffixes of the view without deleted rows, and of its columns with HubSpot's labels."""


def identifier(name: str) -> str:
    """An identifier as a person writes it: quoted only where it must be."""
    return name if PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'


def samples(
    table: str,
    columns: Mapping[str, str],
    labels: Mapping[str, Any],
    there: Collection[str],
    current: Collection[str] = (),
) -> list[tuple[str, str]]:
    """Sample queries, each a title and a statement.

    Args:
        table: ``DATABASE.SCHEMA.TABLE``.
        columns: Type of each column.
        labels: The rows of CORE.PROPERTIES by column, in the order of preference.
        there: The tables that exist.
        current: The columns of the view without deleted rows; empty when there is no such view.
    """
    queries = []
    plain, table = table, ".".join(map(identifier, table.split(".", 2)))
    living = f"{table}\nWHERE _DELETED_AT IS NULL" if "_DELETED_AT" in columns else table
    if current:
        living = ".".join(map(identifier, (plain + CURRENT).split(".", 2)))
    shown = [column for column in labels if column in columns][:4] or [
        column for column in columns if column[0] != "_" and column != "ID"
    ][:4]
    listed = ", ".join(map(identifier, ["ID", *shown] if "ID" in columns else shown))
    if "UPDATED_AT" in columns:
        queries.append(
            (
                "The records that changed last",
                f"SELECT {listed}, UPDATED_AT\nFROM {living}\nORDER BY UPDATED_AT DESC\nLIMIT 20;",
            )
        )
    group = next(
        (
            column
            for column, about in labels.items()
            if column in columns and about["TYPE"] == "enumeration"
        ),
        None,
    )
    if group:
        by = identifier(group + LABEL if group + LABEL in current else group)
        queries.append(
            (
                f"How many of each {labels[group]['LABEL']}",
                f"SELECT {by}, COUNT(*) AS ROW_COUNT\nFROM {living}\n"
                f"GROUP BY {by}\nORDER BY ROW_COUNT DESC;",
            )
        )
    if "CREATED_AT" in columns:
        queries.append(
            (
                "New ones by month",
                "SELECT DATE_TRUNC('MONTH', CREATED_AT) AS MONTH, COUNT(*) AS ROW_COUNT\n"
                f"FROM {living}\nGROUP BY MONTH\nORDER BY MONTH;",
            )
        )
    if "PROPERTIES" in columns:
        queries.append(
            (
                "A property as HubSpot sent it, whether it has a column or not",
                f"SELECT ID, PROPERTIES:hs_object_id::VARCHAR AS VALUE\nFROM {table}\nLIMIT 20;",
            )
        )
    place = plain.rpartition(".")[0]
    linked = next(
        (
            column
            for column, type_ in columns.items()
            if type_ == "ARRAY" and f"{place}.{column.removesuffix('_IDS')}" in there
        ),
        None,
    )
    if linked:
        other = linked.removesuffix("_IDS")
        queries.append(
            (
                f"Each one with its {other.lower().replace('_', ' ')}",
                # Snowflake takes no lateral view on the left side of a join
                "SELECT link.ID, link.OTHER_ID, other.PROPERTIES\nFROM (\n"
                "  SELECT t.ID, each.VALUE::VARCHAR AS OTHER_ID\n"
                f"  FROM {table} t, LATERAL FLATTEN(INPUT => t.{identifier(linked)}) each\n"
                f") link\nJOIN {place}.{identifier(other)} other ON other.ID = link.OTHER_ID\n"
                "LIMIT 20;",
            )
        )
    if "_DELETE_KIND" in columns:
        queries.append(
            (
                "What is gone from HubSpot, and how",
                "SELECT _DELETE_KIND, COUNT(*) AS ROW_COUNT, MAX(_DELETED_AT) AS LAST\n"
                f"FROM {table}\nWHERE _DELETED_AT IS NOT NULL\nGROUP BY _DELETE_KIND;",
            )
        )
    return queries
