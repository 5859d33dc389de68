"""The paths of workflows, marketing events, events and engagements."""

from __future__ import annotations

from hubspot_sandbox.endpoints import automation, engagements, occurrences, participations
from hubspot_sandbox.paths.family import Family, Row, dated

FAMILIES = (
    Family(
        (("/automation/v4/flows", "v4"),),
        (
            Row("GET", "", automation.list_flows),
            Row("POST", "batch/read", automation.batch_read_flows),
            Row("GET", "{id}", automation.get_flow),
        ),
    ),
    Family((("/automation/v3/workflows", "v3"),), (Row("GET", "", automation.list_workflows),)),
    Family(
        (*dated("/marketing/marketing-events"), ("/marketing/v3/marketing-events", "v3")),
        (
            Row("GET", "", participations.list_marketing_events),
            Row("GET", "{id}", participations.get_marketing_event),
            Row("GET", "participations/{id}", participations.count_participations),
            Row("GET", "participations/{id}/breakdown", participations.list_participations),
        ),
    ),
    Family(
        (*dated("/events/event-occurrences"), ("/events/v3/events", "v3")),
        (
            Row("GET", "", occurrences.list_events),
            Row("GET", "event-types", occurrences.list_event_types),
        ),
    ),
    Family(
        (
            *dated("/events/custom", "/event-definitions"),
            ("/events/v3/event-definitions", "v3"),
        ),
        (
            Row("GET", "", occurrences.list_definitions),
            Row("GET", "{name}", occurrences.get_definition),
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
