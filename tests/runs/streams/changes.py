"""One new thing of each stream, made in the portal; a stream that is not here cannot change."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hubspot_ingest.catalog.registry import CRM, STREAMS
from hubspot_sandbox import Portal

Change = Callable[[Portal], object]


def _record(object_type: str) -> Change:
    return lambda portal: portal.create(object_type, {})


def _association_label(portal: Portal) -> None:
    deals, contacts = portal.object_type("deals"), portal.object_type("contacts")
    portal.associations.label(deals, contacts, "Referred by", "USER_DEFINED")


def _membership(portal: Portal) -> None:
    new = portal.lists.add("Just made")
    portal.lists.join(new, next(portal.records("contacts")).id)


def _submission(portal: Portal) -> None:
    form = next(form for form in portal.forms.kept.all() if form.fields["formType"] == "hubspot")
    portal.forms.submit(form.id, {"email": "new@example.com"})


def _sent(portal: Portal) -> None:
    portal.mail.event("SENT", portal.mail.add("Just in", state="PUBLISHED"), "new@example.com")


def _new_time_zone(portal: Portal) -> None:
    portal.time_zone = "Europe/Berlin"


def _unsubscribed(nth: int) -> Change:
    def change(portal: Portal) -> None:
        address = [*portal.records("contacts")][nth].properties["email"]
        definition = next(iter(portal.subscriptions.definitions.all())).id
        portal.subscriptions.change(str(address), definition, "UNSUBSCRIBED")

    return change


def _participation(portal: Portal) -> None:
    event = next(portal.records("marketing_events")).id
    contact = next(portal.records("contacts")).id
    portal.participations.add(event, contact, "ATTENDED")


def _event(object_type: str) -> Change:
    def happen(portal: Portal) -> None:
        record = next(portal.records(object_type)).id
        page = {"hs_url": "https://www.example.com/new"}
        portal.events.add("e_visited_page", record, object_type, properties=page)

    return happen


ANALYTICS = {
    stream.name: stream.name.removesuffix("_web_analytics")
    for stream in STREAMS
    if stream.name.endswith("_web_analytics")
}

CHANGES: Mapping[str, Change] = {
    **{stream.name: _record(stream.object_type) for stream in CRM},
    "owners": lambda portal: portal.owners.add({"email": "new@example.com"}),
    "pipelines": lambda portal: portal.pipelines.add("deals", "New", {}),
    "pipeline_stages": lambda portal: portal.pipelines.add("tickets", "New", {"Begun": {}}),
    "properties": lambda portal: portal.add_property("deals", "shoe_size", "number"),
    "property_options": lambda portal: portal.add_property(
        "deals", "shoe_kind", "enumeration", options=["boot"]
    ),
    "property_groups": lambda portal: portal.add_property(
        "deals", "hat_size", "number", group="clothes"
    ),
    "association_types": _association_label,
    "account_details": _new_time_zone,
    "teams": lambda portal: portal.teams.add({"name": "New"}),
    "provisioned_users": lambda portal: portal.users.add({"email": "new@example.com"}),
    "lists": lambda portal: portal.lists.add("New"),
    "list_memberships": _membership,
    "forms": lambda portal: portal.forms.add("New"),
    "form_submissions": _submission,
    "marketing_emails": lambda portal: portal.mail.add("New"),
    "campaigns": lambda portal: portal.campaigns.add("New"),
    "email_campaigns": _sent,
    "email_events": _sent,
    "subscription_definitions": lambda portal: portal.subscriptions.definitions.add(
        {"name": "New"}
    ),
    "subscription_changes": _unsubscribed(0),
    "subscription_statuses": _unsubscribed(1),
    "workflows": lambda portal: portal.workflows.add("New"),
    "marketing_events": _record("marketing_events"),
    "marketing_event_participations": _participation,
    "event_types": lambda portal: portal.events.define("new", "New"),
    "event_definitions": lambda portal: portal.events.define("newer", "Newer"),
    "events": _event("contacts"),
    **{name: _event(object_type) for name, object_type in ANALYTICS.items()},
}

CONSTANT = frozenset({"roles", "custom_objects"})
"""Streams in which nothing can be made to change in the local HubSpot."""
