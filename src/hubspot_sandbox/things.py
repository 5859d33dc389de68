"""What a fresh portal holds besides records, by the names it is asked for in ``records=``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hubspot_sandbox.seeds import ANCHOR_MS
from hubspot_sandbox.times import DAY_MS

if TYPE_CHECKING:
    from hubspot_sandbox.portal import Portal

THINGS = (
    "lists", "list_memberships", "forms", "form_submissions", "marketing_emails", "email_events",
    "subscription_changes", "campaigns", "workflows", "participations", "events",
)  # fmt: skip
"""Names that stand beside the object types in ``records=``."""

DEMO = {
    "lists": 7, "list_memberships": 400, "forms": 6, "form_submissions": 360,
    "marketing_emails": 15, "email_events": 1_200, "subscription_changes": 150, "campaigns": 8,
    "workflows": 9, "participations": 160, "events": 600,
}  # fmt: skip


def seed_things(portal: Portal, counts: Mapping[str, int]) -> None:
    """Fill a fresh portal; all of it happened more than two days before the clock's present."""
    last = min(ANCHOR_MS, portal.clock() - 2 * DAY_MS)
    many = {name: counts.get(name, 0) for name in THINGS}
    portal.lists.seed(many["lists"], many["list_memberships"], last)
    portal.forms.seed(many["forms"], many["form_submissions"], last)
    portal.mail.seed(many["marketing_emails"], many["email_events"], last)
    portal.subscriptions.seed(many["subscription_changes"], last)
    portal.campaigns.seed(many["campaigns"], last)
    portal.workflows.seed(many["workflows"], last)
    portal.participations.seed(many["participations"], last)
    portal.events.seed(many["events"], last)
