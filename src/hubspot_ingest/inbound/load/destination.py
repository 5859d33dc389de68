"""Creates a sync's table on the first non-empty result, and adds columns as the portal grows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace

from hubspot_ingest.database import columns, privileges, sql
from hubspot_ingest.database.columns import LINK, LINK_SEEN, Column
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.statements import views
from hubspot_ingest.errors import DatabaseError, GrantMissing, Refusal
from hubspot_ingest.inbound.extract import property_history
from hubspot_ingest.inbound.load.batches import HISTORY
from hubspot_ingest.inbound.plan.plan import Plan
from hubspot_ingest.model import Json
from hubspot_ingest.settings import SyncSettings, parse_settings


@dataclass(frozen=True, slots=True)
class ExistingTable:
    """A table's columns as they stand, by name; empty when there is no table yet.

    ``created`` tells when it was created (epoch ms): another table of that name has another time.
    """

    types: Mapping[str, str]
    comments: Mapping[str, str]
    created: int | None = None

    def grown(self, columns: Iterable[Column]) -> ExistingTable:
        """The table once it has these columns."""
        columns = [*columns]
        return ExistingTable(
            {**self.types, **{column.name: str(column.type) for column in columns}},
            {**self.comments, **{column.name: column.comment for column in columns}},
            self.created,
        )


@dataclass(frozen=True, slots=True)
class SchemaPresence:
    """Whether a table's database and schema are there."""

    database: bool
    schema: bool


def destination_table(settings: SyncSettings) -> Table:
    """The table a sync fills."""
    return Table(settings.destination.database, settings.destination.schema_name, settings.table)


def check_place(database: Database, table: Table) -> None:
    """Raises ``Refusal`` for a table that no sync may fill."""
    if table.database == database.application:
        raise Refusal(f"{table.database} is the app's own database; name another one")
    if table.schema == "INFORMATION_SCHEMA":
        raise Refusal(f"{table.schema} is Snowflake's own schema; name another one")
    if table == views.register_of(table):
        raise Refusal(f"{table} tells how far tables are settled; give the sync another table")


def other_portal(
    database: Database, table: Table, portal_id: str, existing_table: ExistingTable
) -> str | None:
    """Another portal of which the table holds rows; None where there is none."""
    if "_PORTAL_ID" not in existing_table.types:
        return None
    rows = database.rows(sql.other_portal(table), (portal_id,))
    return str(rows[0]["_PORTAL_ID"]) if rows else None


def check_destination(database: Database, destination_settings: Json) -> dict[str, Json]:
    """Whether the application may write to a destination as in a sync's settings.

    Writes nothing. Raises ``Refusal`` when it is no destination.
    """
    settings = parse_settings("contacts", {"destination": destination_settings})
    given = destination_settings if isinstance(destination_settings, Mapping) else {}
    named = given.get("table") is not None
    table = destination_table(settings) if named else replace(destination_table(settings), table="")
    check_place(database, table)
    place = privileges.inspect_destination(database, table)
    where = str(table) if named else f"{table.database}.{table.schema}"
    if not place.database_seen:
        message = (
            f"the app sees no database {table.database} and makes it when the first record "
            "arrives; if there is one of that name, run the statements of grants_if_it_exists"
        )
    elif place.grants:
        message = f"the app may not write to {where} yet: run the statements of grants"
    else:
        message = f"the app may write to {where}"
    return {
        "response_code": "OK",
        "message": message,
        "exists": place.table_seen if named else place.schema_seen,
        "grants": list(place.grants) if place.database_seen else [],
        "grants_if_it_exists": [] if place.database_seen else list(place.grants),
    }


def read_table(database: Database, table: Table) -> ExistingTable:
    """The table's columns; none when table, schema or database does not exist."""
    try:
        rows = database.rows(*sql.columns_of(table))
    except DatabaseError:
        # The database is not there yet. Any other reason shows when the table is made.
        rows = []
    return ExistingTable(
        {row["COLUMN_NAME"]: row["DATA_TYPE"] for row in rows},
        {row["COLUMN_NAME"]: row["COMMENT"] or "" for row in rows},
    )


def prepare_tables(
    database: Database, plan: Plan, existing_table: ExistingTable, with_links: Iterable[str] = ()
) -> None:
    """Make the table, or add the columns it lacks and the comments that changed.

    The tables beside it, for the links to each of ``with_links`` and for history, are made too.
    """
    schema = (
        SchemaPresence(True, True)
        if existing_table.types
        else schema_presence(database, plan.table)
    )
    run_ddl(database, tables_ddl(plan, existing_table, schema, with_links))


def tables_ddl(
    plan: Plan,
    existing_table: ExistingTable,
    schema: SchemaPresence,
    with_links: Iterable[str] = (),
) -> list[str]:
    """What ``prepare_tables`` runs. Pure, so that a plan tells exactly what its run will do."""
    comment = f"HubSpot {plan.stream.name}"
    beside = [
        statement
        for table, creation in tables_beside(plan, with_links)
        for statement in (creation, sql.grant_select(table))
    ]
    return [*table_ddl(plan.table, plan.columns, comment, existing_table, schema), *beside]


def schema_presence(database: Database, table: Table) -> SchemaPresence:
    """What is there of a table's database and schema, as far as the application can see."""
    try:
        return SchemaPresence(True, bool(database.rows(*sql.schema_named(table))))
    except DatabaseError:
        return SchemaPresence(False, False)


def create_or_extend(
    database: Database,
    table: Table,
    target_columns: Sequence[Column],
    comment: str,
    existing_table: ExistingTable,
) -> None:
    """Make a table with its schema and database, or add the columns it lacks."""
    schema = (
        SchemaPresence(True, True) if existing_table.types else schema_presence(database, table)
    )
    run_ddl(database, table_ddl(table, target_columns, comment, existing_table, schema))


def table_ddl(
    table: Table,
    target_columns: Sequence[Column],
    comment: str,
    existing_table: ExistingTable,
    schema: SchemaPresence,
) -> list[str]:
    """The DDL of a table, of its database and schema as far as they lack, and of who may read.

    Readers are let in again in every run: one may be killed before it comes to that.
    """
    statements = create_or_alter(table, target_columns, comment, existing_table)
    return [
        *([] if existing_table.types else _home_ddl(table, schema)),
        *statements,
        sql.grant_select(table),
    ]


def _home_ddl(table: Table, schema: SchemaPresence) -> list[str]:
    quoted = f"{sql.name(table.database)}.{sql.name(table.schema)}"
    return [
        *([] if schema.database else [f"CREATE DATABASE IF NOT EXISTS {sql.name(table.database)}"]),
        *([] if schema.schema else [f"CREATE SCHEMA IF NOT EXISTS {quoted}"]),
        *sql.grant_usage(table),
    ]


def run_ddl(database: Database, create_or_alter: Iterable[str]) -> None:
    """Run DDL, and grants as far as it is for the application to grant."""
    for statement in create_or_alter:
        # in somebody else's database, and in a schema with managed access, it is for them to grant
        with suppress(GrantMissing) if statement.startswith("GRANT ") else nullcontext():
            database.rows(statement)


def tables_beside(plan: Plan, with_links: Iterable[str]) -> list[tuple[Table, str]]:
    """The tables beside the destination, each with its DDL."""
    tables = [
        (plan.beside(stream), (*LINK, *LINK_SEEN), f"HubSpot {plan.stream.name} to {stream}")
        for stream in with_links
    ]
    if plan.history:
        comment = f"Past values of HubSpot {plan.stream.name}"
        tables.append((plan.beside(HISTORY), property_history.COLUMNS, comment))
    return [
        (table, sql.create_table(table, columns_of_it, comment))
        for table, columns_of_it, comment in tables
    ]


def create_or_alter(
    table: Table, target_columns: Sequence[Column], comment: str, existing_table: ExistingTable
) -> list[str]:
    """The DDL of a destination: all of it, or what it lacks of the columns that are wanted."""
    if not existing_table.types:
        return [sql.create_table(table, target_columns, comment)]
    lacking = columns.table_changes(target_columns, existing_table.comments)
    additions = [sql.add_columns(table, lacking.added)] if lacking.added else []
    return [*additions, *(sql.describe_column(table, column) for column in lacking.described)]
