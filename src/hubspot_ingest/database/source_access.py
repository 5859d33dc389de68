"""What the application may read of a push's source, and the grants that it lacks for it.

Sources: Snowflake, "Access control privileges", "GRANT <privileges> TO APPLICATION".
"""

from __future__ import annotations

from collections.abc import Mapping

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.errors import DatabaseError, Refusal


def source_columns(database: Database, source: Table) -> Mapping[str, str]:
    """The columns of a table or view with their types, in order; none where it is not seen."""
    try:
        rows = database.rows(*sql.columns_of(source))
    except DatabaseError:
        return {}
    return {str(row["COLUMN_NAME"]): str(row["DATA_TYPE"]) for row in rows}


def source_grants(application: str, source: Table, kind: str) -> tuple[str, ...]:
    """The statements that let the application read a source; ``kind`` is TABLE or VIEW."""
    to = f"TO APPLICATION {sql.name(application)}"
    schema = f"{sql.name(source.database)}.{sql.name(source.schema)}"
    return (
        f"GRANT USAGE ON DATABASE {sql.name(source.database)} {to}",
        f"GRANT USAGE ON SCHEMA {schema} {to}",
        f"GRANT SELECT ON {kind} {source.quoted} {to}",
    )


def readable_columns(database: Database, source: Table, kind: str) -> Mapping[str, str]:
    """The columns of a source that the application may read.

    Raises ``Refusal`` (``SOURCE_UNREADABLE``), which names the grants.
    """
    columns = source_columns(database, source)
    if columns:
        try:
            database.rows(f"SELECT 1 AS SEEN FROM {source.quoted} LIMIT 1")
            return columns
        except DatabaseError as error:
            reason = error.snowflake_message
    else:
        reason = "it does not exist, or was not granted"
    raise Refusal(
        f"the application cannot read {source} ({reason}); let a role that owns it run: "
        f"{'; '.join(source_grants(database.application, source, kind))}",
        code="SOURCE_UNREADABLE",
    )
