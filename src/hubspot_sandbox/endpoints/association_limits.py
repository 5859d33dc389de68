"""The endpoints that say how near associations are to their limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hubspot_sandbox.answers import Answer, json_answer
from hubspot_sandbox.call import Call
from hubspot_sandbox.schema.object_types import ObjectType

LIMIT = 50_000
"""Records of one type another may have, where no admin set less (BEHAVIOR H193)."""
_NEAR = 0.8
_SAMPLES = 10

Shape = dict[str, Any]


def label_counts(call: Call) -> Answer:
    """How many labels each pair has, of how many it may have (BEHAVIOR H193)."""
    links, portal = call.portal.associations, call.portal
    wanted_ids = [call.query_value(key) for key in ("fromObjectTypeId", "toObjectTypeId")]
    labels: dict[tuple[str, str], list[str]] = {}
    for source, target, kind in links.labels():
        labels.setdefault((source, target), []).append(str(kind.label))
    results = []
    for pair, names in labels.items():
        kinds = [portal.object_type(name) for name in pair]
        if any(id_ not in (None, kind.id) for id_, kind in zip(wanted_ids, kinds, strict=True)):
            continue
        results.append(
            {
                "fromObjectType": _definition(kinds[0]),
                "toObjectType": _definition(kinds[1]),
                "limit": links.most_labels,
                "usage": len(names),
                "percentage": len(names) / links.most_labels * 100,
                "allLabels": names,
            }
        )
    return json_answer({"results": results})


def _definition(kind: ObjectType) -> Shape:
    return {
        "objectTypeId": kind.id,
        "singularLabel": kind.label,
        "pluralLabel": kind.plural_label,
    }


def types_near_limit(call: Call) -> Answer:
    """The object types with records at or near a limit, from any or from one type."""
    portal = call.portal
    name = call.parameters.get("from")
    sources = portal.object_types if name is None else [call.object_type("from")]
    rows: dict[str, Shape] = {}
    for source in sources:
        for target in portal.object_types:
            usages = list(_usages(call, source, target))
            if usages:
                kind = source if name is None else target
                limit = _limit(call, source, target)
                row = rows.setdefault(
                    kind.id,
                    {**_definition(kind), "hasRecordsAtLimit": False, "hasRecordsNearLimit": False},
                )
                for _, usage in usages:
                    row["hasRecordsAtLimit" if usage >= limit else "hasRecordsNearLimit"] = True
    return json_answer({"results": list(rows.values())})


def records_near_limit(call: Call) -> Answer:
    """The records of one type with as many of another as they may have, or nearly so."""
    source, target = call.object_type("from"), call.object_type("to")
    limit = _limit(call, source, target)
    usages = list(_usages(call, source, target))
    full = [id_ for id_, usage in usages if usage >= limit]
    near = [(id_, usage) for id_, usage in usages if usage < limit]
    return json_answer(
        {
            "limit": limit,
            "totalRecordsAtLimit": len(full),
            "totalRecordsNearLimit": len(near),
            "atLimitFromRecordSamples": [
                {"objectId": id_, "label": str(id_)} for id_ in full[:_SAMPLES]
            ],
            "nearLimitFromRecordSamples": [
                {
                    "objectId": id_,
                    "label": str(id_),
                    "usage": usage,
                    "percentage": usage / limit * 100,
                }
                for id_, usage in near[:_SAMPLES]
            ],
        }
    )


def _limit(call: Call, source: ObjectType, target: ObjectType) -> int:
    links = call.portal.associations
    default = links.types(source, target)[0]
    limits = links.limits.get((source.name, target.name), {})
    return limits.get((default.category, default.type_id), LIMIT)


def _usages(call: Call, source: ObjectType, target: ObjectType) -> Iterator[tuple[int, int]]:
    """Ids and counts of the records at least near their limit."""
    limit = _limit(call, source, target)
    for id_, linked in call.portal.associations.links(source, target).items():
        if len(linked) >= limit * _NEAR:
            yield id_, len(linked)
