from __future__ import annotations

from typing import Any

import pytest

from hubspot_sandbox import Portal, Sandbox
from tests.sandboxes.hubspot.asking import DAY, NOW, App, SetClock

EMAILS = "/marketing/emails/2026-09"
OLD = "/email/public/v1"


def app_with_mail(emails: int = 0, events: int = 0, **more: int) -> App:
    records = {"marketing_emails": emails, "email_events": events, **more}
    return App(Sandbox(Portal(7, SetClock(), records)))


def pages(app: App, path: str, key: str, **query: Any) -> list[dict[str, Any]]:
    """Everything of an endpoint of the first version, page by page."""
    rows: list[dict[str, Any]] = []
    offset: dict[str, str] = {}
    while True:
        page = app.get(path, **query, **offset).json
        rows += page[key]
        if not page["hasMore"]:
            return rows
        offset = {"offset": page["offset"]}


def test_with_statistics_not_every_email_comes() -> None:
    """H130."""
    app = app_with_mail()
    sent, draft = app.portal.mail.add("Sent", state="PUBLISHED"), app.portal.mail.add("Draft")
    app.portal.mail.send(sent, "a@b.c")
    assert app.get(EMAILS).ids == [sent, draft]
    with_statistics = app.get(EMAILS, includeStats="true").json
    assert (with_statistics["total"], with_statistics["results"][0]["id"]) == (1, sent)
    assert with_statistics["results"][0]["stats"]["counters"]["delivered"] == 1


def test_opening_an_email_changes_its_statistics_alone() -> None:
    """H131."""
    app = app_with_mail()
    email = app.portal.mail.add("Sent", state="PUBLISHED", at=NOW - DAY)
    app.portal.mail.send(email, "a@b.c")
    before = app.get(f"{EMAILS}/{email}", includeStats="true").json
    app.portal.mail.event("OPEN", email, "a@b.c")
    after = app.get(f"{EMAILS}/{email}", includeStats="true").json
    assert after["updatedAt"] == before["updatedAt"] == "2026-09-20T14:13:20.000Z"
    assert (before["stats"]["ratios"]["openratio"], after["stats"]["ratios"]["openratio"]) == (
        0.0, 100.0,
    )  # fmt: skip


def test_emails_are_cut_by_time_and_sorted() -> None:
    app = app_with_mail()
    first = app.portal.mail.add("First", at=NOW)
    second = app.portal.mail.add("Second", at=NOW + 1)
    app.portal.mail.emails.change(first, {}, at=NOW + 5)
    assert app.get(EMAILS, sort="updatedAt").ids == [second, first]
    assert app.get(EMAILS, sort="-updatedAt").ids == [first, second]
    assert app.get(EMAILS, updatedAfter="2026-09-21T14:13:20.001Z").ids == [first]
    assert app.get(EMAILS, updatedBefore="2026-09-21T14:13:20.005Z").ids == [second]
    assert app.get(EMAILS, sort="subject").status == 400


def test_archived_emails_come_on_request_only() -> None:
    app = app_with_mail(1)
    (archived,) = app.get(EMAILS, archived="true").json["results"]
    assert archived["deletedAt"] == archived["updatedAt"]
    assert archived["id"] not in app.get(EMAILS).ids


def test_an_email_shows_only_what_is_asked_for() -> None:
    app = app_with_mail(3)
    (email, *_) = app.get(EMAILS, includedProperties="name,state").json["results"]
    assert set(email) == {"id", "name", "state"}
    assert "workflowNames" in app.get(EMAILS, workflowNames="true").json["results"][0]


def test_statistics_of_a_time() -> None:
    app = app_with_mail()
    email = app.portal.mail.add("Sent", state="PUBLISHED")
    app.portal.mail.send(email, "a@b.c", at=NOW - 2 * DAY)
    app.portal.mail.event("CLICK", email, "a@b.c")
    window = {"startTimestamp": "2026-09-21T00:00:00Z", "endTimestamp": "2026-09-22T00:00:00Z"}
    shown = app.get(f"{EMAILS}/statistics/list", **window).json
    assert (shown["emails"], shown["aggregate"]["counters"]["click"]) == ([int(email)], 1)
    days = app.get(f"{EMAILS}/statistics/histogram", **window | {"interval": "DAY"}).json
    assert days["total"] == 1
    assert app.get(f"{EMAILS}/statistics/list").status == 400


def test_campaigns_are_listed_by_id_and_read_one_by_one() -> None:
    """H132."""
    app = app_with_mail(10, 200)
    rows = pages(app, f"{OLD}/campaigns", "campaigns", limit=3)
    assert set(rows[0]) == {"id", "appId", "appName", "lastUpdatedTime"}
    assert len({row["id"] for row in rows}) == len(rows) == 8
    times = [row["lastUpdatedTime"] for row in rows]
    assert times == sorted(times, reverse=True)
    details = [app.get(f"{OLD}/campaigns/{row['id']}").json for row in rows]
    full = next(campaign for campaign in details if "sent" in campaign["counters"])
    assert full["counters"]["sent"] == full["numIncluded"] > 0


def test_campaigns_without_recent_activity_come_by_id_only() -> None:
    """H132."""
    app = app_with_mail()
    emails = [app.portal.mail.add(name, state="PUBLISHED") for name in ("Old", "New")]
    app.portal.mail.send(emails[0], "a@b.c", at=NOW - 500 * DAY)
    app.portal.mail.send(emails[1], "a@b.c", at=NOW - DAY)
    recent = app.get(f"{OLD}/campaigns").json["campaigns"]
    everything = app.get(f"{OLD}/campaigns/by-id").json["campaigns"]
    assert (len(recent), len(everything)) == (1, 2)
    assert set(everything[0]) == {"id", "appId", "appName"}


def test_a_draft_has_a_publish_date_too() -> None:
    """H172."""
    app = app_with_mail()
    draft = app.get(f"{EMAILS}/{app.portal.mail.add('Draft')}").json
    assert (draft["isPublished"], "publishDate" in draft, "publishedAt" in draft) == (
        False, True, False,
    )  # fmt: skip


def test_a_status_can_be_without_a_legal_basis() -> None:
    """H173."""
    app = app_with_mail()
    (status, *_) = app.get(
        "/communication-preferences/2026-09/statuses/a@b.c", channel="EMAIL"
    ).json["results"]
    assert (status["status"], status["source"]) == ("NOT_SPECIFIED", "Not specified")
    assert (status["legalBasis"], status["subscriptionName"]) == (None, "Newsletter")


def test_events_come_the_latest_first_and_both_ends_are_included() -> None:
    """H133."""
    app = app_with_mail(1)
    (email,) = app.get(EMAILS).ids
    made = [app.portal.mail.event("OPEN", email, "a@b.c", at=NOW + n) for n in range(4)]
    window = {"startTimestamp": NOW + 1, "endTimestamp": NOW + 3}
    rows = pages(app, f"{OLD}/events", "events", limit=2, **window)
    assert [row["id"] for row in rows] == made[:0:-1]
    assert [row["created"] for row in rows] == [NOW + 3, NOW + 2, NOW + 1]


def test_more_than_a_thousand_events_at_once_are_refused() -> None:
    """H100, H133."""
    assert app_with_mail().get(f"{OLD}/events", limit=1001).status == 400


def test_an_offset_comes_with_the_last_page_too() -> None:
    """H102."""
    page = app_with_mail().get(f"{OLD}/events").json
    assert (page["hasMore"], page["events"], bool(page["offset"])) == (False, [], True)


def test_which_fields_an_event_has_depends_on_its_type() -> None:
    app = app_with_mail(5, 300)
    rows = pages(app, f"{OLD}/events", "events", limit=1000)
    by_type = {row["type"]: row for row in rows}
    assert len(by_type) == 14
    assert by_type["CLICK"]["url"]
    assert by_type["BOUNCE"]["category"]
    assert "url" not in by_type["SENT"]


def test_subscription_changes_have_no_id() -> None:
    """H134."""
    app = app_with_mail()
    app.portal.subscriptions.change("a@b.c", "77001", "UNSUBSCRIBED")
    (row,) = pages(app, f"{OLD}/subscriptions/timeline", "timeline")
    assert "id" not in row
    assert (row["timestamp"], row["recipient"]) == (NOW, "a@b.c")
    (change,) = row["changes"]
    assert (change["subscriptionId"], change["timestamp"]) == (77_001, NOW)


def test_a_status_changed_by_hand_names_no_sending() -> None:
    """H133."""
    app = app_with_mail()
    app.portal.mail.event("STATUSCHANGE", "", "a@b.c")
    (event,) = pages(app, f"{OLD}/events", "events")
    assert (event["appId"], event["emailCampaignId"]) == (0, 0)
    assert {"appName", "emailCampaignGroupId", "sentBy", "causedBy", "smtpId"}.isdisjoint(event)


def test_a_dropped_mail_is_its_own_sending() -> None:
    """H133."""
    app = app_with_mail()
    app.portal.mail.event("DROPPED", app.portal.mail.add("New", state="PUBLISHED"), "a@b.c")
    (event,) = pages(app, f"{OLD}/events", "events")
    assert event["sentBy"] == {"id": event["id"], "created": event["created"]}


def test_statuses_of_an_address() -> None:
    """H136."""
    app = app_with_mail()
    app.portal.subscriptions.change("a@b.c", "77002", "SUBSCRIBED")
    path = "/communication-preferences/2026-09/statuses"
    one = app.get(f"{path}/a@b.c", channel="EMAIL").json["results"]
    reply = app.ask("POST", f"{path}/batch/read", {"inputs": ["a@b.c"]}, channel="EMAIL")
    assert reply.json["results"] == [{"subscriberIdString": "a@b.c", "statuses": one}]
    assert [row["status"] for row in one][:2] == ["NOT_SPECIFIED", "SUBSCRIBED"]


def test_statuses_of_many_addresses_need_an_edition() -> None:
    """H105, H136."""
    app = app_with_mail()
    app.portal.edition = "PROFESSIONAL"
    path = "/communication-preferences/2026-09/statuses/batch/read"
    reply = app.ask("POST", path, {"inputs": ["a@b.c"]}, channel="EMAIL")
    assert (reply.status, reply.json["category"]) == (403, "USER_DOES_NOT_HAVE_PERMISSIONS")
    assert "errors" not in reply.json


def test_a_campaign_shows_what_is_asked_for_and_refuses_the_rest() -> None:
    """H135."""
    app = app_with_mail(campaigns=3)
    path = "/marketing/campaigns/2026-09"
    assert [row["properties"] for row in app.get(path).json["results"]] == [{}, {}, {}]
    asked = app.get(path, properties="hs_name,campaign_code", sort="-updatedAt").json["results"]
    assert asked[0]["properties"] == {"hs_name": "Launch 2 🚀", "campaign_code": "C-0002"}
    assert app.get(path, properties="hs_secret").status == 400
    assert app.get(f"{path}/{asked[0]['id']}").json["assets"] == {}


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        (EMAILS, "content"),
        (f"{OLD}/events", "content"),
        (f"{OLD}/subscriptions/timeline", "content"),
        ("/marketing/campaigns/2026-09", "marketing.campaigns.read"),
        ("/communication-preferences/2026-09/definitions", "communication_preferences.read"),
    ],
)
def test_mail_needs_its_scope(path: str, scope: str) -> None:
    """H8."""
    app = app_with_mail()
    app.portal.grant("pat-na1-none", ["forms"])
    app.token = "pat-na1-none"
    context = app.get(path).json["errors"][0]["context"]
    assert scope in context["requiredGranularScopes"]
