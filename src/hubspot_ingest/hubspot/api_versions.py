"""The versions of HubSpot's API that are used, and how long HubSpot supports each.

Sources: HubSpot's page "API versioning" (a dated version is supported for 18 months from its
release) and its changelog: v4 ends 2027-03-30, v1 to v3 with the legacy apps in September 2027. An
unsupported version still answers, but is no longer fixed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from hubspot_ingest.hubspot import requests

SUPPORTED_UNTIL: Mapping[str, str] = {
    "2026-09": "2028-03-08",
    "2026-03": "2027-09-30",
    "v4": "2027-03-30",
    "v3": "2027-09-30",
    "v2": "2027-09-30",
    "v1": "2027-09-30",
}
"""The last day of support of each version."""

FAMILIES: tuple[str, ...] = (
    requests.OBJECTS,
    requests.PROPERTIES,
    requests.VALIDATIONS,
    requests.ASSOCIATIONS,
    requests.SCHEMAS,
    requests.PIPELINES,
    requests.OWNERS,
    requests.TOKENS[0],
    requests.LISTS,
    requests.LIMITS,
    requests.ACCOUNT,
    requests.USERS,
    requests.MARKETING_EMAILS,
    requests.CAMPAIGNS,
    requests.MARKETING_EVENTS,
    requests.SUBSCRIPTIONS,
    requests.EVENTS,
    requests.EVENT_DEFINITIONS,
    requests.FORMS,
    requests.WORKFLOWS,
    requests.SUBMISSIONS,
    requests.EMAIL,
)
"""Where each family of endpoints begins, with the version that is asked for."""

_VERSION = re.compile(r"/(\d{4}-\d{2}|v\d)(?=/|$)")


def version(path: str) -> str:
    """The version in a path. Raises ``ValueError`` where there is none."""
    match = _VERSION.search(path)
    if match is None:
        raise ValueError(f"{path} names no version")
    return match[1]


def versions_in_use() -> dict[str, tuple[str, ...]]:
    """The families of endpoints that are asked for, by version."""
    families: dict[str, tuple[str, ...]] = {}
    for path in FAMILIES:
        families[version(path)] = (*families.get(version(path), ()), path)
    return families
