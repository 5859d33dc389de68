"""Compares a schema that Fivetran filled with our views of it, so that a cut-over can be proved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from hubspot_ingest.database import sql
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state.shapes import Shapes, StoredShape
from hubspot_ingest.errors import DatabaseError, GrantMissing, Refusal
from hubspot_ingest.inbound.load.shapes.comparison_sql import Compared
from hubspot_ingest.inbound.load.shapes.landed import SeenObject, seen_objects
from hubspot_ingest.inbound.load.shapes.rendering import ALWAYS_NULL
from hubspot_ingest.inbound.load.shapes.shape_settings import parse_shape_settings
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
    "DELETED_HERE": "deleted here, live there",
    "DELETED_THERE": "deleted there, live here",
    "EARLIER": "changed after our last run: run the sync and compare again",
    "LATER": "changed after their last sync",
    "DELETED": "on one side alone, and deleted",
    "ROUNDING": "numbers or times rounded otherwise",
}
_TO_LOOK_AT = (
    *("DIFFERENT", "MISSING_HERE", "MISSING_THERE"),
    *("DELETED_HERE", "DELETED_THERE", "EARLIER"),
)
EXAMPLES = 5
# So many names of tables are in the message; the answer has all.
_NAMED = 10
# The key by which rows are compared, where a part of our view's key is not comparable with theirs.
_KEYS: Mapping[str, tuple[str, ...]] = {
    # a change that names the event which caused it may have no time of its own
    "EMAIL_SUBSCRIPTION_CHANGE": (
        *("RECIPIENT", "EMAIL_SUBSCRIPTION_ID", "CHANGE_TYPE", "CAUSED_BY_EVENT_ID|TIMESTAMP"),
    ),
    "TICKET_ENGAGEMENT": ("TICKET_ID", "ENGAGEMENT_ID", "CATEGORY"),
}
# Of rows with such a key one stands for all.
_GROUPED = frozenset({"TICKET_ENGAGEMENT"})
_NOT_COMPARED = {"PROPERTY_OPTION": {"PROPERTY_ID"}, "TICKET_ENGAGEMENT": {"TYPE_ID"}}
# In the keys of Fivetran's tables of links (its page "HubSpot schema ERD"); a table that lacks them
# has one row for a pair. That older tables lack TYPE_ID is documented, the one row is inferred.
_LINK_TYPE = frozenset({"TYPE_ID", "CATEGORY"})


@dataclass(frozen=True, slots=True)
class TableComparison:
    """How a table and our view differ: rows by kind, and the columns and keys of examples.

    ``columns`` counts the rows that are DIFFERENT; ``is_cut`` says that there are more combinations
    of columns than were counted. ``why`` says why the table was left out, ``error`` what failed.
    """

    table: str
    columns_missing: Sequence[str]
    counts: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, Sequence[str]] = field(default_factory=dict)
    is_cut: bool = False
    why: str = ""
    error: str = ""

    @property
    def is_compared(self) -> bool:
        """Whether its rows were counted."""
        return not (self.why or self.error)

    @property
    def differs(self) -> bool:
        """Whether somebody should look at it."""
        return any(self.counts.get(kind) for kind in _TO_LOOK_AT)

    def line(self) -> Json:
        """As the procedure answers it."""
        missing: dict[str, Json] = {"columns_missing_here": [*self.columns_missing]}
        if not self.is_compared:
            reason = {"error": self.error} if self.error else {"why": self.why}
            return {"table": self.table, **reason, **missing}
        counts = {kind.lower(): self.counts.get(kind, 0) for kind in ("EQUAL", *KINDS)}
        examples: dict[str, Json] = {kind: [*keys] for kind, keys in self.examples.items()}
        cut: dict[str, Json] = {"columns_counted_in_part": True} if self.is_cut else {}
        return {
            "table": self.table,
            **counts,
            "columns": {**self.columns},
            **cut,
            "examples": examples,
            **missing,
        }


def compare(
    context: Context, database_name: str, schema: str, given: Json = None
) -> dict[str, Json]:
    """Compare each table of a schema with our view of that name, by key and value.

    The settings ``given`` say which views, where there are several portals or schemas of them.
    Raises ``Refusal`` where there are no views yet, or several, ``GrantMissing`` where the schema
    cannot be read.
    """
    database = context.database
    their_database, their_schema = (
        (part or "").strip().upper() for part in (database_name, schema)
    )
    if not (IDENTIFIER.fullmatch(their_database) and IDENTIFIER.fullmatch(their_schema)):
        raise Refusal(
            f"{database_name}.{schema} is no name of a schema, for example FIVETRAN.HUBSPOT"
        )
    stored = _views(database, given)
    if (stored.database, stored.schema) == (their_database, their_schema):
        raise Refusal(f"{stored.database}.{stored.schema} are the views themselves")
    their_names = _table_names(database, their_database, their_schema)
    if not their_names:
        raise _unreadable(database, their_database, their_schema)
    specs = {spec.name: spec for spec in FIVETRAN.views}
    theirs = _seen(database, their_database, their_schema, [*specs])
    ours = _seen(database, stored.database, stored.schema, [*specs])
    comparisons = [
        _comparison(
            database,
            specs[name],
            Table(their_database, their_schema, name),
            Table(stored.database, stored.schema, name),
            theirs[name],
            ours[name],
        )
        for name in specs
        if name in theirs and name in ours
    ]
    missing = [name for name in their_names if name not in ours]
    return {
        "response_code": "OK",
        "message": _message(comparisons, missing),
        "tables": [comparison.line() for comparison in comparisons],
        "tables_missing_here": [*missing],
        "kinds": {kind.lower(): meaning for kind, meaning in KINDS.items()},
    }


def _views(database: Database, given: Json) -> StoredShape:
    """The views to compare with: the only ones, or those that the settings name."""
    settings = parse_shape_settings(given)
    stored = [each for each in Shapes(database).all() if each.shape == FIVETRAN.name]
    if not stored:
        raise Refusal("there are no views to compare with; CALL make_fivetran_views() first")
    if settings.streams:
        raise Refusal("setting 'streams': the views are made already; leave it out")
    names = settings.model_fields_set
    matching = [
        each
        for each in stored
        if ("schema_name" not in names or each.schema == settings.schema_name)
        and ("database" not in names or each.database == settings.database)
        and (
            "connection" not in names
            or parse_shape_settings(dict(each.settings)).connection == settings.connection
        )
    ]
    if len(matching) != 1:
        places = ", ".join(f"{each.database}.{each.schema}" for each in stored)
        raise Refusal(
            f"the settings name {len(matching)} of the schemas with views ({places}); name one: "
            "CALL compare_fivetran('DATABASE', 'SCHEMA', PARSE_JSON('{\"schema\": \"HUBSPOT\"}'))"
        )
    return matching[0]


def _message(comparisons: Sequence[TableComparison], missing: Sequence[str]) -> str:
    compared = [each for each in comparisons if each.is_compared]
    unlike = [each.table for each in compared if each.differs]
    left_out = [each.table for each in comparisons if not each.is_compared]
    message = f"{len(compared)} tables compared, {len(compared) - len(unlike)} of them agree"
    if unlike:
        message += f"; look at {', '.join(unlike)}"
    if left_out:
        message += f"; not compared: {', '.join(left_out)}"
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        message += f"; not here: {', '.join(missing[:_NAMED])}{more}"
    return message


def _table_names(database: Database, database_name: str, schema: str) -> list[str]:
    """The tables and views of a schema that the app may see: those it was granted alone."""
    # the application may see no such database
    with suppress(DatabaseError):
        rows = database.rows(
            f"SELECT TABLE_NAME FROM {sql.name(database_name)}.INFORMATION_SCHEMA.TABLES "
            "WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME",
            (schema,),
        )
        return [row["TABLE_NAME"] for row in rows]
    return []


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
    always_null = {
        column for column, comment in ours.view.comments.items() if comment.startswith(ALWAYS_NULL)
    }
    their_types, our_types = theirs.view.types, ours.view.types
    missing = sorted(their_types.keys() - (our_types.keys() - always_null))
    full_key = [_part_of(part, their_types) for part in _KEYS.get(spec.name, spec.key)]
    lacking = [part for part in full_key if part.partition("|")[0] not in their_types]
    if not {*lacking} <= _LINK_TYPE:
        why = f"not compared: theirs has no {', '.join(lacking)}, which tell its rows apart"
        return TableComparison(spec.name, missing, why=why)
    compared = Compared(
        their_table,
        our_view,
        their_types,
        our_types,
        [column for column in full_key if column not in lacking],
        frozenset(always_null | _NOT_COMPARED.get(spec.name, set())),
        grouped=bool(lacking) or spec.name in _GROUPED,
    )
    try:
        rows = database.rows(compared.statement())
    except DatabaseError as error:
        return TableComparison(spec.name, missing, error=error.message)
    counts = {row["KIND"]: int(row["IN_ALL"]) for row in rows}
    columns: dict[str, int] = {}
    examples: dict[str, list[str]] = {}
    different = 0
    for row in rows:
        if row["KIND"] != "EQUAL":
            examples.setdefault(row["KIND"].lower(), []).append(row["EXAMPLE"])
        if row["KIND"] == "DIFFERENT":
            different += int(row["ROWS_COUNTED"])
            for column in row["COLUMNS"].split():
                columns[column] = columns.get(column, 0) + int(row["ROWS_COUNTED"])
    shown = {kind: keys[:EXAMPLES] for kind, keys in examples.items()}
    is_cut = different < counts.get("DIFFERENT", 0)
    return TableComparison(spec.name, missing, counts, columns, shown, is_cut)


def _part_of(part: str, their_types: Mapping[str, str]) -> str:
    """A part of a key with those of its columns that their table has; without them as it is."""
    return "|".join(column for column in part.split("|") if column in their_types) or part
