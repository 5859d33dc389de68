"""The endpoints that associate records and end associations, in batches and one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hubspot_sandbox.answers import Answer, Refusal, invalid, json_answer
from hubspot_sandbox.call import Call
from hubspot_sandbox.records.link_types import LinkType
from hubspot_sandbox.schema.object_types import ObjectType
from hubspot_sandbox.times import iso
from hubspot_sandbox.writes.links import End, end, link, types_of
from hubspot_sandbox.writes.records import batch_error

MOST_CREATED = 2_000
"""Inputs of ``batch/create`` (BEHAVIOR H194)."""

Shape = dict[str, Any]
Wish = tuple[Shape, list[LinkType]]
"""An input of a batch with the types it names."""
Write = Callable[[Call, End, End, list[LinkType]], Shape]


def _pair(call: Call) -> tuple[ObjectType, ObjectType]:
    return call.writable("from").object_type, call.writable("to").object_type


def _ends(call: Call, item: Mapping[str, Any]) -> list[End | Refusal]:
    ends: list[End | Refusal] = []
    for direction, kind in zip(("from", "to"), _pair(call), strict=True):
        try:
            ends.append(end(call, kind, item.get(direction), direction))
        except Refusal as refused:
            ends.append(refused)
    return ends


def _batch(call: Call, wishes: Iterable[Wish], write: Write, status: int) -> Answer:
    """Associate pair by pair; what cannot be is an error beside the others (BEHAVIOR H190)."""
    results: list[Shape] = []
    errors: list[Shape] = []
    checked: list[tuple[End, End, list[LinkType]]] = []
    for item, kinds in wishes:
        ends = _ends(call, item)
        refusals = [refused for refused in ends if isinstance(refused, Refusal)]
        if refusals and call.writes.dead_ids_fail_links:
            raise invalid(f"Invalid object id in {json.dumps(item)}", "INVALID_OBJECT_IDS")
        errors += [batch_error(refused, None) for refused in refusals]
        source, target = ends
        if isinstance(source, End) and isinstance(target, End):
            checked.append((source, target, kinds))
    for source, target, kinds in checked:
        try:
            results.append(write(call, source, target, kinds))
        except Refusal as refused:
            errors.append(batch_error(refused, None))
    if call.writes.shuffles:
        results.reverse()
    return _complete(call, results, errors, status)


def _complete(call: Call, results: list[Shape], errors: list[Shape], status: int) -> Answer:
    shape: Shape = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": iso(call.now),
        "completedAt": iso(call.now),
    }
    if errors:
        shape |= {"numErrors": len(errors), "errors": errors}
        if call.version != "2026-09":
            status = 207
    return json_answer(shape, status)


def created_status(call: Call) -> int:
    """The status of what was created: 200 at 2026-09, 201 before (BEHAVIOR H188)."""
    return 200 if call.version == "2026-09" else 201


def create_links(call: Call) -> Answer:
    """``batch/create``: the labels sent take the place of those there were (BEHAVIOR H30)."""
    source, target = _pair(call)
    wishes = [(item, _types(call, source, target, item)) for item in call.inputs(MOST_CREATED)]
    return _batch(call, wishes, _link, created_status(call))


def _link(call: Call, here: End, there: End, kinds: list[LinkType]) -> Shape:
    link(call, here, there, kinds)
    return _labels_between(call, here, there, kinds)


def _types(call: Call, source: ObjectType, target: ObjectType, item: Shape) -> list[LinkType]:
    if call.style == "v3":
        name = str(item.get("type"))
        kinds = [k for k in call.portal.associations.types(source, target) if k.name == name]
    else:
        kinds = types_of(call, source, target, item.get("types"))
    if not kinds:
        raise invalid("Some required fields were not set: [types]", "REQUIRED_FIELD")
    return kinds


def _labels_between(call: Call, here: End, there: End, kinds: Iterable[LinkType]) -> Shape:
    if call.style == "v3":
        (kind,) = kinds
        return {"from": {"id": str(here.id)}, "to": {"id": str(there.id)}, "type": kind.name}
    number: Callable[[int], int | str] = int if call.style == "v4" else str
    return {
        "fromObjectTypeId": here.object_type.id,
        "fromObjectId": number(here.id),
        "toObjectTypeId": there.object_type.id,
        "toObjectId": number(there.id),
        "labels": [kind.label for kind in kinds if kind.label],
    }


def create_default_links(call: Call) -> Answer:
    """``batch/associate/default``: unlabelled; labels of the pair stay (BEHAVIOR H189)."""
    kinds = _default_types(call, *_pair(call))
    wishes = [(item, kinds) for item in call.inputs(call.writes.most_links)]
    return _batch(call, wishes, _link_by_default, 200)


def _default_types(call: Call, source: ObjectType, target: ObjectType) -> list[LinkType]:
    types_of(call, source, target, ())  # refuses a pair that is never associated
    return call.portal.associations.types(source, target)[:1]


def _link_by_default(call: Call, here: End, there: End, kinds: list[LinkType]) -> Shape:
    (kind,) = kinds
    link(call, here, there, kinds, adds=True)
    return {
        "from": {"id": str(here.id)},
        "to": {"id": str(there.id)},
        "associationSpec": {
            "associationCategory": kind.category,
            "associationTypeId": kind.type_id,
        },
    }


def archive_links(call: Call) -> Answer:
    """``batch/archive``: pairs with all their types; one that is none is no error."""
    pair = _pair(call)
    for item in call.inputs(call.writes.most_links):
        targets = item.get("to")
        for wished in targets if isinstance(targets, list) else [targets]:
            _remove(call, pair, {**item, "to": wished}, None)
    return _archived(call)


def archive_labels(call: Call) -> Answer:
    """``batch/labels/archive``: the types sent; the unlabelled one takes all (BEHAVIOR H89)."""
    pair = _pair(call)
    inputs = call.inputs(call.writes.most_links)
    kinds = [_types(call, *pair, item) for item in inputs]
    for item, removed in zip(inputs, kinds, strict=True):
        _remove(call, pair, item, removed)
    return _archived(call)


def _remove(
    call: Call, pair: tuple[ObjectType, ObjectType], item: Shape, kinds: list[LinkType] | None
) -> None:
    ends = _ends(call, item)
    source, target = ends
    if isinstance(source, End) and isinstance(target, End):
        call.portal.associations.remove(pair[0], source.id, pair[1], target.id, kinds)


def _archived(call: Call) -> Answer:
    """204 at the numbered versions, a body at the dated ones (BEHAVIOR H188)."""
    return _complete(call, [], [], 200) if call.style == "dated" else Answer(204)


def _single(call: Call) -> tuple[End, End]:
    source, target = _pair(call)
    return (
        end(call, source, call.parameters["id"], "from"),
        end(call, target, call.parameters["other"], "to"),
    )


def put_link(call: Call) -> Answer:
    """Associate two records by the types in the body, a list (BEHAVIOR H30)."""
    here, there = _single(call)
    try:
        wished = json.loads(call.raw_body or b"[]")
    except ValueError:
        raise invalid("Invalid input JSON: cannot parse the request body") from None
    kinds = types_of(call, here.object_type, there.object_type, wished)
    if not kinds:
        raise invalid("Some required fields were not set: [types]", "REQUIRED_FIELD")
    return json_answer(_link(call, here, there, kinds), 201)


def put_default_link(call: Call) -> Answer:
    """Associate two records without a label; those of the pair stay (BEHAVIOR H189)."""
    here, there = _single(call)
    kinds = _default_types(call, here.object_type, there.object_type)
    return _complete(call, [_link_by_default(call, here, there, kinds)], [], 200)


def delete_link(call: Call) -> Answer:
    """End an association with all its types."""
    item = {"from": call.parameters["id"], "to": call.parameters["other"]}
    _remove(call, _pair(call), item, None)
    return Answer(204)
