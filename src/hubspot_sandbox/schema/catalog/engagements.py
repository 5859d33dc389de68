"""The properties of calls, emails, meetings, notes, tasks, communications and postal mail."""

from __future__ import annotations

from hubspot_sandbox.schema.catalog.shared import SENTENCES
from hubspot_sandbox.schema.properties import Definition, define, options
from hubspot_sandbox.seeds import NASTY_TEXT

EMAIL_CONTENT_SCOPE = "sales-email-read"
UNSEARCHABLE = frozenset({"hs_body_preview_html", "hs_email_html"})
"""Properties search refuses in a filter (BEHAVIOR H50)."""
UNSEARCHABLE_OF_EMAILS = frozenset({"hs_body_preview"})
"""And of e-mails alone."""

_ACTIVITY: tuple[Definition, ...] = (
    define("hs_timestamp", "datetime", source="moment", label="Activity date"),
    define("hs_body_preview", pool=SENTENCES, filled=0.8),
    define("hs_body_preview_html", pool=("<html><body>hello</body></html>",), filled=0.8),
    define("hs_engagement_source", pool=("CRM_UI", "INTEGRATION", "GMAIL"), filled=0.9),
    define("hs_attachment_ids", "enumeration", ("1234567890;1234567891", ""), filled=0.2),
)

CALLS = (
    *_ACTIVITY,
    define("hs_call_title", source="subject"),
    define("hs_call_body", pool=NASTY_TEXT, field_type="html"),
    define("hs_call_direction", "enumeration", choices=options("INBOUND", "OUTBOUND")),
    define("hs_call_disposition", "enumeration", ("f240bbac-87c9-4f6e-bf70-924b57d47db7",)),
    define("hs_call_duration", "number", ("0", "61000", "3600000"), filled=0.9),
    define("hs_call_status", "enumeration", choices=options("COMPLETED", "NO_ANSWER", "BUSY")),
    define("hs_call_to_number", "phone_number", source="phone"),
    define("hs_call_recording_url", source="url", filled=0.2),
)

EMAILS = (
    *_ACTIVITY,
    define("hs_email_subject", source="subject"),
    define("hs_email_text", pool=NASTY_TEXT, value_scope=EMAIL_CONTENT_SCOPE),
    define("hs_email_html", pool=("<p>$$ &amp; more</p>",), value_scope=EMAIL_CONTENT_SCOPE),
    define("hs_email_status", "enumeration", choices=options("SENT", "BOUNCED", "FAILED")),
    define("hs_email_direction", "enumeration", choices=options("EMAIL", "INCOMING_EMAIL")),
    define("hs_email_from_email", source="email"),
    define("hs_email_to_email", source="email"),
    define("hs_email_headers", "json", ('{"from":{"email":"a@b.c"},"cc":[]}',), filled=0.6),
)

MEETINGS = (
    *_ACTIVITY,
    define("hs_meeting_title", source="subject"),
    define("hs_meeting_body", pool=NASTY_TEXT, field_type="html"),
    define("hs_meeting_start_time", "datetime", source="moment"),
    define("hs_meeting_end_time", "datetime", source="moment_ms"),
    define("hs_meeting_outcome", "enumeration", choices=options("SCHEDULED", "COMPLETED")),
    define("hs_meeting_location", pool=("Room 3", "https://meet.example.com/x"), filled=0.5),
)

NOTES = (*_ACTIVITY, define("hs_note_body", pool=NASTY_TEXT, field_type="html"))

TASKS = (
    *_ACTIVITY,
    define("hs_task_subject", source="subject"),
    define("hs_task_body", pool=NASTY_TEXT, field_type="html"),
    define("hs_task_status", "enumeration", choices=options("NOT_STARTED", "COMPLETED")),
    define("hs_task_priority", "enumeration", choices=options("LOW", "MEDIUM", "HIGH")),
    define("hs_task_type", "enumeration", choices=options("EMAIL", "CALL", "TODO")),
    define("hs_task_completion_date", "datetime", source="moment", filled=0.5),
)

COMMUNICATIONS = (
    *_ACTIVITY,
    define("hs_communication_channel_type", "enumeration", choices=options("SMS", "WHATS_APP")),
    define("hs_communication_body", pool=NASTY_TEXT),
)

POSTAL_MAIL = (*_ACTIVITY, define("hs_postal_mail_body", pool=SENTENCES))
