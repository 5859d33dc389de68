"""The endpoints of association labels and of the limits that admins set for them."""

from __future__ import annotations

import re
from typing import Any

from hubspot_sandbox.answers import Answer, Refusal, invalid, json_answer
from hubspot_sandbox.call import Call
from hubspot_sandbox.endpoints.association_writes import created_status
from hubspot_sandbox.records.link_types import LinkType
from hubspot_sandbox.schema.object_types import ObjectType
from hubspot_sandbox.times import iso

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Shape = dict[str, Any]


def _pair(call: Call) -> tuple[ObjectType, ObjectType]:
    return call.writable("from").object_type, call.writable("to").object_type


def create_label(call: Call) -> Answer:
    """A new label of a pair: one type, or two when it is called otherwise from the other side.

    See BEHAVIOR H192.
    """
    source, target = _pair(call)
    links, body = call.portal.associations, call.body()
    label, name, inverse = (body.get(key) for key in ("label", "name", "inverseLabel"))
    absent = [key for key in ("label", "name") if not isinstance(body.get(key), str)]
    if absent:
        raise invalid(f"Some required fields were not set: [{', '.join(absent)}]")
    if not _NAME.fullmatch(str(name)):
        raise invalid(f"Association name '{name}' is not valid")
    own = [kind for kind in links.types(source, target) if kind.category == "USER_DEFINED"]
    if any(kind.name == name or kind.label == label for kind in own):
        raise invalid(f"An association label '{label}' or name '{name}' already exists")
    if len([kind for kind in own if kind.label]) >= links.most_labels:
        raise invalid(f"The maximum number of association labels is {links.most_labels}")
    kind = links.add_label(source, target, str(label), inverse, str(name))
    kinds = [kind] if inverse is None else [links.inverse(source, target, kind), kind]
    return json_answer({"results": [kind.as_json() for kind in kinds]})


def rename_label(call: Call) -> Answer:
    """Call a label otherwise, on both sides on request; its number stays (BEHAVIOR H192)."""
    source, target = _pair(call)
    links, body = call.portal.associations, call.body()
    kind = _label(call, source, target, body.get("associationTypeId"))
    if not isinstance(body.get("label"), str):
        raise invalid("Some required fields were not set: [label]")
    inverse = body.get("inverseLabel")
    if inverse is not None:
        links.rename(target, source, links.inverse(source, target, kind), str(inverse))
    links.rename(source, target, kind, str(body["label"]))
    return Answer(204)


def delete_label(call: Call) -> Answer:
    """Remove a label that no pair of records has any more (BEHAVIOR H192)."""
    source, target = _pair(call)
    links = call.portal.associations
    kind = _label(call, source, target, call.parameters["number"])
    linked_pairs = links.links(source, target).values()
    if any(kind in held for linked in linked_pairs for held in linked.values()):
        raise invalid(f"Association label '{kind.label}' is in use and cannot be deleted")
    links.drop_label(source, target, kind)
    return Answer(204)


def _label(call: Call, source: ObjectType, target: ObjectType, number: object) -> LinkType:
    for kind in call.portal.associations.types(source, target):
        if kind.category == "USER_DEFINED" and kind.label and str(kind.type_id) == str(number):
            return kind
    raise invalid(f"Association type {number} does not exist")


def _limit_shape(kind: LinkType, most: int | None) -> Shape:
    shape = kind.as_json()
    return shape if most is None else {**shape, "userEnforcedMaxToObjectIds": most}


def list_limits(call: Call) -> Answer:
    """Every limit an admin has set, of all pairs (BEHAVIOR H193)."""
    portal = call.portal
    results = []
    for (source, target), limits in portal.associations.limits.items():
        pair = (portal.object_type(source), portal.object_type(target))
        for (category, number), most in limits.items():
            kind = portal.associations.find_type(*pair, category, number)
            if kind is not None:
                results.append(_limit_shape(kind, most))
    return json_answer({"results": results})


def list_limits_of_pair(call: Call) -> Answer:
    """The types of a pair, with the limit where one is set (BEHAVIOR H193)."""
    source, target = call.readable("from").object_type, call.readable("to").object_type
    links = call.portal.associations
    limits = links.limits.get((source.name, target.name), {})
    return json_answer(
        {
            "results": [
                _limit_shape(kind, limits.get((kind.category, kind.type_id)))
                for kind in links.types(source, target)
            ]
        }
    )


def set_limits(call: Call) -> Answer:
    """Set how many records of the other type a record may have (BEHAVIOR H193)."""
    return _change_limits(call, created_status(call))


def update_limits(call: Call) -> Answer:
    """Set limits anew."""
    return _change_limits(call, 200)


def remove_limits(call: Call) -> Answer:
    """Take limits away."""
    for _, key, limits in _limited(call):
        limits.pop(key, None)
    if call.style != "dated":
        return Answer(204)
    return json_answer(_complete(call, []))


def _change_limits(call: Call, status: int) -> Answer:
    results = []
    for item, key, limits in _limited(call):
        most = item.get("maxToObjectIds")
        if not isinstance(most, int) or most < 1:
            raise invalid(f"maxToObjectIds must be at least 1, got {most}")
        limits[key] = most
        kind = call.portal.associations.find_type(*_pair(call), *key)
        if kind is not None:
            results.append(_limit_shape(kind, most))
    return json_answer(_complete(call, results), status)


def _limited(call: Call) -> list[tuple[Shape, tuple[str, int], dict[tuple[str, int], int]]]:
    source, target = _pair(call)
    links = call.portal.associations
    limits = links.limits.setdefault((source.name, target.name), {})
    rows = []
    for item in call.inputs(100):
        key = (str(item.get("category", "HUBSPOT_DEFINED")), int(item.get("typeId", -1)))
        if links.find_type(source, target, *key) is None:
            raise _unknown(item)
        rows.append((item, key, limits))
    return rows


def _unknown(item: Shape) -> Refusal:
    return invalid(f"Association type {item} does not exist")


def _complete(call: Call, results: list[Shape]) -> Shape:
    return {
        "status": "COMPLETE",
        "results": results,
        "startedAt": iso(call.now),
        "completedAt": iso(call.now),
    }
