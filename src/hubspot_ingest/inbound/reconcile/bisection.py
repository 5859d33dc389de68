"""Finds the records in which HubSpot and a table differ, by counting parts and halving them.

Both sides count parts of the records, cut by id and, a second time, by when they were modified. A
row that is missing, or too many, changes a count by id; one that is stale stands in an older part
of time than it should. Parts that agree are done. Others are cut in two until they are small, and
then their records are compared one by one. What was found is reckoned with in every later part, so
that nothing is looked for twice.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from hubspot_ingest import times
from hubspot_ingest.hubspot import requests

# A part of no more records than this is one page of a search: comparing costs as much as counting.
SMALL = requests.SEARCH_LIMIT
# A comparison by counts begins with 1 % of the requests of a full load, within these bounds.
SHARE, FEWEST, MOST = 0.01, 4, 10
# Up to this many records are compared one by one at once: no more pages than counts may cost.
FEW = MOST * requests.SEARCH_LIMIT
# Where time is cut, the first cut first: a change that was missed lies in a recent part, and the
# version before it in an older one.
AGES = tuple(days * times.DAY for days in (7, 1, 30, 180))


@dataclass(frozen=True, slots=True)
class Part:
    """Records with an id above ``after`` up to ``last``, modified in ``[since, until)`` (ms).

    Without ``since`` and ``until`` they may have been modified at any time, or at none.
    """

    after: int
    last: int
    since: int | None = None
    until: int | None = None

    def holds(self, id: str, at: int | None) -> bool:
        """Whether a record modified at ``at`` (None: there is none) lies in it."""
        if at is None or not self.after < int(id) <= self.last:
            return False
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Difference:
    """When a record that differs was modified on each side; None: that side has none."""

    there: int | None
    here: int | None


class Side(Protocol):
    """HubSpot or the table, as a comparison asks it."""

    def count(self, part: Part, /) -> int:
        """How many records of the part there are."""

    def versions(self, part: Part, /) -> Mapping[str, int | None]:
        """Their ids, each with when it was modified (epoch ms)."""


def request_budget(full_load: int) -> int:
    """The most requests to spend on a table that agrees, given what a full load of it costs."""
    return min(MOST, max(FEWEST, int(full_load * SHARE)))


def cut_counts(requests: int) -> tuple[int, int]:
    """In how many parts ids and time are counted; two requests are for what changed meanwhile."""
    left = requests - 2
    by_id = left // 2 if left // 2 > 1 else 0
    return by_id, left - by_id


def by_id(whole: Part, ids: Sequence[int]) -> list[Part]:
    """The whole, cut at some ids."""
    bounds = [whole.after, *(id for id in ids if whole.after < id < whole.last), whole.last]
    return [replace(whole, after=a, last=b) for a, b in itertools.pairwise(bounds)]


def by_age(whole: Part, count: int) -> list[Part]:
    """The whole, cut into at most so many parts by time."""
    since, until = whole.since or 0, whole.until or 0
    ages = sorted(until - age for age in AGES[: count - 1])
    bounds = [since, *(age for age in ages if since < age), until]
    return [replace(whole, since=a, until=b) for a, b in itertools.pairwise(bounds)]


def find_differences(
    theirs: Side,
    ours: Side,
    first: Sequence[tuple[Part, int]],
    middle: Callable[[Part], int | None],
    differences: dict[str, Difference],
    *,
    most: int | None = None,
) -> Generator[None, None, None]:
    """Add to ``differences`` the ids that only one side has, or has in another version.

    ``first`` are the parts to begin with and how many records HubSpot has in each; ``differences``
    holds what is already known to differ. ``middle`` returns an id that halves our records of a
    part, None where they have none between. No more than ``most`` records are compared one by one
    at once. Yields between requests; lower ids come first.
    """
    waiting = [*reversed(first)]
    while waiting:
        part, there = waiting.pop()
        yield
        here = expected(ours, part, differences)
        if there == here:
            continue
        cut = middle(part)
        # where many differ, halving costs more than looking at all
        listed = max(there, here) <= SMALL * max(1, 2 * abs(there - here))
        listed = listed and (most is None or max(there, here) <= most)
        if listed or cut is None or not part.after < cut < part.last:
            compare_versions(theirs.versions(part), ours.versions(part), differences)
            continue
        lower = replace(part, last=cut)
        below = theirs.count(lower)
        waiting += [(replace(part, after=cut), there - below), (lower, below)]


def expected(ours: Side, part: Part, differences: Mapping[str, Difference]) -> int:
    """The count HubSpot should answer for a part: our rows, corrected by ``differences``."""
    return ours.count(part) + sum(
        part.holds(id, difference.there) - part.holds(id, difference.here)
        for id, difference in differences.items()
    )


def compare_versions(
    theirs: Mapping[str, int | None],
    ours: Mapping[str, int | None],
    differences: dict[str, Difference],
) -> None:
    """Add to ``differences`` what differs between the records of a part, compared one by one."""
    for id in theirs.keys() | ours.keys():
        there, here = theirs.get(id), ours.get(id)
        if there != here or (id in theirs) != (id in ours):
            before = differences.get(id, Difference(None, None))
            differences[id] = Difference(
                before.there if there is None else there, before.here if here is None else here
            )
