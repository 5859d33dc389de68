"""Reads the whole table's records again once a day, in as many runs as that takes.

It reads HubSpot's primary store. It brings in calculated properties and associations, neither of
which moves a record's modified time, and finds what was deleted without a trace: purged and
GDPR-deleted records.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping

from hubspot_ingest.database.staging import Staging
from hubspot_ingest.database.statements import deletions
from hubspot_ingest.inbound.deletions.context import ABOVE_ANY_ID, SweepContext
from hubspot_ingest.inbound.deletions.lookup import look_up
from hubspot_ingest.inbound.extract import page_readers
from hubspot_ingest.inbound.extract.id_ranges import RecordBatch
from hubspot_ingest.inbound.plan.due import PAGES_PER_RUN, growing_steps, rotation_under_way
from hubspot_ingest.inbound.plan.plan import Plan, rotation_plan


def rotate(context: SweepContext) -> Iterator[None]:
    """Read on where the last run stopped, as far as a run's budget of pages goes."""
    if not context.has_table:
        return
    if not rotation_under_way(context.state):
        context.save_state(rotating=True, rotated_at=context.now)
    plan = rotation_plan(context.plan)
    pages_read = 0
    for pages in growing_steps():
        after, ended = yield from _read_step(context, plan, pages)
        context.save_state(rotation=after, rotating=not ended)
        pages_read += pages
        if ended or pages_read >= PAGES_PER_RUN:
            return


def _read_step(
    context: SweepContext, plan: Plan, pages: int
) -> Generator[None, None, tuple[int, bool]]:
    """Read ``pages`` more from where the rotation stopped; how far, and whether to the end."""
    read = page_readers.page_reader(context.fetch, plan)
    start = context.state.rotation

    def batches() -> Iterator[RecordBatch]:
        after, more = start, True
        for _ in range(pages):
            page = read(after, None)
            after, more = page.id, page.more
            yield RecordBatch(page.records, 0, after if more else None, page.unread)
            if not more:
                return

    doubtful_ids: list[str] = []
    compared_to = start

    def compare(staging: Staging, read_to: Mapping[int, int | str | None]) -> None:
        # what is staged was read without a gap from where the last merge ended
        nonlocal compared_to
        after = read_to.get(0, compared_to)
        bound = ABOVE_ANY_ID if after is None else int(after)
        table, staged = context.plan.table, staging.ensure_table()
        doubtful_ids.extend(context.ids(deletions.missing_ids(table, staged), compared_to, bound))
        # a search that finds a record again proves nothing yet, its index may be behind
        doubtful_ids.extend(context.ids(deletions.reappeared_ids(table, staged)))
        compared_to = bound

    yield from context.load(batches(), plan=plan, after=compare)
    yield from look_up(context, doubtful_ids)
    ended = compared_to == ABOVE_ANY_ID
    if ended:
        context.loader.end_links()
    return 0 if ended else compared_to, ended
