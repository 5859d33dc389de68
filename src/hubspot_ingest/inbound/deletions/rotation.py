"""Reads the whole table's records again once a day, in as many runs as that takes.

It reads HubSpot's primary store. It brings in calculated properties and associations, neither of
which moves a record's modified time, and finds what was deleted without a trace: purged and
GDPR-deleted records.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import replace

from hubspot_ingest.database.staging import Staging
from hubspot_ingest.database.statements import deletions
from hubspot_ingest.inbound.deletions.context import ABOVE_ANY_ID, SweepContext
from hubspot_ingest.inbound.deletions.left_links import after_rotation
from hubspot_ingest.inbound.deletions.lookup import look_up
from hubspot_ingest.inbound.extract import token_lists
from hubspot_ingest.inbound.extract.id_ranges import RecordBatch
from hubspot_ingest.inbound.plan.due import PAGES_PER_RUN, rotation_under_way
from hubspot_ingest.inbound.plan.plan import Plan, rotation_plan


def rotate(context: SweepContext) -> Iterator[None]:
    """Read on where the last run stopped, as far as a run's budget of pages goes."""
    if not context.has_table:
        return
    if not rotation_under_way(context.state):
        # stored with the first page: a run that ends before begins it again. One under way goes on
        # by this run's day, else one longer than a day would never end; the next one follows it.
        begun = context.now
        context.state = replace(
            context.state,
            rotating=True,
            rotated_at=begun,
            proof_from=begun,
            rotated_on=context.plan.day,
            rotation=0,
        )
    plan = rotation_plan(context.plan)
    # the shortest of runs gets on by a page
    for pages in (1, PAGES_PER_RUN - 1):
        if (yield from _read(context, plan, pages)):
            return


def _read(context: SweepContext, plan: Plan, pages: int) -> Generator[None, None, bool]:
    """Read ``pages`` more from where the rotation stopped; whether that was to the end.

    The place is stored after each MERGE, once it is known what became of what was missing.
    """
    read = token_lists.resumable_reader(context.fetch, plan)
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
    compared_to, is_stored = start, True

    def compare(staging: Staging, read_to: Mapping[int, int | str | None]) -> None:
        # what is staged was read without a gap from where the last merge ended
        nonlocal compared_to, is_stored
        after = read_to.get(0, compared_to)
        bound = ABOVE_ANY_ID if after is None else int(after)
        table, staged = context.plan.table, staging.ensure_table()
        # a search that finds a record again proves nothing yet, its index may be behind
        doubtful_ids.extend(context.ids(deletions.doubtful_ids(table, staged), compared_to, bound))
        compared_to, is_stored = bound, False

    with closing(context.load(batches(), plan=plan, after=compare)) as steps:
        for _ in steps:
            yield
            if not is_stored:
                # all that was staged is merged: it may be looked up by the same staging tables
                ids, is_stored = [*doubtful_ids], True
                doubtful_ids.clear()
                yield from look_up(context, ids)
                ended = compared_to == ABOVE_ANY_ID
                if ended:
                    context.loader.end_links()
                state = context.state
                proof_from = None if context.loader.unread else state.proof_from
                context.save_state(
                    rotation=0 if ended else compared_to,
                    rotating=not ended,
                    proof_from=proof_from,
                    unlinked=after_rotation(state) if ended else state.unlinked,
                    proven_at=state.proven_at if proof_from is None or not ended else proof_from,
                )
    return compared_to == ABOVE_ANY_ID
