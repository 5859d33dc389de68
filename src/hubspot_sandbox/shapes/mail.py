"""The JSON of marketing emails, email campaigns and email events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from hubspot_sandbox.items.collections import Item
from hubspot_sandbox.items.mail import EmailEvent, Mail
from hubspot_sandbox.times import envelope_iso, iso

APP = {"appId": 113, "appName": "Batch"}
_COUNTERS = {
    "sent": "SENT", "delivered": "DELIVERED", "open": "OPEN", "click": "CLICK", "bounce": "BOUNCE",
    "dropped": "DROPPED", "unsubscribed": "STATUSCHANGE", "spamreport": "SPAMREPORT",
    "suppressed": "SUPPRESSED", "forward": "FORWARD",
}  # fmt: skip
_RATIOS = {
    "openratio": ("open", "delivered"), "clickratio": ("click", "delivered"),
    "clickthroughratio": ("click", "open"), "deliveredratio": ("delivered", "sent"),
    "bounceratio": ("bounce", "sent"), "unsubscribedratio": ("unsubscribed", "delivered"),
    "spamreportratio": ("spamreport", "delivered"),
}  # fmt: skip


def statistics(events: Iterable[EmailEvent]) -> dict[str, Any]:
    """Counts, ratios in percent and devices of some events."""
    counted = list(events)
    by_type = Counter(event.type for event in counted)
    counters = {name: by_type[type_] for name, type_ in _COUNTERS.items()}
    ratios = {
        name: round(100 * counters[part] / counters[whole], 3) if counters[whole] else 0.0
        for name, (part, whole) in _RATIOS.items()
    }
    devices = {
        f"{kind.lower()}_device_type": dict(
            Counter(_device(event).lower() for event in counted if event.type == kind)
        )
        for kind in ("OPEN", "CLICK")
    }
    return {
        "counters": counters,
        "ratios": ratios,
        "deviceBreakdown": devices,
        "qualifierStats": {"filtered_events": {"open": 0}},
    }


def _device(event: EmailEvent) -> str:
    return "MOBILE" if event.number % 3 == 0 else "COMPUTER"


def email_shape(mail: Mail, email: Item, with_statistics: bool) -> dict[str, Any]:
    """A marketing email."""
    fields = email.fields
    published = "DRAFT" not in fields["state"]
    shape: dict[str, Any] = {
        "id": email.id,
        **fields,
        "activeDomain": "www.example.com",
        "archived": email.archived,
        "businessUnitId": "0",
        "campaign": "11111111-2222-4333-8444-555555555555",
        "content": {"templatePath": "@hubspot/email/dnd/welcome.html", "plainTextVersion": "Hi"},
        "createdAt": iso(email.created),
        "createdById": "5000000",
        "emailTemplateMode": "DRAG_AND_DROP",
        "folderId": 990_001,
        "folderIdV2": 990_001,
        "from": {"fromName": "Sam at Example", "replyTo": "sam@example.com"},
        "isPublished": published,
        "isTransactional": False,
        "jitterSendTime": False,
        "language": "en",
        "previewKey": "aBcDeFgH",
        "publishDate": envelope_iso(email.updated),
        "sendOnPublish": True,
        "subscriptionDetails": {"officeLocationId": "5", "subscriptionId": "77001"},
        "to": {"contactIlsLists": {"include": ["1"], "exclude": []}, "suppressGraymail": True},
        "updatedAt": iso(email.updated),
        "updatedById": "5000001",
        "webversion": {"slug": f"email-{email.id}", "url": "https://www.example.com/email"},
    }
    if published:
        shape |= {
            "publishedAt": iso(email.updated),
            "publishedById": "5000000",
            "publishedByEmail": "owner0@example.com",
            "publishedByName": "Ada Lovelace",
        }
        events = mail.events_of(email.id)
        if events:
            campaign = mail.campaign_of(email.id)
            shape |= {"primaryEmailCampaignId": campaign, "allEmailCampaignIds": [campaign]}
            shape["emailCampaignGroupId"] = campaign
    if fields["type"] == "AB_EMAIL":
        shape["testing"] = {"abStatus": "master", "hoursToWait": 4, "abTestPercentage": 50,
                            "abSuccessMetric": "OPENS_BY_DELIVERED", "testId": "1",
                            "isAbVariation": False}  # fmt: skip
    if fields["type"] == "BLOG_EMAIL":
        shape["rssData"] = {"blogEmailType": "instant", "url": "https://www.example.com/rss.xml"}
    if email.archived_at is not None:
        shape["deletedAt"] = iso(email.archived_at)
    if with_statistics:
        shape["stats"] = statistics(mail.events_of(email.id))
    return shape


def email_campaign_shape(mail: Mail, campaign: Item) -> dict[str, Any]:
    """An email campaign as it is shown on its own."""
    events = mail.events_of(str(campaign.fields["contentId"]))
    latest = max((event.at for event in events), default=campaign.updated)
    by_type = Counter(event.type for event in events)
    return {
        "id": int(campaign.id),
        **APP,
        **campaign.fields,
        "type": "BATCH_EMAIL",
        "subType": "",
        "counters": {name.lower(): number for name, number in sorted(by_type.items())},
        "numIncluded": by_type["SENT"],
        "numQueued": by_type["SENT"],
        "processingState": "DONE",
        "lastProcessingStartedAt": campaign.created,
        "lastProcessingFinishedAt": campaign.created + 60_000,
        "lastProcessingStateChangeAt": campaign.created + 60_000,
        "scheduledAt": campaign.created,
        "lastUpdatedTime": latest,
    }


def email_event_shape(mail: Mail, event: EmailEvent, portal_id: int) -> dict[str, Any]:
    """An email event; which fields it has depends on its type (BEHAVIOR H133)."""
    if not event.email:
        return _of_no_sending(mail, event, portal_id)
    campaign = int(mail.campaign_of(event.email))
    shape: dict[str, Any] = {
        "id": mail.event_id(event.number),
        "created": event.at,
        "type": event.type,
        "recipient": event.recipient,
        "portalId": portal_id,
        **APP,
        "emailCampaignId": campaign,
        "emailCampaignGroupId": campaign,
        "smtpId": None,
        **_BY_TYPE.get(event.type, {}),
        **event.more,
    }
    if event.type == "DROPPED":
        shape["sentBy"] = {"id": shape["id"], "created": event.at}
    elif event.type != "SENT":
        shape.setdefault("sentBy", {"id": mail.event_id(0), "created": event.at - 60_000})
    if event.type in ("CLICK", "STATUSCHANGE"):
        shape["causedBy"] = {"id": mail.event_id(0), "created": event.at - 30_000}
    if event.type == "DEFERRED":
        shape["obsoletedBy"] = {"id": mail.event_id(0), "created": event.at + 30_000}
    if event.type in ("OPEN", "CLICK"):
        shape["deviceType"] = _device(event)
    return shape


def _of_no_sending(mail: Mail, event: EmailEvent, portal_id: int) -> dict[str, Any]:
    """A status changed by hand: no email was sent, and what would name one is 0 or absent."""
    basis = {
        "legalBasisType": "LEGITIMATE_INTEREST_CLIENT",
        "legalBasisExplanation": "Asked for it",
    }
    change = {
        "id": 77_001,
        "status": "SUBSCRIBED",
        "legalBasisChange": {**basis, "optState": "OPT_IN"},
    }
    return {
        "id": mail.event_id(event.number),
        "created": event.at,
        "type": event.type,
        "recipient": event.recipient,
        "portalId": portal_id,
        "appId": 0,
        "emailCampaignId": 0,
        "source": "SOURCE_HUBSPOT_CUSTOMER",
        "sourceId": "Self Service Resubscription",
        "subscriptions": [change],
        **event.more,
    }


_PERSON: dict[str, Any] = {
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64)",
    "ipAddress": "203.0.113.7",
    "browser": {"name": "Firefox", "family": "Firefox", "type": "Browser", "version": ["130"]},
    "location": {"country": "IRELAND", "state": "leinster", "city": "dublin"},
    "filteredEvent": False,
}
_LETTER: dict[str, Any] = {
    "from": "Sam at Example <sam@example.com>", "subject": "What's new, for you",
    "replyTo": ["sam@example.com"], "cc": [], "bcc": ["archive@example.com"],
}  # fmt: skip
_BY_TYPE: dict[str, dict[str, Any]] = {
    "SENT": _LETTER,
    "DELIVERED": {"response": "250 2.0.0 OK", "smtpId": "<1@example.com>", "attempt": 1},
    "OPEN": {**_PERSON, "duration": 1_500},
    "CLICK": {**_PERSON, "url": "https://www.example.com/a?b=c&d=%20", "linkId": 4,
              "referer": "https://mail.example.com/"},
    "DROPPED": {**_LETTER, "dropReason": "PREVIOUSLY_BOUNCED", "dropMessage": "550 unknown"},
    "DEFERRED": {"response": "421 try again later", "attempt": 2},
    "BOUNCE": {"category": "UNKNOWN_USER", "response": "550 5.1.1", "status": "5.1.1"},
    "STATUSCHANGE": {"source": "SOURCE_RECIPIENT", "requestedBy": "person@example.com",
                     "portalSubscriptionStatus": "UNSUBSCRIBED", "bounced": False,
                     "subscriptions": [{"id": 77_001, "status": "UNSUBSCRIBED"}]},
    "SUPPRESSED": {"suppressedReason": "GRAYMAIL", "suppressedMessage": "never opens"},
}  # fmt: skip
