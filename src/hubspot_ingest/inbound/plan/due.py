"""Decides which sweeps are due after a run's main reading, and whether a comparison is. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hubspot_ingest import times
from hubspot_ingest.catalog import lookup
from hubspot_ingest.catalog.stream import ItemStream
from hubspot_ingest.database.state.syncs import SweepsState

# How often each sweep is due, in milliseconds.
ARCHIVED_EVERY = times.DAY // 6
FILTERED_EVERY = times.DAY // 6
ROTATION = times.DAY
# What a rotation may read in one run: 200,000 records of a list.
PAGES_PER_RUN = 2_000
# A list that HubSpot refuses (of archived meetings, for one) is asked for again after so long.
REFUSED_FOR = times.DAY
# Sweeps go in steps and keep their place after each. The first are small, so that a run that has
# time for one page gets on; the later ones large, since each ends with a MERGE.
LARGEST_STEP = 50
# A comparison that came to no end is made again by the first run so long after it.
COMPARED_AGAIN = 60 * times.MINUTE


@dataclass(frozen=True, slots=True)
class Due:
    """The sweeps that are to follow, and whether the table is compared with HubSpot then."""

    archived: bool = False
    filtered: bool = False
    rotation: bool = False
    comparison: bool = False


def due_sweeps(
    state: SweepsState,
    now: int,
    *,
    archived: bool,
    filtered: bool,
    at_once: bool,
    day: str | None = None,
) -> Due:
    """What is due by ``state``, which earlier runs left.

    ``archived`` and ``filtered`` say whether the sync has such sweeps at all; ``at_once`` makes
    them due in every run. ``day`` is that from which dates in the filters are counted: on a new one
    rows may match no more though nobody changed them, and the rotation finds those.
    """

    def is_due(at: int | None, every: int) -> bool:
        return at_once or _is_over(at, now, every)

    return Due(
        archived=archived
        and is_due(state.archived_at, ARCHIVED_EVERY)
        and now - (state.archived_refused_at or 0) >= REFUSED_FOR,
        filtered=filtered and is_due(state.filtered_at, FILTERED_EVERY),
        rotation=rotation_under_way(state) or rotation_due(state, now) or state.rotated_on != day,
    )


def _is_over(at: int | None, now: int, every: int) -> bool:
    """Whether ``every`` has passed since ``at``; what lies in the future a wrong clock noted."""
    return not 0 <= now - (at or 0) < every


def filtered_since(state: SweepsState, since: int | None, until: int, now: int) -> int:
    """From where changes are looked at for what left the filter; the window of the run is given.

    What the index did not know last time it may know now.
    """
    begun = state.filtered_at or since or 0
    return max(0, begun - (now - until))


def rotation_due(state: SweepsState, now: int) -> bool:
    """Whether a new rotation is to begin."""
    return _is_over(state.rotated_at, now, ROTATION)


def rotation_under_way(state: SweepsState) -> bool:
    """Whether a rotation is under way."""
    return state.rotating or state.rotation > 0


def comparison_due(state: SweepsState, now: int, every: int) -> bool:
    """Whether the table is to be compared with HubSpot: ``every`` so many ms (0: never).

    After a backfill, and after a comparison that came to no end, it is whatever ``every`` says.
    """
    if state.compare_from is not None:
        return now >= state.compare_from
    return every > 0 and _is_over(state.compared_at, now, every)


def state_after_comparison(state: SweepsState, at: int, *, ended: bool) -> SweepsState:
    """The state after a comparison that began at ``at``, and came to its end or not."""
    return replace(state, compared_at=at, compare_from=None if ended else at + COMPARED_AGAIN)


def state_after_other_change(state: SweepsState, stream: str, now: int) -> SweepsState:
    """The state after rows changed by no run: the next one compares a table of records."""
    if isinstance(lookup.known(stream), ItemStream):
        return state
    return replace(state, compare_from=now)


def growing_steps() -> Iterator[int]:
    """Pages of the first step, the second, and so on."""
    step = 1
    while True:
        yield step
        step = min(2 * step, LARGEST_STEP)
