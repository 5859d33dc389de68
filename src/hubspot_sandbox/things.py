"""What a fresh portal holds besides records, by the names it is asked for in ``records=``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hubspot_sandbox.seeds import ANCHOR_MS
from hubspot_sandbox.times import DAY_MS

if TYPE_CHECKING:
    from hubspot_sandbox.portal import Portal

THINGS = ("lists", "list_memberships", "forms", "form_submissions")
"""Names that stand beside the object types in ``records=``."""

DEMO = {"lists": 7, "list_memberships": 400, "forms": 6, "form_submissions": 360}


def seed_things(portal: Portal, counts: Mapping[str, int]) -> None:
    """Fill a fresh portal; all of it happened more than two days before the clock's present."""
    last = min(ANCHOR_MS, portal.clock() - 2 * DAY_MS)
    if counts.get("lists"):
        portal.lists.seed(counts["lists"], counts.get("list_memberships", 0), last)
    if counts.get("forms"):
        portal.forms.seed(counts["forms"], counts.get("form_submissions", 0), last)
