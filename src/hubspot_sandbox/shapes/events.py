"""The JSON of events, of the event types a portal defined, and of marketing events."""

from __future__ import annotations

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


def event_definition_shape(definition: Item) -> dict[str, Any]:
    """An event type the portal defined, as HubSpot shows it."""
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
        "properties": [Property(name, label=name).as_json() for name in sorted(CUSTOM_PROPERTIES)],
        "createdAt": iso(definition.created),
        "createdUserId": 5_000_000,
        "updatedAt": iso(definition.updated),
        "updatedUserId": 5_000_001,
    }


def marketing_event_shape(event: Record, counts: dict[str, int]) -> dict[str, Any]:
    """A marketing event."""
    value = event.properties.get
    return {
        "objectId": event.id,
        "externalEventId": f"external-{event.id}",
        "eventName": value("hs_event_name") or "",
        "eventOrganizer": value("hs_event_organizer"),
        "eventType": value("hs_event_type"),
        "eventDescription": value("hs_event_description"),
        "eventUrl": value("hs_event_url"),
        "eventCancelled": value("hs_event_cancelled") == "true",
        "eventCompleted": value("hs_event_completed") == "true",
        "eventStatus": value("hs_event_status"),
        "eventStatusV2": value("hs_event_status"),
        "startDateTime": value("hs_start_datetime"),
        "endDateTime": value("hs_end_datetime"),
        "appInfo": {"id": "113", "name": "Webinars"},
        "customProperties": [{"name": "room", "value": "3"}],
        "createdAt": iso(event.created_at),
        "updatedAt": iso(event.updated_at),
        **counts,
    }


def participation_shape(row: Participation, event: Record, contact: Record) -> dict[str, Any]:
    """A participation with what it belongs to."""
    return {
        "id": str(row.number),
        "createdAt": iso(row.at),
        "associations": {
            "marketingEvent": {
                "marketingEventId": event.id,
                "externalEventId": f"external-{event.id}",
                "externalAccountId": "account-1",
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
            "attendancePercentage": "0.9",
        },
    }
