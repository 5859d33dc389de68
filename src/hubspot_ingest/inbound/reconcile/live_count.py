"""Compares how many records HubSpot counts with how many rows are live, and settles the difference.

After an incremental run the live rows are HubSpot's records and those that were deleted since, so
the total that came with the run's search tells in every run whether anything is gone, for nothing.
Where the two differ, sweeps and bisection find the ids, and HubSpot's primary store says what
became of each: the search index, which counts, lags behind.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from hubspot_ingest import times
from hubspot_ingest.database.state.certificates import LiveRows
from hubspot_ingest.database.state.syncs import CountDifference
from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.hubspot.fetch import Fetch
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.deletions.archived import sweep_archived
from hubspot_ingest.inbound.deletions.context import ABOVE_ANY_ID, SweepContext
from hubspot_ingest.inbound.deletions.filtered_out import sweep_filtered_out
from hubspot_ingest.inbound.deletions.lookup import look_up
from hubspot_ingest.inbound.deletions.sweeps import unless_refused
from hubspot_ingest.inbound.extract import latest_changes
from hubspot_ingest.inbound.opening.sync_state import SyncState
from hubspot_ingest.inbound.plan.due import REFUSED_FOR, Due
from hubspot_ingest.inbound.plan.plan import Plan
from hubspot_ingest.inbound.reconcile import bisection
from hubspot_ingest.inbound.reconcile.bisection import Difference, Part
from hubspot_ingest.inbound.reconcile.counts import HubSpotSide, IdSide, TableSide

Answer = TypeVar("Answer")

# Searches that a run may spend on finding the ids; the next run goes on.
REQUESTS = 40
# From this many missing records on, reading the list of archived ones costs less than bisection.
MANY = 20
# Parts of up to this many rows are compared id by id.
LISTED = 1_000
# How many ids are looked up at once.
LOOKED_UP = 1_000
# How long (ms) a difference that led to nothing is not looked into again: the index may lag.
SAME_FOR = 60 * times.MINUTE


class _BudgetSpent(Exception):
    """The requests that may be spent on finding ids are spent."""


@dataclass
class _BudgetFetch:
    """A ``Fetch`` for so many requests."""

    fetch: Fetch
    requests: int

    def __call__(self, request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        """See ``Fetch``; raises ``_BudgetSpent``."""
        if not self.requests:
            raise _BudgetSpent("the requests for finding deletions are spent; the next run goes on")
        self.requests -= 1
        return self.fetch(request, parse)


def settle_count(
    context: SweepContext, total: int, live: int, due: Due, *, current: bool, follow: bool
) -> Iterator[None]:
    """Find and settle what is gone from HubSpot, or missing here, where ``total`` is not ``live``.

    ``current``: the rows are those that HubSpot had when it counted. ``follow``: deleted records
    are marked; without it nothing is done but to bring in what is missing here.
    """
    seen, fetch, plan = context.state.count, context.fetch, context.plan
    if not current and total != live:
        total = latest_changes.count_taken(fetch, plan) or live
    if total == live:
        if seen is not None:
            context.save_state(count=None)
        return
    after = 0 if seen is None else seen.after
    if not looks_again(seen, total, live, context.now) or (total < live and not follow):
        return
    rows = LiveRows(context.loader.tables.database, context.plan.table)
    if total < live:
        context.loader.mark_foreign()
        live = rows.count_ids()
        for sweep in _cheap_sweeps(context, due, live - total) if total < live else ():
            yield from sweep
            live = rows.count_ids()
            if live == total:
                break
            total = latest_changes.count_taken(fetch, plan) or total
    if total != live:
        after = yield from _settle_by_id(context, total, rows, after)
        live = rows.count_ids()
    difference = CountDifference(total, live, context.now, after)
    context.save_state(count=None if total == live else difference)


def counts_apart(sync_state: SyncState, plan: Plan, now: int) -> bool:
    """Whether a run that reads everything again asks how many records there are.

    It cannot see from what it read which rows are gone. The rotation can, where it is due.
    """
    return (
        sync_state.settled_through is not None
        and not plan.incremental
        and sync_state.settings.include_archived
        and not sync_state.due(plan, now).rotation
    )


def looks_again(seen: CountDifference | None, total: int | None, live: int, now: int) -> bool:
    """Whether a difference is looked into; ``seen`` is what an earlier run left open."""
    if seen is None or seen.after or (seen.total, seen.live) != (total, live):
        return True
    return now - seen.at >= SAME_FOR


def _cheap_sweeps(context: SweepContext, due: Due, missing: int) -> Iterator[Iterator[None]]:
    """The sweeps that find what is gone with less requests than bisection."""
    if context.plan.filter_groups and context.plan.timed:
        yield unless_refused(context, "filtered", sweep_filtered_out)
    refused_at = context.state.archived_refused_at or 0
    listed = context.now - refused_at >= REFUSED_FOR
    if due.archived or (missing >= MANY and listed):
        yield unless_refused(context, "archived", sweep_archived)


def _settle_by_id(
    context: SweepContext, total: int, rows: LiveRows, after: int
) -> Generator[None, None, int]:
    """Find the ids above ``after`` that only one side has, and look them up.

    Returns the id after which the next run is to go on, where the budget is spent; else 0.
    """
    theirs = IdSide(HubSpotSide(_BudgetFetch(context.fetch, REQUESTS), context.plan))
    ours = TableSide(rows)
    differences: dict[str, Difference] = {}
    whole = Part(after, ABOVE_ANY_ID)
    next_after = 0
    try:
        first = [(whole, theirs.count(whole) if after else total)]
        yield from bisection.find_differences(
            theirs, IdSide(ours), first, ours.middle, differences, most=LISTED
        )
    except _BudgetSpent:
        next_after = theirs.after
    except UnexpectedAnswer as error:
        context.refused["count"] = error
    ids = sorted(differences, key=int)
    for start in range(0, len(ids), LOOKED_UP):
        yield from look_up(context, ids[start : start + LOOKED_UP])
    return next_after
