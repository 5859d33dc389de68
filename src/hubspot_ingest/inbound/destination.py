"""The destination table: made on the first non-empty result, grown as the portal grows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hubspot_ingest.database import columns, sql
from hubspot_ingest.database.columns import LINK, LINK_SEEN
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.errors import DatabaseError
from hubspot_ingest.inbound import history
from hubspot_ingest.inbound.files import HISTORY
from hubspot_ingest.inbound.plan import Plan


@dataclass(frozen=True, slots=True)
class Existing:
    """A table's columns as they stand, by name; empty when there is no table yet."""

    types: Mapping[str, str]
    comments: Mapping[str, str]


def existing(database: Database, table: Table) -> Existing:
    """The table's columns; none when table, schema or database does not exist."""
    statement, binds = sql.columns_of(table)
    try:
        found = database.rows(statement, binds)
    except DatabaseError:
        # The database is not there yet. Any other reason shows when the table is made.
        found = []
    return Existing(
        {row["COLUMN_NAME"]: row["DATA_TYPE"] for row in found},
        {row["COLUMN_NAME"]: row["COMMENT"] or "" for row in found},
    )


def prepare(
    database: Database, plan: Plan, stands: Existing, with_links: Iterable[str] = ()
) -> None:
    """Make the table, or add the columns it lacks and the comments that changed.

    The tables beside it, for the links to each of ``with_links`` and for history, are made too.
    """
    for statement in [*statements(plan, stands), *statements_beside(plan, with_links)]:
        database.rows(statement)


def statements_beside(plan: Plan, with_links: Iterable[str]) -> list[str]:
    """The DDL of the tables beside the destination."""
    made = [
        (plan.beside(stream), (*LINK, *LINK_SEEN), f"HubSpot {plan.stream.name} to {stream}")
        for stream in with_links
    ]
    if plan.history:
        told = f"Past values of HubSpot {plan.stream.name}"
        made.append((plan.beside(HISTORY), history.COLUMNS, told))
    return [
        statement
        for table, columns_of_it, comment in made
        for statement in (
            sql.create_table(table, columns_of_it, comment),
            sql.grants(table)[-1],
        )
    ]


def statements(plan: Plan, stands: Existing) -> list[str]:
    """The DDL of the destination itself."""
    table = plan.table
    if not stands.types:
        return [
            f"CREATE DATABASE IF NOT EXISTS {sql.name(table.database)}",
            f"CREATE SCHEMA IF NOT EXISTS {sql.name(table.database)}.{sql.name(table.schema)}",
            sql.create_table(table, plan.columns, f"HubSpot {plan.stream.name}"),
            *sql.grants(table),
        ]
    lacking = columns.changes(plan.columns, stands.comments)
    grown = [sql.add_columns(table, lacking.added)] if lacking.added else []
    return [*grown, *(sql.describe_column(table, column) for column in lacking.described)]
