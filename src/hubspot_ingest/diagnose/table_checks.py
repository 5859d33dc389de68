"""DOCTOR's checks of destinations: may they be written, are their columns as the app made them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.stream import ItemStream, ViewStream
from hubspot_ingest.database import columns, privileges
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state import health
from hubspot_ingest.database.state.stored_state import read_stored_state
from hubspot_ingest.diagnose import findings
from hubspot_ingest.diagnose.findings import Finding, Severity
from hubspot_ingest.inbound.items import rows
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.plan.plan import hashed_names
from hubspot_ingest.model import Property
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import SyncSettings

SyncsWithSettings = Sequence[tuple[str, SyncSettings]]
Columns = Sequence[tuple[str, columns.Type]]


def tables(context: Context, syncs: SyncsWithSettings) -> Iterator[Finding]:
    """Findings about the tables of the enabled syncs."""
    database = context.database
    stored, landed = read_stored_state(database, context.clock.now()), health.landed(database)
    may_make = not privileges.missing_on_account(database, ["CREATE DATABASE"])

    def of_sync(sync_with_settings: tuple[str, SyncSettings]) -> Iterator[Finding]:
        sync, settings = sync_with_settings
        table = Table(*settings.place)
        place = privileges.inspect_destination(database, table)
        text = f"the app may not write to {table}, where {sync} lands"
        if place.grants and place.database_seen:
            yield Finding("GRANTS", Severity.ERROR, text, "; ".join(place.grants))
        elif place.grants and not may_make:
            reason = f"{text}: it sees no such database, and may make none"
            yield Finding("GRANTS", Severity.ERROR, reason, "; ".join(place.grants))
        stored_sync = stored.syncs.get(sync)
        if stored_sync is None or stored_sync.settled_through is None:
            return
        types = destination.read_table(database, table).types
        if types:
            expected = _expected(stored.properties[sync], settings)
            yield _altered(sync, table, expected, types)
        elif sync in landed:
            again = f"nothing: the next run reads everything anew; or CALL ingest_hubspot('{sync}')"
            missing = f"{table}, where {sync} landed, is not there any more"
            yield Finding("TABLE", Severity.WARNING, missing, again)

    yield from findings.of_each("TABLE", syncs, of_sync)


def _expected(properties: Sequence[tuple[Property, str | None]], settings: SyncSettings) -> Columns:
    """The columns that the app gave a table; none of a view's, which are another table's."""
    hashed = hashed_names(settings, [prop for prop, _ in properties])
    flattened = [
        (column, columns.property_type(prop, hashed))
        for prop, column in properties
        if column is not None
    ]
    stream = lookup.known(settings.stream)
    if isinstance(stream, ViewStream):
        return []
    if isinstance(stream, ItemStream):
        own = rows.table_columns(stream)
    else:
        own = (*columns.RECORD, *columns.BOOKKEEPING)
    return [*((column.name, column.type) for column in own), *flattened]


def _altered(sync: str, table: Table, expected: Columns, types: Mapping[str, str]) -> Finding:
    missing = [column for column, _ in expected if column not in types]
    retyped = [
        column
        for column, expected_type in expected
        if column in types and not columns.same_type(expected_type, types[column])
    ]
    if not (missing or retyped):
        return Finding("TABLE", Severity.OK, f"{table} is as it was made")
    text = f"{table} was altered by hand:"
    text += f" without {', '.join(missing)}" if missing else ""
    text += f" of another type {', '.join(retyped)}" if retyped else ""
    again = f"drop the table, then CALL ingest_hubspot('{sync}'); or undo the change"
    return Finding("TABLE", Severity.WARNING, text, again)
