"""Making the view of a view stream over the tables of other streams, without asking HubSpot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from hubspot_ingest.catalog.stream import EngagementRows, MarkedRows, ViewStream
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table, grant_select, name, text
from hubspot_ingest.database.state.progress import StateWriter
from hubspot_ingest.database.state.runs import RunLog
from hubspot_ingest.database.state.tables import TableRegister
from hubspot_ingest.errors import Refusal
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.settings import SyncSettings

_TIMESTAMP = "PROPERTIES_HS_TIMESTAMP"


def run(
    stream: ViewStream,
    settings: SyncSettings,
    database: Database,
    writer: StateWriter,
    log: RunLog,
) -> None:
    """One run of a view stream, over the row of RUNS that it fills in."""
    view = Table(*settings.place)
    log.stream, log.strategy, log.destination = stream.name, str(stream.reader), str(view)
    sources = make(database, stream, view)
    log.message = f"the view {view} shows {', '.join(sources)} as they stand"
    writer.advance(log.started_at)
    log.settled_through = log.started_at


def make(database: Database, stream: ViewStream, view: Table) -> list[str]:
    """Create the view, or replace it, over the tables that exist; returns their streams.

    Raises ``Refusal`` when none of its sources has a table in the view's schema.
    """
    sources, ddl = planned(database, stream, view)
    for statement in ddl:
        database.rows(statement)
    return sources


def planned(database: Database, stream: ViewStream, view: Table) -> tuple[list[str], list[str]]:
    """The streams whose tables the view shows, and the statements that ``make`` runs."""
    selects: dict[str, str] = {}
    for source in stream.sources:
        table = _table_of(database, source.stream, view)
        types = destination.read_table(database, table).types
        if types:
            selects[source.stream] = _select(stream, source, table, types)
    if not selects:
        names = [source.stream for source in stream.sources]
        raise Refusal(
            f"{stream.name} is a view over {', '.join(names)}, and none of them has a "
            f"table in {view.database}.{view.schema} yet; run one first, for example "
            f"CALL ingest_hubspot('{names[0]}')"
        )
    return [*selects], statements(view, selects.values(), stream.label or stream.name)


def _table_of(database: Database, stream: str, view: Table) -> Table:
    """The table with a stream in the view's schema: the one called like it, else a sync's."""
    named = replace(view, table=stream.upper())
    filled = [
        registered.table
        for registered in TableRegister(database).of_stream(stream, view)
        if registered.sync is not None
    ]
    return named if named in filled or not filled else filled[0]


def statements(view: Table, selects: Iterable[str], comment: str) -> list[str]:
    """The DDL of the view and of who may read it."""
    return [
        f"CREATE OR REPLACE VIEW {view.quoted} COPY GRANTS COMMENT = {text(comment)} AS\n"
        + "\nUNION ALL\n".join(selects),
        grant_select(view, "VIEW"),
    ]


def _select(
    stream: ViewStream,
    source: MarkedRows | EngagementRows,
    table: Table,
    types: Mapping[str, str],
) -> str:
    match source:
        case MarkedRows(delete_kind=kind):
            return f'SELECT * FROM {table.quoted} WHERE "_DELETE_KIND" = {text(kind)}'
        case EngagementRows():
            return _engagements(source, _metadata_names(stream), table, types)


def _metadata_names(stream: ViewStream) -> list[str]:
    """The names of the metadata of all sources, since all select the same columns."""
    return sorted(
        {
            key
            for source in stream.sources
            if isinstance(source, EngagementRows)
            for key, _ in source.metadata
        }
    )


def _engagements(
    source: EngagementRows, names: Sequence[str], table: Table, types: Mapping[str, str]
) -> str:
    metadata = dict(source.metadata)

    def value(property_name: str) -> str:
        return f"{name('PROPERTIES')}:{name(property_name)}::VARCHAR"

    when = name(_TIMESTAMP) if _TIMESTAMP in types else "CAST(NULL AS TIMESTAMP_NTZ(3))"
    associations = [
        f"{text(key)}, {name(column)}" for key, column in source.associations if column in types
    ]
    columns = [
        'ID AS "ID"',
        f'{text(source.type)} AS "TYPE"',
        '"_PORTAL_ID" AS "PORTAL_ID"',
        '"_DELETE_KIND" IS NULL AS "ACTIVE"',
        '"CREATED_AT" AS "CREATED_AT"',
        '"UPDATED_AT" AS "LAST_UPDATED"',
        f'{when} AS "TIMESTAMP"',
        f'{value("hubspot_owner_id")} AS "OWNER_ID"',
        f'OBJECT_CONSTRUCT({", ".join(associations)}) AS "ASSOCIATIONS"',
        "OBJECT_CONSTRUCT("
        + ", ".join(f"{text(key)}, {value(prop)}" for key, prop in source.metadata)
        + ') AS "METADATA"',
        *(
            f"{value(metadata[key]) if key in metadata else 'CAST(NULL AS VARCHAR)'} "
            f"AS {name('METADATA_' + _snake(key))}"
            for key in names
        ),
        '"_SYNCED_AT" AS "_SYNCED_AT"',
    ]
    return "SELECT " + ", ".join(columns) + f" FROM {table.quoted}"


def _snake(camel: str) -> str:
    return "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in camel)
