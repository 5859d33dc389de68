"""Who attended the marketing events of a portal; the events themselves are CRM records."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from hubspot_sandbox.records.table import Table, UnknownRecord
from hubspot_sandbox.seeds import mix
from hubspot_sandbox.times import DAY_MS, Clock

STATES = ("REGISTERED", "ATTENDED", "CANCELLED", "NO_SHOW")
_COUNTED = {"registrants": "REGISTERED", "attendees": "ATTENDED", "cancellations": "CANCELLED",
            "noShows": "NO_SHOW"}  # fmt: skip


@dataclass(slots=True, order=True)
class Participation:
    """A contact's part in an event. The time is epoch milliseconds."""

    number: int
    at: int = field(compare=False)
    contact: str = field(compare=False)
    state: str = field(compare=False)


class EventAttendance:
    """Who registered for, attended or missed each marketing event."""

    def __init__(self, clock: Clock, table: Callable[[str], Table]) -> None:
        """``table`` returns the records of an object type."""
        self._clock = clock
        self._table = table
        self._count = 0
        self._participations: dict[str, list[Participation]] = {}

    def add(self, event: str, contact: str, state: str, at: int | None = None) -> str:
        """A contact registers, attends, cancels or stays away; returns the id of it."""
        if state not in STATES:
            raise UnknownRecord(f"no state {state!r}; there are {', '.join(STATES)}")
        moment = self._clock() if at is None else at
        self._count += 1
        row = Participation(self._count, moment, contact, state)
        insort(self._participations.setdefault(event, []), row)
        return str(self._count)

    def of(self, event: str) -> list[Participation]:
        """The participations in an event, in the order they were added."""
        return self._participations.get(event, [])

    def counts(self, event: str) -> dict[str, int]:
        """How many registered, attended, cancelled and stayed away."""
        by_state = Counter(row.state for row in self.of(event))
        return {name: by_state[state] for name, state in _COUNTED.items()}

    def seed(self, participations: int, last: int) -> None:
        """A fresh portal's participations; everything happened before ``last``."""
        events = self._table("marketing_events").live
        contacts = self._table("contacts").live
        for n in range(participations if events and contacts else 0):
            event, contact = events[n % len(events)], contacts[mix(97, n) % len(contacts)]
            at = last - mix(101, n) % (90 * DAY_MS)
            self.add(str(event), str(contact), STATES[n // len(events) % len(STATES)], at)
