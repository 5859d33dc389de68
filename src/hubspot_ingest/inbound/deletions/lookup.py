"""Finds out by id what became of records: live, filtered out, archived, merged or purged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hubspot_ingest.inbound.deletions.context import SweepContext
from hubspot_ingest.inbound.extract import page_readers
from hubspot_ingest.inbound.extract.id_ranges import RecordBatch
from hubspot_ingest.inbound.load.batches import merged_ids
from hubspot_ingest.inbound.load.loader import DeletionMark
from hubspot_ingest.inbound.plan.plan import MERGED_IDS
from hubspot_ingest.model import Record


def look_up(context: SweepContext, ids: Sequence[str]) -> Iterator[None]:
    """Load the records of ``ids`` that are live, and mark the others with what became of them."""
    if not ids:
        return
    fetch = context.fetch
    matching = {*ids}
    if context.plan.filter_groups:
        matching = set(page_readers.ids_matching_filters(fetch, context.plan, ids))
    # asked after the filter: what was deleted before it was is not taken for filtered out
    live = page_readers.read_by_ids(fetch, context.list_plan, ids)
    context.mark([id for id in live if id not in matching], "FILTERED_OUT")
    yield from _load_records(context, [live[id] for id in live if id in matching], archived=False)
    yield from mark_missing(context, [id for id in ids if id not in live])


def mark_missing(context: SweepContext, ids: Sequence[str]) -> Iterator[None]:
    """Mark records that are no longer live as archived, merged or purged."""
    if not ids:
        return
    archived = page_readers.read_by_ids(context.fetch, context.list_plan, ids, archived=True)
    yield from _load_records(
        context, [record for record in archived.values() if record.archived], archived=True
    )
    missing_ids = [id for id in ids if id not in archived]
    survivors: dict[str, str] = {}
    if missing_ids and context.plan.filter_groups and MERGED_IDS in context.plan.properties:
        # without a filter every survivor was read, and its merged ids with it
        survivors = dict(merged_ids(page_readers.merge_survivors(context.fetch, context.plan)))
    context.mark([id for id in missing_ids if id not in survivors], "PURGED")
    context.mark_all(
        DeletionMark(id, "MERGED", context.now, survivors[id])
        for id in missing_ids
        if id in survivors
    )


def _load_records(
    context: SweepContext, records: Sequence[Record], *, archived: bool
) -> Iterator[None]:
    if records:
        batch = RecordBatch(tuple(records), 0, None)
        yield from context.load(iter([batch]), archived=archived)
