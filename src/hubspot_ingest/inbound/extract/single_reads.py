"""Reads one record alone, from the primary store or from the search index."""

from __future__ import annotations

from collections.abc import Sequence

from hubspot_ingest.errors import HubSpotRefused
from hubspot_ingest.hubspot import record_pages, requests
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.plan.plan import Plan
from hubspot_ingest.model import Json, Record

NOT_FOUND = 404
REFUSED = 400


def read_record(fetch: Fetch, plan: Plan, id: str, properties: Sequence[str]) -> Record | None:
    """A record read alone, live or archived: at most two requests; None where there is neither.

    The id of a record that was merged away is answered by the last survivor.
    """
    for archived in (False, True):
        request = requests.record(plan.stream.object_type, id, properties, archived=archived)
        try:
            return fetch(request, record_pages.record)
        except HubSpotRefused as refused:
            # of some object types archived records are not read
            absent = (NOT_FOUND, REFUSED) if archived else (NOT_FOUND,)
            if refused.http_status not in absent:
                raise
    return None


def search_by_id(fetch: Fetch, plan: Plan, id: str) -> Record | None:
    """A record as HubSpot's search index has it; None where it has none."""
    own: Json = {"propertyName": "hs_object_id", "operator": "EQ", "value": id}
    request = requests.search_page(
        plan.stream.object_type, [{"filters": [own]}], ["hs_object_id"], limit=1
    )
    return next(iter(fetch(request, record_pages.page).records), None)
