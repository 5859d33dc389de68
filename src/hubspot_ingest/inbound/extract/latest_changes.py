"""Asks for the latest changes and, in the same answer, for how many records a sync takes in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hubspot_ingest import times
from hubspot_ingest.hubspot import record_pages, requests
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.inbound.extract.page_readers import number
from hubspot_ingest.inbound.plan.plan import Reading
from hubspot_ingest.model import Json, Record

# A search in order of time shows a record so much too late now and then, for hours on end
# (estuary/connectors PR 5180, 2026-09-02: "sometimes by close to an hour").
MISPLACED = 60 * times.MINUTE


@dataclass(frozen=True, slots=True)
class NewestPage:
    """The latest changes, in ascending order of id, and how many records the sync takes in all.

    ``whole``: no change since the plan's ``since`` is missing. ``total`` is None where HubSpot does
    not tell, and where it is so high that it may be cut off; ``counts``: HubSpot told one.
    """

    records: tuple[Record, ...]
    whole: bool
    total: int | None
    counts: bool = True


def newest_page(
    fetch: Fetch, plan: Reading, properties: Sequence[str] | None = None, *, live: int = 0
) -> NewestPage:
    """The page of an incremental plan that holds the latest changes: one request.

    It is whole where it holds all there is, or where it is sorted and its last record is so much
    older than the plan's ``since`` that none which changed since can stand behind it.
    ``live`` is how many rows are live: where there are some, a count of no record is asked again.
    """
    request = requests.search_page(
        plan.stream.object_type,
        _sent_groups(plan.taken_groups),
        plan.properties if properties is None else properties,
        sort_by=plan.stream.updated,
        descending=True,
    )
    page = fetch(request, record_pages.page)
    if live and page.total == 0:
        # an answer without a record is seen now and then where there are some
        page = fetch(request, record_pages.page)
    since = plan.since or 0
    instants = [
        times.milliseconds(str(record.properties.get(plan.stream.updated) or ""))
        for record in page.records
    ]
    sorted_instants = [instant for instant in instants if instant is not None]
    is_sorted = len(sorted_instants) == len(instants) and sorted_instants == sorted(
        sorted_instants, reverse=True
    )
    everything = page.after is None and page.total == len(page.records)
    # what a short page leaves out may be a change as late as those it shows
    is_sorted = is_sorted and not record_pages.is_short(page, requests.SEARCH_LIMIT)
    changed = [
        record
        for record, instant in zip(page.records, instants, strict=True)
        if max(record.updated_at or 0, instant or 0) >= since or not record.updated_at
    ]
    return NewestPage(
        tuple(sorted(changed, key=lambda record: number(record.id))),
        everything or (is_sorted and bool(instants) and sorted_instants[-1] < since - MISPLACED),
        uncut(page.total),
        page.total is not None,
    )


def count_taken(fetch: Fetch, plan: Reading) -> int | None:
    """How many records the sync takes, whenever they were changed; None as in ``NewestPage``."""
    return uncut(told_total(fetch, plan))


def told_total(fetch: Fetch, plan: Reading) -> int | None:
    """As ``count_taken``, of a total too that may be cut off; None where HubSpot tells none."""
    request = requests.search_page(
        plan.stream.object_type, _sent_groups(plan.taken_groups), ["hs_object_id"], limit=1
    )
    return fetch(request, record_pages.page).total


def uncut(total: int | None) -> int | None:
    """The total of a search; None where it is as high as one tells, so that it may be cut off."""
    return None if total == requests.SEARCH_REACH else total


def _sent_groups(groups: Sequence[Sequence[Json]]) -> list[Json]:
    """Filter groups as they are sent; a group without filters is left out."""
    return [{"filters": [*group]} for group in groups if group]
