from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.inbound.extract.cuts import Cut, Cutter, FindCut
from hubspot_ingest.inbound.extract.id_ranges import WIDEST, Ranges, RecordBatch, width
from hubspot_ingest.inbound.extract.page_readers import IdPage
from hubspot_ingest.model import Json
from tests.builders import a_record
from tests.readings import pages_in_turns

DENSE = range(1, 200)
SPARSE = range(7, 10**17, 10**17 // 150)
SKEWED = [*range(1, 150), 10**6, *range(10**12, 10**12 + 40)]
IDS = st.one_of(
    st.sampled_from([[*DENSE], [*SPARSE], [*SKEWED], [], [5]]),
    st.lists(st.integers(1, 10**18), unique=True, max_size=120).map(sorted),
)


class Pages:
    """Reads a list of ids as HubSpot's list does: past a range's end when a page spans it."""

    def __init__(
        self, ids: Iterable[int], size: int = 3, before: Callable[[Pages], None] | None = None
    ) -> None:
        self.ids = sorted(ids)
        self.size = size
        self.reads = 0
        self.lock = threading.Lock()
        self._before = before

    def __call__(self, after: int, _last: int | None, /) -> IdPage:
        with self.lock:
            self.reads += 1
            if self._before is not None:
                self._before(self)
            above = [id for id in self.ids if id > after]
        page = above[: self.size]
        more = len(above) > self.size
        return IdPage(tuple(a_record(str(id)) for id in page), page[-1] if page else after, more)


def taking_turns(_: Pages) -> None:
    """Let other readers read before this one reads again, as they do where answers take time."""
    time.sleep(0.001)


def exact(pages: Pages) -> FindCut:
    """Cuts as the search finds them."""

    def find(after: int, last: int | None, count: int) -> Cut:
        above = [id for id in pages.ids if id > after and (last is None or id <= last)]
        return Cut(len(above), above[count - 1] if len(above) > count else None)

    return find


def nowhere(_after: int, _last: int | None, _count: int) -> None:
    """A search that cannot tell."""


def ranges_over(
    pages: Pages,
    count: int = 1,
    *,
    find: FindCut | None = None,
    farthest: int = 9_900,
    pending: Iterable[tuple[int, int | None, int]] | None = None,
) -> Ranges:
    """The whole of it, in ranges of equal width, or those that are pending."""
    ranges = Ranges(
        pages,
        Cutter(find or exact(pages), pages.size, farthest, 1),
        lambda: max(pages.ids, default=0),
        pending or (),
    )
    if pending is None:
        step = max(1, max(pages.ids, default=0) // count)
        starts = [step * n for n in range(count)]
        for start, end in zip(starts, [*starts[1:], None], strict=True):
            records = sum(start < id and (end is None or id <= end) for id in pages.ids)
            ranges.add(start, end, records)
    return ranges


def ids_of(batches: Iterable[RecordBatch]) -> list[int]:
    return [int(record.id) for batch in batches for record in batch.records]


def pending(ranges_left: list[Json]) -> list[tuple[int, int | None, int]]:
    """What ``remaining`` told, as it comes back from state."""
    ranges: list[tuple[int, int | None, int]] = []
    for range_left in ranges_left:
        assert isinstance(range_left, list)
        after, last, records = range_left
        assert isinstance(after, int)
        assert isinstance(records, int)
        assert last is None or isinstance(last, int)
        ranges.append((after, last, records))
    return ranges


# -- all of it, once ------------------------------------------------------------------------------


@given(IDS, st.integers(1, 12), st.integers(1, 8), st.integers(0, 20), st.integers(1, 9))
@settings(max_examples=60)
def test_every_record_is_read_exactly_once(
    ids: list[int], count: int, threads: int, spare: int, size: int
) -> None:
    ranges = ranges_over(Pages(ids, size), count)
    ids_read = ids_of(ranges.side_by_side(threads, spare))
    assert Counter(ids_read) == Counter(ids)


@given(IDS, st.integers(1, 8), st.integers(0, 20))
@settings(max_examples=20)
def test_a_range_yields_its_records_in_order(ids: list[int], threads: int, spare: int) -> None:
    by_range: dict[int, list[int]] = {}
    for batch in ranges_over(Pages(ids), threads).side_by_side(threads, spare):
        by_range.setdefault(batch.key, []).extend(ids_of([batch]))
    assert all(ids_read == sorted(ids_read) for ids_read in by_range.values())


@pytest.mark.parametrize("ids", [DENSE, SPARSE, SKEWED], ids=["dense", "sparse", "skewed"])
def test_ranges_cost_at_most_one_page_more_each(ids: Iterable[int]) -> None:
    pages = Pages(ids)
    list(ranges_over(pages, 4).side_by_side(4, spare=3))
    assert pages.reads <= -(-len(pages.ids) // pages.size) + 4 + 3


def test_a_thread_whose_range_is_read_takes_half_of_the_longest_one() -> None:
    pages = Pages([*range(1, 5), *range(1_001, 2_000)])
    long_one_is_read, somebody_came_in = threading.Event(), threading.Event()
    first: list[int] = []

    def read(after: int, last: int | None, /) -> IdPage:
        if after < 1_000:
            assert long_one_is_read.wait(5)
        elif not first:
            first.append(threading.get_ident())
        elif threading.get_ident() != first[0]:
            somebody_came_in.set()
        elif pages.reads == 5:
            long_one_is_read.set()
            assert somebody_came_in.wait(5)
        return pages(after, last)

    ranges = Ranges(read, Cutter(exact(pages), pages.size, 9_900, 1), lambda: 1_999)
    ranges.add(0, 1_000, 4)
    ranges.add(1_000, None, 999)
    batches = list(ranges.side_by_side(2, spare=5))
    assert Counter(ids_of(batches)) == Counter(pages.ids)
    assert len({batch.key for batch in batches}) > 2


def test_no_more_ranges_are_split_off_than_are_to_spare() -> None:
    ranges = ranges_over(Pages(range(1, 2_000)))
    assert {batch.key for batch in ranges.side_by_side(4, spare=0)} == {0}


# -- by records -----------------------------------------------------------------------------------

CLUMPS = [*range(1, 61), *range(10**6, 10**6 + 7 * 300, 7), *range(10**11, 10**11 + 240)]


# what a search might answer that answers anything at all
LIES = st.lists(
    st.one_of(
        st.none(),
        st.builds(Cut, st.integers(0, 10**4), st.one_of(st.none(), st.sampled_from(CLUMPS))),
        st.builds(Cut, st.integers(0, 10**4), st.integers(-5, 10**12)),
    ),
    max_size=30,
)


@pytest.mark.parametrize("threads", [2, 4, 8])
def test_ranges_share_out_records_and_no_page_is_half_empty(threads: int) -> None:
    pages = Pages(CLUMPS, size=5)
    ranges = ranges_over(pages)
    ranges.share_out(threads, threads - 1)
    read_by_thread = pages_in_turns(ranges, threads)
    assert pages.reads == len(CLUMPS) // 5
    assert max(read_by_thread) <= pages.reads / threads * 1.1 + 6


def test_no_page_is_read_twice_while_a_cut_is_looked_for() -> None:
    pages = Pages(range(1, 201), size=5)
    find = exact(pages)
    long_one_begun, cut_begun, read_beyond = (threading.Event() for _ in range(3))
    border = 0

    def slow(after: int, last: int | None, count: int) -> Cut:
        nonlocal border
        cut = find(after, last, count)
        assert cut is not None
        assert cut.last is not None
        border = border or cut.last
        cut_begun.set()
        # whoever reads on meanwhile has all the time for it
        read_beyond.wait(0.2)
        return replace(cut, page=pages(cut.last, last))

    def read(after: int, last: int | None, /) -> IdPage:
        if after < 20:
            assert long_one_begun.wait(5)
        elif after > 20:
            assert cut_begun.wait(5)
        page = pages(after, last)
        if after == 20:
            long_one_begun.set()
        if 0 < border < page.id:
            read_beyond.set()
        return page

    ranges = Ranges(read, Cutter(slow, 5, 9_900, 0), lambda: 200, [(0, 20, 20), (20, None, 180)])
    assert sorted(ids_of(ranges.side_by_side(2, spare=0))) == pages.ids
    assert pages.reads == 40


def test_what_the_search_cannot_reach_is_cut_off_piece_by_piece() -> None:
    pages = Pages(range(1, 3_001), size=10, before=taking_turns)
    ranges = ranges_over(pages, farthest=200)
    batches = list(ranges.side_by_side(3, spare=30))
    assert Counter(ids_of(batches)) == Counter(pages.ids)
    assert pages.reads <= 302
    assert len({batch.key for batch in batches}) >= 8


def test_where_the_search_cannot_tell_ids_are_halved() -> None:
    pages = Pages(range(1, 601), size=5, before=taking_turns)
    batches = list(ranges_over(pages, find=nowhere).side_by_side(4, spare=8))
    assert Counter(ids_of(batches)) == Counter(pages.ids)
    assert len({batch.key for batch in batches}) >= 4


@given(LIES, st.integers(1, 8), st.integers(0, 20), st.integers(1, 9), st.integers(0, 600))
@settings(max_examples=60)
def test_whatever_the_search_answers_every_record_is_read_once(
    lies: list[Cut | None], threads: int, spare: int, size: int, stop: int
) -> None:
    def find(_after: int, _last: int | None, _count: int) -> Cut | None:
        return lies.pop() if lies else None

    ranges = ranges_over(Pages(CLUMPS, size), find=find)
    merged: dict[int, int | str | None] = {}
    ids_read: list[int] = []
    for number, batch in enumerate(ranges.side_by_side(threads, spare)):
        if number == stop:
            break
        merged[batch.key] = batch.after
        ids_read += ids_of([batch])
    left = pending(ranges.remaining(whole_numbers(merged)))
    ids_read += ids_of(ranges_over(Pages(CLUMPS, size), pending=left).side_by_side(4, spare=0))
    assert Counter(ids_read) == Counter(CLUMPS)


# -- records that come and go ---------------------------------------------------------------------


@given(
    st.lists(st.integers(1, 400), unique=True, min_size=40, max_size=120),
    st.lists(st.integers(0, 119), max_size=20),
    st.lists(st.integers(1, 400), max_size=20),
    st.integers(1, 6),
)
@settings(max_examples=60)
def test_what_was_there_all_along_is_read_whatever_comes_and_goes(
    ids: list[int], leaving: list[int], coming: list[int], threads: int
) -> None:
    leavers = [ids[place % len(ids)] for place in leaving]
    arrivals = [id for id in coming if id not in ids]

    def change(pages: Pages) -> None:
        if leavers and (left_id := leavers.pop()) in pages.ids:
            pages.ids.remove(left_id)
        if arrivals and (new := arrivals.pop()) not in pages.ids:
            pages.ids = sorted([*pages.ids, new])

    staying = set(ids) - set(leavers)
    ids_read = ids_of(ranges_over(Pages(ids, before=change), threads).side_by_side(threads, 10))
    assert staying <= set(ids_read)
    assert max(Counter(ids_read).values()) == 1


# -- stop and resume ------------------------------------------------------------------------------


@given(IDS, st.integers(1, 6), st.integers(0, 20), st.integers(1, 5), st.data())
@settings(max_examples=60)
def test_whatever_was_merged_resuming_reads_everything_else(
    ids: list[int], threads: int, spare: int, size: int, data: st.DataObject
) -> None:
    ranges = ranges_over(Pages(ids, size), threads)
    stop = data.draw(st.integers(0, len(ids) // size + threads + 1), label="batches merged")
    merged: dict[int, int | str | None] = {}
    ids_read: list[int] = []
    for number, batch in enumerate(ranges.side_by_side(threads, spare)):
        if number == stop:
            break
        merged[batch.key] = batch.after
        ids_read += ids_of([batch])
    left = ranges.remaining(whole_numbers(merged))
    again = ranges_over(Pages(ids, size), pending=pending(left))
    ids_read += ids_of(again.side_by_side(4, spare=0))
    assert Counter(ids_read) == Counter(ids)


@given(IDS, st.lists(st.integers(1, 6), min_size=1, max_size=6))
@settings(max_examples=30)
def test_resuming_time_and_again_comes_to_an_end(ids: list[int], stops: list[int]) -> None:
    ranges = ranges_over(Pages(ids), 4)
    ids_read: list[int] = []
    for stop in [*stops, 10**9]:
        merged: dict[int, int | str | None] = {}
        for number, batch in enumerate(ranges.side_by_side(3, spare=2), start=1):
            merged[batch.key] = batch.after
            ids_read += ids_of([batch])
            if number == stop:
                break
        left = ranges.remaining(whole_numbers(merged))
        if not left:
            break
        ranges = ranges_over(Pages(ids), pending=pending(left))
    assert Counter(ids_read) == Counter(ids)


def whole_numbers(merged: dict[int, int | str | None]) -> dict[int, int | None]:
    assert not any(isinstance(after, str) for after in merged.values())
    return {key: after for key, after in merged.items() if not isinstance(after, str)}


def test_nothing_remains_once_all_is_merged() -> None:
    ranges = ranges_over(Pages(DENSE), 3)
    merged = {batch.key: batch.after for batch in ranges.side_by_side(3, spare=0)}
    assert ranges.remaining(whole_numbers(merged)) == []


def test_all_remains_while_nothing_is_merged() -> None:
    ranges = ranges_over(Pages(DENSE), 3)
    list(ranges.side_by_side(3, spare=0))
    assert ranges.remaining({}) == [[0, 66, 0], [66, 132, 0], [132, None, 0]]


# -- errors ---------------------------------------------------------------------------------------


def test_what_a_reader_raises_comes_after_what_was_read_before_it() -> None:
    def fail(pages: Pages) -> None:
        if pages.reads > 10:
            raise UnexpectedAnswer("no")

    ranges = ranges_over(Pages(range(1, 100), before=fail))
    batches = ranges.side_by_side(1, spare=0)
    assert ids_of(next(batches) for _ in range(10)) == list(range(1, 31))
    with pytest.raises(UnexpectedAnswer):
        next(batches)


# -- how many -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "splits", "expected"),
    [
        (0.3, 12, 8),
        (0.05, 12, 3),
        (0.0, 12, 1),
        (0.3, 2, 3),
        (0.3, 0, 1),
        (100.0, 10**9, WIDEST),
    ],
)
def test_as_many_ranges_as_fill_the_rate_and_the_cost_allows(
    seconds: float, splits: int, expected: int
) -> None:
    assert width(seconds, 19.0, splits) == expected
