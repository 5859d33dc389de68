"""The endpoints of subscription definitions, statuses and changes."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.answers import Answer, invalid, json_answer, refusal
from hubspot_sandbox.call import Call
from hubspot_sandbox.endpoints.mail import MAIL_SCOPES, time_window
from hubspot_sandbox.endpoints.paging import legacy_page
from hubspot_sandbox.items.subscriptions import Change
from hubspot_sandbox.shapes.subscriptions import (
    legacy_subscription_definition_shape,
    subscription_change_shape,
    subscription_definition_shape,
    subscription_status_shape,
)
from hubspot_sandbox.times import iso
from hubspot_sandbox.tokens import require

READ = ("communication_preferences.read", "communication_preferences.read_write")
BATCH_READ = ("communication_preferences.statuses.batch.read",)
MOST_STATUSES, MOST_CHANGES = 100, 1_000


def list_subscription_definitions(call: Call) -> Answer:
    """Every kind of mail one can subscribe to; v3 names the list differently."""
    require(call.granted, READ)
    rows = [
        subscription_definition_shape(definition)
        for definition in call.portal.subscriptions.definitions.all()
    ]
    if call.style == "v3":
        return json_answer({"subscriptionDefinitions": rows})
    return json_answer({"results": rows, **_complete(call)})


def _complete(call: Call) -> dict[str, Any]:
    times = {"startedAt": iso(call.now), "completedAt": iso(call.now)}
    return {"status": "COMPLETE", **times}


def _channel(call: Call) -> None:
    if call.query_value("channel") != "EMAIL":
        raise invalid("channel must be EMAIL", "REQUIRED_FIELD")


def batch_read_statuses(call: Call) -> Answer:
    """Statuses of up to 100 addresses; Marketing Hub Enterprise only (BEHAVIOR H136)."""
    require(call.granted, BATCH_READ)
    call.needs("ENTERPRISE")
    _channel(call)
    recipients = call.body().get("inputs")
    if not isinstance(recipients, list) or not all(
        isinstance(recipient, str) for recipient in recipients
    ):
        raise invalid("Some required fields were not set: [inputs]", "REQUIRED_FIELD")
    if len(recipients) > MOST_STATUSES:
        raise invalid(f"The maximum number of inputs is {MOST_STATUSES}. Got {len(recipients)}.")
    rows = [
        {"subscriberIdString": recipient, "statuses": _statuses(call, recipient)}
        for recipient in recipients
    ]
    return json_answer({"results": rows, **_complete(call)})


def read_statuses(call: Call) -> Answer:
    """Statuses of one address."""
    require(call.granted, READ)
    _channel(call)
    return json_answer({"results": _statuses(call, call.parameters["email"]), **_complete(call)})


def read_statuses_v3(call: Call) -> Answer:
    """Statuses of one address in the shape of v3."""
    require(call.granted, READ)
    recipient = call.parameters["email"]
    subscriptions = call.portal.subscriptions
    rows = []
    for definition in subscriptions.definitions.all():
        change = subscriptions.latest(recipient, definition.id)
        status = "SUBSCRIBED" if change and change.status == "SUBSCRIBED" else "NOT_SUBSCRIBED"
        rows.append(
            {
                "id": definition.id,
                "name": definition.fields["name"],
                "description": definition.fields["description"],
                "status": status,
                "sourceOfStatus": "SUBSCRIPTION_STATUS",
            }
        )
    return json_answer({"recipient": recipient, "subscriptionStatuses": rows})


def _statuses(call: Call, recipient: str) -> list[dict[str, Any]]:
    if "@" not in recipient:
        raise refusal(400, f"{recipient} is no email address", "VALIDATION_ERROR")
    subscriptions = call.portal.subscriptions
    return [
        subscription_status_shape(subscriptions, recipient, definition, call.now)
        for definition in subscriptions.definitions.all()
    ]


def list_legacy_subscription_definitions(call: Call) -> Answer:
    """Every kind of mail one can subscribe to, in the shape of the first version."""
    require(call.granted, MAIL_SCOPES)
    portal = call.portal
    rows = [
        legacy_subscription_definition_shape(definition, portal.id)
        for definition in portal.subscriptions.definitions
    ]
    return json_answer({"subscriptionDefinitions": rows})


def list_subscription_changes(call: Call) -> Answer:
    """Subscription changes, the latest first; none has an id (BEHAVIOR H134)."""
    require(call.granted, MAIL_SCOPES)
    portal = call.portal

    def shape(change: Change) -> dict[str, Any]:
        return subscription_change_shape(change, portal.id)

    changes = portal.subscriptions.changes(*time_window(call))[::-1]
    return legacy_page(call, changes, "timeline", shape, limit=10, most=MOST_CHANGES)
