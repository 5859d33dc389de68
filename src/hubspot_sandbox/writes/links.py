"""Makes and removes associations as HubSpot does: default types, the primary company, limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hubspot_sandbox.answers import Refusal, invalid, refusal
from hubspot_sandbox.call import Call, record_id
from hubspot_sandbox.records.link_types import LinkType
from hubspot_sandbox.schema.object_types import ObjectType

UNLINKABLE = frozenset({"products"})
"""Object types that HubSpot associates with nothing (BEHAVIOR H195)."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of an association."""

    object_type: ObjectType
    id: int


def end(call: Call, object_type: ObjectType, raw: object, direction: str) -> End:
    """The record at one end; ``direction`` is ``from`` or ``to``.

    Raises:
        Refusal: 404 when there is no such record (BEHAVIOR H190).
    """
    text = str(raw.get("id")) if isinstance(raw, Mapping) else str(raw)
    number = record_id(text)
    if number is None:
        raise invalid(f"Invalid object id in '{direction}': {text}", "INVALID_OBJECT_IDS")
    if call.portal.table(object_type).find_live(number) is None:
        raise refusal(
            404,
            f"No {object_type.singular} with ID {text} exists",
            "OBJECT_NOT_FOUND",
            context={"objectType": [object_type.singular], "id": [text]},
            subCategory=f"crm.associations.{direction.upper()}_OBJECT_NOT_FOUND",
        )
    return End(object_type, number)


def types_of(call: Call, source: ObjectType, target: ObjectType, inputs: object) -> list[LinkType]:
    """The association types that an input names.

    Raises:
        Refusal: 400 for one that the pair does not have, and for a pair that is never associated.
    """
    if {source.name, target.name} & UNLINKABLE:
        raise invalid(f"{source.singular} and {target.singular} cannot be associated")
    kinds = []
    for item in inputs if isinstance(inputs, list) else ():
        kind = call.portal.associations.find_type(source, target, *_number_of(item))
        if kind is None:
            raise invalid(
                f"Association type {item} does not exist between {source.singular} and "
                f"{target.singular}"
            )
        kinds.append(kind)
    return kinds


def _number_of(item: Mapping[str, Any]) -> tuple[str, int]:
    return str(item.get("associationCategory")), int(item.get("associationTypeId", -1))


def link(
    call: Call, source: End, target: End, kinds: Iterable[LinkType], *, adds: bool = False
) -> list[LinkType]:
    """Associate two records; returns the types of the pair afterwards.

    The types take the place of those there were, unless ``adds`` keeps them. A record's first
    company becomes its primary one, and only one is (BEHAVIOR H191).

    Raises:
        Refusal: 400 when a limit would be passed (BEHAVIOR H193).
    """
    links = call.portal.associations
    pair = (source.object_type, target.object_type)
    before = links.links(*pair).get(source.id, {})
    present = before.get(target.id)
    wished = [*(present or ()), *kinds] if adds else list(kinds)
    for here, there in ((source, target), (target, source)):
        primary = links.primary(here.object_type, there.object_type)
        if primary is None or there.object_type.name != "companies":
            continue
        way = (here.object_type, there.object_type)
        own = primary if here is source else links.inverse(*way, primary)
        others = links.links(*way).get(here.id, {})
        first = present is None and not others
        if first and here.object_type.name in call.writes.primary_for:
            wished.append(own)
        elif own in wished:
            for other_id, other_kinds in list(others.items()):
                if other_id != there.id and primary in other_kinds:
                    links.remove(way[0], here.id, way[1], other_id, [primary])
    _keep_limits(call, source, target, wished)
    links.add(*(source.object_type, source.id, target.object_type, target.id), wished)
    return list(links.links(*pair)[source.id][target.id])


def _keep_limits(call: Call, source: End, target: End, kinds: Iterable[LinkType]) -> None:
    links = call.portal.associations
    for here, there, mirrored in ((source, target, False), (target, source, True)):
        pair = (here.object_type, there.object_type)
        limits = links.limits.get((pair[0].name, pair[1].name))
        if not limits:
            continue
        linked = links.links(*pair).get(here.id, {})
        types = {links.types(*pair)[0]}
        for kind in kinds:
            types.add(links.inverse(pair[1], pair[0], kind) if mirrored else kind)
        for kind in types:
            most = limits.get((kind.category, kind.type_id))
            count = sum(1 for id_, held in linked.items() if id_ != there.id and kind in held)
            if most is not None and count >= most:
                raise _limit_passed(here, there, most)


def _limit_passed(here: End, there: End, most: int) -> Refusal:
    return refusal(
        400,
        f"{here.object_type.singular} {here.id} already has {most} {there.object_type.name}, the "
        "maximum number of associations",
        "VALIDATION_ERROR",
        context={"id": [str(here.id)], "limit": [str(most)]},
        subCategory="crm.associations.ASSOCIATION_LIMIT_EXCEEDED",
    )


def link_new(call: Call, source: End, wishes: object) -> None:
    """The associations sent along with a new record (BEHAVIOR H89).

    Raises:
        Refusal: as `end`, `types_of` and `link`.
    """
    for target, kinds in planned(call, source.object_type, wishes):
        link(call, source, target, kinds)


def planned(call: Call, source: ObjectType, wishes: object) -> list[tuple[End, list[LinkType]]]:
    """What `link_new` would associate, with nothing done yet."""
    plan = []
    for wish in wishes if isinstance(wishes, list) else ():
        for item in wish.get("types") or ():
            target = _target_type(call, source, item)
            plan.append(
                (end(call, target, wish.get("to"), "to"), types_of(call, source, target, [item]))
            )
    return plan


def _target_type(call: Call, source: ObjectType, item: Mapping[str, Any]) -> ObjectType:
    """The object type that an association type leads to: its number says which."""
    for kind in call.portal.object_types:
        if call.portal.associations.find_type(source, kind, *_number_of(item)) is not None:
            return kind
    raise invalid(f"Association type {item} does not exist from {source.singular}")
