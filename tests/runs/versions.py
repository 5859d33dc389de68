"""The versions of HubSpot's API: what each path begins with at another than ours."""

from __future__ import annotations

import os
from collections.abc import Mapping

from hubspot_ingest.hubspot import requests

FAMILIES = (
    *(requests.OBJECTS, requests.PROPERTIES, requests.ASSOCIATIONS, requests.SCHEMAS),
    *(requests.PIPELINES, requests.OWNERS, requests.LISTS, requests.LIMITS, requests.ACCOUNT),
    *(requests.MARKETING_EMAILS, requests.CAMPAIGNS, requests.MARKETING_EVENTS),
    *(requests.VALIDATIONS, requests.SUBSCRIPTIONS, requests.EVENT_DEFINITIONS, requests.EVENTS),
)
OLDER = {one: one.replace("2026-09", "2026-03") for one in FAMILIES}
NUMBERED = {
    requests.OBJECTS: "/crm/v3/objects",
    requests.PROPERTIES: "/crm/v3/properties",
    requests.VALIDATIONS: "/crm/v3/property-validations",
    requests.ASSOCIATIONS: "/crm/v4/associations",
    requests.SCHEMAS: "/crm-object-schemas/v3/schemas",
    requests.PIPELINES: "/crm/v3/pipelines",
    requests.OWNERS: "/crm/v3/owners",
    requests.LISTS: "/crm/v3/lists",
    requests.LIMITS: "/crm/v3/limits",
    requests.ACCOUNT: "/account-info/v3",
    requests.USERS: "/settings/v3/users",
    requests.MARKETING_EMAILS: "/marketing/v3/emails",
    requests.CAMPAIGNS: "/marketing/v3/campaigns",
    requests.MARKETING_EVENTS: "/marketing/v3/marketing-events",
    requests.SUBSCRIPTIONS: "/communication-preferences/v4",
    requests.EVENT_DEFINITIONS: "/events/v3/event-definitions",
    requests.EVENTS: "/events/v3/events",
}
VERSIONS = {"2026-03": OLDER, "numbered": NUMBERED}


def asked_for() -> Mapping[str, str]:
    """The paths of the version that ``make test-versions`` runs the tests at; none: our own."""
    version = os.environ.get("HUBSPOT_API_VERSION")
    return VERSIONS[version] if version else {}


def renamed(path: str, names: Mapping[str, str]) -> str:
    """A path that begins with one of the names, beginning with what it stands for."""
    for begins, instead in names.items():
        if path.startswith(begins):
            return instead + path.removeprefix(begins)
    return path
