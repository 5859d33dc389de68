"""The routes of lists and memberships."""

from __future__ import annotations

from hubspot_sandbox.endpoints import lists
from hubspot_sandbox.routes.family import Family, Row, dated

FAMILIES = (
    Family(
        (*dated("/crm/lists"), ("/crm/v3/lists", "v3")),
        (
            Row("GET", "", lists.get_lists),
            Row("POST", "search", lists.search_lists),
            Row("GET", "records/{type}/{id}/memberships", lists.lists_of_record),
            Row("GET", "{id}", lists.get_list),
            Row("GET", "{id}/memberships", lists.list_members),
            Row("GET", "{id}/memberships/join-order", lists.list_members_by_time),
        ),
    ),
)
