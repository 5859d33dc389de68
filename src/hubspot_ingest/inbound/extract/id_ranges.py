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
from contextlib import contextmanager
from dataclasses import dataclass, field

from hubspot_ingest.errors import IngestError
from hubspot_ingest.inbound.extract.cuts import Cut, Cutter
from hubspot_ingest.inbound.extract.page_readers import IdPage, ReadPage
from hubspot_ingest.inbound.extract.prefetch import PrefetchQueue
from hubspot_ingest.model import Json, Record

WIDEST = 12
# One request more than there are pages is allowed for this many pages: 2 %.
PAGES_PER_CUT = 50
# Below this many pages a range is not worth splitting.
SMALLEST_SPLIT = 6
# How often a reader looks for a range to split before it gives up.
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
    # those that were split off its end
    records_parted: int = 0
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
    ``nearly_last``: about a second's reading is left.
    """

    records: tuple[Record, ...]
    key: int
    after: int | str | None
    unread: Mapping[str, str] = field(default_factory=dict)
    nearly_last: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """A range that is to be split after so many records, or before so many ``from_end``."""

    id_range: Range
    after: int
    last: int | None
    count: int
    records_read: int
    records_parted: int = 0
    from_end: bool = False


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
        # something became known that a reader may wait for: a cut, or that there is none
        self._news = threading.Condition(self._lock)
        # cuts that are looked for, which takes requests: one in the front of the longest range and
        # one from its end at a time, as where the next one lies follows from each
        self._looked_for: list[Split] = []
        self._ranges: list[Range] = []
        self._held: Range | None = None
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
        with self.reading(width, spare) as batches:
            yield from batches

    @contextmanager
    def reading(
        self, width: int, spare: int, held: Range | None = None
    ) -> Iterator[Iterator[RecordBatch]]:
        """As ``side_by_side``; readers begin at once, and end with the block.

        They leave alone the range that is ``held``, until it is released.
        """
        self.share_out(width, spare)
        self._held = held
        threads = [
            threading.Thread(target=self._work, name=f"reader-{n}", daemon=True)
            for n in range(width)
        ]
        for thread in threads:
            thread.start()
        try:
            yield self._to_the_end(width)
        finally:
            self._handover.end()
            self.release()

    def _to_the_end(self, readers: int) -> Iterator[RecordBatch]:
        """What the readers read. Raises ``IngestError`` where they ended before their ranges."""
        yield from self._handover.items(of=readers)
        if not all(id_range.done for id_range in self._ranges):
            raise IngestError("a range of ids was left unread; run again, which goes on there")

    def release(self) -> None:
        """Let the readers go on with the range that was held."""
        with self._news:
            if self._held is not None:
                self._held.taken = False
            self._held = None
            self._news.notify_all()

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
        with self._news:
            size = self._cutter.page_size
            self._news.wait_for(lambda: id_range.records_read + size < id_range.readable)
            return id_range.done

    # -- splitting -------------------------------------------------------------------------------

    def take(self, active: Callable[[], bool]) -> Range | None:
        """A range nobody reads, or a part of the longest one that is read.

        None where nothing is left that is worth a reader. A cut is asked for while ``active``.
        """
        for tries in range(SPLIT_TRIES + 1):
            # who splits no more still waits for a range that is held: somebody has to read it
            split = self._next(splits=tries < SPLIT_TRIES)
            if not isinstance(split, Split):
                return split
            try:
                part = self._parted(split) if active() else None
            finally:
                with self._news:
                    self._looked_for.remove(split)
                    if not split.from_end:
                        split.id_range.readable = math.inf
                    self._news.notify_all()
            if part is not None:
                return part
        return None

    def _next(self, *, splits: bool) -> Range | Split | None:
        """A range to read, or how one is to be split first; waits while others look for cuts."""
        with self._news:
            while True:
                for id_range in self._ranges:
                    if not (id_range.taken or id_range.done):
                        id_range.taken = True
                        return id_range
                split = self._next_split() if splits else None
                if split is not None:
                    if not self._by_ids:
                        self._spare -= self._cutter.requests
                    self._looked_for.append(split)
                if split is not None or not (self._looked_for or self._held):
                    return split
                self._news.wait()

    def _next_split(self) -> Split | None:
        """How the longest range is to be split, as if those were that are being split now."""
        ranges = [id_range for id_range in self._ranges if not id_range.done]
        pages_left = {id_range.key: self._pages_left(id_range) for id_range in ranges}
        for split in self._looked_for:
            id_range = self._owner(split) or split.id_range
            pages_left[id_range.key] = max(
                0, pages_left.get(id_range.key, 0) - self._pages(split.count)
            )
        longest = max(ranges, key=lambda id_range: pages_left[id_range.key], default=None)
        cost = 1 if self._by_ids else self._cutter.requests
        splits = max(0, self._spare) // cost if cost else WIDEST
        if longest is None or splits == 0 or pages_left[longest.key] < SMALLEST_SPLIT:
            return None
        # each range is left an equal share of all, and the last one is split again and again,
        # but no more often than may be
        pages = pages_left[longest.key]
        begun = sum(self._pages(split.count) for split in self._looked_for)
        parts = min(self._width, len(ranges) + len(self._looked_for) + splits)
        # while the cut is looked for, each reader reads a page
        share = max(1.0, (sum(pages_left.values()) + begun - len(ranges)) / parts)
        if not any(not split.from_end for split in self._looked_for):
            # the front is read on while the cut is looked for
            front = min(max(share + 1, pages / (splits + 1)), pages // 2 + 1)
            return self._split(longest, math.ceil(front))
        from_end = any(split.from_end for split in self._looked_for)
        if from_end or self._by_ids or self._cutter.find_from_end is None:
            return None
        # far from what is read and split meanwhile
        return None if pages < 2 * share + SMALLEST_SPLIT else self._split_end(longest, int(share))

    def _split(self, id_range: Range, pages: int) -> Split:
        count = min(pages * self._cutter.page_size, self._cutter.farthest)
        id_range.readable = id_range.records_read + count
        return Split(
            id_range,
            id_range.after,
            id_range.last,
            count,
            id_range.records_read,
            id_range.records_parted,
        )

    def _split_end(self, id_range: Range, pages: int) -> Split:
        count = min(pages * self._cutter.page_size, self._cutter.farthest)
        return Split(id_range, id_range.after, id_range.last, count, 0, from_end=True)

    def _owner(self, split: Split) -> Range | None:
        """The range that ends where the one did whose end is split: it may be in parts by now."""
        if not split.from_end:
            return split.id_range
        return next((each for each in self._ranges if each.last == split.last), None)

    def _parted(self, split: Split) -> Range | None:
        """The back of a range that is split, to be read now; None where the cut is of no use."""
        cut = None
        if not self._by_ids:
            find = self._cutter.find_from_end if split.from_end else None
            cut = (find or self._cutter.find)(split.after, split.last, split.count)
            self._by_ids = cut is None
        if cut is None:
            if split.from_end or self._spare < 1:
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
        front = self._owner(split)
        if front is None:
            return None
        passed = front.records_read - split.records_read
        if cut.last is None:
            if not split.from_end:
                front.records = max(0, cut.total - passed)
            return None
        ended = front.last is not None and cut.last >= front.last
        if front.done or ended or cut.last <= front.after:
            return None
        if split.from_end:
            count, left = split.count, front.records - split.count
            front.records_parted += count
        else:
            parted = front.records_parted - split.records_parted
            count, left = cut.total - split.count - parted, split.count - passed
        back = self._add(cut.last, front.last, max(0, count), taken=taken)
        front.last = cut.last
        front.records = max(0, left)
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
        return 0 if id_range.done else self._pages(id_range.records)

    def _pages(self, records: int) -> int:
        return math.ceil(records / self._cutter.page_size)

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
