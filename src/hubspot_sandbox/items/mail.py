"""The marketing emails of a portal, their email campaigns, and the events of every recipient."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hubspot_sandbox.items.collections import Collection
from hubspot_sandbox.records.table import UnknownRecord
from hubspot_sandbox.seeds import guid, mix
from hubspot_sandbox.times import DAY_MS, Clock

EVENT_TYPES = (
    "SENT", "DELIVERED", "OPEN", "CLICK", "PROCESSED", "DROPPED", "DEFERRED", "BOUNCE",
    "STATUSCHANGE", "SPAMREPORT", "FORWARD", "PRINT", "SUPPRESSED", "UNBOUNCE",
)  # fmt: skip
_KINDS = (
    ("BATCH_EMAIL", "PUBLISHED", "batch"), ("BATCH_EMAIL", "DRAFT", "batch"),
    ("AUTOMATED_EMAIL", "AUTOMATED", "automated"), ("AB_EMAIL", "PUBLISHED_AB", "ab_master"),
    ("BLOG_EMAIL", "BLOG_EMAIL_PUBLISHED", "blog_email"),
)  # fmt: skip
_FIRST_EMAIL = 150_000_000_000
_FIRST_CAMPAIGN = 310_000_000
_SECOND = 1_000


@dataclass(slots=True, order=True)
class EmailEvent:
    """What happened to an email of one recipient. The time is epoch milliseconds."""

    at: int
    number: int
    type: str = field(compare=False)
    email: str = field(compare=False)
    recipient: str = field(compare=False)
    more: dict[str, Any] = field(compare=False)


class Mail:
    """Marketing emails, email campaigns and email events."""

    def __init__(self, clock: Clock, seed: int) -> None:
        """``seed`` makes the ids of events."""
        self._clock = clock
        self._seed = seed
        self._count = 0
        self.emails = Collection(clock, lambda n: str(_FIRST_EMAIL + 13 * n))
        self.campaigns = Collection(clock, lambda n: str(_FIRST_CAMPAIGN + 7 * n))
        # emails that HubSpot leaves out of those with statistics, besides what nothing was sent of
        self.without_statistics: set[str] = set()
        self._campaign_of: dict[str, str] = {}
        self._events: list[EmailEvent] = []

    def add(
        self,
        name: str,
        kind: str = "BATCH_EMAIL",
        state: str = "DRAFT",
        at: int | None = None,
        **fields: Any,
    ) -> str:
        """A new marketing email; returns its id."""
        basics = {"name": name, "subject": f"{name}, for you", "type": kind, "state": state}
        return self.emails.add({"subcategory": "batch", **basics, **fields}, at)

    def event(
        self, type: str, email: str, recipient: str, at: int | None = None, **more: Any
    ) -> str:
        """Something happens to an email of one recipient; returns the event's id.

        The first one makes the email campaign. Nothing else is modified by it: neither the email,
        whose statistics change, nor the contact. A STATUSCHANGE may be of no ``email``, "".
        """
        if type not in EVENT_TYPES:
            raise UnknownRecord(f"no event type {type!r}; there are {', '.join(EVENT_TYPES)}")
        item = self.emails.find(email) or self.emails.find(email, archived=True)
        if item is None and (email or type != "STATUSCHANGE"):
            raise UnknownRecord(f"no marketing email {email!r}")
        moment = self._clock() if at is None else at
        if item is not None and email not in self._campaign_of:
            campaign = {"contentId": int(email), "name": item.fields["name"]}
            campaign["subject"] = item.fields["subject"]
            self._campaign_of[email] = self.campaigns.add(campaign, moment)
        self._count += 1
        insort(self._events, EmailEvent(moment, self._count, type, email, recipient, more))
        return self.event_id(self._count)

    def send(self, email: str, recipient: str, at: int | None = None) -> str:
        """Send an email: sent now and delivered a second later. Returns the first event's id."""
        moment = self._clock() if at is None else at
        sent = self.event("SENT", email, recipient, moment)
        self.event("DELIVERED", email, recipient, moment + _SECOND)
        return sent

    def event_id(self, number: int) -> str:
        """The id of the n-th event."""
        return guid(self._seed + 53, number)

    def campaign_of(self, email: str) -> str:
        """The email campaign an email went out in."""
        return self._campaign_of[email]

    def events(self, since: int, until: int) -> Sequence[EmailEvent]:
        """What happened from ``since`` to ``until``, both included, the earliest first."""
        start = bisect_left(self._events, since, key=_moment)
        return self._events[start : bisect_right(self._events, until, key=_moment)]

    def events_of(self, email: str) -> list[EmailEvent]:
        """Everything that happened to one email."""
        return [event for event in self._events if event.email == email]

    def seed(self, emails: int, events: int, last: int) -> None:
        """A fresh portal's emails; everything happened before ``last``."""
        sent = []
        for n in range(emails):
            at = last - (emails - n) * DAY_MS - 30 * DAY_MS
            kind, state, subcategory = _KINDS[n % len(_KINDS)]
            name = f"Issue {n}: what's new 📬"
            id_ = self.add(name, kind, state, at, subcategory=subcategory, isAb=kind == "AB_EMAIL")
            self.emails.change(id_, {}, at + DAY_MS)
            if state != "DRAFT":
                sent.append(id_)
        for n in range(events if sent else 0):
            type_ = EVENT_TYPES[n % 4 if n % 3 else n // 3 % len(EVENT_TYPES)]
            at = last - mix(59, n) % (28 * DAY_MS)
            email = "" if type_ == "STATUSCHANGE" and n % 2 else sent[n % len(sent)]
            self.event(type_, email, f"person{n % 50}@example{n % 50}.com", at)
        if emails:
            self.emails.archive(self.add("Never used", at=last - 20 * DAY_MS), last - 10 * DAY_MS)


def _moment(event: EmailEvent) -> int:
    return event.at
