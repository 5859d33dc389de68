"""The JSON of lists, on their own and as search results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hubspot_sandbox.items.collections import Item
from hubspot_sandbox.items.lists import Lists
from hubspot_sandbox.times import iso

_FILTERED: dict[str, Any] = {
    "filterBranchType": "OR",
    "filterBranchOperator": "OR",
    "filters": [],
    "filterBranches": [],
}


def list_shape(lists: Lists, item: Item, filters: bool) -> dict[str, Any]:
    """A list as it is shown on its own."""
    shape = {"listId": item.id, **_times(item), **item.fields}
    shape["size"] = len(lists.members(item.id)) if not item.archived else 0
    shape["listPermissions"] = {"usersWithEditAccess": [5_000_000], "teamsWithEditAccess": []}
    shape["membershipSettings"] = {"includeUnassigned": True, "membershipTeamId": 9001}
    if filters and item.fields["processingType"] != "MANUAL":
        shape["filterBranch"] = _FILTERED
    return shape


def list_search_shape(lists: Lists, item: Item, asked: Sequence[str]) -> dict[str, Any]:
    """A list as a search shows it: numbers and times of its members on request, as text."""
    joined, left = lists.moved(item.id)
    details: dict[str, str | None] = {
        "hs_list_size": str(len(lists.members(item.id))),
        "hs_lastmodifieddate": str(item.updated),
        "hs_createdate": str(item.created),
        "hs_list_reference_count": "0",
        "hs_folder_name": "Marketing",
        "hs_last_record_added_at": None if joined is None else str(joined),
        "hs_last_record_removed_at": None if left is None else str(left),
    }
    return {
        "listId": item.id,
        **_times(item),
        **item.fields,
        "additionalProperties": {
            name: value for name in asked if (value := details.get(name)) is not None
        },
    }


def _times(item: Item) -> dict[str, str]:
    times = {"createdAt": iso(item.created), "updatedAt": iso(item.updated)}
    if item.archived_at is not None:
        times["deletedAt"] = iso(item.archived_at)
    return times
