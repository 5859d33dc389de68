"""The JSON of records: the envelope around the properties, inline associations, history."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from hubspot_sandbox.answers import Answer
from hubspot_sandbox.call import Call
from hubspot_sandbox.records.associations import page_of, token_of
from hubspot_sandbox.records.columns import Column, Selection, State
from hubspot_sandbox.records.table import Table
from hubspot_sandbox.schema.object_types import ObjectType
from hubspot_sandbox.times import envelope_iso, iso

INLINE_LIMIT = 100
APP_ID = "2417003"
"""The app that writes through the API (BEHAVIOR H185)."""


def envelope(
    table: Table, selection: Selection, state: State, portal_id: int, *extra: bytes
) -> bytes:
    """One record: id, properties, times, archived, link to the page people look at."""
    parts = [
        b'{"id":"%d","properties":{' % state.id,
        selection.encode(state),
        b'},"createdAt":"%b","updatedAt":"%b","archived":%b'
        % (
            envelope_iso(state.created).encode(),
            envelope_iso(state.updated).encode(),
            b"false" if state.archived_at is None else b"true",
        ),
    ]
    if state.archived_at is not None:
        parts.append(b',"archivedAt":"%b"' % envelope_iso(state.archived_at).encode())
    parts.extend(b"," + piece for piece in extra)
    url = f"https://app.hubspot.com/contacts/{portal_id}/record/{table.object_type.id}/{state.id}"
    parts.append(b',"url":"%b"}' % url.encode())
    return b"".join(parts)


def results(records: Iterable[bytes], **more: Any) -> Answer:
    """``{"results": [...], ...}`` of ready-made records."""
    body = b'{"results":[' + b",".join(records) + b"]"
    for name, value in more.items():
        if value is not None:
            body += f',"{name}":{json.dumps(value, ensure_ascii=False)}'.encode()
    return Answer(200, body=body + b"}")


def history(table: Table, state: State, columns: Sequence[Column]) -> bytes:
    """The ``propertiesWithHistory`` of a record, newest revision first (BEHAVIOR H53)."""
    shape = {column.name: revisions(table, state, column) for column in columns}
    text = json.dumps(shape, ensure_ascii=False, separators=(",", ":"))
    return f'"propertiesWithHistory":{text}'.encode()


def revisions(table: Table, state: State, column: Column) -> list[dict[str, Any]]:
    """Every value a property has had, newest first, as many as HubSpot keeps."""
    versions = table.versions.get(state.id) or [state]
    revisions: list[dict[str, Any]] = []
    last: str | None = None
    origin = versions[0].origin
    if origin is not None and column.pooled:
        earlier = (column.size + origin.index) % 3
        span = max(origin.updated - origin.created, 1)
        for turn in range(earlier, 0, -1):
            value = column.seeded(origin, turn)
            if value is not None:
                when = origin.created + span * (earlier - turn) // (earlier + 1)
                revisions.append(_revision(value, when, "IMPORT"))
                last = value
    for place, version in enumerate(versions):
        value = column.value(version)
        if value is None or (value == last and revisions):
            continue
        when = version.updated if place == 0 else version.at
        revisions.append(_revision(value, when, version.source))
        last = value
    revisions.reverse()
    return revisions[: table.object_type.history_depth]


def _revision(value: str, when: int, source: str) -> dict[str, Any]:
    revision: dict[str, Any] = {"value": value, "timestamp": iso(when), "sourceType": source}
    if source == "CRM_UI":
        revision |= {"sourceId": "userId:5000001", "updatedByUserId": 5_000_001}
    elif source == "IMPORT":
        revision["sourceId"] = "77001"
    elif source == "INTEGRATION":
        revision["sourceId"] = APP_ID
    return revision


def inline_associations(
    call: Call, kind: ObjectType, state: State, targets: Iterable[ObjectType]
) -> bytes:
    """The ``associations`` of a record in a list or a single read (BEHAVIOR H26, H27)."""
    shape: dict[str, Any] = {}
    for target in targets:
        linked = alive(call, kind, state.id, target)
        if not linked:
            continue
        ids, following = page_of(linked, 0, INLINE_LIMIT)
        links: dict[str, Any] = {
            "results": [
                {"id": str(id_), "type": link_type.name}
                for link_type in sorted({kind for id_ in ids for kind in linked[id_]})
                for id_ in ids
                if link_type in linked[id_]
                and (link_type.category == "HUBSPOT_DEFINED" or len(linked[id_]) == 1)
            ]
        }
        if following:
            place = {"dated": "objects/2026-09", "v4": "v4/objects"}.get(call.style, "v3/objects")
            link = f"https://api.hubapi.com/crm/{place}/{kind.name}/{state.id}/associations"
            after = token_of(target, following)
            links["paging"] = {
                "next": {
                    "after": after,
                    "link": f"{link}/{target.name}?limit={INLINE_LIMIT}&after={after}",
                }
            }
        shape[target.inline_key] = links
    if not shape:
        return b""
    return f'"associations":{json.dumps(shape, ensure_ascii=False)}'.encode()


def alive(call: Call, kind: ObjectType, id_: int, target: ObjectType) -> dict[int, Any]:
    """The links of a record to records that are there and not archived."""
    linked = call.portal.associations.links(kind, target).get(id_)
    if not linked:
        return {}
    table = call.portal.table(target)
    return {to_id: kinds for to_id, kinds in linked.items() if table.find_live(to_id) is not None}
