"""EXPLAIN_ROW: what the destination, the state and HubSpot tell of one record, put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.stream import ItemStream, RecordStream, ViewStream
from hubspot_ingest.database.columns import KEY
from hubspot_ingest.database.connection import variant
from hubspot_ingest.database.sql import Table
from hubspot_ingest.database.state import run_reports
from hubspot_ingest.database.state.app_settings import AppState
from hubspot_ingest.database.state.properties import PortalSchema
from hubspot_ingest.database.state.syncs import Sync, Syncs
from hubspot_ingest.diagnose.row_reasons import Known, Reason, Row, Standing, judge
from hubspot_ingest.errors import HubSpotRefused, Refusal
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound import configure
from hubspot_ingest.inbound.extract import page_readers
from hubspot_ingest.inbound.load import destination
from hubspot_ingest.inbound.plan import due, plan
from hubspot_ingest.inbound.plan.plan import MERGED_IDS, Plan
from hubspot_ingest.model import Json, Record
from hubspot_ingest.operations.context import Context
from hubspot_ingest.settings import SyncSettings, parse_settings

# A person waits for the answer: no longer than this.
PATIENCE = times.MINUTE
NOT_FOUND = 404


def row_explanation(context: Context, name: str, id: str | None) -> dict[str, Json]:
    """Why a record's row is as it is, or absent; at most five requests.

    Raises ``UnknownSync``, ``Refusal`` for no id, and what forbids to ask HubSpot.
    """
    id = (id or "").strip()
    if not id:
        raise Refusal("give the id of a record, for example CALL explain_row('contacts', '101')")
    database = context.database
    sync = configure.existing(Syncs(database), name)
    settings = parse_settings(sync.name, sync.settings, AppState(database).settings().for_syncs)
    with context.client(settings, context.clock.now() + PATIENCE) as client:
        stream = lookup.find(settings.stream, client.fetch)
        if isinstance(stream, RecordStream):
            known, row = _of_record(context, client.fetch, sync, settings, stream, id)
            reason, said = judge(known)
        elif isinstance(stream, ViewStream):
            sources = ", ".join(source.stream for source in stream.sources)
            raise Refusal(
                f"{stream.name} is a view; explain the row of the stream it comes from: {sources}"
            )
        else:
            known, table = None, destination.destination_table(settings)
            types = destination.read_table(database, table).types
            row = run_reports.row(database, table, stream.key, id, types) if types else None
            reason, said = _of_other(stream, sync, table, row, id)
    return {
        "response_code": "OK",
        "message": said,
        "sync": sync.name,
        "id": id,
        "reason": str(reason),
        "facts": _facts(context, sync, known, row),
    }


def _of_record(
    context: Context,
    fetch: Fetch,
    sync: Sync,
    settings: SyncSettings,
    stream: RecordStream,
    id: str,
) -> tuple[Known, Mapping[str, Any] | None]:
    table = destination.destination_table(settings)
    types = destination.read_table(context.database, table).types
    wanted = _plan(context, fetch, sync, settings, stream, types)
    row = run_reports.row(context.database, table, (KEY,), id, types) if types else None
    known = Known(
        what=f"record {id} of {stream.name}",
        table=str(table),
        standing=Standing.GONE,
        row=None if row is None else _told(row, wanted),
        earliest=wanted.earliest,
        settled_through=sync.settled_through,
        due=_due(sync, wanted, settings),
    )
    # HubSpot's ids are numbers, and it calls anything else a mistake
    return (_asked(known, fetch, wanted, id) if id.isdecimal() else known), row


def _plan(
    context: Context,
    fetch: Fetch,
    sync: Sync,
    settings: SyncSettings,
    stream: RecordStream,
    types: Mapping[str, str],
) -> Plan:
    """The plan of the next run, from what is remembered of the properties."""
    remembered = PortalSchema(context.database).properties(sync.name)
    properties = tuple(one for one, _ in remembered) or fetch(
        requests.properties(stream.object_type), responses.properties
    )
    return plan.make_plan(
        sync.name,
        settings,
        stream,
        properties,
        settled_through=sync.settled_through,
        now=context.clock.now(),
        table=destination.destination_table(settings),
        known_columns={one.name: column for one, column in remembered if column},
        existing=types,
    )


def _told(row: Mapping[str, Any], wanted: Plan) -> Row:
    held = variant(row["PROPERTIES"]) or {}
    misfits = tuple(
        str(one.property)
        for one in wanted.property_columns
        if one.name in row and row[one.name] is None and held.get(one.property)
    )
    return Row(row["UPDATED_AT"], row["_DELETE_KIND"], row["_MERGED_INTO"], misfits)


def _asked(known: Known, fetch: Fetch, wanted: Plan, id: str) -> Known:
    """What HubSpot says of a record, asked by its id."""
    told = _read(fetch, wanted, id)
    if told is None:
        told = _read(fetch, wanted, id, archived=True)
    if told is None:
        return known
    if told.id != id:
        return replace(known, standing=Standing.MERGED, survivor=told.id)
    if told.archived:
        return replace(known, standing=Standing.ARCHIVED, archived_at=told.archived_at)
    windowed = told.properties.get(wanted.stream.updated)
    known = replace(
        known,
        standing=Standing.LIVE,
        updated_at=told.updated_at,
        windowed_at=times.milliseconds(windowed) if windowed else None,
    )
    if not wanted.filter_groups or page_readers.ids_matching_filters(fetch, wanted, [id]):
        return known
    found = page_readers.search_by_id(fetch, wanted, id)
    indexed = found is not None and (found.updated_at or 0) >= (told.updated_at or 0)
    return replace(known, filtered=True, indexed=indexed)


def _read(fetch: Fetch, wanted: Plan, id: str, *, archived: bool = False) -> Record | None:
    names = (wanted.stream.updated, MERGED_IDS)
    try:
        return fetch(
            requests.record(wanted.stream.object_type, id, names, archived=archived),
            responses.record,
        )
    except HubSpotRefused as refused:
        if refused.http_status != NOT_FOUND:
            raise
        return None


def _due(sync: Sync, wanted: Plan, settings: SyncSettings) -> dict[str, int]:
    """When each sweep is due, by the kind of deletion that it follows up."""
    if sync.settled_through is None:
        return {}
    rotation = int(sync.sweeps.get("rotated_at") or 0) + due.ROTATION
    when = {"ROTATION": rotation}
    if settings.include_archived:
        archived = int(sync.sweeps.get("archived_at") or 0) + due.ARCHIVED_EVERY
        when["ARCHIVED"] = min(archived, rotation)
    if wanted.filter_groups:
        filtered = int(sync.sweeps.get("filtered_at") or 0) + due.FILTERED_EVERY
        when["FILTERED_OUT"] = min(filtered, rotation)
    return when


def _of_other(
    stream: ItemStream, sync: Sync, table: Table, row: Mapping[str, Any] | None, id: str
) -> tuple[Reason, str]:
    """Of what is no CRM object: its table alone tells, HubSpot cannot be asked for one of it."""
    what = f"{stream.name} {id}"
    if row is None and sync.settled_through is None:
        return Reason.NOT_LOADED, f"{what} is not in {table}: no run has come to its end yet"
    if row is None:
        by = ", ".join(stream.key)
        return (
            Reason.NEVER_EXISTED,
            f"{what} was in nothing that HubSpot told this sync; rows of {table} are told apart by "
            f"{by}, joined by /",
        )
    kind = row.get("_DELETE_KIND")
    if kind is None:
        return Reason.PRESENT, f"{what} is in {table} as HubSpot told it when it was last read"
    return Reason(kind), f"{what} is gone from HubSpot; its row is marked {kind}"


def _facts(
    context: Context, sync: Sync, known: Known | None, row: Mapping[str, Any] | None
) -> dict[str, Json]:
    def told(value: int | None) -> str | None:
        return None if value is None else times.iso(value)

    facts: dict[str, Json] = {
        "settled_through": told(sync.settled_through),
        "last_run": run_reports.last_run(context.database, sync.name),
        "row": None,
        "hubspot": None,
    }
    if row is not None:
        facts["row"] = {
            "updated_at": told(row.get("UPDATED_AT")),
            "deleted_at": told(row.get("_DELETED_AT")),
            "delete_kind": row.get("_DELETE_KIND"),
            "merged_into": row.get("_MERGED_INTO"),
            "run_id": row.get("_RUN_ID"),
            "synced_at": told(row.get("_SYNCED_AT")),
        }
    if known is not None:
        facts["hubspot"] = {
            "standing": str(known.standing),
            "updated_at": told(known.updated_at),
            "archived_at": told(known.archived_at),
            "survivor": known.survivor,
            "matches_filter": None if known.standing is not Standing.LIVE else not known.filtered,
        }
        facts["misfits"] = list(known.row.misfits) if known.row is not None else []
    return facts
