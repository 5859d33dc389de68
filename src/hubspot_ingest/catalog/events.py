"""What happened: events of contacts and other records, of e-mails, of subscriptions. No logic."""

from __future__ import annotations

from hubspot_ingest.catalog.columns import ARRAY, BOOLEAN, NUMBER, TEXT, TIMESTAMP, VARIANT
from hubspot_ingest.catalog.stream import (
    AfterPaging,
    Every,
    ItemStream,
    OffsetPaging,
    Only,
    PerParent,
    TimeWindow,
)
from hubspot_ingest.database.columns import Column
from hubspot_ingest.hubspot.requests import EMAIL, EVENT_DEFINITIONS, EVENTS

_TIER = "Enterprise"
_EVENT = (
    Column("ID", TEXT, "id", "HubSpot's id of the event"),
    Column("EVENT_TYPE", TEXT, "eventType", "e_… of HubSpot, pe…_… of the portal, ae…_… of an app"),
    Column("OCCURRED_AT", TIMESTAMP, "occurredAt", "When it happened, UTC"),
    Column("OBJECT_TYPE", TEXT, "objectType", "What kind of record it happened to"),
    Column("OBJECT_ID", TEXT, "objectId", "The record it happened to"),
)
# Apps send events of earlier times, and what a visitor did before is told once HubSpot knows who it
# was (docs/BEHAVIOR.md, H201). How late is the sender's business: 30 days are our choice.
_WINDOW = TimeWindow("occurredAfter", "occurredBefore", iso=True, late_days=30)

# What tells one change from another: all that HubSpot was seen to send of it, so that the
# fingerprints of what landed before stay the same (docs/BEHAVIOR.md, H134).
_CHANGE = (
    "#timestamp recipient portalId normalizedEmailId changes.change changes.changeType "
    "changes.subscriptionId changes.source changes.portalId changes.timestamp changes.causedByEvent"
)

EVENT_STREAMS: tuple[ItemStream, ...] = (
    ItemStream(
        "event_types",
        scopes=("oauth",),
        tier=_TIER,
        path=f"{EVENTS}/event-types",
        items="eventTypes",
        key=("NAME",),
        missing_kind="PURGED",
        columns=(Column("NAME", TEXT, "name", "The event type, as the stream events takes it"),),
    ),
    ItemStream(
        "event_definitions",
        references=(("FULLY_QUALIFIED_NAME", "event_types"),),
        label="Definitions of custom events",
        scopes=("behavioral_events.event_definitions.read_write",),
        tier=_TIER,
        path=EVENT_DEFINITIONS,
        # without it HubSpot leaves the properties out
        query=(("includeProperties", "true"),),
        paging=AfterPaging(100),
        missing_kind="PURGED",
        columns=(
            Column("ID", TEXT, "id", "HubSpot's id"),
            Column("NAME", TEXT, "name", "Name within the portal"),
            Column("FULLY_QUALIFIED_NAME", TEXT, "fullyQualifiedName", "The event type"),
            Column("LABEL", TEXT, "labels.singular", "What people see"),
            Column("DESCRIPTION", TEXT, "description", "What it is"),
            Column("PRIMARY_OBJECT", TEXT, "primaryObject", "What kind of record it happens to"),
            Column("PROPERTIES", ARRAY, "properties", "Its properties"),
            Column("ARCHIVED", BOOLEAN, "archived", "Whether it was archived in HubSpot"),
            Column("CREATED_AT", TIMESTAMP, "createdAt", "When it was made in HubSpot, UTC"),
        ),
    ),
    ItemStream(
        "events",
        references=(
            ("OBJECT_ID", "contacts"),
            ("EVENT_TYPE", "event_types"),
        ),
        scopes=("oauth", "business-intelligence"),
        tier=_TIER,
        parents=PerParent(Every.EVENT_TYPES),
        path=EVENTS,
        query=(("eventType", "{name}"),),
        paging=AfterPaging(1_000),
        window=_WINDOW,
        flattened="properties",
        columns=_EVENT,
    ),
    *(
        ItemStream(
            f"{name}_web_analytics",
            label=f"Web analytics of {name.replace('_', ' ')}",
            scopes=("oauth", "business-intelligence"),
            tier=_TIER,
            parents=PerParent(Every.EVENT_TYPES),
            path=EVENTS,
            query=(("eventType", "{name}"),),
            # HubSpot documents objectType with an objectId alone
            only=Only("objectType", (singular,)),
            paging=AfterPaging(1_000),
            window=_WINDOW,
            flattened="properties",
            columns=_EVENT,
        )
        for name, singular in (
            ("contacts", "contact"),
            ("companies", "company"),
            ("deals", "deal"),
            ("tickets", "ticket"),
            ("products", "product"),
            ("line_items", "line_item"),
            ("goals", "goal_target"),
            ("calls", "call"),
            ("emails", "email"),
            ("meetings", "meeting"),
            ("notes", "note"),
            ("tasks", "task"),
        )
    ),
    ItemStream(
        "email_events",
        references=(("EMAIL_CAMPAIGN_ID", "email_campaigns"),),
        scopes=("content",),
        tier="Marketing Hub Starter",
        path=f"{EMAIL}/events",
        paging=OffsetPaging(1_000),
        window=TimeWindow("startTimestamp", "endTimestamp", days=30),
        items="events",
        key=("ID", "CREATED_AT"),
        columns=(
            Column("ID", TEXT, "id", "HubSpot's id of the event"),
            Column("TYPE", TEXT, "type", "SENT, DELIVERED, OPEN, CLICK, BOUNCE, …"),
            Column("CREATED_AT", TIMESTAMP, "created", "When it happened, UTC"),
            Column("RECIPIENT", TEXT, "recipient", "The address"),
            Column("EMAIL_CAMPAIGN_ID", TEXT, "emailCampaignId~", "The sending, if any"),
            Column(
                "EMAIL_CAMPAIGN_GROUP_ID", TEXT, "emailCampaignGroupId~", "Its group of sendings"
            ),
            Column("APP_ID", TEXT, "appId~", "The part of HubSpot that sent it"),
            Column("APP_NAME", TEXT, "appName", "That part's name"),
            Column("SENT_BY_ID", TEXT, "sentBy.id", "The SENT event this one follows"),
            Column("SENT_BY_CREATED_AT", TIMESTAMP, "sentBy.created", "When that happened, UTC"),
            Column("URL", TEXT, "url", "Of a click: the link"),
            Column("DEVICE_TYPE", TEXT, "deviceType", "COMPUTER, MOBILE, TABLET or UNKNOWN"),
            Column("DURATION", NUMBER, "duration", "Of an open: milliseconds it was looked at"),
            Column("BROWSER", VARIANT, "browser", "The recipient's browser"),
            Column("LOCATION", VARIANT, "location", "Where the recipient seems to be"),
            Column("USER_AGENT", TEXT, "userAgent", "As the recipient's browser calls itself"),
        ),
    ),
    ItemStream(
        "subscription_changes",
        scopes=("content",),
        tier="Marketing Hub Starter",
        path=f"{EMAIL}/subscriptions/timeline",
        paging=OffsetPaging(1_000),
        window=TimeWindow("startTimestamp", "endTimestamp", days=30),
        items="timeline",
        columns=(
            Column("ID", TEXT, _CHANGE, "A fingerprint: HubSpot gives a change no id"),
            Column("CHANGED_AT", TIMESTAMP, "timestamp", "When it happened, UTC"),
            Column("RECIPIENT", TEXT, "recipient", "The address"),
            Column("NORMALIZED_EMAIL_ID", TEXT, "normalizedEmailId", "HubSpot's id of the address"),
            Column("CHANGES", ARRAY, "changes", "What was changed, by what"),
        ),
    ),
)
