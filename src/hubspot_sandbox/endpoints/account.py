"""The endpoints of the account itself: details, usage, record counts, schemas."""

from __future__ import annotations

from typing import Any

from hubspot_sandbox.answers import Answer, json_answer, missing_scopes
from hubspot_sandbox.call import Call
from hubspot_sandbox.schema.object_types import ObjectType

CUSTOM_SCHEMAS = ("crm.schemas.custom.read",)
_INTERNAL_SCOPE = "custom-object-read"
"""What the refusal names instead: a scope that no page of HubSpot's offers (BEHAVIOR H166)."""
_OPENED = "2023-01-10T09:00:00.000Z"


def account_details(call: Call) -> Answer:
    """Any token that is accepted at all may read this (BEHAVIOR H69)."""
    portal = call.portal
    return json_answer(
        {
            "portalId": portal.id,
            "timeZone": portal.time_zone,
            "companyCurrency": "USD",
            "additionalCurrencies": ["EUR"],
            "utcOffset": _offset(portal.utc_offset_ms),
            "utcOffsetMilliseconds": portal.utc_offset_ms,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
            "accountType": "DEVELOPER_TEST",
        }
    )


def _offset(ms: int) -> str:
    hours, rest = divmod(abs(ms) // 60_000, 60)
    return f"{'-' if ms < 0 else '+'}{hours:02d}:{rest:02d}"


def daily_usage(call: Call) -> Answer:
    """Requests of today over all private apps (BEHAVIOR H70)."""
    return json_answer({"results": [call.usage]})


def record_counts(call: Call) -> Answer:
    """How many records there are of each object type (BEHAVIOR H71)."""
    if call.granted is not None and not any(
        scope == "tickets" or scope.startswith("crm.objects.") for scope in call.granted
    ):
        raise missing_scopes(["crm.objects.contacts.read"])
    standard, custom = [], []
    for kind in call.portal.object_types:
        usage = len(call.portal.table(kind).live)
        row: dict[str, Any] = {
            "objectTypeId": kind.id,
            "singularLabel": kind.label,
            "pluralLabel": kind.plural_label,
            "usage": usage,
        }
        if kind.custom:
            custom.append(row)
        else:
            standard.append({**row, "limit": 15_000_000, "percentage": round(usage / 150_000, 3)})
    total = sum(row["usage"] for row in custom)
    return json_answer(
        {
            "hubspotDefinedObjectTypes": standard,
            "customObjectTypes": {
                "overallLimit": 1_000_000,
                "overallUsage": total,
                "overallPercentage": round(total / 10_000, 3),
                "byObjectType": custom,
            },
        }
    )


def property_counts(call: Call) -> Answer:
    """How many custom properties each object type has, of how many it may have."""
    rows = []
    for kind in call.portal.object_types:
        columns = call.portal.table(kind).columns.values()
        usage = sum(
            1 for c in columns if not c.property.hubspot_defined and c.property.archived_at is None
        )
        rows.append(
            {
                "objectTypeId": kind.id,
                "singularLabel": kind.label,
                "pluralLabel": kind.plural_label,
                "limit": 1_000,
                "usage": usage,
                "percentage": usage / 10,
            }
        )
    return json_answer({"byObjectType": rows, "overallLimit": 1_000 * len(rows)})


def _require_schemas(call: Call) -> None:
    if call.granted is not None and call.granted.isdisjoint(CUSTOM_SCHEMAS):
        raise missing_scopes([_INTERNAL_SCOPE], "top")


def list_schemas(call: Call) -> Answer:
    """The custom object types of the portal, all at once (BEHAVIOR H66).

    With ``archived=true`` come the active ones too.
    """
    _require_schemas(call)
    kinds = [kind for kind in call.portal.object_types if kind.custom]
    return json_answer({"results": [_schema(call, kind) for kind in kinds]})


def get_schema(call: Call) -> Answer:
    """One schema."""
    _require_schemas(call)
    return json_answer(_schema(call, call.object_type()))


def _schema(call: Call, kind: ObjectType) -> dict[str, Any]:
    columns = call.portal.table(kind).columns.values()
    links = []
    for other in call.portal.object_types:
        if other.name in ("contacts", "companies", "deals", "tickets"):
            for source, target in ((kind, other), (other, kind)):
                link_type = call.portal.associations.types(source, target)[0]
                links.append(
                    {
                        "fromObjectTypeId": source.id,
                        "toObjectTypeId": target.id,
                        "name": link_type.name,
                        "id": str(link_type.type_id),
                        "cardinality": "ONE_TO_MANY",
                        "inverseCardinality": "ONE_TO_MANY",
                        "createdAt": None,
                        "updatedAt": None,
                    }
                )
    own = [c.name for c in columns if not c.property.hubspot_defined]
    return {
        "id": kind.id.split("-")[1],
        "objectTypeId": kind.id,
        "name": kind.name,
        "fullyQualifiedName": kind.fully_qualified_name or kind.name.upper(),
        "description": "",
        "labels": {"singular": kind.label, "plural": kind.plural_label},
        "primaryDisplayProperty": own[0] if own else "hs_object_id",
        "secondaryDisplayProperties": own[1:2],
        "requiredProperties": own[:1],
        "searchableProperties": own[:20],
        "properties": [c.property.as_json() for c in columns if c.property.archived_at is None],
        "associations": links,
        "archived": False,
        "restorable": True,
        "metaType": "PORTAL_SPECIFIC",
        "allowsSensitiveProperties": False,
        "createdByUserId": None,
        "updatedByUserId": 5_000_001,
        "createdAt": _OPENED,
        "updatedAt": _OPENED,
    }
