"""The pipelines of a portal and their stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubspot_sandbox.records.table import UnknownRecord
from hubspot_sandbox.schema.catalog.contacts import LIFECYCLE
from hubspot_sandbox.times import Clock, envelope_iso

Shape = dict[str, Any]


class Pipelines:
    """Pipelines per object type. Every time is epoch milliseconds."""

    def __init__(self, clock: Clock) -> None:
        """What a portal has from the start."""
        self._clock = clock
        self._count = 0
        self._pipelines = seeded()

    def of(self, object_type: str) -> list[Shape]:
        """The pipelines of an object type as HubSpot shows them, archived ones included."""
        return self._pipelines.get(object_type, [])

    def add(
        self,
        object_type: str,
        label: str,
        stages: Mapping[str, Mapping[str, str]],
        at: int | None = None,
    ) -> str:
        """A new pipeline; ``stages`` is metadata by label. Returns its id."""
        moment = self._moment(at)
        self._count += 1
        pipeline = _pipeline(
            f"pipeline-{self._count}",
            label,
            len(self.of(object_type)),
            [
                _stage(f"stage-{self._count}-{n}", name, n, **metadata)
                for n, (name, metadata) in enumerate(stages.items())
            ],
        )
        for shape in (pipeline, *pipeline["stages"]):
            shape["createdAt"] = shape["updatedAt"] = moment
        self._pipelines.setdefault(object_type, []).append(pipeline)
        return str(pipeline["id"])

    def change(
        self,
        object_type: str,
        id: str,
        stage: str | None = None,
        at: int | None = None,
        **fields: Any,
    ) -> None:
        """Set fields of a pipeline or of one of its stages."""
        moment = self._moment(at)
        pipeline = _named(self.of(object_type), id)
        changed = pipeline if stage is None else _named(pipeline["stages"], stage)
        changed |= {**fields, "updatedAt": moment}

    def archive(
        self, object_type: str, id: str, stage: str | None = None, at: int | None = None
    ) -> None:
        """Delete a pipeline or one of its stages: it stays in the answer, marked."""
        moment = self._moment(at)
        self.change(object_type, id, stage, at, archived=True, archivedAt=moment)

    def remove(self, object_type: str, id: str) -> None:
        """Delete a pipeline for good."""
        self._pipelines[object_type].remove(_named(self.of(object_type), id))

    def _moment(self, at: int | None) -> str:
        return envelope_iso(self._clock() if at is None else at)


def _named(shapes: list[Shape], id_: str) -> Shape:
    for shape in shapes:
        if shape["id"] == id_:
            return shape
    raise UnknownRecord(f"there is no pipeline or stage {id_!r}")


def _stage(id_: str, label: str, order: int, /, **metadata: str) -> Shape:
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


def _pipeline(id_: str, label: str, order: int, stages: list[Shape]) -> Shape:
    return {
        "id": id_,
        "label": label,
        "displayOrder": order,
        "stages": stages,
        "createdAt": "2023-01-10T09:00:00Z",
        "updatedAt": "2024-06-02T10:11:12.345Z",
        "archived": False,
    }


def seeded() -> dict[str, list[Shape]]:
    """The pipelines of a fresh portal, per object type.

    One stage is archived, and one pipeline was never updated: its time is empty (BEHAVIOR H103).
    """
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
    given_up = _stage("123457", "Given up", 2, isClosed="true", probability="0.0")
    renewals.append(given_up | {"archived": True, "archivedAt": "2024-06-02T10:11:12.345Z"})
    ticket_stages = [
        _stage(str(place + 1), label, place, ticketState=state)
        for place, (label, state) in enumerate(
            (("New", "OPEN"), ("Waiting on contact", "OPEN"), ("Waiting on us", "OPEN"),
             ("Closed", "CLOSED"))
        )
    ]  # fmt: skip
    escalations = [_stage("9", "Escalated", 0, ticketState="OPEN")]
    lead_stages = [
        _stage("new-stage-id", "New", 0, leadState="NEW"),
        _stage("connected-id", "Connected", 1, leadState="CONNECTED"),
    ]
    stages = [_stage(option.value, option.label, n) for n, option in enumerate(LIFECYCLE)]
    smaller = {
        name: [
            _pipeline(f"{name}-pipeline-id", f"{name.capitalize()} pipeline", 0,
                      [_stage(f"{name}-open", "Open", 0), _stage(f"{name}-done", "Done", 1)])
        ]
        for name in ("orders", "services", "appointments", "courses", "listings", "projects")
    }  # fmt: skip
    return {
        "deals": [
            _pipeline("default", "Sales Pipeline", 0, deal_stages),
            _pipeline("75e28846-ad0d", "Renewals", 1, renewals),
        ],
        "tickets": [
            _pipeline("0", "Support Pipeline", 0, ticket_stages),
            _pipeline("41", "Escalations", 1, escalations) | {"updatedAt": ""},
        ],
        "leads": [_pipeline("lead-pipeline-id", "Lead pipeline", 0, lead_stages)],
        "contacts": [_pipeline("contacts-lifecycle-pipeline", "Lifecycle Stage", 0, stages)],
        **smaller,
    }
