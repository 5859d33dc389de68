"""The events of a portal, such as page visits, and the event types it defined itself."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hubspot_sandbox.items.collections import Collection
from hubspot_sandbox.records.table import Table, UnknownRecord
from hubspot_sandbox.seeds import ANCHOR_MS, guid, mix
from hubspot_sandbox.times import DAY_MS, Clock

STANDARD = ("e_visited_page", "e_object_association", "e_property_value_change", "e_form_view_v2",
            "e_v2_contact_booked_meeting_through_sequence", "e_call_ended")  # fmt: skip
_PAGE_VISIT: dict[str, str] = {
    "hs_url": "https://www.example.com/pricing?x=1&y=%20",
    "hs_title": "Pricing – Example",
    "hs_referrer": "https://www.google.com/",
    "hs_browser": "Firefox",
    "hs_device_type": "DESKTOP",
    "hs_operating_system": "Linux",
    "hs_country": "ie",
    "hs_city": "dublin",
    "hs_visitor_type": "RETURNING_PAGE_VISITOR",
    "hs_utm_campaign": "launch-1",
    "hs_page_tags": "pricing;plans",
    "hs_asset_type": "",
}
CUSTOM_PROPERTIES: dict[str, str] = {"machine_id": "17", "hours": "12.5", "note": 'said "ok"\n🎉'}


@dataclass(slots=True, order=True)
class Event:
    """Something that happened to a record. The time is epoch milliseconds."""

    at: int
    number: int
    type: str = field(compare=False)
    kind: str = field(compare=False)
    record: str = field(compare=False)
    properties: dict[str, str] = field(compare=False)


class Events:
    """Event types and what occurred."""

    def __init__(
        self, clock: Clock, seed: int, portal_id: int, table: Callable[[str], Table]
    ) -> None:
        """A fresh portal's event types: HubSpot's own and one of the portal's."""
        self._clock = clock
        self._seed = seed
        self._portal_id = portal_id
        self._table = table
        self._count = 0
        self._events: list[Event] = []
        self.definitions = Collection(clock, lambda n: str(7_000 + n))
        self.define("machine_started", "Machine started", at=ANCHOR_MS - 300 * DAY_MS)

    def define(self, name: str, label: str, at: int | None = None) -> str:
        """A new event type of the portal's own; returns its full name."""
        full = f"pe{self._portal_id}_{name}"
        fields = {"name": name, "label": label, "fullyQualifiedName": full}
        self.definitions.add(fields, at)
        return full

    def types(self) -> list[str]:
        """Every event type by full name, used or not."""
        return [
            *STANDARD,
            *(definition.fields["fullyQualifiedName"] for definition in self.definitions),
        ]

    def add(
        self,
        type: str,
        record: str,
        object_type: str = "contacts",
        at: int | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> str:
        """Something happens to a record, which is not modified by it; returns the event's id."""
        if type not in self.types():
            raise UnknownRecord(f"no event type {type!r}")
        moment = self._clock() if at is None else at
        kind = self._table(object_type).object_type.singular.upper()
        self._count += 1
        values = dict(properties or {})
        insort(self._events, Event(moment, self._count, type, kind, record, values))
        return self.event_id(self._count)

    def event_id(self, number: int) -> str:
        """The id of the n-th event."""
        return guid(self._seed + 103, number)

    def between(self, after: int | None, before: int | None) -> list[Event]:
        """What happened after one moment and before another, both excluded, the earliest first."""
        return [
            event
            for event in self._events
            if (after is None or event.at > after) and (before is None or event.at < before)
        ]

    def seed(self, events: int, last: int) -> None:
        """A fresh portal's events; all of them happened before ``last``."""
        used = (STANDARD[0], STANDARD[0], self.types()[-1], STANDARD[3])
        for n in range(events):
            kind = ("contacts", "contacts", "contacts", "companies")[n % 4]
            ids = self._table(kind).live
            record = str(ids[mix(107, n) % len(ids)]) if ids else str(n)
            at = last - mix(109, n) % (60 * DAY_MS)
            properties = CUSTOM_PROPERTIES if n % 4 == 2 else _PAGE_VISIT
            self.add(used[n % 4], record, kind, at, properties)
