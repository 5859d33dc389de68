"""One new thing of each stream, made in the portal; a stream that is not here cannot change."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hubspot_ingest.inbound.catalog import CRM
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
    form = next(one for one in portal.forms.kept.all() if one.fields["formType"] == "hubspot")
    portal.forms.submit(form.id, {"email": "new@example.com"})


def _sent(portal: Portal) -> None:
    portal.mail.event("SENT", portal.mail.add("Just in", state="PUBLISHED"), "new@example.com")


def _new_time_zone(portal: Portal) -> None:
    portal.time_zone = "Europe/Berlin"


def _unsubscribed(portal: Portal) -> None:
    address = next(portal.records("contacts")).properties["email"]
    definition = next(iter(portal.subscriptions.definitions.all())).id
    portal.subscriptions.change(str(address), definition, "UNSUBSCRIBED")


CHANGES: Mapping[str, Change] = {
    **{one.name: _record(one.object_type) for one in CRM},
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
    "subscription_changes": _unsubscribed,
    "subscription_statuses": _unsubscribed,
}

CONSTANT = frozenset({"roles", "custom_objects", "event_types", "event_definitions"})
"""Streams in which nothing can be made to change in the local HubSpot."""
