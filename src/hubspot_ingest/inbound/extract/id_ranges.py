"""Reads id ranges side by side, each in order of id, and splits them while they are read.

How many ranges there may be follows from the cost: each one ends with a page that is half empty
on average, and all of them together may cost 1 % more requests than one alone.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from hubspot_ingest.inbound.extract.page_readers import IdPage, ReadPage
from hubspot_ingest.inbound.extract.prefetch import PrefetchQueue
from hubspot_ingest.model import Json, Record

WIDEST = 8
# 1 % of the pages, at half a page a range
PAGES_PER_RANGE = 50
# Below this many pages a range is not worth splitting.
SMALLEST_SPLIT = 8


@dataclass
class Range:
    """Ids above ``after``, up to ``last``; the last range of all has no end.

    ``bound`` is where it is thought to end, for splitting.
    """

    key: int
    after: int
    last: int | None
    bound: int
    taken: bool = False
    done: bool = False
    pages: int = 0
    start: int = field(init=False)

    def __post_init__(self) -> None:
        """Remember where reading began, for the density of ids."""
        self.start = self.after

    @property
    def pages_left(self) -> float:
        """Estimated from how many ids a page has covered so far."""
        if not self.pages or self.after >= self.bound:
            return 0.0
        return (self.bound - self.after) / max(1.0, (self.after - self.start) / self.pages)


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """Records of one range, and up to which id the range is read with them (None: whole).

    ``unread`` are the ids of records that HubSpot refused to read, each with the reason.
    """

    records: tuple[Record, ...]
    key: int
    after: int | str | None
    unread: Mapping[str, str] = field(default_factory=dict)


def width(seconds_per_page: float, pages_per_second: float, pages: int) -> int:
    """How many ranges to read side by side: what fills the rate, and what the cost allows."""
    useful = math.ceil(seconds_per_page * pages_per_second * 1.25) + 1
    return max(1, min(WIDEST, useful, pages // PAGES_PER_RANGE))


class Ranges:
    """The id ranges of one reading, and the threads that read them."""

    def __init__(self, read: ReadPage, pending: Iterable[tuple[int, int | None, int]] = ()) -> None:
        """``pending`` are (after, last, bound) of the ranges still to be read."""
        self.read = read
        self._lock = threading.Lock()
        self._ranges: list[Range] = []
        self._spare = 0
        self._queue: PrefetchQueue[RecordBatch] = PrefetchQueue(4 * WIDEST)
        for after, last, bound in pending:
            self.add(after, last, bound)

    def add(self, after: int, last: int | None, bound: int, *, taken: bool = False) -> Range:
        """One more range; ``taken`` keeps the threads from it."""
        with self._lock:
            new_range = Range(len(self._ranges), after, last, bound, taken)
            self._ranges.append(new_range)
            return new_range

    def cut(self, after: int, bound: int, last: int | None, count: int) -> None:
        """``count`` ranges of equal width in ids from ``after`` on, the last one up to ``last``."""
        step = max(1, (bound - after) // count)
        starts = [start for n in range(count) if (start := after + step * n) < bound] or [after]
        ends = [*starts[1:], last]
        for start, end in zip(starts, ends, strict=True):
            self.add(start, end, bound if end is None else end)

    def side_by_side(self, width: int, spare: int) -> Iterator[RecordBatch]:
        """Batches as they come; ``spare`` is how many further ranges splitting may make.

        Raises what a reader raised, after the batches that came before it.
        """
        self._spare = spare
        threads = [
            threading.Thread(target=self._work, name=f"reader-{n}", daemon=True)
            for n in range(width)
        ]
        for thread in threads:
            thread.start()
        yield from self._queue.items(of=width)

    def remaining(self, merged: Mapping[int, int | None]) -> list[Json]:
        """What is still to be read once ``merged`` (range key → id, None: whole) is in."""
        with self._lock:
            ranges_left: list[Json] = []
            for id_range in self._ranges:
                after = merged.get(id_range.key, id_range.start)
                if after is not None and (id_range.last is None or after < id_range.last):
                    ranges_left.append([after, id_range.last, id_range.bound])
            return ranges_left

    def _work(self) -> None:
        with self._queue.producing() as active:
            while active() and (id_range := self._take()) is not None:
                while active() and not id_range.done:
                    self._queue.put(
                        self.advance(id_range, self.read(id_range.after, id_range.last))
                    )

    def _take(self) -> Range | None:
        """A range nobody reads, or half of the one with most left to read."""
        with self._lock:
            for id_range in self._ranges:
                if not id_range.taken:
                    id_range.taken = True
                    return id_range
            if not self._spare:
                return None
            longest = max(
                self._ranges, key=lambda id_range: 0.0 if id_range.done else id_range.pages_left
            )
            if longest.done or longest.pages_left < SMALLEST_SPLIT:
                return None
            self._spare -= 1
            middle = (longest.after + longest.bound) // 2
            half = Range(len(self._ranges), middle, longest.last, longest.bound, taken=True)
            longest.last = longest.bound = middle
            self._ranges.append(half)
            return half

    def advance(self, id_range: Range, page: IdPage) -> RecordBatch:
        """Note how far the range is read; a split may have shortened it meanwhile."""
        with self._lock:
            id_range.pages += 1
            id_range.after = page.id
            records = page.records
            if id_range.last is not None and page.id > id_range.last:
                last = id_range.last
                records = tuple(record for record in records if int(record.id) <= last)
            id_range.done = not page.more or (
                id_range.last is not None and page.id >= id_range.last
            )
            after = None if id_range.done else id_range.after
            return RecordBatch(records, id_range.key, after, page.unread)
