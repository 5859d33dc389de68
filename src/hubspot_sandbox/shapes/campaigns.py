"""The JSON of marketing campaigns."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.items.collections import Item
from hubspot_sandbox.times import iso

READABLE = frozenset({
    "hs_start_date", "hs_end_date", "hs_color_hex", "hs_notes", "hs_audience", "hs_goal",
    "hs_owner", "hs_currency_code", "hs_created_by_user_id", "hs_campaign_status", "hs_object_id",
    "hs_name", "hs_utm", "hs_budget_items_sum_amount", "hs_spend_items_sum_amount",
    "campaign_code",
})  # fmt: skip
"""Properties that can be asked for: HubSpot's and the one this portal added (BEHAVIOR H135)."""


def campaign_shape(campaign: Item, asked: list[str]) -> dict[str, Any]:
    """A campaign with the properties asked for; those without a value are left out."""
    return {
        "id": campaign.id,
        "properties": {name: campaign.fields[name] for name in asked if name in campaign.fields},
        "businessUnits": [{"id": 0}],
        "createdAt": iso(campaign.created),
        "updatedAt": iso(campaign.updated),
    }
