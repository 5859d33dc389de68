"""Builds every request that changes something in HubSpot. Pure.

Sources: OpenAPI of 2026-09 ("CRM objects", "CRM properties", "CRM associations"); limits are the
documented ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from hubspot_ingest.hubspot.requests import OBJECTS, OBJECTS_OF, PROPERTIES, Repeat, Request
from hubspot_ingest.model import Json

# Records in a batch of writes ("Objects").
WRITE_LIMIT = 100


@dataclass(frozen=True, slots=True)
class RecordInput:
    """One record of a batch; ``id`` is empty for one to be created.

    ``trace_id`` comes back with what HubSpot says of this input, and makes the batch one of which
    some may fail ("Error handling").
    """

    trace_id: str
    properties: Mapping[str, str]
    id: str = ""


def _batch(object_type: str, kind: str) -> str:
    family = OBJECTS_OF.get(object_type, OBJECTS)
    return f"{family}/{quote(object_type, safe='')}/batch/{kind}"


def batch_create(object_type: str, inputs: Iterable[RecordInput]) -> Request:
    """Creates up to 100 records; it would create them again when it was sent again."""
    path = _batch(object_type, "create")
    body: Json = {
        "inputs": [
            {
                "properties": dict(record.properties),
                "associations": [],
                "objectWriteTraceId": record.trace_id,
            }
            for record in inputs
        ]
    }
    return Request("POST", path, path, body=body, repeat=Repeat.IF_UNDONE)


def batch_update(object_type: str, inputs: Iterable[RecordInput]) -> Request:
    """Sets properties of up to 100 records, by record id."""
    path = _batch(object_type, "update")
    body: Json = {
        "inputs": [
            {
                "id": record.id,
                "properties": dict(record.properties),
                "objectWriteTraceId": record.trace_id,
            }
            for record in inputs
        ]
    }
    return Request("POST", path, path, body=body)


def batch_upsert(object_type: str, id_property: str, inputs: Iterable[RecordInput]) -> Request:
    """Updates, or creates, up to 100 records by a unique property, whose values are the ids."""
    path = _batch(object_type, "upsert")
    body: Json = {
        "inputs": [
            {
                "id": record.id,
                "idProperty": id_property,
                "properties": dict(record.properties),
                "objectWriteTraceId": record.trace_id,
            }
            for record in inputs
        ]
    }
    return Request("POST", path, path, body=body)


def batch_archive(object_type: str, ids: Iterable[str]) -> Request:
    """Puts up to 100 records into the recycle bin; those that are there stay there."""
    path = _batch(object_type, "archive")
    return Request("POST", path, path, body={"inputs": [{"id": id} for id in ids]})


def batch_find(
    object_type: str, id_property: str, values: Iterable[str], properties: Iterable[str]
) -> Request:
    """Up to 100 records by the values of a unique property; by record id where that is empty."""
    path = _batch(object_type, "read")
    body: dict[str, Json] = {
        "inputs": [{"id": value} for value in values],
        "properties": list(properties),
    }
    if id_property:
        body["idProperty"] = id_property
    return Request("POST", path, path, body=body)


def create_property(object_type: str, name: str, label: str, group: str) -> Request:
    """Makes a text property whose values are unique."""
    path = f"{PROPERTIES}/{quote(object_type, safe='')}"
    body: Json = {
        "name": name,
        "label": label,
        "type": "string",
        "fieldType": "text",
        "groupName": group,
        "hasUniqueValue": True,
    }
    return Request("POST", path, path, body=body)


def property_groups(object_type: str) -> Request:
    """The groups in which HubSpot shows the properties of an object type."""
    path = f"{PROPERTIES}/{quote(object_type, safe='')}/groups"
    return Request("GET", path, path)
