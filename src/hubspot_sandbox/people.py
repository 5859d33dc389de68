"""The owners of a portal and the pipelines its records move through."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.catalog.contacts import LIFECYCLE
from hubspot_sandbox.catalog.shared import OWNERS
from hubspot_sandbox.seeds import ANCHOR_MS, FIRST_NAMES, LAST_NAMES
from hubspot_sandbox.times import DAY_MS, iso

ARCHIVED_OWNERS = 2


def owners() -> list[dict[str, Any]]:
    """Every owner, the last ones archived: those have no userId any more (BEHAVIOR H67)."""
    found: list[dict[str, Any]] = []
    for place, id_ in enumerate(OWNERS):
        archived = place >= len(OWNERS) - ARCHIVED_OWNERS
        user = 5_000_000 + place
        moment = iso(ANCHOR_MS - (400 - place) * DAY_MS)
        found.append(
            {
                "id": id_,
                "email": f"owner{place}@example.com",
                "type": "PERSON",
                "firstName": FIRST_NAMES[place],
                "lastName": LAST_NAMES[place],
                "userId": None if archived else user,
                "userIdIncludingInactive": user,
                "createdAt": moment,
                "updatedAt": moment,
                "archived": archived,
                "teams": [{"id": "9001", "name": "Sales", "primary": True}] if place % 2 else [],
            }
        )
    return found


def _stage(id_: str, label: str, order: int, **metadata: str) -> dict[str, Any]:
    return {
        "id": id_,
        "label": label,
        "displayOrder": order,
        "metadata": metadata,
        "createdAt": "2023-01-10T09:00:00Z",
        "updatedAt": "2024-06-02T10:11:12.345Z",
        "archived": False,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    }


def _pipeline(id_: str, label: str, order: int, stages: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": id_,
        "label": label,
        "displayOrder": order,
        "stages": stages,
        "createdAt": "2023-01-10T09:00:00Z",
        "updatedAt": "2024-06-02T10:11:12.345Z",
        "archived": False,
    }


def pipelines() -> dict[str, list[dict[str, Any]]]:
    """Pipelines with their stages, per object type."""
    deal_stages = [
        _stage("appointmentscheduled", "Appointment scheduled", 0, isClosed="false",
               probability="0.2"),
        _stage("qualifiedtobuy", "Qualified to buy", 1, isClosed="false", probability="0.4"),
        _stage("contractsent", "Contract sent", 2, isClosed="false", probability="0.9"),
        _stage("closedwon", "Closed won 🎉", 3, isClosed="true", probability="1.0"),
        _stage("closedlost", "Closed lost", 4, isClosed="true", probability="0.0"),
    ]  # fmt: skip
    renewals = [
        _stage("75e28846-ad0d-4be2-a027-5e1da6590b98", "Up for renewal", 0, isClosed="false",
               probability="0.6"),
        _stage("123456", "Renewed", 1, isClosed="true", probability="1.0"),
    ]  # fmt: skip
    ticket_stages = [
        _stage(str(place + 1), label, place, ticketState=state)
        for place, (label, state) in enumerate(
            (("New", "OPEN"), ("Waiting on contact", "OPEN"), ("Waiting on us", "OPEN"),
             ("Closed", "CLOSED"))
        )
    ]  # fmt: skip
    lead_stages = [
        _stage("new-stage-id", "New", 0, leadState="NEW"),
        _stage("connected-id", "Connected", 1, leadState="CONNECTED"),
    ]
    stages = [_stage(option.value, option.label, n) for n, option in enumerate(LIFECYCLE)]
    return {
        "deals": [
            _pipeline("default", "Sales Pipeline", 0, deal_stages),
            _pipeline("75e28846-ad0d", "Renewals", 1, renewals),
        ],
        "tickets": [_pipeline("0", "Support Pipeline", 0, ticket_stages)],
        "leads": [_pipeline("lead-pipeline-id", "Lead pipeline", 0, lead_stages)],
        "contacts": [_pipeline("contacts-lifecycle-pipeline", "Lifecycle Stage", 0, stages)],
    }
