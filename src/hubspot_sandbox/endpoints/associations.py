"""The endpoints that read associations and the types there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hubspot_sandbox.answers import Answer, invalid, json_answer, not_found
from hubspot_sandbox.call import Call, record_id
from hubspot_sandbox.records.associations import id_of, page_of, token_of
from hubspot_sandbox.records.link_types import LinkType
from hubspot_sandbox.schema.object_types import ObjectType
from hubspot_sandbox.shapes.records import alive
from hubspot_sandbox.times import iso

PER_RECORD, PER_RECORD_V3 = 500, 100
BATCH, BATCH_V3 = 1_000, 100


def _pair(call: Call) -> tuple[ObjectType, ObjectType]:
    return call.readable("from").object_type, call.readable("to").object_type


def _link_shape(call: Call, target: int, kinds: Iterable[LinkType]) -> dict[str, Any]:
    """One linked record; its id is text in dated versions and a number in v4 (BEHAVIOR H4)."""
    number: int | str = target if call.style == "v4" else str(target)
    return {"toObjectId": number, "associationTypes": [kind.as_json() for kind in kinds]}


def batch_read_links(call: Call) -> Answer:
    """Linked ids of many records (BEHAVIOR H25, H28, H29, H31)."""
    source, target = _pair(call)
    old = call.style == "v3"
    inputs = call.inputs(BATCH_V3 if old else BATCH)
    table = call.portal.table(source)
    results: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for item in inputs:
        number = record_id(item.get("id"))
        if number is None or table.find_live(number) is None:
            raise invalid(f"Invalid object id: {item.get('id')}", "INVALID_OBJECT_IDS")
    for item in inputs:
        number = int(str(item["id"]))
        linked = alive(call, source, number, target)
        if not linked:
            errors.append(_no_link_error(source, target, number))
            continue
        after = 0 if old else _begin(target, item.get("after"), as_received=True)
        ids, following = page_of(linked, after, PER_RECORD_V3 if old else PER_RECORD)
        shape: dict[str, Any] = {"from": {"id": str(number)}}
        if old:
            shape["to"] = [
                {"id": str(id_), "type": kind.name}
                for id_ in ids
                for kind in linked[id_]
                if kind.category == "HUBSPOT_DEFINED" or len(linked[id_]) == 1
            ]
        else:
            shape["to"] = [_link_shape(call, id_, linked[id_]) for id_ in ids]
        if following:
            shape["paging"] = {"next": {"after": token_of(target, following)}}
        results.append(shape)
    answer: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": iso(call.now),
        "completedAt": iso(call.now),
    }
    if errors:
        answer |= {"numErrors": len(errors), "errors": errors}
    return json_answer(answer, 207 if errors else 200)


def _begin(target: ObjectType, token: Any, *, as_received: bool = False) -> int:
    """The id a page begins at; a body takes the token only as it was given out (BEHAVIOR H28)."""
    if token in (None, ""):
        return 0
    first = id_of(target, str(token))
    if first is None or (as_received and token != token_of(target, first)):
        raise invalid(f"Invalid paging token: {token}")
    return first


def _no_link_error(source: ObjectType, target: ObjectType, id_: int) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {target.singular} is associated with {source.singular} {id_}.",
        "context": {
            "fromObjectId": [str(id_)],
            "fromObjectType": [source.singular],
            "toObjectType": [target.singular],
        },
    }


def read_links(call: Call) -> Answer:
    """The records of one type linked to one record, 500 a page (BEHAVIOR H28)."""
    source, target = _pair(call)
    number = record_id(call.parameters["id"])
    if number is None or call.portal.table(source).find_live(number) is None:
        raise not_found("resource not found")
    most = PER_RECORD
    limit = call.number("limit", most, most)
    after = _begin(target, call.query_value("after"))
    linked = alive(call, source, number, target)
    ids, following = page_of(linked, after, limit)
    if call.style == "v3":
        results = [
            {"id": str(id_), "type": kind.name}
            for id_ in ids
            for kind in linked[id_]
            if kind.category == "HUBSPOT_DEFINED" or len(linked[id_]) == 1
        ]
    else:
        results = [_link_shape(call, id_, linked[id_]) for id_ in ids]
    shape: dict[str, Any] = {"results": results}
    if following:
        token = token_of(target, following)
        link = f"https://api.hubapi.com{call.path}?limit={limit}&after={token}"
        shape["paging"] = {"next": {"after": token, "link": link}}
    return json_answer(shape)


def read_labels(call: Call) -> Answer:
    """Every type a pair may be associated by (BEHAVIOR H30)."""
    source, target = _pair(call)
    if call.style == "v3":
        kinds = call.portal.associations.types(source, target)
        return json_answer({"results": [{"id": str(k.type_id), "name": k.name} for k in kinds]})
    kinds = call.portal.associations.types(source, target)
    return json_answer({"results": [kind.as_json() for kind in kinds]})
