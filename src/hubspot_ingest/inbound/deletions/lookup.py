"""Finds out by id what became of records: live, filtered out, archived, merged or purged.

Only a clear answer counts: an id that HubSpot did not read is left as it is, and the run says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hubspot_ingest.errors import HubSpotRefused
from hubspot_ingest.inbound.deletions.context import SweepContext
from hubspot_ingest.inbound.extract import page_readers
from hubspot_ingest.inbound.extract.id_ranges import RecordBatch
from hubspot_ingest.inbound.extract.single_reads import read_record
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
        matching = page_readers.ids_matching_filters(fetch, context.plan, ids)
    # asked after the filter: what was deleted before it was is not taken for filtered out
    read = page_readers.read_by_ids(fetch, context.list_plan, ids)
    context.loader.unread.update(read.unread)
    live = read.records
    context.mark([id for id in live if id not in matching], "FILTERED_OUT")
    yield from _load_records(context, [live[id] for id in live if id in matching], archived=False)
    yield from mark_missing(context, read.missing(ids))


def mark_missing(context: SweepContext, ids: Sequence[str]) -> Iterator[None]:
    """Mark records that are no longer live as archived, merged or purged.

    Where HubSpot refuses to read archived records by id, a record that is gone counts as ARCHIVED:
    that is what becomes of whatever is deleted, and whether it is still in the recycle bin cannot
    be asked.
    """
    if not ids:
        return
    try:
        read = page_readers.read_by_ids(context.fetch, context.list_plan, ids, archived=True)
    except HubSpotRefused as error:
        if error.http_status != 400:
            raise
        _mark_gone(context, ids, "ARCHIVED")
        return
    context.loader.unread.update(read.unread)
    archived_records = [record for record in read.records.values() if record.archived]
    yield from _load_records(context, archived_records, archived=True)
    _mark_gone(context, read.missing(ids), "PURGED")


def _mark_gone(context: SweepContext, ids: Sequence[str], kind: str) -> None:
    """Mark records as merged where HubSpot tells of a survivor, the others with ``kind``.

    A survivor names what was merged into it. One that was itself merged since may be unheard of,
    and then what had been merged into it is named by nobody: read alone, an old id is answered by
    the last survivor (docs/BEHAVIOR.md H57). Where no survivor was read, nothing was merged.
    """
    survivors: dict[str, str] = {}
    if ids and context.plan.filter_groups and MERGED_IDS in context.plan.properties:
        # without a filter every survivor was read, and its merged ids with it
        survivors = dict(merged_ids(page_readers.merge_survivors(context.fetch, context.plan)))
    unnamed = [id for id in ids if id not in survivors]
    single_reads = unnamed[: context.single_reads] if survivors or context.loader.survivors else []
    for old_id in single_reads:
        record = read_record(context.fetch, context.plan, old_id, ("hs_object_id",))
        if record is not None:
            survivors[old_id] = record.id
    context.single_reads -= len(single_reads)
    context.mark([id for id in unnamed if id not in survivors], kind)
    context.mark_all(
        DeletionMark(old_id, "MERGED", context.now, survivor)
        for old_id, survivor in survivors.items()
        # one that is answered by itself is there after all
        if old_id in ids and survivor != old_id
    )


def _load_records(
    context: SweepContext, records: Sequence[Record], *, archived: bool
) -> Iterator[None]:
    if records:
        batch = RecordBatch(tuple(records), 0, None)
        yield from context.load(iter([batch]), archived=archived)
