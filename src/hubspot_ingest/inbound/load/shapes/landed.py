"""Finds what views in other shapes read: the syncs of each stream, and their tables as they are."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.registry import ITEM_STREAMS, RECORD_STREAMS
from hubspot_ingest.catalog.stream import RecordStream
from hubspot_ingest.database import privileges, sql
from hubspot_ingest.database.columns import (
    BOOKKEEPING,
    LINK,
    LINK_SEEN,
    RECORD,
    Column,
    Type,
    former_columns,
)
from hubspot_ingest.database.connection import Database, Row
from hubspot_ingest.database.sql import Table, name, text
from hubspot_ingest.database.state.stored_state import StoredState
from hubspot_ingest.database.state.syncs import Sync
from hubspot_ingest.database.statements.merge_items import RAW, bookkeeping
from hubspot_ingest.errors import GrantMissing, Refusal, UnknownStream
from hubspot_ingest.inbound.extract import property_history
from hubspot_ingest.inbound.load.batches import HISTORY
from hubspot_ingest.inbound.load.shapes.rendering import (
    FORMER,
    ExistingView,
    LandedTable,
    LandedTables,
    empty_table,
    types_of,
)
from hubspot_ingest.inbound.plan.plan import selected_properties
from hubspot_ingest.model import Json, Property
from hubspot_ingest.settings import SyncSettings, inherited, parse_settings

Place = tuple[str, str]
"""A stream and a part: empty for its own table, HISTORY, or the stream of its links."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a table is not there, and the statement that would bring it."""

    why: str
    statement: str


@dataclass(frozen=True, slots=True)
class LandedSync:
    """A sync that stands for its stream."""

    name: str
    settings: SyncSettings
    stored_settings: Json
    has_run: bool
    properties: Sequence[tuple[Property, str | None]] = ()
    filled: Collection[str] = ()
    """The parts, empty for its own table, of which rows came in."""

    @property
    def table(self) -> Table:
        """The table it fills."""
        return Table(*self.settings.place)

    @property
    def is_whole(self) -> bool:
        """Whether it reads all records there are."""
        return not self.settings.filter_groups and self.settings.updated_after is None

    @property
    def is_renamed(self) -> bool:
        """Whether the columns of its properties get other names with its next run."""
        read = selected_properties(self.settings.properties, [prop for prop, _ in self.properties])
        return bool(read) and all(column is None for _, column in self.properties)


@dataclass(frozen=True, slots=True)
class SeenObject:
    """A table or view as INFORMATION_SCHEMA shows it."""

    is_view: bool
    comment: str
    view: ExistingView


@dataclass(frozen=True, slots=True)
class Landscape:
    """The tables that views may read, empty ones for the others, and why some are missing.

    ``partial`` are the syncs that read only some of the records, ``syncs`` all, by stream.
    """

    tables: LandedTables
    others: LandedTables
    missing: Mapping[Place, Missing] = field(default_factory=dict)
    partial: Mapping[str, str] = field(default_factory=dict)
    syncs: Mapping[str, LandedSync] = field(default_factory=dict)


def syncs_of_streams(
    stored: StoredState, connection: str, chosen: Mapping[str, str]
) -> dict[str, LandedSync]:
    """The sync that stands for each stream of a connection's portal.

    Of several the ``chosen`` one, else the one without filters, else the one called like the
    stream. Raises ``Refusal`` (``SYNC_NOT_UNIQUE``) where that leaves more than one.
    """
    by_stream = candidates_of_streams(stored, connection)
    for stream_name, sync_name in chosen.items():
        if sync_name not in {sync.name for sync in by_stream.get(stream_name, ())}:
            raise Refusal(
                f"setting 'streams': {sync_name!r} is no sync of {stream_name} with the connection "
                f"{connection}"
            )
    return {
        stream: _standing_for(stream, syncs, chosen.get(stream))
        for stream, syncs in by_stream.items()
    }


def candidates_of_streams(stored: StoredState, connection: str) -> dict[str, list[LandedSync]]:
    """All syncs of a connection by stream; ``syncs_of_streams`` chooses one of each."""
    by_stream: dict[str, list[LandedSync]] = {}
    for sync in stored.syncs.values():
        settings = parse_settings(sync.name, sync.settings, inherited(stored.app))
        with suppress(UnknownStream):
            stream = lookup.standard(settings.stream)
            if settings.connection == connection and stream is not None:
                has_run = sync.settled_through is not None
                properties = stored.properties.get(sync.name, ())
                landed = LandedSync(
                    sync.name, settings, sync.settings, has_run, properties, _filled(sync, settings)
                )
                by_stream.setdefault(stream.name, []).append(landed)
    return by_stream


def _filled(sync: Sync, settings: SyncSettings) -> Collection[str]:
    """The parts that runs filled at the destination that a sync has now."""
    if sync.earned_on.table != str(Table(*settings.place)):
        return ()
    return {*sync.earned_on.tables, *([""] if sync.earned_on.landed else [])}


def _standing_for(stream: str, syncs: Sequence[LandedSync], chosen: str | None) -> LandedSync:
    whole = [sync for sync in syncs if sync.is_whole]
    for candidates in (
        [sync for sync in syncs if sync.name == chosen],
        whole,
        [sync for sync in whole or syncs if sync.name == stream],
        syncs,
    ):
        if len(candidates) == 1:
            return candidates[0]
    names = ", ".join(sync.name for sync in whole or syncs)
    raise Refusal(
        f"several syncs read {stream} ({names}); say which one the views show: "
        f"{{'streams': {{'{stream}': '{syncs[0].name}'}}}}",
        code="SYNC_NOT_UNIQUE",
    )


def landscape(
    database: Database,
    syncs: Mapping[str, LandedSync],
    places: Collection[Place],
    others: Collection[str],
) -> Landscape:
    """The tables at some places, and those of ``others``, which joins name.

    A table that is there is read, whatever its sync is about to do. A stream that was read and held
    nothing has no table: an empty one stands for it. Raises ``DatabaseError`` where the tables
    cannot be looked up.
    """
    streams = {stream for stream, _ in places} | {*others}
    tables = {
        (stream, part): sql.table_beside(sync.table, part) if part else sync.table
        for stream, sync in syncs.items()
        for part in {part for of, part in places if of == stream} | {""}
        if stream in streams
    }
    filled = {tables[place].database for place in tables if place[1] in syncs[place[0]].filled}
    objects = seen_objects(database, tables.values(), filled)
    found: dict[Place, LandedTable] = {}
    missing: dict[Place, Missing] = {}
    for stream, part in [*places, *((stream, "") for stream in others)]:
        sync, table = syncs.get(stream), tables.get((stream, part))
        seen = None if table is None else objects.get(table)
        if sync is not None and table is not None and seen is not None:
            if not part and sync.is_renamed:
                missing[stream, part] = _renamed(sync)
            elif (stream, part) not in found:
                found[stream, part] = _landed(database, sync, part, table, seen.view.types)
        elif (reason := _missing(stream, part, sync)) is not None:
            missing[stream, part] = reason
        else:
            found[stream, part] = nothing_landed(stream, part)
    empty = {(stream, ""): nothing_landed(stream, "") for stream in others}
    partial = {stream: sync.name for stream, sync in syncs.items() if not sync.is_whole}
    return Landscape(found, {**empty, **found}, missing, partial, syncs)


def _renamed(sync: LandedSync) -> Missing:
    why = f"the columns of {sync.name} get other names with its next run"
    return Missing(why, f"CALL ingest_hubspot('{sync.name}')")


def _missing(stream: str, part: str, sync: LandedSync | None) -> Missing | None:
    """Why a table is missing; None where it only had no rows yet, so that it counts as empty."""
    if sync is None:
        if part == HISTORY:
            why = f"{stream} are not read yet, nor the history of their properties"
            return Missing(why, _configure(stream, {"history": ["*"]}))
        return Missing(f"{stream} are not read yet", f"CALL ingest_hubspot('{stream}')")
    if (reason := not_read(sync, part)) is not None:
        return reason
    if not sync.has_run:
        why = f"the sync {sync.name} has not run to its end yet"
        return Missing(why, f"CALL ingest_hubspot('{sync.name}')")
    if part in sync.filled:
        table = sql.table_beside(sync.table, part) if part else sync.table
        why = f"{table} is not there any more, or the app may not read it"
        return Missing(why, f"CALL ingest_hubspot('{sync.name}')")
    return None


def not_read(sync: LandedSync, part: str, history_of: str = "") -> Missing | None:
    """Why a sync does not read a part of its stream, by its settings; None where it does.

    ``history_of`` is the property whose history is meant, else it is that of any.
    """
    history, linked = sync.settings.history, _associations(sync)
    lacking: dict[str, Json] = {}
    if part == HISTORY and not history:
        lacking, why = {"history": ["*"]}, f"{sync.name} keeps no history"
    elif part == HISTORY and history_of:
        if not selected_properties(history, [Property(history_of, "string", history_of)]):
            lacking = {"history": [*history, history_of]}
            why = f"{sync.name} keeps no history of {history_of}"
    elif part not in ("", HISTORY) and part not in linked:
        lacking, why = {"associations": [*linked, part]}, f"{sync.name} reads no links to {part}"
    if not lacking:
        return None
    given = sync.stored_settings if isinstance(sync.stored_settings, dict) else {}
    return Missing(why, _configure(sync.name, {**given, **lacking}))


def _associations(sync: LandedSync) -> Sequence[str]:
    if sync.settings.associations is not None:
        return sync.settings.associations
    stream = lookup.standard(sync.settings.stream)
    return stream.associations if isinstance(stream, RecordStream) else ()


def _configure(sync: str, settings: Json) -> str:
    return f"CALL configure_sync({text(sync)}, PARSE_JSON({text(json.dumps(settings))}))"


def nothing_landed(stream: str, part: str) -> LandedTable:
    """What stands for the table at a place that gets its columns with the first row."""
    if part == HISTORY:
        return empty_table(types_of(property_history.COLUMNS))
    if part:
        return empty_table(types_of((*LINK, *LINK_SEEN)))
    if stream in RECORD_STREAMS:
        return empty_table(types_of((*RECORD, *BOOKKEEPING)))
    items = ITEM_STREAMS[stream]
    own = bookkeeping(marked=bool(items.missing_kind or items.deleted))
    return empty_table(types_of((*items.columns, RAW, *own)))


def _landed(
    database: Database, sync: LandedSync, part: str, table: Table, types: Mapping[str, str]
) -> LandedTable:
    relation = table.quoted
    if part == HISTORY and database.rows(_same_instant(table)):
        # of earlier versions of the app, which kept several changes of one millisecond
        by = ", ".join(map(name, ("ID", "PROPERTY", "CHANGED_AT")))
        relation = (
            f"(SELECT * FROM {relation} QUALIFY ROW_NUMBER() OVER "
            f'(PARTITION BY {by} ORDER BY "SOURCE_ID", "VALUE") = 1)'
        )
    properties = {} if part else _properties(sync, types)
    return LandedTable(relation, types, properties, sync.settings.column_prefix)


def _same_instant(history: Table) -> str:
    return (
        f'SELECT "ID" FROM {history.quoted} GROUP BY "ID", "PROPERTY", "CHANGED_AT" '
        "HAVING COUNT(*) > 1 LIMIT 1"
    )


def _properties(sync: LandedSync, types: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The column and label of each property, of those too that HubSpot does not list any more."""
    properties = {
        prop.name: (column, prop.label)
        for prop, column in sync.properties
        if column is not None and column in types
    }
    prefix = sync.settings.column_prefix
    if prefix:
        columns = [Column(column, Type.TEXT, prop) for prop, (column, _) in properties.items()]
        used = {column.name for column in columns} | {*former_columns(columns, prefix, types)}
        for column in types:
            former = column.removeprefix(prefix).lower()
            if column.startswith(prefix) and column not in used and former not in properties:
                properties[former] = (column, FORMER)
    return properties


def seen_objects(
    database: Database, tables: Iterable[Table], needed: Collection[str] = ()
) -> dict[Table, SeenObject]:
    """Those of some tables and views that exist; a statement for each of their databases.

    A database that the application may not see shows none; of one that is ``needed`` it raises.
    """
    by_database: dict[str, set[Table]] = {}
    for table in tables:
        by_database.setdefault(table.database, set()).add(table)
    grouped: dict[Table, list[Row]] = {}
    for database_name, group in by_database.items():
        try:
            rows = database.rows(_objects(database_name, group))
        except GrantMissing as error:
            if database_name in needed:
                first = min(group, key=str)
                raise privileges.with_grants(database, first, error) from error
            continue
        for row in rows:
            table = Table(database_name, row["TABLE_SCHEMA"], row["TABLE_NAME"])
            if table in group:
                grouped.setdefault(table, []).append(row)
    return {table: _seen(listed) for table, listed in grouped.items()}


def _objects(database_name: str, tables: Collection[Table]) -> str:
    """Selects tables and views with their columns.

    The names are written out: INFORMATION_SCHEMA refuses to answer where it cannot tell beforehand
    that little is asked for.
    """
    information = f"{name(database_name)}.INFORMATION_SCHEMA"
    schemas = ", ".join(sorted({text(table.schema) for table in tables}))
    names = ", ".join(sorted({text(table.table) for table in tables}))

    def condition(of: str) -> str:
        return f"{of}.TABLE_SCHEMA IN ({schemas}) AND {of}.TABLE_NAME IN ({names})"

    return (
        "SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.TABLE_TYPE, t.COMMENT AS ABOUT, "
        "c.COLUMN_NAME, c.DATA_TYPE, c.COMMENT, c.ORDINAL_POSITION "
        f"FROM {information}.TABLES t LEFT JOIN {information}.COLUMNS c "
        "ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME "
        f"AND {condition('c')} WHERE {condition('t')} ORDER BY c.ORDINAL_POSITION"
    )


def _seen(listed: Sequence[Row]) -> SeenObject:
    columns = [row for row in listed if row["COLUMN_NAME"] is not None]
    view = ExistingView(
        {row["COLUMN_NAME"]: row["DATA_TYPE"] for row in columns},
        {row["COLUMN_NAME"]: row["COMMENT"] or "" for row in columns},
    )
    return SeenObject(listed[0]["TABLE_TYPE"] == "VIEW", listed[0]["ABOUT"] or "", view)
