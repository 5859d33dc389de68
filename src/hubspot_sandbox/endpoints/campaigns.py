"""The endpoints of marketing campaigns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hubspot_sandbox.answers import Answer, invalid, json_answer, not_found
from hubspot_sandbox.call import Call
from hubspot_sandbox.endpoints.paging import page
from hubspot_sandbox.items.collections import Item
from hubspot_sandbox.shapes.campaigns import READABLE, campaign_shape
from hubspot_sandbox.tokens import require

SCOPES = ("marketing.campaigns.read",)
MOST = 100
_ORDERS: dict[str, Callable[[Item], Any]] = {
    "hs_name": lambda campaign: campaign.fields["hs_name"],
    "createdAt": lambda campaign: campaign.created,
    "updatedAt": lambda campaign: campaign.updated,
}


def list_campaigns(call: Call) -> Answer:
    """Campaigns by name unless another order is asked for (BEHAVIOR H135)."""
    require(call.granted, SCOPES)
    asked = _properties(call)
    name = (call.query_value("name") or "").lower()
    order = call.query_value("sort") or "hs_name"
    key = _ORDERS.get(order.removeprefix("-"))
    if key is None:
        raise invalid(f"Unable to parse value for query parameter sort: '{order}'")
    campaigns = [
        campaign
        for campaign in call.portal.campaigns.kept.all()
        if name in campaign.fields["hs_name"].lower()
    ]
    campaigns.sort(key=key, reverse=order.startswith("-"))

    def shape(campaign: Item) -> dict[str, Any]:
        return campaign_shape(campaign, asked)

    return page(call, campaigns, shape, limit=50, most=MOST, with_total=True)


def _properties(call: Call) -> list[str]:
    asked = call.query_values("properties")
    if unknown := sorted(set(asked) - READABLE):
        raise invalid(f"Unknown or forbidden properties: {', '.join(unknown)}", "INVALID_PROPERTY")
    return asked


def get_campaign(call: Call) -> Answer:
    """One campaign."""
    require(call.granted, SCOPES)
    campaign = call.portal.campaigns.kept.find(call.parameters["id"])
    if campaign is None:
        raise not_found("Campaign not found")
    return json_answer({**campaign_shape(campaign, _properties(call)), "assets": {}})
