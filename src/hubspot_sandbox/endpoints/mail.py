"""The endpoints of marketing emails, their statistics, email campaigns and email events."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from hubspot_sandbox.answers import Answer, invalid, json_answer, not_found
from hubspot_sandbox.call import Call, within
from hubspot_sandbox.endpoints.paging import legacy_page, page
from hubspot_sandbox.items.collections import Item
from hubspot_sandbox.items.mail import EmailEvent, Mail
from hubspot_sandbox.seeds import mix
from hubspot_sandbox.shapes.mail import (
    APP,
    email_campaign_shape,
    email_event_shape,
    email_shape,
    statistics,
)
from hubspot_sandbox.times import DAY_MS, iso
from hubspot_sandbox.tokens import require

MAIL_SCOPES = ("content",)
RECENT_DAYS = 400
"""How old activity may be for `list_email_campaigns`: a guess, HubSpot says "recent"."""
MOST_EMAILS, MOST_CAMPAIGNS, MOST_EVENTS = 300, 500, 1_000
_ORDERS: dict[str, Callable[[Item], Any]] = {
    "name": lambda email: email.fields["name"],
    "createdAt": lambda email: email.created,
    "updatedAt": lambda email: email.updated,
}
_TO_THE_END = 1 << 62


def _has_statistics(mail: Mail, email: str) -> bool:
    return email not in mail.without_statistics and bool(mail.events_of(email))


def list_emails(call: Call) -> Answer:
    """Marketing emails; with statistics not all of them come (BEHAVIOR H130, H131)."""
    require(call.granted, MAIL_SCOPES)
    mail = call.portal.mail
    with_statistics = call.flag("includeStats")
    emails = [
        email
        for email in mail.emails.all(call.flag("archived"))
        if _between(call, "created", email.created)
        and _between(call, "updated", email.updated)
        and call.query_value("type") in (None, email.fields["type"])
        and (not with_statistics or _has_statistics(mail, email.id))
    ]
    order = (call.query_value("sort") or "").split(",")[-1]
    key = _ORDERS.get(order.removeprefix("-"))
    if order and key is None:
        raise invalid(f"Unable to parse value for query parameter sort: '{order}'")
    if key is not None:
        emails.sort(key=key, reverse=order.startswith("-"))

    def shape(email: Item) -> dict[str, Any]:
        return _included(call, email_shape(mail, email, with_statistics))

    return page(call, emails, shape, limit=10, most=MOST_EMAILS, with_total=True)


def _between(call: Call, name: str, value: int) -> bool:
    """Bounds of emails are both exclusive."""
    after, before = call.moment(f"{name}After"), call.moment(f"{name}Before")
    return (after is None or value > after) and (before is None or value < before)


def _included(call: Call, shape: dict[str, Any]) -> dict[str, Any]:
    named = {"campaignName": "Spring launch", "campaignUtm": "spring-launch"}
    if call.flag("marketingCampaignNames"):
        shape |= named
    if call.flag("workflowNames"):
        shape["workflowNames"] = ["Welcome series"] if shape["type"] == "AUTOMATED_EMAIL" else []
    only = call.query_values("includedProperties")
    return {key: value for key, value in shape.items() if not only or key in ("id", *only)}


def get_email(call: Call) -> Answer:
    """One marketing email."""
    require(call.granted, MAIL_SCOPES)
    mail = call.portal.mail
    email = mail.emails.find(call.parameters["id"], call.flag("archived"))
    if email is None:
        raise not_found("Email not found")
    return json_answer(_included(call, email_shape(mail, email, call.flag("includeStats"))))


def _counted(call: Call) -> list[EmailEvent]:
    ids = call.query_values("emailIds")
    since, until = call.moment("startTimestamp"), call.moment("endTimestamp")
    if since is None or until is None:
        raise invalid("startTimestamp and endTimestamp are required", "REQUIRED_FIELD")
    events = call.portal.mail.events(since, until)
    return [event for event in events if not ids or event.email in ids]


def aggregate_statistics(call: Call) -> Answer:
    """What happened to some emails within a time, all in all and one by one."""
    require(call.granted, MAIL_SCOPES)
    events = _counted(call)
    emails = sorted({event.email for event in events})
    mail = call.portal.mail
    return json_answer(
        {
            "emails": [int(email) for email in emails],
            "aggregate": statistics(events),
            "campaignAggregations": {
                mail.campaign_of(email): statistics(e for e in events if e.email == email)
                for email in emails
            },
        }
    )


def statistics_by_day(call: Call) -> Answer:
    """What happened to some emails, day by day."""
    require(call.granted, MAIL_SCOPES)
    if call.query_value("interval") not in (None, "DAY"):
        raise invalid("this sandbox counts by DAY only")
    days = groupby(_counted(call), lambda event: event.at // DAY_MS)
    rows = [
        {
            "interval": {"start": iso(day * DAY_MS), "end": iso((day + 1) * DAY_MS)},
            "aggregations": statistics(events),
        }
        for day, events in days
    ]
    return json_answer({"total": len(rows), "results": rows})


def list_email_campaigns(call: Call) -> Answer:
    """The ids of email campaigns with recent activity, the latest first (BEHAVIOR H132)."""
    require(call.granted, MAIL_SCOPES)
    mail = call.portal.mail
    rows = [
        {"id": full["id"], **APP, "lastUpdatedTime": full["lastUpdatedTime"]}
        for full in (email_campaign_shape(mail, campaign) for campaign in mail.campaigns.all())
        if full["lastUpdatedTime"] > call.now - RECENT_DAYS * DAY_MS
    ]
    rows.sort(key=lambda row: int(row["lastUpdatedTime"]), reverse=True)
    return legacy_page(call, rows, "campaigns", dict, limit=10, most=MOST_CAMPAIGNS)


def list_all_email_campaigns(call: Call) -> Answer:
    """The ids of all email campaigns in no order, without times (BEHAVIOR H132)."""
    require(call.granted, MAIL_SCOPES)
    campaigns = sorted(call.portal.mail.campaigns.all(), key=lambda row: mix(11, int(row.id)))

    def shape(campaign: Item) -> dict[str, Any]:
        return {"id": int(campaign.id), **APP}

    return legacy_page(call, campaigns, "campaigns", shape, limit=10, most=MOST_CAMPAIGNS)


def get_email_campaign(call: Call) -> Answer:
    """One email campaign."""
    require(call.granted, MAIL_SCOPES)
    campaign = call.portal.mail.campaigns.find(call.parameters["id"])
    if campaign is None:
        raise not_found("campaign not found")
    return json_answer(email_campaign_shape(call.portal.mail, campaign))


def time_window(call: Call) -> tuple[int, int]:
    """``startTimestamp`` and ``endTimestamp`` in milliseconds, both included (BEHAVIOR H133)."""
    texts = (
        call.query_value("startTimestamp") or "0",
        call.query_value("endTimestamp") or str(_TO_THE_END),
    )
    since, until = (within(text, "timestamp", _TO_THE_END, 0) for text in texts)
    return since, until


def list_email_events(call: Call) -> Answer:
    """Email events, the latest first (BEHAVIOR H133)."""
    require(call.granted, MAIL_SCOPES)
    portal = call.portal
    kind, recipient = call.query_value("eventType"), call.query_value("recipient")
    events = [
        event
        for event in portal.mail.events(*time_window(call))[::-1]
        if kind in (None, event.type) and recipient in (None, event.recipient)
    ]

    def shape(event: EmailEvent) -> dict[str, Any]:
        return email_event_shape(portal.mail, event, portal.id)

    return legacy_page(call, events, "events", shape, limit=10, most=MOST_EVENTS)
