from __future__ import annotations

from hubspot_sandbox import Limits, Sandbox
from tests.sandboxes.hubspot.asking import App, SetClock, app_with, portal_with


def test_schemas_tell_every_name_of_a_custom_object() -> None:
    """H66."""
    schema = app_with().get("/crm-object-schemas/2026-09/schemas").json["results"][0]
    assert schema["objectTypeId"] == "2-3456789"
    assert schema["fullyQualifiedName"] == "p62515001_machines"
    assert schema["labels"] == {"singular": "Machine", "plural": "Machines"}


def test_schemas_without_their_scope_are_refused() -> None:
    """H66."""
    portal = portal_with()
    portal.grant("pat-na1-limited", ["crm.objects.contacts.read"])
    app = App(Sandbox(portal), "pat-na1-limited")
    assert app.get("/crm-object-schemas/2026-09/schemas").status == 403


def test_any_accepted_token_may_read_the_account_details() -> None:
    """H69."""
    portal = portal_with()
    portal.grant("pat-na1-limited", ["crm.lists.read"])
    reply = App(Sandbox(portal), "pat-na1-limited").get("/account-info/2026-09/details")
    assert (reply.status, reply.json["portalId"]) == (200, portal.id)


def test_the_usage_of_the_day_counts_requests_and_says_when_it_ends() -> None:
    """H70."""
    clock = SetClock()
    app = App(Sandbox(portal_with(clock), Limits(daily=1000)))
    app.get("/account-info/2026-09/details")
    usage = app.get("/account-info/2026-09/api-usage/daily/private-apps").json["results"][0]
    assert (usage["currentUsage"], usage["usageLimit"]) == (2, 1000)
    assert usage["resetsAt"] == "2026-09-22T05:00:00.000Z"


def test_record_counts_of_all_object_types_come_in_one_request() -> None:
    """H71."""
    app = app_with(contacts=5, machines=2)
    app.portal.archive("contacts", app.seeded()[0])
    counts = app.get("/crm/limits/2026-09/records").json
    usage = {row["objectTypeId"]: row["usage"] for row in counts["hubspotDefinedObjectTypes"]}
    assert (usage["0-1"], counts["customObjectTypes"]["overallUsage"]) == (4, 2)


def test_record_counts_need_the_scope_of_some_object() -> None:
    """H71."""
    portal = portal_with()
    portal.grant("pat-na1-schemas", ["crm.schemas.contacts.read"])
    reply = App(Sandbox(portal), "pat-na1-schemas").get("/crm/limits/2026-09/records")
    assert reply.status == 403
