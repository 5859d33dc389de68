"""Creates a sync's table on the first non-empty result, and adds columns as the portal grows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace

from hubspot_ingest.database import columns, privileges, sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.statements import views
from hubspot_ingest.errors import DatabaseError, GrantMissing, Refusal
from hubspot_ingest.inbound.load.table_spec import TableSpec
from hubspot_ingest.model import Json
from hubspot_ingest.settings import parse_settings

BesideColumns = Mapping[str, Collection[str]]
"""The columns of the tables beside a destination that are there, by part."""


@dataclass(frozen=True, slots=True)
class ExistingTable:
    """A table's columns as they stand, by name; empty when there is no table yet.

    ``created`` tells when it was created (epoch ms): another table of that name has another time.
    ``has_home`` is False where not even its database was there.
    """

    types: Mapping[str, str]
    comments: Mapping[str, str]
    created: int | None = None
    has_home: bool = True

    def grown(self, spec: TableSpec) -> ExistingTable:
        """The table once it has the columns and comments of a spec."""
        types = {column.name: str(column.type) for column in spec.columns}
        comments = {column.name: column.comment for column in spec.columns}
        return replace(
            self,
            types={**self.types, **types},
            comments={**self.comments, **comments, **spec.comments},
        )


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
    table = Table(*settings.place) if named else replace(Table(*settings.place), table="")
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


def prepare(
    database: Database,
    spec: TableSpec,
    existing_table: ExistingTable,
    beside_columns: BesideColumns | None = None,
    granted: Collection[Table] = (),
) -> None:
    """Make the tables, or add the columns that are lacking and the comments that changed."""
    run_ddl(database, ddl(database, spec, existing_table, beside_columns, granted))


def ddl(
    database: Database,
    spec: TableSpec,
    existing_table: ExistingTable,
    beside_columns: BesideColumns | None = None,
    granted: Collection[Table] = (),
) -> list[str]:
    """The DDL of the tables, of their database and schema as far as they lack, and of who may read.

    ``beside_columns`` are those of the tables beside it, as far as they are known. Readers are let
    in again unless a table is ``granted``: a run may be killed before it comes to that.
    """
    home: list[str] = []
    if existing_table.types:
        existing = existing_table.comments
        lacking = columns.table_changes(spec.columns, existing)
        statements = [sql.add_columns(spec.table, lacking.added)] if lacking.added else []
        comments = {column.name: column.comment for column in lacking.described} | {
            name: text for name, text in spec.comments.items() if existing.get(name) != text
        }
        if comments:
            statements.append(sql.comment_columns(spec.table, comments))
    else:
        creation = sql.create_table(spec.table, spec.columns, spec.comment)
        home = home_ddl(database, spec.table, exists=existing_table.has_home)
        statements = [*home, creation]
    if spec.table not in granted:
        statements.append(sql.grant_select(spec.table))
    for part, beside in spec.beside.items():
        there = (beside_columns or {}).get(part)
        is_ready = there is not None and beside.table in granted
        if not is_ready:
            statements.append(sql.create_table(beside.table, beside.columns, beside.comment))
        if there is None:
            # a schema that is yet to be made has no tables
            is_new = any(statement.startswith("CREATE SCHEMA") for statement in home)
            there = () if is_new else read_table(database, beside.table).types
        lacking_beside = [column for column in beside.columns if column.name not in there]
        if there and lacking_beside:
            statements.append(sql.add_columns(beside.table, lacking_beside))
        if not is_ready:
            statements.append(sql.grant_select(beside.table))
    return statements


def home_ddl(database: Database, table: Table, *, exists: bool = True) -> list[str]:
    """The DDL of a table's database and schema as far as they lack, and of who may look there.

    ``exists``: whether the database may be there.
    """
    quoted = f"{sql.name(table.database)}.{sql.name(table.schema)}"
    statements = []
    try:
        has_schema = exists and bool(database.rows(*sql.schema_named(table)))
    except DatabaseError:
        exists = False
    if not exists:
        # the application sees no such database
        statements.append(f"CREATE DATABASE IF NOT EXISTS {sql.name(table.database)}")
    if not exists or not has_schema:
        statements.append(f"CREATE SCHEMA IF NOT EXISTS {quoted}")
    return [*statements, *sql.grant_usage(table)]


def run_ddl(database: Database, statements: Iterable[str]) -> None:
    """Run DDL, and grants as far as it is for the application to grant."""
    for statement in statements:
        # in somebody else's database, and in a schema with managed access, it is for them to grant
        with suppress(GrantMissing) if statement.startswith("GRANT ") else nullcontext():
            database.rows(statement)
