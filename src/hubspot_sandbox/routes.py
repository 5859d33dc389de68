"""Which path is answered by what: every API family under every version it is known by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hubspot_sandbox.answers import Answer
from hubspot_sandbox.call import Call
from hubspot_sandbox.endpoints import account, definitions, links, reading, search, writes
from hubspot_sandbox.limits import ASSOCIATIONS, BURST, SEARCH

DATED = ("2026-03", "2026-09")

PREFIXES: dict[str, tuple[tuple[str, str], ...]] = {
    "objects": (
        *((f"/crm/objects/{date}", "dated") for date in DATED),
        ("/crm/v3/objects", "v3"),
        ("/crm/objects/v3", "v3"),
    ),
    "links": (("/crm/v4/objects", "v4"),),
    "associations": (
        *((f"/crm/associations/{date}", "dated") for date in DATED),
        ("/crm/v3/associations", "v3"),
        ("/crm/v4/associations", "v4"),
        ("/crm/associations/v4", "v4"),
    ),
    "properties": (
        *((f"/crm/properties/{date}", "dated") for date in DATED),
        ("/crm/v3/properties", "v3"),
    ),
    "schemas": (
        *((f"/crm-object-schemas/{date}/schemas", "dated") for date in DATED),
        ("/crm-object-schemas/v3/schemas", "v3"),
        ("/crm/v3/schemas", "v3"),
    ),
    "pipelines": (
        *((f"/crm/pipelines/{date}", "dated") for date in DATED),
        ("/crm/v3/pipelines", "v3"),
    ),
    "owners": (*((f"/crm/owners/{date}", "dated") for date in DATED), ("/crm/v3/owners", "v3")),
    "limits": (*((f"/crm/limits/{date}", "dated") for date in DATED), ("/crm/v3/limits", "v3")),
    "account": (
        *((f"/account-info/{date}", "dated") for date in DATED),
        ("/account-info/v3", "v3"),
    ),
}
"""The one place where versions and paths meet (BEHAVIOR H1, H2)."""

Endpoint = Callable[[Call], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """What answers a request, with the parts of its path by name.

    ``endpoint`` is the path with ids replaced by ``{id}``; ``bucket`` the limit it counts against.
    """

    answer: Endpoint
    style: str
    bucket: str
    endpoint: str
    parameters: dict[str, str]


_ROWS: dict[str, tuple[tuple[str, str, Endpoint, str], ...]] = {
    "objects": (
        ("GET", "{type}", reading.list_records, BURST),
        ("POST", "{type}", writes.create_record, BURST),
        ("POST", "{type}/search", search.search_records, SEARCH),
        ("POST", "{type}/batch/read", reading.batch_read, BURST),
        ("POST", "{type}/batch/create", writes.batch_create, BURST),
        ("POST", "{type}/batch/update", writes.batch_update, BURST),
        ("POST", "{type}/batch/upsert", writes.batch_upsert, BURST),
        ("POST", "{type}/batch/archive", writes.batch_archive, BURST),
        ("POST", "{type}/merge", writes.merge_records, BURST),
        ("POST", "{type}/gdpr-delete", writes.gdpr_delete, BURST),
        ("GET", "{type}/{id}", reading.get_record, BURST),
        ("PATCH", "{type}/{id}", writes.update_record, BURST),
        ("DELETE", "{type}/{id}", writes.archive_record, BURST),
        ("GET", "{from}/{id}/associations/{to}", links.read_links, ASSOCIATIONS),
    ),
    "links": (("GET", "{from}/{id}/associations/{to}", links.read_links, ASSOCIATIONS),),
    "associations": (
        ("POST", "{from}/{to}/batch/read", links.batch_read_links, ASSOCIATIONS),
        ("POST", "{from}/{to}/batch/create", links.write_links, ASSOCIATIONS),
        ("POST", "{from}/{to}/batch/associate/default", links.write_links, ASSOCIATIONS),
        ("POST", "{from}/{to}/batch/archive", links.remove_links, ASSOCIATIONS),
        ("POST", "{from}/{to}/batch/labels/archive", links.remove_links, ASSOCIATIONS),
        ("GET", "{from}/{to}/labels", links.read_labels, ASSOCIATIONS),
        ("GET", "{from}/{to}/types", links.read_labels, ASSOCIATIONS),
    ),
    "properties": (
        ("GET", "{type}", definitions.list_properties, BURST),
        ("POST", "{type}", definitions.create_property, BURST),
        ("GET", "{type}/{name}", definitions.get_property, BURST),
        ("DELETE", "{type}/{name}", definitions.archive_property, BURST),
    ),
    "schemas": (
        ("GET", "", account.list_schemas, BURST),
        ("GET", "{type}", account.get_schema, BURST),
    ),
    "pipelines": (
        ("GET", "{type}", account.list_pipelines, BURST),
        ("GET", "{type}/{id}", account.get_pipeline, BURST),
        ("GET", "{type}/{id}/stages", account.list_stages, BURST),
    ),
    "owners": (
        ("GET", "", account.list_owners, BURST),
        ("GET", "{id}", account.get_owner, BURST),
    ),
    "limits": (
        ("GET", "records", account.record_counts, BURST),
        ("GET", "custom-properties", account.property_counts, BURST),
    ),
    "account": (
        ("GET", "details", account.account_details, BURST),
        ("GET", "api-usage/daily/private-apps", account.daily_usage, BURST),
    ),
}

_TABLE: list[tuple[str, str, list[tuple[str, tuple[str, ...], Endpoint, str]]]] = [
    (
        prefix,
        style,
        [
            (method, tuple(part for part in rest.split("/") if part), answer, bucket)
            for method, rest, answer, bucket in _ROWS[family]
        ],
    )
    for family, prefixes in PREFIXES.items()
    for prefix, style in prefixes
]


def find_route(method: str, path: str) -> Route | None:
    """The route of a request, None when HubSpot has nothing there (404)."""
    for prefix, style, rows in _TABLE:
        if path != prefix and not path.startswith(prefix + "/"):
            continue
        parts = [part for part in path[len(prefix) :].split("/") if part]
        for wanted, pattern, answer, bucket in rows:
            if wanted != method or len(pattern) != len(parts):
                continue
            parameters: dict[str, str] = {}
            shown = [prefix]
            for name, part in zip(pattern, parts, strict=True):
                if name.startswith("{"):
                    parameters[name[1:-1]] = part
                elif name != part:
                    break
                shown.append(name if name in ("{id}", "{name}") else part)
            else:
                return Route(answer, style, bucket, "/".join(shown), parameters)
    return None
