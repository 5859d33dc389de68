"""Finds out what the application may do at a destination and which grants it lacks there.

An application sees of another database only what was granted to it, and Snowflake does not
distinguish "does not exist" from "not authorized". What the application created it owns: that needs
no grant.

Sources: Snowflake, "Access control privileges", "SHOW GRANTS", "GRANT <privileges> TO APPLICATION",
"SYSTEM$HOLD_PRIVILEGE_ON_ACCOUNT".
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table, name
from hubspot_ingest.errors import DatabaseError, GrantMissing

ON_DATABASE = ("USAGE",)
ON_SCHEMA = ("USAGE", "CREATE TABLE", "CREATE VIEW")
ON_TABLE = ("SELECT", "INSERT", "UPDATE", "DELETE")

Grants = Collection[tuple[str, str, str]]
"""Privilege, kind and full name of the object, without quotes."""


@dataclass(frozen=True, slots=True)
class DestinationAccess:
    """A destination as the application sees it.

    Attributes:
        database_seen: whether it sees the database; an unseen database may exist all the same.
        schema_seen: the same for the schema.
        table_seen: the same for the table.
        grants: the statements that give the application what it lacks, as far as it can see.
    """

    database_seen: bool
    schema_seen: bool
    table_seen: bool
    grants: tuple[str, ...]


def inspect_destination(database: Database, table: Table) -> DestinationAccess:
    """What exists at a destination and what the application lacks there; writes nothing."""
    held = _held(database)
    try:
        schemas = database.rows(*sql.schema_named(table))
        tables = database.rows(*sql.columns_of(table))
    except DatabaseError:
        return DestinationAccess(
            False, False, False, missing_grants(database.application, table, held, (True, False))
        )
    seen = (bool(schemas), bool(tables))
    return DestinationAccess(True, *seen, missing_grants(database.application, table, held, seen))


def with_grants(database: Database, table: Table, error: GrantMissing) -> GrantMissing:
    """The same error with the grants that would have prevented it, where they are known."""
    try:
        grants = inspect_destination(database, table).grants
    except DatabaseError:
        return error
    if not grants:
        return error
    return GrantMissing(
        f"the application may not write to {table}; let a role that owns it run: "
        f"{'; '.join(grants)}; then run again: nothing was lost"
    )


def missing_grants(
    application: str, table: Table, held: Grants, seen: tuple[bool, bool]
) -> tuple[str, ...]:
    """The statements that give an application what it needs at a destination. Pure.

    Args:
        application: its name.
        table: the destination.
        held: the privileges it has.
        seen: whether it sees the schema and the table.
    """
    schema = f"{table.database}.{table.schema}"
    schema_seen, table_seen = seen

    def lacks(kind: str, title: str, privileges: Collection[str]) -> str:
        has = {privilege for privilege, on, whose in held if (on, whose) == (kind, title)}
        return (
            ""
            if "OWNERSHIP" in has
            else ", ".join(privilege for privilege in privileges if privilege not in has)
        )

    def grant(kind: str, privileges: str) -> str:
        parts = (table.database, table.schema, table.table)
        full = ".".join(map(name, parts[: ("DATABASE", "SCHEMA", "TABLE").index(kind) + 1]))
        return f"GRANT {privileges} ON {kind} {full} TO APPLICATION {name(application)}"

    statements = []
    if privileges := lacks("DATABASE", table.database, ON_DATABASE):
        statements.append(grant("DATABASE", privileges))
    makes_schema = not schema_seen and not lacks("DATABASE", table.database, ("CREATE SCHEMA",))
    if not schema_seen and not makes_schema:
        statements.append(
            f"CREATE SCHEMA IF NOT EXISTS {name(table.database)}.{name(table.schema)}"
        )
    if not makes_schema and (privileges := lacks("SCHEMA", schema, ON_SCHEMA)):
        statements.append(grant("SCHEMA", privileges))
    if table_seen and (privileges := lacks("TABLE", f"{schema}.{table.table}", ON_TABLE)):
        statements.append(grant("TABLE", privileges))
    return tuple(statements)


def missing_on_account(database: Database, privileges: Collection[str]) -> list[str]:
    """Those of the privileges on the account that the application does not hold."""
    return [privilege for privilege in sorted(privileges) if not _holds(database, privilege)]


def _holds(database: Database, privilege: str) -> bool:
    asked = f"SELECT SYSTEM$HOLD_PRIVILEGE_ON_ACCOUNT({sql.text(privilege)}) AS HELD"
    return bool(database.rows(asked)[0]["HELD"])


def _held(database: Database) -> set[tuple[str, str, str]]:
    rows = database.rows(f"SHOW GRANTS TO APPLICATION {name(database.application)}")
    return {
        (row["privilege"], row["granted_on"], str(row["name"]).replace('"', "")) for row in rows
    }
