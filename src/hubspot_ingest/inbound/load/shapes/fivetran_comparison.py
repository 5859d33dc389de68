"""Compares a schema that Fivetran filled with our views of it, so that a cut-over can be proved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.shapes import Shapes
from hubspot_ingest.errors import DatabaseError, GrantMissing, Refusal
from hubspot_ingest.inbound.load.shapes.comparison_sql import Compared
from hubspot_ingest.inbound.load.shapes.landed import SeenObject, seen_objects
from hubspot_ingest.inbound.load.shapes.rendering import ALWAYS_NULL
from hubspot_ingest.inbound.load.shapes.shape_views import FIVETRAN
from hubspot_ingest.inbound.load.shapes.view_spec import ViewSpec
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import IDENTIFIER

# What a difference of each kind means for who wants to change over.
KINDS: Mapping[str, str] = {
    "DIFFERENT": "values differ",
    "MISSING_HERE": "there, and not here",
    "MISSING_THERE": "here, and not there",
    "DELETED": "deleted on one side",
    "LATER": "changed after their last sync",
    "ROUNDING": "numbers or times rounded otherwise",
}
_TO_LOOK_AT = ("DIFFERENT", "MISSING_HERE", "MISSING_THERE")
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class TableComparison:
    """How a table and our view differ: rows by kind, and the columns and keys of examples."""

    table: str
    counts: Mapping[str, int]
    columns: Mapping[str, int]
    examples: Mapping[str, Sequence[str]]
    columns_missing: Sequence[str]

    @property
    def differs(self) -> bool:
        """Whether somebody should look at it."""
        return any(self.counts.get(kind) for kind in _TO_LOOK_AT)

    def line(self) -> Json:
        """As the procedure answers it."""
        counts = {kind.lower(): self.counts.get(kind, 0) for kind in ("EQUAL", *KINDS)}
        examples: dict[str, Json] = {kind: [*keys] for kind, keys in self.examples.items()}
        return {
            "table": self.table,
            **counts,
            "columns": {**self.columns},
            "examples": examples,
            "columns_missing_here": [*self.columns_missing],
        }


def compare(context: Context, database_name: str, schema: str) -> dict[str, Json]:
    """Compare each table of a schema with our view of that name, by key and value.

    Raises ``Refusal`` where there are no views yet, ``GrantMissing`` where the schema cannot be
    read.
    """
    database = context.database
    their_database, their_schema = (
        (given or "").strip().upper() for given in (database_name, schema)
    )
    if not (IDENTIFIER.fullmatch(their_database) and IDENTIFIER.fullmatch(their_schema)):
        raise Refusal(
            f"{database_name}.{schema} is no name of a schema, for example FIVETRAN.HUBSPOT"
        )
    stored = next((each for each in Shapes(database).all() if each.shape == FIVETRAN.name), None)
    if stored is None:
        raise Refusal("there are no views to compare with; CALL make_fivetran_views() first")
    if (stored.database, stored.schema) == (their_database, their_schema):
        raise Refusal(f"{stored.database}.{stored.schema} are the views themselves")
    specs = {spec.name: spec for spec in FIVETRAN.views}
    theirs = _seen(database, their_database, their_schema, [*specs])
    if not theirs:
        raise _unreadable(database, their_database, their_schema)
    ours = _seen(database, stored.database, stored.schema, [*specs])
    both = [name for name in specs if name in theirs and name in ours]
    comparisons = [
        _comparison(
            database,
            specs[name],
            Table(their_database, their_schema, name),
            Table(stored.database, stored.schema, name),
            theirs[name],
            ours[name],
        )
        for name in both
    ]
    unlike = [comparison.table for comparison in comparisons if comparison.differs]
    missing = sorted(theirs.keys() - ours.keys())
    message = f"{len(comparisons)} tables compared, {len(comparisons) - len(unlike)} of them agree"
    if unlike:
        message += f"; look at {', '.join(unlike)}"
    if missing:
        message += f"; not here: {', '.join(missing)}"
    return {
        "response_code": "OK",
        "message": message,
        "tables": [comparison.line() for comparison in comparisons],
        "tables_missing_here": [*missing],
        "kinds": {kind.lower(): meaning for kind, meaning in KINDS.items()},
    }


def _seen(
    database: Database, database_name: str, schema: str, names: Sequence[str]
) -> dict[str, SeenObject]:
    tables = [Table(database_name, schema, name) for name in names]
    return {table.table: seen for table, seen in seen_objects(database, tables).items()}


def _unreadable(database: Database, database_name: str, schema: str) -> GrantMissing:
    where = f"{sql.name(database_name)}.{sql.name(schema)}"
    to = f"TO APPLICATION {sql.name(database.application)}"
    return GrantMissing(
        f"the app sees no table of Fivetran's in {database_name}.{schema}; if they are there: "
        f"GRANT USAGE ON DATABASE {sql.name(database_name)} {to}; "
        f"GRANT USAGE ON SCHEMA {where} {to}; "
        f"GRANT SELECT ON ALL TABLES IN SCHEMA {where} {to}"
    )


def _comparison(
    database: Database,
    spec: ViewSpec,
    their_table: Table,
    our_view: Table,
    theirs: SeenObject,
    ours: SeenObject,
) -> TableComparison:
    compared = Compared(
        their_table,
        our_view,
        theirs.view.types,
        ours.view.types,
        [column for column in spec.key if column in theirs.view.types],
        frozenset(
            column
            for column, comment in ours.view.comments.items()
            if comment.startswith(ALWAYS_NULL)
        ),
    )
    missing = sorted(theirs.view.types.keys() - ours.view.types.keys())
    if not compared.key:
        return TableComparison(spec.name, {}, {}, {}, missing)
    try:
        rows = database.rows(compared.statement())
    except DatabaseError as error:
        raise DatabaseError(f"{their_table} could not be compared: {error.message}") from error
    counts = {row["KIND"]: int(row["IN_ALL"]) for row in rows}
    columns: dict[str, int] = {}
    examples: dict[str, list[str]] = {}
    for row in rows:
        if row["KIND"] == "EQUAL":
            continue
        examples.setdefault(row["KIND"].lower(), []).append(row["EXAMPLE"])
        for column in row["COLUMNS"].split():
            columns[column] = columns.get(column, 0) + int(row["ROWS_COUNTED"])
    shown = {kind: keys[:EXAMPLES] for kind, keys in examples.items()}
    return TableComparison(spec.name, counts, columns, shown, missing)
