"""Where two sides that count the same records disagree. Pure but for what the sides ask.

Both sides count parts of the records, cut by id and, a second time, by when they were modified. A
row that is missing, or too many, changes a count by id; one that is stale stands in an older part
of time than it should. Parts that agree are done. Others are cut in two until they are small, and
then their records are compared one by one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

# So many records are a page of a search: to compare them costs no more than to count them.
SMALL = 200
# The parts that are counted first. Ten requests are 1 % of a backfill of 100,000 records.
ID_PARTS = 4
TIME_PARTS = 4
# Fewer records than this for each part are not cut.
WORTH_A_PART = 5_000


@dataclass(frozen=True, slots=True)
class Part:
    """Records with an id above ``after`` up to ``last``, modified in ``[since, until)`` (ms)."""

    after: int
    last: int
    since: int
    until: int


class Side(Protocol):
    """One of the two that are compared."""

    def count(self, part: Part, /) -> int:
        """How many records of the part there are."""

    def versions(self, part: Part, /) -> Mapping[str, int | None]:
        """Their ids, each with when it was modified (epoch ms)."""


def parts(whole: Part, ids: Sequence[int], instants: Sequence[int], count: int) -> list[Part]:
    """What is counted first; ``ids`` and ``instants`` cut the whole into about equal parts."""
    if count <= SMALL:
        return [whole]
    cuts = [one for one in ids if whole.after < one < whole.last] if count >= WORTH_A_PART else []
    by_id = [whole.after, *cuts, whole.last]
    by_time = [whole.since, *(one for one in instants if whole.since < one < whole.until)]
    by_time.append(whole.until)
    return [
        *(replace(whole, after=a, last=b) for a, b in itertools.pairwise(by_id)),
        *(replace(whole, since=a, until=b) for a, b in itertools.pairwise(by_time)),
    ]


def differing(
    theirs: Side,
    ours: Side,
    found: Sequence[Part],
    middle: Callable[[Part], int | None],
    tick: Callable[[], None],
) -> set[str]:
    """The ids that stand on one side only, or with another version.

    ``middle`` tells an id that halves our records of a part, None where they have none between;
    ``tick`` is called before each question.
    """
    ids: set[str] = set()
    waiting: list[tuple[Part, int | None]] = [(part, None) for part in found]
    while waiting:
        part, known = waiting.pop()
        tick()
        there = theirs.count(part) if known is None else known
        here = ours.count(part)
        # a whole that is small is compared record by record, whatever the counts say
        if there == here and (here > SMALL or len(found) > 1 or known is not None):
            continue
        cut = middle(part)
        if max(there, here) <= SMALL or cut is None or not part.after < cut < part.last:
            ids |= _unlike(theirs.versions(part), ours.versions(part))
            continue
        lower = replace(part, last=cut)
        below = theirs.count(lower)
        waiting += [(replace(part, after=cut), there - below), (lower, below)]
    return ids


def _unlike(theirs: Mapping[str, int | None], ours: Mapping[str, int | None]) -> set[str]:
    both = theirs.keys() & ours.keys()
    return (theirs.keys() ^ ours.keys()) | {one for one in both if theirs[one] != ours[one]}
