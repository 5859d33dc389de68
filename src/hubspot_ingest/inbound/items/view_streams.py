"""Streams that are views over other streams' tables: nothing of them is asked of HubSpot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from hubspot_ingest.catalog.stream import Stream
from hubspot_ingest.database.connection import Database
from hubspot_ingest.database.sql import Table, grant_select, name, text
from hubspot_ingest.errors import Refusal
from hubspot_ingest.inbound.load import destination

# What the old engagements called a thing, and the property that holds it now.
_METADATA: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "calls": (
        "CALL",
        {
            "title": "hs_call_title",
            "body": "hs_call_body",
            "status": "hs_call_status",
            "disposition": "hs_call_disposition",
            "fromNumber": "hs_call_from_number",
            "toNumber": "hs_call_to_number",
            "durationMilliseconds": "hs_call_duration",
            "recordingUrl": "hs_call_recording_url",
            "externalId": "hs_call_external_id",
        },
    ),
    "emails": (
        "EMAIL",
        {
            "subject": "hs_email_subject",
            "html": "hs_email_html",
            "text": "hs_email_text",
            "status": "hs_email_status",
            "direction": "hs_email_direction",
            "from": "hs_email_from_email",
            "to": "hs_email_to_email",
            "cc": "hs_email_cc_email",
            "bcc": "hs_email_bcc_email",
        },
    ),
    "meetings": (
        "MEETING",
        {
            "title": "hs_meeting_title",
            "body": "hs_meeting_body",
            "startTime": "hs_meeting_start_time",
            "endTime": "hs_meeting_end_time",
            "location": "hs_meeting_location",
            "meetingOutcome": "hs_meeting_outcome",
            "internalMeetingNotes": "hs_internal_meeting_notes",
        },
    ),
    "notes": ("NOTE", {"body": "hs_note_body"}),
    "tasks": (
        "TASK",
        {
            "subject": "hs_task_subject",
            "body": "hs_task_body",
            "status": "hs_task_status",
            "priority": "hs_task_priority",
            "taskType": "hs_task_type",
            "completionDate": "hs_task_completion_date",
        },
    ),
}
_LINKED = {"contactIds": "CONTACTS_IDS", "companyIds": "COMPANIES_IDS", "dealIds": "DEALS_IDS"}
_LINKED |= {"ticketIds": "TICKETS_IDS"}
_WHEN = "PROPERTIES_HS_TIMESTAMP"


def make(database: Database, stream: Stream, view: Table) -> list[str]:
    """Make the view, or make it anew over the tables there are by now; returns their streams.

    Raises ``Refusal`` when none of the streams it is made of has a table in the view's schema.
    """
    made_of, ddl = planned(database, stream, view)
    for statement in ddl:
        database.rows(statement)
    return made_of


def planned(database: Database, stream: Stream, view: Table) -> tuple[list[str], list[str]]:
    """The streams ``make`` makes the view of, and the statements it runs."""
    tables: dict[str, tuple[Table, Mapping[str, str]]] = {}
    for source in stream.sources:
        table = replace(view, table=source.upper())
        types = destination.read_table(database, table).types
        if types:
            tables[source] = (table, types)
    if not tables:
        raise Refusal(
            f"{stream.name} is a view over {', '.join(stream.sources)}, and none of them has a "
            f"table in {view.database}.{view.schema} yet; run one first, for example "
            f"CALL ingest_hubspot('{stream.sources[0]}')"
        )
    selects = [
        _engagements(source, table, types) if len(stream.sources) > 1 else _archived(table)
        for source, (table, types) in tables.items()
    ]
    return [*tables], statements(view, selects, stream.label or stream.name)


def statements(view: Table, selects: Iterable[str], comment: str) -> list[str]:
    """The DDL of the view and of who may read it."""
    return [
        f"CREATE OR REPLACE VIEW {view.quoted} COPY GRANTS COMMENT = {text(comment)} AS\n"
        + "\nUNION ALL\n".join(selects),
        grant_select(view, "VIEW"),
    ]


def _archived(table: Table) -> str:
    return f"SELECT * FROM {table.quoted} WHERE \"_DELETE_KIND\" = 'ARCHIVED'"


def _engagements(source: str, table: Table, types: Mapping[str, str]) -> str:
    kind, metadata = _METADATA[source]
    names = sorted({one for _, told in _METADATA.values() for one in told})

    def held(prop: str) -> str:
        return f"{name('PROPERTIES')}:{name(prop)}::VARCHAR"

    when = name(_WHEN) if _WHEN in types else "CAST(NULL AS TIMESTAMP_NTZ(3))"
    linked = [
        f"{text(told)}, {name(column)}" for told, column in _LINKED.items() if column in types
    ]
    columns = [
        'ID AS "ID"',
        f'{text(kind)} AS "TYPE"',
        '"_PORTAL_ID" AS "PORTAL_ID"',
        '"_DELETE_KIND" IS NULL AS "ACTIVE"',
        '"CREATED_AT" AS "CREATED_AT"',
        '"UPDATED_AT" AS "LAST_UPDATED"',
        f'{when} AS "TIMESTAMP"',
        f'{held("hubspot_owner_id")} AS "OWNER_ID"',
        f'OBJECT_CONSTRUCT({", ".join(linked)}) AS "ASSOCIATIONS"',
        "OBJECT_CONSTRUCT("
        + ", ".join(f"{text(told)}, {held(prop)}" for told, prop in metadata.items())
        + ') AS "METADATA"',
        *(
            f"{held(metadata[one]) if one in metadata else 'CAST(NULL AS VARCHAR)'} "
            f"AS {name('METADATA_' + _snake(one))}"
            for one in names
        ),
        '"_SYNCED_AT" AS "_SYNCED_AT"',
    ]
    return "SELECT " + ", ".join(columns) + f" FROM {table.quoted}"


def _snake(camel: str) -> str:
    return "".join(f"_{one}" if one.isupper() else one.upper() for one in camel)
