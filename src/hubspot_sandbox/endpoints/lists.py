"""The endpoints of lists and memberships."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from hubspot_sandbox.answers import Answer, invalid, json_answer, not_found
from hubspot_sandbox.call import Call, record_id, within
from hubspot_sandbox.endpoints.paging import keyed_page
from hubspot_sandbox.items.collections import Item
from hubspot_sandbox.items.lists import Membership
from hubspot_sandbox.shapes.lists import list_search_shape, list_shape
from hubspot_sandbox.times import iso
from hubspot_sandbox.tokens import require

SCOPES = ("crm.lists.read",)
FOUND, FOUND_MOST = 20, 500
MEMBERS, MEMBERS_MOST = 100, 250
WINDOW = 10_000
UNASKED = (
    "hs_list_size", "hs_last_record_added_at", "hs_last_record_removed_at", "hs_folder_name",
    "hs_list_reference_count",
)  # fmt: skip
"""The additional properties that come when none are asked for (BEHAVIOR H113)."""
_ORDERS: dict[str, Callable[[Item], int]] = {
    "HS_LIST_ID": lambda item: int(item.id),
    "HS_CREATED_AT": lambda item: item.created,
    "HS_UPDATED_AT": lambda item: item.updated,
}


def search_lists(call: Call) -> Answer:
    """Lists by name, kind and object type, skipping ``offset`` of them (BEHAVIOR H110)."""
    require(call.granted, SCOPES)
    body = call.body()
    lists = call.portal.lists
    count = within(body.get("count", FOUND), "count", FOUND_MOST)
    offset = within(body.get("offset", 0), "offset", 10_000_000, 0)
    words = str(body.get("query") or "").lower()
    kinds, ids = call.names(body, "processingTypes"), call.names(body, "listIds")
    object_type = body.get("objectTypeId")
    items = [
        item
        for item in lists.kept.all()
        if words in item.fields["name"].lower()
        and (not kinds or item.fields["processingType"] in kinds)
        and (not ids or item.id in ids)
        and object_type in (None, item.fields["objectTypeId"])
    ]
    if offset + count > WINDOW:
        raise invalid(f"offset + count must not exceed {WINDOW}")
    items = _sorted(items, body.get("sort"))
    asked = call.names(body, "additionalProperties") or list(UNASKED)
    shown = items[offset : offset + count]
    return json_answer(
        {
            "lists": [list_search_shape(lists, item, asked) for item in shown],
            "offset": offset + len(shown),
            "hasMore": offset + count < len(items),
            "total": len(items),
        }
    )


def _sorted(items: list[Item], sort: object) -> list[Item]:
    """By what was asked for; else the lists changed last come first, so that a change shifts."""
    order = "-HS_UPDATED_AT" if sort in (None, "") else str(sort)
    key = _ORDERS.get(order.removeprefix("-"))
    if key is None:
        raise invalid(f"Invalid sort: {order}")
    return sorted(items, key=key, reverse=order.startswith("-"))


def get_lists(call: Call) -> Answer:
    """Lists by id; unknown ids are left out."""
    require(call.granted, SCOPES)
    lists = call.portal.lists
    items = [lists.kept.find(id_) for id_ in call.query_values("listIds")]
    filters = call.flag("includeFilters")
    shapes = [list_shape(lists, item, filters) for item in items if item is not None]
    return json_answer({"lists": shapes})


def get_list(call: Call) -> Answer:
    """One list."""
    require(call.granted, SCOPES)
    shape = list_shape(call.portal.lists, _list(call), call.flag("includeFilters"))
    return json_answer({"list": shape})


def _list(call: Call) -> Item:
    item = call.portal.lists.kept.find(call.parameters["id"])
    if item is None:
        raise not_found(f"List {call.parameters['id']} does not exist")
    return item


def list_members(call: Call) -> Answer:
    """Who is on a list, ascending by id (BEHAVIOR H111)."""
    require(call.granted, SCOPES)
    members = call.portal.lists.members(_list(call).id)
    return _members(call, *keyed_page(call, members, _by_id, limit=MEMBERS, most=MEMBERS_MOST))


def list_members_by_time(call: Call) -> Answer:
    """Who is on a list, the latest to join first (BEHAVIOR H112)."""
    require(call.granted, SCOPES)
    members = sorted(call.portal.lists.members(_list(call).id), key=_by_time)
    return _members(call, *keyed_page(call, members, _by_time, limit=MEMBERS, most=MEMBERS_MOST))


def _by_id(member: Membership) -> list[int]:
    return [member.record]


def _by_time(member: Membership) -> list[int]:
    return [-member.last, member.record]


def _members(call: Call, shown: Sequence[Membership], paging: dict[str, Any] | None) -> Answer:
    shape: dict[str, Any] = {
        "results": [
            {"recordId": str(member.record), "membershipTimestamp": iso(member.last)}
            for member in shown
        ],
        "total": len(call.portal.lists.members(call.parameters["id"])),
    }
    return json_answer(shape | ({"paging": paging} if paging else {}))


def lists_of_record(call: Call) -> Answer:
    """The lists one record is on."""
    require(call.granted, SCOPES)
    kind = call.object_type()
    number = record_id(call.parameters["id"])
    if number is None:
        raise invalid(f"Invalid record id: {call.parameters['id']}")
    results = [
        {
            "listId": item.id,
            "listVersion": item.fields["listVersion"],
            "firstAddedTimestamp": iso(member.first),
            "lastAddedTimestamp": iso(member.last),
            "isPublicList": False,
        }
        for item, member in call.portal.lists.lists_of(kind, number)
    ]
    return json_answer({"results": results, "total": len(results)})
