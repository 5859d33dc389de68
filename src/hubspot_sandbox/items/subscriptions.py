"""Subscription definitions, and every time somebody subscribed or unsubscribed."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field

from hubspot_sandbox.items.collections import Collection
from hubspot_sandbox.records.table import UnknownRecord
from hubspot_sandbox.seeds import ANCHOR_MS, mix
from hubspot_sandbox.times import DAY_MS, Clock

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
        key = (recipient.lower(), subscription)
        return next(
            (
                change
                for change in reversed(self._changes)
                if (change.recipient.lower(), change.subscription) == key
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
