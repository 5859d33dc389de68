"""EXPLAIN_ROW: collects what the destination, the state and HubSpot say of one record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hubspot_ingest import times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.stream import ItemStream, RecordStream, ViewStream
from hubspot_ingest.database.columns import KEY
from hubspot_ingest.database.connection import variant
from hubspot_ingest.database.state import run_reports
from hubspot_ingest.diagnose import record_reference
from hubspot_ingest.diagnose.row_reasons import RecordFacts, RecordState, Row, RowReason, row_reason
from hubspot_ingest.errors import Refusal
from hubspot_ingest.hubspot import requests, responses
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.extract import page_readers, single_reads
from hubspot_ingest.inbound.extract.portal_calendar import portal_calendar
from hubspot_ingest.inbound.opening.opening import read_sync
from hubspot_ingest.inbound.opening.portal_check import checked_portal
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.inbound.plan import due
from hubspot_ingest.inbound.plan.hashed_values import ValueHasher
from hubspot_ingest.inbound.plan.plan import MERGED_IDS, Plan
from hubspot_ingest.model import Json
from hubspot_ingest.operations.context import Context

# A person waits for the answer: no longer than this.
PATIENCE = times.MINUTE


def row_explanation(context: Context, name: str, id: str | None) -> dict[str, Json]:
    """Why a record's row is as it is, or absent; at most six requests.

    ``id`` may be the record's address in HubSpot too, or the e-mail of a contact.

    Raises ``UnknownSync``, ``Refusal`` for no id, and what forbids to ask HubSpot.
    """
    id = (id or "").strip()
    if not id:
        raise Refusal("give the id of a record, for example CALL explain_row('contacts', '101')")
    database = context.database
    state = read_sync(context, name)
    with context.client(state.settings, context.clock.now() + PATIENCE) as client:
        stream = lookup.find(state.settings.stream, client.fetch)
        if isinstance(stream, ViewStream):
            sources = ", ".join(source.stream for source in stream.sources)
            raise Refusal(
                f"{stream.name} is a view; explain the row of the stream it comes from: {sources}"
            )
        # what another portal says of an id is of another record
        with checked_portal(context, state, client) as portal:
            portal_id = portal()
        types = state.existing_table.types
        if isinstance(stream, RecordStream):
            id = record_reference.id_from_address(id, stream, portal_id)
            table = state.table if types else None
            hasher = ValueHasher(salt=state.stored.hash_salt)
            id = record_reference.id_of_email(id, stream, client.fetch, database, table, hasher)
            record_facts, row = _record_facts(context, client.fetch, state, stream, id)
            reason, message = row_reason(record_facts)
            if row is None and not id.isdecimal():
                message += "; ids are numbers: the last part of a record's address in HubSpot"
        else:
            record_facts = None
            row = run_reports.row(database, state.table, stream.key, id, types) if types else None
            reason, message = _item_reason(stream, state, row, id)
    if state.forgotten is not None:
        message += f"; {state.forgotten}, so the next run reads everything again"
    return {
        "response_code": "OK",
        "message": message,
        "sync": state.name,
        "id": id,
        "reason": str(reason),
        "facts": _facts(context, state, record_facts, row),
    }


def _record_facts(
    context: Context, fetch: Fetch, state: SyncState, stream: RecordStream, id: str
) -> tuple[RecordFacts, Mapping[str, Any] | None]:
    types = state.existing_table.types
    # the plan of the next run, from what is remembered of the properties
    properties = state.properties or fetch(
        requests.properties(stream.object_type), responses.properties
    )
    now = context.clock.now()
    calendar = portal_calendar(fetch, state.settings, now)
    run_plan = state.plan(stream, properties, now, calendar)
    row = run_reports.row(context.database, state.table, (KEY,), id, types) if types else None
    record_facts = RecordFacts(
        what=f"record {id} of {stream.name}",
        table=str(state.table),
        state=RecordState.GONE,
        row=None if row is None else _row_facts(row, run_plan),
        earliest=run_plan.earliest,
        settled_through=state.settled_through,
        due=_due(state, run_plan),
    )
    # HubSpot's ids are numbers, and it calls anything else a mistake
    if id.isdecimal():
        record_facts = _ask_hubspot(record_facts, fetch, run_plan, id)
    return record_facts, row


def _row_facts(row: Mapping[str, Any], run_plan: Plan) -> Row:
    held = variant(row["PROPERTIES"]) or {}
    misfits = tuple(
        str(column.property)
        for column in run_plan.property_columns
        if column.name in row and row[column.name] is None and held.get(column.property)
    )
    return Row(row["UPDATED_AT"], row["_DELETE_KIND"], row["_MERGED_INTO"], misfits)


def _ask_hubspot(record_facts: RecordFacts, fetch: Fetch, run_plan: Plan, id: str) -> RecordFacts:
    """The facts with what HubSpot says of the record, asked by its id."""
    names = [name for name in (run_plan.stream.updated, MERGED_IDS) if name]
    record = single_reads.read_record(fetch, run_plan, id, names)
    if record is None:
        return record_facts
    if record.id != id:
        return replace(record_facts, state=RecordState.MERGED, survivor=record.id)
    if record.archived:
        return replace(record_facts, state=RecordState.ARCHIVED, archived_at=record.archived_at)
    windowed = record.properties.get(run_plan.stream.updated)
    record_facts = replace(
        record_facts,
        state=RecordState.LIVE,
        updated_at=record.updated_at,
        windowed_at=times.milliseconds(str(windowed)) if windowed else None,
    )
    if not run_plan.filter_groups or page_readers.ids_matching_filters(fetch, run_plan, [id]):
        return record_facts
    indexed_record = single_reads.search_by_id(fetch, run_plan, id)
    indexed = indexed_record is not None and (indexed_record.updated_at or 0) >= (
        record.updated_at or 0
    )
    return replace(record_facts, filtered=True, indexed=indexed)


def _due(state: SyncState, run_plan: Plan) -> dict[str, int]:
    """When each sweep is due, by the kind of deletion that it follows up."""
    if state.settled_through is None:
        return {}
    rotation = (state.sweeps.rotated_at or 0) + due.ROTATION
    when = {"ROTATION": rotation}
    if state.settings.include_archived:
        archived = (state.sweeps.archived_at or 0) + due.ARCHIVED_EVERY
        when["ARCHIVED"] = min(archived, rotation)
    if run_plan.filter_groups:
        filtered = (state.sweeps.filtered_at or 0) + due.FILTERED_EVERY
        when["FILTERED_OUT"] = min(filtered, rotation)
    return when


def _item_reason(
    stream: ItemStream, state: SyncState, row: Mapping[str, Any] | None, id: str
) -> tuple[RowReason, str]:
    """Of what is no CRM object: its table alone tells, HubSpot cannot be asked for one of it."""
    what = f"{stream.name} {id}"
    if row is None and state.settled_through is None:
        return (
            RowReason.NOT_LOADED,
            f"{what} is not in {state.table}: no run has come to its end yet",
        )
    if row is None:
        by = ", ".join(stream.key)
        return (
            RowReason.NEVER_EXISTED,
            f"{what} was in nothing that HubSpot told this sync; rows of {state.table} are told "
            f"apart by {by}, joined by /",
        )
    kind = row.get("_DELETE_KIND")
    if kind is None:
        return (
            RowReason.PRESENT,
            f"{what} is in {state.table} as HubSpot told it when it was last read",
        )
    return RowReason(kind), f"{what} is gone from HubSpot; its row is marked {kind}"


def _facts(
    context: Context,
    state: SyncState,
    record_facts: RecordFacts | None,
    row: Mapping[str, Any] | None,
) -> dict[str, Json]:
    facts: dict[str, Json] = {
        "settled_through": times.iso_or_none(state.settled_through),
        "last_run": run_reports.last_run(context.database, state.name),
        "row": None,
        "hubspot": None,
    }
    if row is not None:
        facts["row"] = {
            "updated_at": times.iso_or_none(row.get("UPDATED_AT")),
            "deleted_at": times.iso_or_none(row.get("_DELETED_AT")),
            "delete_kind": row.get("_DELETE_KIND"),
            "merged_into": row.get("_MERGED_INTO"),
            "run_id": row.get("_RUN_ID"),
            "synced_at": times.iso_or_none(row.get("_SYNCED_AT")),
        }
    if record_facts is not None:
        is_live = record_facts.state is RecordState.LIVE
        facts["hubspot"] = {
            "standing": str(record_facts.state),
            "updated_at": times.iso_or_none(record_facts.updated_at),
            "archived_at": times.iso_or_none(record_facts.archived_at),
            "survivor": record_facts.survivor,
            "matches_filter": not record_facts.filtered if is_live else None,
        }
        facts["misfits"] = list(record_facts.row.misfits) if record_facts.row is not None else []
    return facts
