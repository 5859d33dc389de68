"""The version 1 endpoints of engagements, over calls, emails, meetings, notes and tasks."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.answers import Answer, invalid, json_answer
from hubspot_sandbox.call import Call, within
from hubspot_sandbox.records.columns import State
from hubspot_sandbox.records.table import Table
from hubspot_sandbox.shapes.records import alive
from hubspot_sandbox.times import DAY_MS, parse_moment
from hubspot_sandbox.tokens import require

SCOPES = ("crm.objects.contacts.read", "crm.objects.companies.read", "crm.objects.deals.read")
MOST, MOST_RECENT, RECENT_WINDOW, RECENT_DAYS = 250, 100, 10_000, 30
_LINKED = ("contacts", "companies", "deals", "tickets", "quotes")

METADATA: dict[str, dict[str, str]] = {
    "calls": {
        "title": "hs_call_title", "body": "hs_call_body", "status": "hs_call_status",
        "toNumber": "hs_call_to_number", "durationMilliseconds": "hs_call_duration",
        "disposition": "hs_call_disposition", "recordingUrl": "hs_call_recording_url",
    },
    "emails": {
        "subject": "hs_email_subject", "html": "hs_email_html", "text": "hs_email_text",
        "status": "hs_email_status",
    },
    "meetings": {
        "title": "hs_meeting_title", "body": "hs_meeting_body",
        "startTime": "hs_meeting_start_time", "endTime": "hs_meeting_end_time",
        "meetingOutcome": "hs_meeting_outcome", "location": "hs_meeting_location",
    },
    "notes": {"body": "hs_note_body"},
    "tasks": {
        "subject": "hs_task_subject", "body": "hs_task_body", "status": "hs_task_status",
        "priority": "hs_task_priority", "taskType": "hs_task_type",
        "completionDate": "hs_task_completion_date",
    },
}  # fmt: skip
"""Which property a key of the metadata comes from, per object type."""

_NUMBERS = frozenset({"durationMilliseconds"})
_TIMES = frozenset({"startTime", "endTime", "completionDate"})


def _all(call: Call) -> list[tuple[Table, State]]:
    """Every engagement there is, ascending by id."""
    require(call.granted, SCOPES)
    tables = [call.portal.table(name) for name in METADATA]
    rows = [(table, state) for table in tables for state in table.states()]
    return sorted(rows, key=lambda row: row[1].id)


def _shape(call: Call, table: Table, state: State) -> dict[str, Any]:
    def value(name: str) -> str | None:
        column = table.columns.get(name)
        return None if column is None else column.value(state) or None

    name = table.object_type.name
    metadata: dict[str, Any] = {}
    for key, source in METADATA[name].items():
        text = value(source)
        if text is not None:
            number = key in _NUMBERS and int(float(text))
            metadata[key] = parse_moment(text) if key in _TIMES else number or text
    if name == "emails":
        metadata["from"] = {"email": value("hs_email_from_email")}
        metadata["to"] = [{"email": value("hs_email_to_email")}]
    owner = value("hubspot_owner_id")
    files = (value("hs_attachment_ids") or "").split(";")
    linked = {
        f"{kind.singular}Ids": list(alive(call, table.object_type, state.id, kind))
        for kind in map(call.portal.object_type, _LINKED)
    }
    return {
        "engagement": {
            "id": state.id,
            "portalId": call.portal.id,
            "active": True,
            "createdAt": state.created,
            "lastUpdated": state.updated,
            "ownerId": None if owner is None else int(owner),
            "type": table.object_type.singular.upper(),
            "timestamp": parse_moment(value("hs_timestamp") or "") or state.created,
            "source": value("hs_engagement_source"),
            "bodyPreview": value("hs_body_preview"),
            "bodyPreviewHtml": value("hs_body_preview_html"),
            "gdprDeleted": False,
        },
        "associations": {**linked, "ownerIds": [], "workflowIds": [], "contentIds": []},
        "attachments": [{"id": int(file)} for file in files if file],
        "scheduledTasks": [],
        "metadata": metadata,
    }


def list_engagements(call: Call) -> Answer:
    """All engagements, skipping ``offset`` of them (BEHAVIOR H147)."""
    rows = _all(call)
    limit = call.number("limit", 100, MOST)
    start = call.number("offset", 0, 1 << 60, 0)
    return json_answer(
        {
            "results": [_shape(call, *row) for row in rows[start : start + limit]],
            "hasMore": start + limit < len(rows),
            "offset": min(start + limit, len(rows)),
        }
    )


def list_recent(call: Call) -> Answer:
    """Those modified in the last 30 days, the latest first, 10,000 at most (BEHAVIOR H147)."""
    since = max(call.number("since", 0, 1 << 60, 0), call.now - RECENT_DAYS * DAY_MS)
    rows = [row for row in _all(call) if row[1].updated >= since]
    rows.sort(key=lambda row: (-row[1].updated, row[1].id))
    count = call.number("count", 20, MOST_RECENT)
    start = call.number("offset", 0, 1 << 60, 0)
    if start + count > RECENT_WINDOW:
        raise invalid(f"offset + count must not be more than {RECENT_WINDOW}")
    return json_answer(
        {
            "results": [_shape(call, *row) for row in rows[start : start + count]],
            "hasMore": start + count < len(rows),
            "offset": start + count,
            "total": len(rows),
        }
    )


def list_modified_after(call: Call) -> Answer:
    """Those modified after a moment, in no promised order; the token stands in its place."""
    text = call.query_value("after") or "0"
    moment, _, skipped = text.partition(":")
    after = within(moment, "after", 1 << 60, 0)
    start = within(skipped or "0", "after", 1 << 60, 0)
    rows = [row for row in _all(call) if row[1].updated > after]
    limit = call.number("limit", 100, MOST)
    more = start + limit < len(rows)
    shape: dict[str, Any] = {
        "results": [_shape(call, *row) for row in rows[start : start + limit]],
        "hasMore": more,
        "after": f"{after}:{start + limit}" if more else str(call.now),
    }
    return json_answer(shape)
