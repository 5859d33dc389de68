"""Finds archived records, in HubSpot's list of them: it has no filter and no order by time."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace

from hubspot_ingest import times
from hubspot_ingest.database.state.syncs import ArchivedPlace
from hubspot_ingest.database.statements import deletions
from hubspot_ingest.inbound.deletions.context import ABOVE_ANY_ID, SweepContext
from hubspot_ingest.inbound.deletions.lookup import look_up
from hubspot_ingest.inbound.extract import page_readers
from hubspot_ingest.inbound.extract.id_ranges import RecordBatch
from hubspot_ingest.inbound.plan.due import growing_steps

# HubSpot keeps archived records this long.
RECYCLE_BIN = 90 * times.DAY


def sweep_archived(context: SweepContext) -> Iterator[None]:
    """Mark the rows of archived records, and bring back the rows of restored ones."""
    place = context.state.archived_place or ArchivedPlace(context.now)
    for pages in growing_steps():
        place, ended = yield from _read_step(context, place, pages)
        if ended:
            break
        context.save_state(archived_place=place)
    # what happened since it began is for the next one
    context.save_state(archived_at=place.begun, archived_place=None)


def _read_step(
    context: SweepContext, place: ArchivedPlace, pages: int
) -> Generator[None, None, tuple[ArchivedPlace, bool]]:
    """Read ``pages`` more of the archived list; how far it came, and whether to the end."""
    archived_ids: set[str] = set()
    first, token = place.after, place.token
    highest, ended = first, False

    def batches() -> Iterator[RecordBatch]:
        nonlocal token, highest, ended
        for _ in range(pages):
            page = page_readers.read_list_page(
                context.fetch, context.list_plan, token, archived=True
            )
            archived_ids.update(record.id for record in page.records if record.archived)
            records, unread = page_readers.with_values(
                context.fetch, context.list_plan, page, archived=True
            )
            # an object type without archived records answers with the live ones
            archived = tuple(record for record in records if record.archived)
            yield RecordBatch(archived, 0, page.after, unread)
            highest = max([highest, *(int(record.id) for record in page.records)])
            ended = page.after is None or page.after == token
            if ended:
                return
            token = page.after

    yield from context.load(batches(), archived=True)
    # a marked row that the list lacks was restored or purged; what was marked earlier than this
    # may have left the recycle bin, and is left alone
    bound = context.now - RECYCLE_BIN + times.DAY
    marked_ids = context.ids(deletions.marked_ids(context.plan.table), "ARCHIVED", bound)
    last = ABOVE_ANY_ID if ended else highest
    yield from look_up(
        context,
        [id for id in marked_ids if id not in archived_ids and first < int(id) <= last],
    )
    return replace(place, token=token, after=highest), ended
