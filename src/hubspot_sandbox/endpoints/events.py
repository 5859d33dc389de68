"""The endpoints of events, event types, and the event definitions of a portal."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.answers import Answer, invalid, json_answer, not_found
from hubspot_sandbox.call import Call
from hubspot_sandbox.endpoints.paging import keyed_page, page
from hubspot_sandbox.items.collections import Item
from hubspot_sandbox.items.events import Event
from hubspot_sandbox.shapes.events import event_definition_shape, event_shape
from hubspot_sandbox.tokens import require

SCOPES = ("business-intelligence", "oauth")
DEFINITIONS = ("behavioral_events.event_definitions.read_write",)
MOST = 1_000
_ORDERS = (None, "occurredAt", "-occurredAt")


def list_events(call: Call) -> Answer:
    """Events of one type or of one record, the latest first (BEHAVIOR H145, H146)."""
    require(call.granted, SCOPES)
    call.needs("ENTERPRISE")
    portal = call.portal
    type_, object_type, record = (
        call.query_value("eventType"),
        call.query_value("objectType"),
        call.query_value("objectId"),
    )
    if type_ is None and (object_type is None or record is None):
        raise invalid("Either eventType or objectType and objectId must be given", "REQUIRED_FIELD")
    if call.strict and object_type is not None and record is None:
        raise invalid("objectType needs objectId or objectProperty", "REQUIRED_FIELD")
    if type_ is not None and type_ not in portal.events.types():
        raise invalid(f"Invalid event type: {type_}")
    kind = None
    if object_type is not None:
        named_type = portal.object_type_in_path(object_type)
        if named_type is None:
            raise invalid(f"Unable to infer object type from: {object_type}")
        require(call.granted, named_type.read_scopes)
        kind = named_type.singular.upper()
    order = call.query_value("sort")
    if order not in _ORDERS:
        raise invalid(f"Unable to parse value for query parameter sort: '{order}'")
    events = [
        event
        for event in portal.events.between(
            call.moment("occurredAfter"), call.moment("occurredBefore")
        )
        if type_ in (None, event.type)
        and kind in (None, event.kind)
        and record in (None, event.record)
    ]
    if order != "occurredAt":
        events.reverse()

    direction = 1 if order == "occurredAt" else -1

    def key(event: Event) -> list[int]:
        return [direction * event.at, direction * event.number]

    shown, paging = keyed_page(call, events, key, limit=100, most=MOST)
    rows = [event_shape(portal.events, event) for event in shown]
    return json_answer({"results": rows, **({"paging": paging} if paging else {})})


def list_event_types(call: Call) -> Answer:
    """Every event type, used or not, all at once."""
    require(call.granted, SCOPES)
    call.needs("ENTERPRISE")
    return json_answer({"eventTypes": call.portal.events.types()})


def list_event_definitions(call: Call) -> Answer:
    """The event types the portal defined itself; properties on request only (BEHAVIOR H169)."""
    require(call.granted, DEFINITIONS)
    call.needs("ENTERPRISE")
    definitions = call.portal.events.definitions.all()
    with_properties = call.flag("includeProperties")

    def shape(definition: Item) -> dict[str, Any]:
        return event_definition_shape(definition, with_properties)

    return page(call, definitions, shape, limit=100, most=100, with_total=True)


def get_event_definition(call: Call) -> Answer:
    """One event type the portal defined, by its name or full name."""
    require(call.granted, DEFINITIONS)
    call.needs("ENTERPRISE")
    for definition in call.portal.events.definitions.all():
        if call.parameters["name"] in (
            definition.fields["name"],
            definition.fields["fullyQualifiedName"],
        ):
            return json_answer(event_definition_shape(definition))
    raise not_found("Event definition not found")
