"""The endpoints of marketing events and who attended them."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.answers import Answer, json_answer, not_found
from hubspot_sandbox.call import Call
from hubspot_sandbox.endpoints.paging import page, page_by_id
from hubspot_sandbox.items.event_attendance import Participation
from hubspot_sandbox.records.table import Record, UnknownRecord
from hubspot_sandbox.shapes.events import marketing_event_shape, participation_shape
from hubspot_sandbox.tokens import require

SCOPES = ("crm.objects.marketing_events.read",)
MOST = 100


def list_marketing_events(call: Call) -> Answer:
    """Marketing events, the same as the CRM records, paged by id (BEHAVIOR H142)."""
    require(call.granted, SCOPES)
    portal = call.portal
    events = list(portal.records("marketing_events"))
    shown, paging = page_by_id(call, events, _number, limit=10, most=MOST)
    rows = [marketing_event_shape(event, portal.participations.counts(event.id)) for event in shown]
    return json_answer({"results": rows, **({"paging": paging} if paging else {})})


def _number(event: Record) -> int:
    return int(event.id)


def _event(call: Call) -> Record:
    try:
        return call.portal.record("marketing_events", call.parameters["id"])
    except UnknownRecord:
        raise not_found("Marketing event not found") from None


def get_marketing_event(call: Call) -> Answer:
    """One marketing event."""
    require(call.granted, SCOPES)
    event = _event(call)
    return json_answer(marketing_event_shape(event, call.portal.participations.counts(event.id)))


def count_participations(call: Call) -> Answer:
    """How many took part in an event."""
    require(call.granted, SCOPES)
    counts = call.portal.participations.counts(_event(call).id)
    return json_answer(
        {
            "registered": counts["registrants"],
            "attended": counts["attendees"],
            "cancelled": counts["cancellations"],
            "noShows": counts["noShows"],
        }
    )


def list_participations(call: Call) -> Answer:
    """Who took part in an event, those left out who are no contacts any more."""
    require(call.granted, SCOPES)
    portal, event = call.portal, _event(call)
    contacts = portal.table("contacts")
    state = call.query_value("state")
    rows = [
        row
        for row in portal.participations.of(event.id)
        if state in (None, row.state) and contacts.find_live(int(row.contact)) is not None
    ]

    def shape(row: Participation) -> dict[str, Any]:
        return participation_shape(row, event, portal.record("contacts", row.contact))

    return page(call, rows, shape, limit=10, most=MOST, with_total=True)
