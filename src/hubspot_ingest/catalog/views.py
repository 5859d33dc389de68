"""Streams that are views over the tables of other streams, as rows. No logic."""

from __future__ import annotations

from hubspot_ingest.catalog.stream import EngagementRows, MarkedRows, ViewStream

_ASSOCIATIONS = (
    ("contactIds", "CONTACTS_IDS"),
    ("companyIds", "COMPANIES_IDS"),
    ("dealIds", "DEALS_IDS"),
    ("ticketIds", "TICKETS_IDS"),
)

VIEWS: tuple[ViewStream, ...] = (
    ViewStream(
        "engagements",
        label="Calls, e-mails, meetings, notes and tasks in the shape of the old engagements",
        sources=(
            EngagementRows(
                "calls",
                "CALL",
                (
                    ("title", "hs_call_title"),
                    ("body", "hs_call_body"),
                    ("status", "hs_call_status"),
                    ("disposition", "hs_call_disposition"),
                    ("fromNumber", "hs_call_from_number"),
                    ("toNumber", "hs_call_to_number"),
                    ("durationMilliseconds", "hs_call_duration"),
                    ("recordingUrl", "hs_call_recording_url"),
                    ("externalId", "hs_call_external_id"),
                ),
                _ASSOCIATIONS,
            ),
            EngagementRows(
                "emails",
                "EMAIL",
                (
                    ("subject", "hs_email_subject"),
                    ("html", "hs_email_html"),
                    ("text", "hs_email_text"),
                    ("status", "hs_email_status"),
                    ("direction", "hs_email_direction"),
                    ("from", "hs_email_from_email"),
                    ("to", "hs_email_to_email"),
                    ("cc", "hs_email_cc_email"),
                    ("bcc", "hs_email_bcc_email"),
                ),
                _ASSOCIATIONS,
            ),
            EngagementRows(
                "meetings",
                "MEETING",
                (
                    ("title", "hs_meeting_title"),
                    ("body", "hs_meeting_body"),
                    ("startTime", "hs_meeting_start_time"),
                    ("endTime", "hs_meeting_end_time"),
                    ("location", "hs_meeting_location"),
                    ("meetingOutcome", "hs_meeting_outcome"),
                    ("internalMeetingNotes", "hs_internal_meeting_notes"),
                ),
                _ASSOCIATIONS,
            ),
            EngagementRows("notes", "NOTE", (("body", "hs_note_body"),), _ASSOCIATIONS),
            EngagementRows(
                "tasks",
                "TASK",
                (
                    ("subject", "hs_task_subject"),
                    ("body", "hs_task_body"),
                    ("status", "hs_task_status"),
                    ("priority", "hs_task_priority"),
                    ("taskType", "hs_task_type"),
                    ("completionDate", "hs_task_completion_date"),
                ),
                _ASSOCIATIONS,
            ),
        ),
    ),
    ViewStream(
        "deals_archived",
        label="Archived deals",
        sources=(MarkedRows("deals", "ARCHIVED"),),
    ),
)
