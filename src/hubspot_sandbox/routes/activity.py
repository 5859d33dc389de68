"""The routes of workflows, marketing events, events and engagements."""

from __future__ import annotations

from hubspot_sandbox.endpoints import engagements, event_attendance, events, workflows
from hubspot_sandbox.routes.family import Family, Row, dated

FAMILIES = (
    Family(
        (("/automation/v4/flows", "v4"),),
        (
            Row("GET", "", workflows.list_flows),
            Row("POST", "batch/read", workflows.batch_read_flows),
            Row("GET", "{id}", workflows.get_flow),
        ),
    ),
    Family((("/automation/v3/workflows", "v3"),), (Row("GET", "", workflows.list_workflows),)),
    Family(
        (*dated("/marketing/marketing-events"), ("/marketing/v3/marketing-events", "v3")),
        (
            Row("GET", "", event_attendance.list_marketing_events),
            Row("GET", "{id}", event_attendance.get_marketing_event),
            Row("GET", "participations/{id}", event_attendance.count_participations),
            Row("GET", "participations/{id}/breakdown", event_attendance.list_participations),
        ),
    ),
    Family(
        (*dated("/events/event-occurrences"), ("/events/v3/events", "v3")),
        (
            Row("GET", "", events.list_events),
            Row("GET", "event-types", events.list_event_types),
        ),
    ),
    Family(
        (
            *dated("/events/custom", "/event-definitions"),
            ("/events/v3/event-definitions", "v3"),
        ),
        (
            Row("GET", "", events.list_event_definitions),
            Row("GET", "{name}", events.get_event_definition),
        ),
    ),
    Family(
        (("/engagements/v1/engagements", "v1"),),
        (
            Row("GET", "paged", engagements.list_engagements),
            Row("GET", "recent/modified", engagements.list_recent),
            Row("GET", "modified/after", engagements.list_modified_after),
        ),
    ),
)
