"""Finds records that changed so that the sync's filter no longer takes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from hubspot_ingest.database.state.syncs import FilteredPlace
from hubspot_ingest.database.statements import deletions
from hubspot_ingest.inbound.deletions.context import SweepContext
from hubspot_ingest.inbound.deletions.lookup import mark_missing
from hubspot_ingest.inbound.extract import page_readers
from hubspot_ingest.inbound.extract.page_readers import IdPage
from hubspot_ingest.inbound.load.batches import merged_ids
from hubspot_ingest.inbound.load.loader import DeletionMark
from hubspot_ingest.inbound.plan.due import filtered_since, growing_steps


def sweep_filtered_out(context: SweepContext) -> Iterator[None]:
    """Mark the rows of records that changed since the last such sweep and left the filter."""
    if not context.has_table:
        return
    plan, place = context.plan, context.state.filtered_place
    since = None if place is None else place.since
    if since is None:
        since = filtered_since(context.state, plan.since, plan.until, context.now)
    place = place or FilteredPlace(context.now, since)
    for pages in growing_steps():
        after = place.after
        changed = page_readers.changed_since(
            context.fetch, replace(plan, filter_groups=()), since, after=after, pages=pages
        )
        yield from _mark_filtered_out(context, changed, since, after)
        if not changed.more:
            break
        place = replace(place, since=since, after=changed.id)
        context.save_state(filtered_place=place)
    # what happened since it began is for the next one
    context.save_state(filtered_at=place.begun, filtered_place=None)


def _mark_filtered_out(
    context: SweepContext, changed: IdPage, since: int, after: int
) -> Iterator[None]:
    """Mark those of the changed records that the filter no longer takes."""
    if not changed.records:
        return
    fetch, plan = context.fetch, context.plan
    last = changed.id if changed.more else None
    matching = page_readers.changed_since(fetch, plan, since, after=after, last=last)
    matching_ids = {record.id for record in matching.records}
    other_ids = [record.id for record in changed.records if record.id not in matching_ids]
    row_ids = context.ids(deletions.unfiltered_ids(plan.table), json.dumps(other_ids))
    # what no search finds any more may have been deleted between the two searches
    read = page_readers.read_by_ids(
        fetch, replace(context.list_plan, properties=("hs_object_id",)), row_ids
    )
    context.loader.unread.update(read.unread)
    context.mark(read.records, "FILTERED_OUT")
    yield from mark_missing(context, read.missing(row_ids))
    # only here is a survivor read that the filter does not take, with the ids merged into it
    context.mark_all(
        DeletionMark(old_id, "MERGED", context.now, survivor)
        for old_id, survivor in merged_ids(changed.records)
    )
