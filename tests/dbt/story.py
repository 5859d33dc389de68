"""What happens in the portal whose figures the marts must have, by days before today."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from hubspot_sandbox import Portal

DAY = 86_400_000
SYNCS = {
    "contacts": '{"properties": ["email", "firstname", "lastname", "lifecyclestage", "hs_*source",'
    ' "hs_analytics_first_timestamp"], "associations": ["companies"]}',
    "companies": '{"properties": ["name", "domain", "hubspot_owner_id"], "associations": []}',
    "deals": '{"properties": ["dealname", "amount", "closedate", "dealstage", "hubspot_owner_id"],'
    ' "associations": ["contacts"], "history": ["dealstage", "amount"], "include_archived": true}',
    **dict.fromkeys(
        ("calls", "emails", "meetings"),
        '{"properties": ["hs_timestamp", "hubspot_owner_id"],'
        ' "associations": ["contacts", "companies"]}',
    ),
    "pipelines": "{}",
    "pipeline_stages": "{}",
    "owners": "{}",
}
NEW, QUALIFIED, WON = "appointmentscheduled", "qualifiedtobuy", "closedwon"


@dataclass
class Story:
    """A small company's deals: two chapters, told to the portal before and between two builds."""

    portal: Portal = field(default_factory=Portal)
    now: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    ids: dict[str, str] = field(default_factory=dict)

    def day(self, before: int) -> date:
        """The date so many days before today, UTC."""
        return datetime.fromtimestamp(self.now / 1000, UTC).date() - timedelta(days=before)

    def _at(self, before: int) -> int:
        """Noon, UTC, so many days before today."""
        return self.now - self.now % DAY - before * DAY + DAY // 2

    def _create(self, kind: str, known_as: str, before: int, /, **properties: str | None) -> str:
        self.ids[known_as] = self.portal.create(kind, properties, self._at(before))
        return self.ids[known_as]

    def begin(self) -> None:
        """The first chapter."""
        portal = self.portal
        acme = self._create("companies", "acme", 30, name="Acme")
        self._create("companies", "idle", 30, name="Idle")
        sources = {"ann": ("PAID_SEARCH", 40), "bob": ("EMAIL_MARKETING", 50), "cid": (None, 20)}
        for name, (source, before) in sources.items():
            first = str(self._at(before))
            touched = {"hs_analytics_source": source, "hs_analytics_first_timestamp": first}
            self._create("contacts", name, 19, email=f"{name}@example.com", **touched)
        for name in ("ann", "bob"):
            portal.associate("contacts", self.ids[name], "companies", acme)
        self._create("deals", "first", 10, dealname="First", dealstage=NEW, amount="100")
        portal.update("deals", self.ids["first"], {"amount": "150.5"}, self._at(7))
        portal.update("deals", self.ids["first"], {"dealstage": QUALIFIED}, self._at(6))
        self._create("deals", "second", 8, dealname="Second", dealstage=NEW, amount="200")
        self._create("deals", "gone", 9, dealname="Gone", dealstage=NEW, amount="1000")
        self._create("deals", "alone", 5, dealname="Alone", dealstage=QUALIFIED, amount=None)
        for contact in ("ann", "bob"):
            portal.associate("deals", self.ids["first"], "contacts", self.ids[contact])
        portal.associate("deals", self.ids["second"], "contacts", self.ids["cid"])
        portal.associate("deals", self.ids["gone"], "contacts", self.ids["ann"])
        call = self._create("calls", "call", 4, hs_timestamp=str(self._at(4)))
        portal.associate("calls", call, "contacts", self.ids["ann"])
        portal.associate("calls", call, "contacts", self.ids["bob"])
        portal.associate("calls", call, "companies", acme)
        self._create("meetings", "meeting", 3, hs_timestamp=str(self._at(3)))
        self._create("emails", "email", 3, hs_timestamp=str(self._at(3)))

    def go_on(self) -> None:
        """The second chapter, today: a deal is won, one deleted, one new; a meeting was held."""
        portal, ids = self.portal, self.ids
        portal.update("deals", ids["second"], {"dealstage": WON, "amount": "250"})
        portal.archive("deals", ids["gone"])
        ids["new"] = portal.create("deals", {"dealname": "New", "dealstage": NEW, "amount": "5"})
        portal.associate("deals", ids["new"], "contacts", ids["bob"])
        portal.associate("meetings", ids["meeting"], "companies", ids["acme"])
        portal.update("meetings", ids["meeting"], {"hubspot_owner_id": None})
