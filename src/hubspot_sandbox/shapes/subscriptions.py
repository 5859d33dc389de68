"""The JSON of subscription definitions, statuses and changes."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.items.collections import Item
from hubspot_sandbox.items.subscriptions import Change, Subscriptions
from hubspot_sandbox.seeds import guid
from hubspot_sandbox.times import iso


def subscription_definition_shape(definition: Item) -> dict[str, Any]:
    """A subscription definition."""
    return {
        "id": definition.id,
        **definition.fields,
        "communicationMethod": "Email",
        "businessUnitId": 0,
        "createdAt": iso(definition.created),
        "updatedAt": iso(definition.updated),
    }


def legacy_subscription_definition_shape(definition: Item, portal_id: int) -> dict[str, Any]:
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


def subscription_change_shape(change: Change, portal_id: int) -> dict[str, Any]:
    """A change in the shape of the timeline: the time is outside, what changed within."""
    return {
        "timestamp": change.at,
        "portalId": portal_id,
        "recipient": change.recipient,
        "normalizedEmailId": guid(71, hash_of(change.recipient)),
        "changes": [
            {
                "timestamp": change.at,
                "change": change.status,
                "changeType": "SUBSCRIPTION_STATUS",
                "source": change.source,
                "portalId": portal_id,
                "subscriptionId": int(change.subscription),
                "causedByEvent": {"id": guid(73, change.number), "created": change.at},
            }
        ],
    }


_SPELLED = {
    "SOURCE_RECIPIENT": "Recipient", "SOURCE_IMPORT": "Imported by a user",
    "SOURCE_API": "Public status API, App ID:1",
}  # fmt: skip
"""Statuses say in words what the timeline says in codes."""


def hash_of(text: str) -> int:
    """A number of a text, the same on every machine."""
    return int.from_bytes(text.lower().encode()[:16].ljust(16, b"\0"), "big")


def subscription_status_shape(
    subscriptions: Subscriptions, recipient: str, definition: Item, now: int
) -> dict[str, Any]:
    """Whether an address is subscribed; who never changed anything is NOT_SPECIFIED."""
    change = subscriptions.latest(recipient, definition.id)
    asked = change is not None and change.source == "SOURCE_RECIPIENT"
    basis = "LEGITIMATE_INTEREST_CLIENT" if asked else None
    return {
        "channel": "EMAIL",
        "subscriberIdString": recipient,
        "subscriptionId": int(definition.id),
        "subscriptionName": definition.fields["name"],
        "status": "NOT_SPECIFIED" if change is None else change.status,
        "source": "Not specified" if change is None else _SPELLED.get(change.source, change.source),
        "legalBasis": basis,
        "legalBasisExplanation": None if basis is None else "Asked for it",
        "setStatusSuccessReason": None,
        "businessUnitId": 0,
        "timestamp": iso(now if change is None else change.at),
    }
