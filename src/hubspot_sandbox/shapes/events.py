"""The JSON of events, of the event types a portal defined, and of marketing events."""

from __future__ import annotations

import re
from typing import Any

from hubspot_sandbox.items.collections import Item
from hubspot_sandbox.items.event_attendance import Participation
from hubspot_sandbox.items.events import CUSTOM_PROPERTIES, Event, Events
from hubspot_sandbox.records.table import Record
from hubspot_sandbox.schema.properties import Property
from hubspot_sandbox.times import iso


def event_shape(events: Events, event: Event) -> dict[str, Any]:
    """An event as HubSpot shows it."""
    return {
        "id": events.event_id(event.number),
        "eventType": event.type,
        "objectType": event.kind,
        "objectId": event.record,
        "occurredAt": iso(event.at),
        "properties": event.properties,
    }


def event_definition_shape(definition: Item, with_properties: bool = True) -> dict[str, Any]:
    """An event type the portal defined, as HubSpot shows it."""
    shown = sorted(CUSTOM_PROPERTIES) if with_properties else []
    fields = definition.fields
    return {
        "id": definition.id,
        "name": fields["name"],
        "fullyQualifiedName": fields["fullyQualifiedName"],
        "labels": {"singular": fields["label"], "plural": fields["label"]},
        "description": f"{fields['label']}, as the portal tells it",
        "objectTypeId": f"6-{definition.id}",
        "primaryObject": "CONTACT",
        "primaryObjectId": "0-1",
        "trackingType": "MANUAL",
        "archived": definition.archived,
        "associations": [],
        "properties": [Property(name, label=name).as_json() for name in shown],
        "createdAt": iso(definition.created),
        "createdUserId": 5_000_000,
        "updatedAt": iso(definition.updated),
        "updatedUserId": 5_000_001,
    }


def marketing_event_shape(event: Record, counts: dict[str, int]) -> dict[str, Any]:
    """A marketing event."""
    value = event.properties.get
    # Every third event was made in HubSpot itself: no app, no id outside, nobody counted (H170).
    own = int(event.id) % 3 == 0
    status = value("hs_event_status")
    counted: dict[str, int | None] = dict(counts)
    if own and not any(counts.values()):
        counted = {"registrants": None, "attendees": 0, "cancellations": None, "noShows": -1}
    return {
        "objectId": event.id,
        "externalEventId": None if own else f"external-{event.id}",
        "eventName": value("hs_event_name") or "",
        "eventOrganizer": value("hs_event_organizer"),
        "eventType": value("hs_event_type"),
        "eventDescription": value("hs_event_description"),
        "eventUrl": value("hs_event_url"),
        "eventCancelled": value("hs_event_cancelled") == "true",
        "eventCompleted": value("hs_event_completed") == "true",
        "eventStatus": status,
        "eventStatusV2": None if status is None else _STATUS_V2[status],
        "startDateTime": _whole_second(value("hs_start_datetime")),
        "endDateTime": _whole_second(value("hs_end_datetime")),
        "appInfo": None if own else {"id": "113", "name": "Webinars"},
        "customProperties": [] if own else [{"name": "room", "value": "3"}],
        "createdAt": iso(event.created_at),
        "updatedAt": iso(event.updated_at),
        **counted,
    }


_STATUS_V2 = {"UPCOMING": "upcoming", "PAST": "completed", "CANCELLED": "cancelled"}


def _whole_second(moment: str | None) -> str | None:
    """A time without its fraction."""
    return None if not moment else re.sub(r"\.\d+", "", moment)


def participation_shape(row: Participation, event: Record, contact: Record) -> dict[str, Any]:
    """A participation with what it belongs to."""
    return {
        "id": str(row.number),
        "createdAt": iso(row.at),
        "associations": {
            "marketingEvent": {
                "marketingEventId": event.id,
                "externalEventId": f"external-{event.id}" if int(event.id) % 3 else None,
                "externalAccountId": "account-1" if int(event.id) % 3 else None,
                "name": event.properties.get("hs_event_name") or "",
            },
            "contact": {
                "contactId": contact.id,
                "email": contact.properties["email"],
                "firstname": contact.properties["firstname"],
                "lastname": contact.properties["lastname"],
            },
        },
        "properties": {
            "occurredAt": row.at,
            "attendanceState": row.state,
            "attendanceDurationSeconds": 3_600,
            "attendancePercentage": "0.9" if row.number % 2 else None,
        },
    }
