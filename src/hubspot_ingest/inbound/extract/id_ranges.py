"""Reads ranges of ids side by side, and splits them while they are read so that no reader idles.

Ranges share out records, not ids: a range is cut after so many whole pages (``cuts``), so that no
page is half empty at the border. Only where the search cannot tell where that is, ids are halved.
How many cuts there may be follows from their cost: 2 % of the pages. While a cut is looked for, the
range is not read up to it: no page is read twice, whichever thread is slow.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from hubspot_ingest.inbound.extract.cuts import Cut, Cutter
from hubspot_ingest.inbound.extract.page_readers import IdPage, ReadPage
from hubspot_ingest.inbound.extract.prefetch import PrefetchQueue
from hubspot_ingest.model import Json, Record

WIDEST = 12
# One request more than there are pages, for so many of them: 2 %.
PAGES_PER_CUT = 50
# Below this many pages a range is not worth splitting.
SMALLEST_SPLIT = 6
# A reader looks so often for a range to split before it gives up.
SPLIT_TRIES = 3


@dataclass
class Range:
    """Ids above ``after``, up to ``last``; the last range of all has no end.

    ``records`` is how many it is thought to have left, for splitting.
    """

    key: int
    after: int
    last: int | None
    records: int
    taken: bool = False
    done: bool = False
    pages: int = 0
    records_read: int = 0
    # while a cut is looked for: fewer records than these are read
    readable: float = math.inf
    start: int = field(init=False)

    def __post_init__(self) -> None:
        """Remember where reading began."""
        self.start = self.after


@dataclass(frozen=True, slots=True)
class RecordBatch:
    """Records of one range, and up to which id the range is read with them (None: whole).

    ``unread`` are the ids of records that HubSpot refused to read, each with the reason.
    """

    records: tuple[Record, ...]
    key: int
    after: int | str | None
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Split:
    """A range that is to be split after so many records above ``after``."""

    id_range: Range
    after: int
    last: int | None
    count: int
    records_read: int


def width(seconds_per_page: float, pages_per_second: float, splits: int) -> int:
    """How many ranges to read side by side: what fills the rate, with three quarters of ``splits``.

    The rest of them is for ranges that turn out long.
    """
    useful = math.ceil(seconds_per_page * pages_per_second * 1.1) + 1
    return max(1, min(WIDEST, useful, splits - splits // 4 + 1))


class Ranges:
    """The id ranges of one reading, and the threads that read them."""

    def __init__(
        self,
        read: ReadPage,
        cutter: Cutter,
        highest_id: Callable[[], int],
        pending: Iterable[tuple[int, int | None, int]] = (),
    ) -> None:
        """``pending`` are (after, last, records) of the ranges still to be read."""
        self.read = read
        self._cutter = cutter
        self._highest_id = highest_id
        self._by_ids = False
        self._end: int | None = None
        self._lock = threading.Lock()
        self._cut_known = threading.Condition(self._lock)
        # held while a range is split, which may take requests: the next split begins after it
        self._splitting = threading.Lock()
        self._ranges: list[Range] = []
        self._width = 1
        self._spare = 0
        self._handover: PrefetchQueue[RecordBatch] = PrefetchQueue(4 * WIDEST)
        for after, last, records in pending:
            self.add(after, last, records)

    def add(self, after: int, last: int | None, records: int, *, taken: bool = False) -> Range:
        """One more range; ``taken`` keeps the threads from it."""
        with self._lock:
            return self._add(after, last, records, taken=taken)

    def _add(self, after: int, last: int | None, records: int, *, taken: bool) -> Range:
        id_range = Range(len(self._ranges), after, last, records, taken)
        self._ranges.append(id_range)
        return id_range

    def halve_ids(self, end: int) -> None:
        """Split by ids from now on, of which ``end`` is the highest: the search cannot tell."""
        self._by_ids, self._end = True, end

    def share_out(self, width: int, spare: int) -> None:
        """So many readers may take ranges, and ask so many requests more than there are pages."""
        self._width = width
        self._spare = spare

    def side_by_side(self, width: int, spare: int) -> Iterator[RecordBatch]:
        """Batches as they come; ``spare`` is how many requests more than pages may be asked.

        Raises what a reader raised, after the batches that came before it.
        """
        self.share_out(width, spare)
        threads = [
            threading.Thread(target=self._work, name=f"reader-{n}", daemon=True)
            for n in range(width)
        ]
        for thread in threads:
            thread.start()
        yield from self._handover.items(of=width)

    def remaining(self, merged: Mapping[int, int | None]) -> list[Json]:
        """What is still to be read once ``merged`` (range key → id, None: whole) is in."""
        with self._lock:
            ranges_left: list[Json] = []
            for id_range in self._ranges:
                after = merged.get(id_range.key, id_range.start)
                if after is not None and (id_range.last is None or after < id_range.last):
                    ranges_left.append([after, id_range.last, id_range.records])
            return ranges_left

    def _work(self) -> None:
        with self._handover.producing() as active:
            while active() and (id_range := self.take(active)) is not None:
                while active() and not self._ended(id_range):
                    self._handover.put(
                        self.advance(id_range, self.read(id_range.after, id_range.last))
                    )

    def _ended(self, id_range: Range) -> bool:
        """Whether the range is read; waits while its next page may be the last before a cut."""
        with self._cut_known:
            size = self._cutter.page_size
            self._cut_known.wait_for(lambda: id_range.records_read + size < id_range.readable)
            return id_range.done

    # -- splitting -------------------------------------------------------------------------------

    def take(self, active: Callable[[], bool]) -> Range | None:
        """A range nobody reads, or a part of the longest one that is read.

        None where nothing is left that is worth a reader. A cut is asked for while ``active``.
        """
        with self._splitting:
            for _ in range(SPLIT_TRIES):
                split = self._next()
                if not isinstance(split, Split):
                    return split
                try:
                    part = self._parted(split) if active() else None
                finally:
                    with self._cut_known:
                        split.id_range.readable = math.inf
                        self._cut_known.notify_all()
                if part is not None:
                    return part
            return None

    def _next(self) -> Range | Split | None:
        """A range to read, or how one is to be split first."""
        with self._lock:
            ranges = [id_range for id_range in self._ranges if not id_range.done]
            for id_range in ranges:
                if not id_range.taken:
                    id_range.taken = True
                    return id_range
            longest = max(ranges, key=self._pages_left, default=None)
            cost = 1 if self._by_ids else self._cutter.requests
            splits = max(0, self._spare) // cost if cost else WIDEST
            if longest is None or splits == 0 or self._pages_left(longest) < SMALLEST_SPLIT:
                return None
            # each range is left an equal share of all, and the last one is split again and again,
            # but no more often than may be
            pages = self._pages_left(longest)
            parts = min(self._width, len(ranges) + splits)
            share = sum(map(self._pages_left, ranges)) / parts
            # the front is read on while the cut is looked for
            front = min(max(share, pages / (splits + 1)), pages // 2 + 1)
            return self._split(longest, math.ceil(front))

    def _split(self, id_range: Range, pages: int) -> Split:
        count = min(pages * self._cutter.page_size, self._cutter.farthest)
        id_range.readable = id_range.records_read + count
        return Split(id_range, id_range.after, id_range.last, count, id_range.records_read)

    def _parted(self, split: Split) -> Range | None:
        """The back of a range that is split, to be read now; None where the cut is of no use."""
        cut = None
        if not self._by_ids:
            self._spare -= self._cutter.requests
            cut = self._cutter.find(split.after, split.last, split.count)
            self._by_ids = cut is None
        if cut is None:
            if self._spare < 1:
                return None
            self._spare -= 1
            cut = self._halved(split)
        with self._lock:
            back = self._part(split, cut, taken=True)
        if back is not None and cut.page is not None:
            # what the back begins with, before anybody else reads on
            self._handover.put(self.advance(back, cut.page))
        return back

    def split(self, split: Split, cut: Cut) -> bool:
        """Split a range at a cut that is found already; False where it is of no use."""
        with self._lock:
            return self._part(split, cut, taken=False) is not None

    def _part(self, split: Split, cut: Cut, *, taken: bool) -> Range | None:
        """The back of a range that is split, None where the cut is of no use."""
        front = split.id_range
        passed = front.records_read - split.records_read
        if cut.last is None:
            front.records = max(0, cut.total - passed)
            return None
        ended = front.last is not None and cut.last >= front.last
        if front.done or ended or cut.last <= front.after:
            return None
        back = self._add(cut.last, front.last, max(0, cut.total - split.count), taken=taken)
        front.last = cut.last
        front.records = max(0, split.count - passed)
        return back

    def _halved(self, split: Split) -> Cut:
        """A cut by ids alone: in the middle, or nearer where the front is to be smaller."""
        records = max(1, split.id_range.records)
        last = split.last
        if last is None:
            if self._end is None:
                self._spare -= 1
                self._end = self._highest_id()
            last = self._end
        share = min(0.5, split.count / records)
        return Cut(records, split.after + int((last - split.after) * share))

    def _pages_left(self, id_range: Range) -> int:
        return 0 if id_range.done else math.ceil(id_range.records / self._cutter.page_size)

    def advance(self, id_range: Range, page: IdPage) -> RecordBatch:
        """Note how far the range is read; a split may have shortened it meanwhile."""
        with self._lock:
            id_range.pages += 1
            id_range.after = page.id
            id_range.records_read += len(page.records)
            id_range.records = max(0, id_range.records - len(page.records))
            records = page.records
            if id_range.last is not None and page.id > id_range.last:
                last = id_range.last
                records = tuple(record for record in records if int(record.id) <= last)
            id_range.done = not page.more or (
                id_range.last is not None and page.id >= id_range.last
            )
            after = None if id_range.done else id_range.after
            return RecordBatch(records, id_range.key, after, page.unread)
