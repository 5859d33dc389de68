"""The workflows of a portal, with their ids in both versions of the API."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.items.collections import Collection, Item
from hubspot_sandbox.seeds import guid, mix
from hubspot_sandbox.times import DAY_MS, Clock

_FIRST_FLOW, _FIRST_WORKFLOW = 1_500_000_000, 60_000_000
_NAMES = ("Welcome series", "Hand over to sales 🤝", "Nurture; cold leads", "Renewal reminder")
_KINDS = (("CONTACT_FLOW", "0-1"), ("PLATFORM_FLOW", "0-3"), ("CONTACT_FLOW", "0-1"))
CONTACTS = "0-1"


class Workflows:
    """Workflows; version 3 knows those of contacts only, by a number of their own."""

    def __init__(self, clock: Clock, seed: int) -> None:
        """``seed`` makes the unique ids."""
        self._seed = seed
        self.kept = Collection(clock, lambda n: str(_FIRST_FLOW + 3 * n))

    def add(
        self,
        name: str,
        object_type_id: str = CONTACTS,
        enabled: bool = True,
        at: int | None = None,
    ) -> str:
        """A new workflow; returns its flow id."""
        kind = "CONTACT_FLOW" if object_type_id == CONTACTS else "PLATFORM_FLOW"
        fields = {"name": name, "objectTypeId": object_type_id, "isEnabled": enabled}
        return self.kept.add({**fields, "type": kind, "revisionId": "1"}, at)

    def change(self, id: str, at: int | None = None, **fields: Any) -> None:
        """Set fields, such as ``name`` or ``isEnabled``; every change is a revision."""
        flow = self.kept.find(id)
        revision = 1 if flow is None else int(flow.fields["revisionId"]) + 1
        self.kept.change(id, {**fields, "revisionId": str(revision)}, at)

    def uuid(self, flow: Item) -> str:
        """The unique id of a workflow."""
        return guid(self._seed + 89, int(flow.id))

    def number(self, flow: Item) -> int:
        """The id of a workflow in version 3."""
        return int(flow.id) - _FIRST_FLOW + _FIRST_WORKFLOW

    def of_contacts(self) -> list[Item]:
        """The workflows version 3 knows: those of contacts."""
        return [flow for flow in self.kept.all() if flow.fields["objectTypeId"] == CONTACTS]

    def seed(self, workflows: int, last: int) -> None:
        """A fresh portal's workflows; everything happened before ``last``."""
        for n in range(workflows):
            at = last - (workflows - n) * DAY_MS
            name = f"{_NAMES[n % len(_NAMES)]} {n}"
            id_ = self.add(name, _KINDS[n % len(_KINDS)][1], n % 4 != 3, at)
            self.change(id_, at + mix(83, n) % DAY_MS)
