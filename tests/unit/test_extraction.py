from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_ingest.errors import DailyLimitReached, HubSpotRefused, UnexpectedAnswer
from hubspot_ingest.hubspot import requests
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.extract import cuts, page_readers
from hubspot_ingest.inbound.extract.extraction import Extraction
from hubspot_ingest.inbound.extract.id_ranges import Ranges
from hubspot_ingest.inbound.plan.plan import Plan
from tests.builders import MINUTE, NOW, Shelf, a_plan
from tests.readings import (
    CLUMPY,
    DENSE,
    LIST,
    SEARCH,
    SKEWED,
    SPARSE,
    WAYS,
    WIDE,
    ids_of,
    pages_in_turns,
    read,
    stopped_after,
)

# -- all of it ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "ids"),
    [
        (LIST, DENSE),
        (LIST, SPARSE),
        (LIST, SKEWED),
        (SEARCH, SPARSE),
        (SEARCH, SKEWED),
        (WIDE, SKEWED),
    ],
)
def test_every_record_is_read_once_and_side_by_side(plan: Plan, ids: Iterable[int]) -> None:
    shelf = Shelf(ids, latency_ms=300)
    assert Counter(read(shelf, plan)) == Counter(shelf.ids)


@WAYS
@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 199, 200, 201, 500, 501, 1_100])
def test_few_records_are_read_one_page_after_the_other(plan: Plan, count: int) -> None:
    assert read(Shelf(range(5, 5 + count)), plan) == list(range(5, 5 + count))


@WAYS
def test_pages_that_are_shorter_than_asked_for_are_not_taken_for_the_end(plan: Plan) -> None:
    shelf = Shelf(range(1, 300), page=7)
    assert read(shelf, plan) == shelf.ids


def test_a_list_costs_hardly_more_than_its_pages() -> None:
    shelf = Shelf(range(1, 60_001), latency_ms=300)
    read(shelf, LIST)
    assert len(shelf.asked) <= 600 * 1.02


@pytest.mark.parametrize("count", [0, 1, 100, 101, 3_000, 3_350, 30_000])
def test_where_answers_are_known_to_be_slow_a_list_is_cut_beside_its_first_page(count: int) -> None:
    shelf = Shelf(CLUMPY[:count], latency_ms=300)
    batches = Extraction(shelf.fetch, LIST, shelf.clock, pace=0.3).batches()
    assert Counter(ids_of(batches)) == Counter(shelf.ids)
    assert {request.path.endswith("/search") for request in shelf.asked[:2]} == {True, False}
    assert len(shelf.asked) <= max(1, math.ceil(count / 100)) * 1.02 + 1


def test_a_search_costs_hardly_more_than_its_pages() -> None:
    shelf = Shelf(range(1, 60_001), latency_ms=300)
    read(shelf, SEARCH)
    assert len(shelf.asked) <= 300 * 1.02


def test_a_search_that_finds_nothing_is_one_request() -> None:
    shelf = Shelf([])
    assert read(shelf, SEARCH) == []
    assert len(shelf.asked) == 1


def test_an_empty_list_is_one_request() -> None:
    shelf = Shelf([])
    assert read(shelf, LIST) == []
    assert len(shelf.asked) == 1


@pytest.mark.parametrize("plan", [LIST, SEARCH], ids=["list", "search"])
@pytest.mark.parametrize(
    "skipping", [lambda _: 0, lambda skip: skip // 3, lambda skip: skip and 10**9]
)
def test_where_the_search_skips_something_else_nothing_is_missed(
    plan: Plan, skipping: Callable[[int], int]
) -> None:
    shelf = Shelf(CLUMPY, latency_ms=300, skipping=skipping)
    assert Counter(read(shelf, plan)) == Counter(CLUMPY)


def test_a_search_in_one_range_is_never_paged_by_offset() -> None:
    shelf = Shelf(range(1, 12_001))
    assert len(read(shelf, SEARCH)) == 12_000
    assert not any("after" in body(request) for request in shelf.asked)


SIZES = pytest.mark.parametrize(
    ("plan", "size"), [(LIST, 100), (SEARCH, 200)], ids=["list", "search"]
)


@SIZES
@pytest.mark.parametrize("count", [5_000, 6_789, 30_000])
def test_reading_in_ranges_costs_two_percent_of_the_pages_whichever_reader_is_slow(
    plan: Plan, size: int, count: int
) -> None:
    shelf = Shelf(CLUMPY[:count], latency_ms=300)
    assert Counter(read(shelf, plan)) == Counter(shelf.ids)
    assert len(shelf.asked) <= math.ceil(count / size) * 1.02 + 1


@SIZES
@pytest.mark.parametrize("count", [5_000, 6_789, 30_000])
@pytest.mark.parametrize("readers", [2, 3, 8])
def test_readers_of_one_speed_share_out_the_records(
    plan: Plan, size: int, count: int, readers: int
) -> None:
    shelf = Shelf(CLUMPY[:count])
    ranges = Ranges(
        page_readers.page_reader(shelf.fetch, plan), cuts.cutter(shelf.fetch, plan), lambda: 0
    )
    ranges.add(0, None, count)
    spare = math.ceil(count / size) // 50 + readers - 1
    ranges.share_out(readers, spare)
    pages = pages_in_turns(ranges, readers)
    assert len(shelf.asked) <= math.ceil(count / size) + spare
    assert max(pages) <= 1.1 * sum(pages) / readers + 6


def test_a_long_list_is_cut_from_both_ends_at_once() -> None:
    shelf = Shelf(CLUMPY)
    in_front, at_end = threading.Event(), threading.Event()

    def fetch(request: Request, parse: Callable[[Any], Any], /) -> Any:
        if request.path.endswith("/search"):
            descending = body(request)["sorts"][0]["direction"] == "DESCENDING"
            begun, other = (at_end, in_front) if descending else (in_front, at_end)
            begun.set()
            assert other.wait(20)
        return shelf.fetch(request, parse)

    pending = [(0, None, len(CLUMPY))]
    ranges = Ranges(
        page_readers.page_reader(fetch, LIST), cuts.cutter(fetch, LIST), lambda: 0, pending
    )
    batches = [*ranges.side_by_side(4, spare=3)]
    assert Counter(ids_of(batches)) == Counter(CLUMPY)
    assert len({batch.key for batch in batches}) == 4


def test_a_list_whose_search_is_refused_is_read_in_one_range() -> None:
    shelf = Shelf(CLUMPY, latency_ms=300)

    def fetch(request: Request, parse: Callable[[Any], Any], /) -> Any:
        if request.path.endswith("/search"):
            raise HubSpotRefused("no search here")
        return shelf.fetch(request, parse)

    assert ids_of(Extraction(fetch, LIST, shelf.clock).batches()) == CLUMPY


def test_a_cut_that_fails_does_not_end_the_reading_of_a_list_that_needs_none() -> None:
    shelf, failed = Shelf(range(1, 51)), threading.Event()

    def fetch(request: Request, parse: Callable[[Any], Any], /) -> Any:
        if request.path.endswith("/search"):
            failed.set()
            raise DailyLimitReached("the requests of the day are used up")
        assert failed.wait(20)
        return shelf.fetch(request, parse)

    extraction = Extraction(fetch, LIST, shelf.clock, pace=0.3)
    assert ids_of(extraction.batches()) == shelf.ids


def body(request: Request) -> dict[str, Any]:
    assert isinstance(request.body, dict)
    return request.body


def test_the_id_range_and_the_window_are_in_every_group() -> None:
    filtered = {
        "filter_groups": [
            {"filters": [{"propertyName": "email", "operator": "EQ", "value": "a"}]},
            {"filters": [{"propertyName": "email", "operator": "EQ", "value": "b"}]},
        ]
    }
    plan = a_plan(filtered, settled_through=NOW - MINUTE)
    shelf = Shelf(range(1, 20_001), latency_ms=300)
    read(shelf, plan)
    newest, *pages = shelf.asked
    assert [*body(newest)["sorts"]] != [*body(pages[0])["sorts"]]
    for request in pages:
        names = [
            [part["propertyName"] for part in group["filters"]]
            for group in body(request)["filterGroups"]
        ]
        assert names == [["email", "lastmodifieddate", "hs_object_id"]] * 2


def test_wide_reading_asks_for_no_url_that_is_too_long() -> None:
    shelf = Shelf(range(1, 301))
    read(shelf, WIDE)
    assert max(len(request.target) for request in shelf.asked) < requests.URL_LIMIT
    batches = [request for request in shelf.asked if request.path.endswith("/batch/read")]
    assert [len(body(request)["inputs"]) for request in batches] == [100, 100, 100]
    assert all(body(request)["properties"] == list(WIDE.properties) for request in batches)


def test_a_record_that_goes_between_its_id_and_its_values_is_left_out() -> None:
    def go(shelf: Shelf, number: int) -> None:
        if number == 2:
            shelf.remove(5)

    assert read(Shelf(range(1, 11), before=go), WIDE) == [1, 2, 3, 4, 6, 7, 8, 9, 10]


# -- records that come and go ---------------------------------------------------------------------


@WAYS
@given(
    st.lists(st.integers(1, 2_000), unique=True, min_size=50, max_size=200),
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 2_000)), max_size=30),
    st.integers(3, 20),
)
@settings(max_examples=40)
def test_what_was_there_all_along_is_read_whatever_comes_and_goes(
    plan: Plan, ids: list[int], changes: list[tuple[int, int]], page: int
) -> None:
    staying = set(ids) - {id for _, id in changes}

    def change(shelf: Shelf, number: int) -> None:
        for when, id in changes:
            if when == number and id in shelf.ids:
                shelf.remove(id)
            elif when == number:
                shelf.add(id)

    assert staying <= set(read(Shelf(ids, page=page, before=change), plan))


def read_while_some_go(plan: Plan) -> tuple[set[int], list[int]]:
    """The ids that stay while others go, and all that were read."""
    left_ids = set(range(1, 25_001, 97))
    staying = set(DENSE) - left_ids

    def go(shelf: Shelf, _number: int) -> None:
        for id in (id for id in [*left_ids][:4] if id in shelf.ids):
            left_ids.discard(id)
            shelf.remove(id)

    return staying, read(Shelf(DENSE, latency_ms=300, before=go), plan)


@WAYS
def test_records_that_go_while_they_are_read_side_by_side_hide_no_others(plan: Plan) -> None:
    staying, ids_read = read_while_some_go(plan)
    assert staying <= set(ids_read)


def test_a_search_side_by_side_reads_no_record_twice_while_others_go() -> None:
    _, ids_read = read_while_some_go(SEARCH)
    assert max(Counter(ids_read).values()) == 1


# -- stop and resume ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "batches"),
    [
        (LIST, 1),
        (LIST, 5),
        (LIST, 7),
        (LIST, 60),
        (SEARCH, 1),
        (SEARCH, 2),
        (SEARCH, 60),
        (WIDE, 60),
    ],
)
def test_resuming_from_any_merge_reads_everything_else(plan: Plan, batches: int) -> None:
    ids_read, left = stopped_after(Shelf(SKEWED, latency_ms=300), plan, batches)
    assert isinstance(left, dict)
    ids_read += read(Shelf(SKEWED, latency_ms=300), plan, left)
    assert Counter(ids_read) == Counter(SKEWED)


@WAYS
@given(st.lists(st.integers(1, 10**17), unique=True, max_size=120), st.integers(1, 40))
@settings(max_examples=40)
def test_resuming_a_small_reading_reads_everything_else(
    plan: Plan, ids: list[int], batches: int
) -> None:
    ids_read, left = stopped_after(Shelf(ids, page=5), plan, batches)
    if left is not None:
        assert isinstance(left, dict)
        ids_read += read(Shelf(ids, page=5), plan, left)
    assert Counter(ids_read) == Counter(ids)


@pytest.mark.parametrize("plan", [LIST, SEARCH], ids=["list", "search"])
def test_nothing_remains_of_a_reading_that_was_merged_whole(plan: Plan) -> None:
    assert stopped_after(Shelf(DENSE, latency_ms=300), plan, 10**9)[1] is None


# -- answers that would lose records --------------------------------------------------------------


class Saying:
    """A HubSpot that answers a list in its own way: ``answer`` from the token asked for."""

    def __init__(self, answer: Callable[[str | None], dict[str, Any]]) -> None:
        self.answer = answer
        self.asked = 0

    def fetch(self, request: Request, parse: Callable[[Any], Any], /) -> Any:
        self.asked += 1
        assert self.asked < 50, "reading goes round for ever"
        return parse(self.answer(dict(request.query).get("after")))

    def refusal(self, plan: Plan = LIST) -> str:
        with pytest.raises(UnexpectedAnswer) as refused:
            list(Extraction(self.fetch, plan, Shelf([]).clock).batches())
        return refused.value.message


def a_page(*ids: int, after: str | None = None) -> dict[str, Any]:
    results = [{"id": str(id), "properties": {}} for id in ids]
    return {"results": results} | ({"paging": {"next": {"after": after}}} if after else {})


def test_the_same_page_token_twice_is_refused() -> None:
    hubspot = Saying(lambda token: a_page(1 if token is None else 2, after="x"))
    assert "x" in hubspot.refusal()


def test_page_tokens_that_go_round_are_refused() -> None:
    following = {None: "a", "a": "b", "b": "c", "c": "a"}
    ids = {None: 1, "a": 2, "b": 3, "c": 4}
    hubspot = Saying(lambda token: a_page(ids[token], after=following[token]))
    assert "for ever" in hubspot.refusal()


@pytest.mark.parametrize("ids", [(1, 3, 2), (1, 2, 2)])
def test_a_page_of_a_search_that_does_not_ascend_is_refused(ids: Sequence[int]) -> None:
    assert "ascending order" in Saying(lambda _: a_page(*ids)).refusal(SEARCH)


@pytest.mark.parametrize("ids", [(1, 3, 2), (1, 2, 2)])
def test_a_list_that_does_not_ascend_is_read_by_its_tokens(ids: Sequence[int]) -> None:
    pages = {None: a_page(*ids, after="x"), "x": a_page(5, 4)}
    batches = Extraction(Saying(pages.__getitem__).fetch, LIST, Shelf([]).clock).batches()
    assert ids_of(batches) == [*ids, 5, 4]


@pytest.mark.parametrize("tokens", [("4", "9"), ("a", "b")], ids=["ids", "no ids"])
def test_an_empty_page_that_says_more_follows_is_no_end(tokens: Sequence[str]) -> None:
    first, second = tokens
    pages = {None: a_page(after=first), first: a_page(after=second), second: a_page(11, 12)}
    batches = Extraction(Saying(pages.__getitem__).fetch, LIST, Shelf([]).clock).batches()
    assert ids_of(batches) == [11, 12]


def test_an_empty_page_with_the_token_that_was_asked_for_is_refused() -> None:
    assert "for ever" in Saying(lambda _: a_page(after="5")).refusal()


def test_a_page_of_records_before_the_one_asked_for_is_refused() -> None:
    shelf = Shelf([])

    def fetch(_request: Request, parse: Callable[[Any], Any], /) -> Any:
        return parse(a_page(3, 4))

    with pytest.raises(UnexpectedAnswer):
        page_readers.page_reader(fetch, LIST)(10, None)
    assert shelf.asked == []
