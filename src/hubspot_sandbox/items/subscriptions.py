"""What people are subscribed to, and every change of mind."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hubspot_sandbox.items.collections import Collection, Item
from hubspot_sandbox.records.table import UnknownRecord
from hubspot_sandbox.seeds import ANCHOR_MS, mix
from hubspot_sandbox.times import DAY_MS, Clock, iso

STATES = ("SUBSCRIBED", "UNSUBSCRIBED")
_KINDS = (
    ("Newsletter", "What's new, monthly", "Marketing", True),
    ("Product updates 🚀", "", "Service", True),
    ("One to one", "Personal mail", "Sales", True),
    ("Old offers", "No longer sent", "Marketing", False),
)
_SOURCES = ("SOURCE_RECIPIENT", "SOURCE_IMPORT", "SOURCE_API")


@dataclass(slots=True, order=True)
class Change:
    """Somebody subscribed or unsubscribed. The time is epoch milliseconds."""

    at: int
    number: int
    recipient: str = field(compare=False)
    subscription: str = field(compare=False)
    status: str = field(compare=False)
    source: str = field(compare=False)


class Subscriptions:
    """Subscription definitions, statuses and changes."""

    def __init__(self, clock: Clock) -> None:
        """The definitions of a fresh portal; nobody has changed anything yet."""
        self._clock = clock
        self.definitions = Collection(clock, lambda n: str(77_001 + n))
        for place, (name, text, purpose, active) in enumerate(_KINDS):
            fields = {"name": name, "description": text, "purpose": purpose, "isActive": active}
            fields |= {"isDefault": place == 0, "isInternal": place == 2}
            self.definitions.add(fields, ANCHOR_MS - (500 - place) * DAY_MS)
        self._changes: list[Change] = []

    def change(
        self,
        recipient: str,
        subscription: str,
        status: str,
        at: int | None = None,
        source: str = _SOURCES[0],
    ) -> None:
        """An e-mail address is subscribed or unsubscribed; no contact is modified by it."""
        if status not in STATES or self.definitions.find(subscription) is None:
            raise UnknownRecord(f"no status {status!r} of a subscription {subscription!r}")
        moment = self._clock() if at is None else at
        number = len(self._changes)
        insort(self._changes, Change(moment, number, recipient, subscription, status, source))

    def changes(self, since: int, until: int) -> Sequence[Change]:
        """What changed from ``since`` to ``until``, both included, the earliest first."""
        start = bisect_left(self._changes, since, key=_moment)
        return self._changes[start : bisect_right(self._changes, until, key=_moment)]

    def latest(self, recipient: str, subscription: str) -> Change | None:
        """The last change of an address and a subscription, None when there was none."""
        wanted = (recipient.lower(), subscription)
        return next(
            (
                change
                for change in reversed(self._changes)
                if (change.recipient.lower(), change.subscription) == wanted
            ),
            None,
        )

    def seed(self, changes: int, last: int) -> None:
        """A fresh portal's changes; all of them happened before ``last``."""
        for n in range(changes):
            email = f"person{n % 40}@example{n % 40}.com"
            subscription = str(77_001 + n // 40 % len(_KINDS))
            at = last - mix(61, n) % (200 * DAY_MS)
            self.change(email, subscription, STATES[mix(67, n) % 2], at, _SOURCES[n % 3])


def _moment(change: Change) -> int:
    return change.at


def definition_shape(definition: Item) -> dict[str, Any]:
    """A subscription definition."""
    return {
        "id": definition.id,
        **definition.fields,
        "communicationMethod": "Email",
        "businessUnitId": 0,
        "createdAt": iso(definition.created),
        "updatedAt": iso(definition.updated),
    }


def old_definition_shape(definition: Item, portal_id: int) -> dict[str, Any]:
    """A subscription definition in the shape of the first version."""
    fields = definition.fields
    return {
        "id": int(definition.id),
        "portalId": portal_id,
        "name": fields["name"],
        "description": fields["description"],
        "active": fields["isActive"],
        "internal": fields["isInternal"],
        "category": fields["purpose"],
        "channel": "Email",
        "internalName": fields["name"].upper().replace(" ", "_"),
        "order": int(definition.id) - 77_001,
    }


def change_shape(change: Change, portal_id: int) -> dict[str, Any]:
    """A change in the shape of the timeline: the time is outside, what changed within."""
    return {
        "timestamp": change.at,
        "portalId": portal_id,
        "recipient": change.recipient,
        "normalizedEmailId": f"{mix(71, hash_of(change.recipient)):016x}",
        "changes": [
            {
                "change": change.status,
                "changeType": "SUBSCRIPTION_STATUS",
                "source": change.source,
                "portalId": portal_id,
                "subscriptionId": int(change.subscription),
                "causedByEvent": {"id": f"{change.number:032x}", "created": change.at},
            }
        ],
    }


def hash_of(text: str) -> int:
    """A number of a text, the same on every machine."""
    return int.from_bytes(text.lower().encode()[:16].ljust(16, b"\0"), "big")


def status_shape(
    subscriptions: Subscriptions, recipient: str, definition: Item, now: int
) -> dict[str, Any]:
    """Whether an address is subscribed; who never changed anything is NOT_SPECIFIED."""
    change = subscriptions.latest(recipient, definition.id)
    return {
        "channel": "EMAIL",
        "subscriberIdString": recipient,
        "subscriptionId": int(definition.id),
        "subscriptionName": definition.fields["name"],
        "status": "NOT_SPECIFIED" if change is None else change.status,
        "source": "SOURCE_NONE" if change is None else change.source,
        "legalBasis": "LEGITIMATE_INTEREST_CLIENT",
        "legalBasisExplanation": "Asked for it",
        "businessUnitId": 0,
        "timestamp": iso(now if change is None else change.at),
    }
