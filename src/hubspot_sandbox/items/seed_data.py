"""Fills a fresh portal with lists, forms, emails and everything else besides CRM records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from hubspot_sandbox.items.campaigns import Campaigns
from hubspot_sandbox.items.event_attendance import EventAttendance
from hubspot_sandbox.items.events import Events
from hubspot_sandbox.items.forms import Forms
from hubspot_sandbox.items.lists import Lists
from hubspot_sandbox.items.mail import Mail
from hubspot_sandbox.items.subscriptions import Subscriptions
from hubspot_sandbox.items.workflows import Workflows
from hubspot_sandbox.seeds import ANCHOR_MS
from hubspot_sandbox.times import DAY_MS, Clock

ITEM_NAMES = (
    "lists", "list_memberships", "forms", "form_submissions", "marketing_emails", "email_events",
    "subscription_changes", "campaigns", "workflows", "participations", "events",
)  # fmt: skip
"""Names that ``Portal(records=…)`` takes besides object types."""

DEMO = {
    "lists": 7, "list_memberships": 400, "forms": 6, "form_submissions": 360,
    "marketing_emails": 15, "email_events": 1_200, "subscription_changes": 150, "campaigns": 8,
    "workflows": 9, "participations": 160, "events": 600,
}  # fmt: skip


class ItemPortal(Protocol):
    """The parts of a portal that hold seeded items."""

    clock: Clock
    lists: Lists
    forms: Forms
    mail: Mail
    subscriptions: Subscriptions
    campaigns: Campaigns
    workflows: Workflows
    participations: EventAttendance
    events: Events


def seed_items(portal: ItemPortal, counts: Mapping[str, int]) -> None:
    """Fill a fresh portal; everything happened more than two days before the clock's present."""
    last = min(ANCHOR_MS, portal.clock() - 2 * DAY_MS)
    seeded_counts = {name: counts.get(name, 0) for name in ITEM_NAMES}
    portal.lists.seed(seeded_counts["lists"], seeded_counts["list_memberships"], last)
    portal.forms.seed(seeded_counts["forms"], seeded_counts["form_submissions"], last)
    portal.mail.seed(seeded_counts["marketing_emails"], seeded_counts["email_events"], last)
    portal.subscriptions.seed(seeded_counts["subscription_changes"], last)
    portal.campaigns.seed(seeded_counts["campaigns"], last)
    portal.workflows.seed(seeded_counts["workflows"], last)
    portal.participations.seed(seeded_counts["participations"], last)
    portal.events.seed(seeded_counts["events"], last)
