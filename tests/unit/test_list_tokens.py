"""Whatever a list's page tokens are, it is read whole, and side by side where ids are tokens."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubspot_ingest.errors import HubSpotRefused
from hubspot_ingest.hubspot import requests
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.extract.extraction import CHAIN, Extraction
from hubspot_ingest.inbound.plan.plan import Plan
from hubspot_ingest.times import iso
from tests.builders import NOW, Shelf
from tests.readings import DENSE, LIST, SEARCH, SKEWED, SPARSE, WIDE, ids_of, read, stopped_after

Token = Callable[[int, int], str]
# HubSpot's own tokens are the last id + 1; a portal whose tokens are the next record's would do
TOKENS: dict[str, Token] = {
    "last id + 1": lambda last, _following: str(last + 1),
    "next id": lambda _last, following: str(following),
}
OPAQUE: dict[str, tuple[Token, Callable[[str], int]]] = {
    # no number at all
    "text": (lambda _, following: f"NTI1{following:x}==", lambda token: int(token[4:-2], 16)),
    # a number that is no id
    "place": (lambda _, following: str(following * 1_000), lambda token: int(token) // 1_000),
    # the last id seen, so that asking by id skips one where ids are dense
    "last": (lambda last, _following: str(last), lambda token: int(token) + 1),
}
ONE_IN_FIFTY = range(1_000_007, 1_000_007 + 20_000 * 50, 50)
# the last but two of each page
MIDST = ONE_IN_FIFTY[97::100]


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize("ids", [DENSE, ONE_IN_FIFTY, SPARSE, SKEWED])
def test_a_list_is_read_side_by_side_whether_or_not_its_tokens_name_records(
    token: Token, ids: Iterable[int]
) -> None:
    shelf = Shelf(ids, latency_ms=300, token=token)
    batches = [*Extraction(shelf.fetch, LIST, shelf.clock).batches()]
    assert Counter(ids_of(batches)) == Counter(shelf.ids)
    assert len({batch.key for batch in batches}) > 2


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_that_ids_work_as_tokens_costs_no_page_of_a_list_that_is_not_cut(token: Token) -> None:
    shelf = Shelf(ONE_IN_FIFTY[:450], token=token, latency_ms=300)
    assert read(shelf, LIST) == shelf.ids
    assert [request.method for request in shelf.asked].count("GET") == 5


def test_that_ids_work_as_tokens_is_shown_by_an_id_that_names_no_record() -> None:
    shelf = Shelf(ONE_IN_FIFTY, latency_ms=300)
    read(shelf, LIST)
    starts = {dict(request.query).get("after") for request in shelf.asked}
    assert starts & {str(id + 1) for id in MIDST}


def test_records_that_go_while_ids_are_shown_to_work_do_not_matter() -> None:
    removed: list[int] = []

    def go(shelf: Shelf, _number: int) -> None:
        after = dict(shelf.asked[-1].query).get("after")
        # of the first pages: ranges that begin farther on may begin so, too
        if not removed and after is not None and int(after) - 1 in MIDST[:5]:
            removed.append(int(after) + 49)
            shelf.remove(removed[0])

    shelf = Shelf(ONE_IN_FIFTY, latency_ms=300, before=go)
    batches = [*Extraction(shelf.fetch, LIST, shelf.clock).batches()]
    # it was read before it went
    assert Counter(ids_of(batches)) == Counter(ONE_IN_FIFTY)
    assert removed
    assert len({batch.key for batch in batches}) > 2


@pytest.mark.parametrize("plan", [LIST, WIDE], ids=["list", "wide"])
@pytest.mark.parametrize("tokens", OPAQUE)
@pytest.mark.parametrize("ids", [range(1, 1_001), ONE_IN_FIFTY[:1_000]], ids=["dense", "sparse"])
def test_where_ids_are_no_tokens_the_list_is_read_by_its_tokens(
    plan: Plan, tokens: str, ids: Iterable[int]
) -> None:
    token, place = OPAQUE[tokens]
    shelf = Shelf(ids, token=token, place=place)
    assert Counter(read(shelf, plan)) == Counter(shelf.ids)
    assert max(len(request.target) for request in shelf.asked) < requests.URL_LIMIT
    first = [request for request in shelf.asked if "after" not in dict(request.query)]
    assert len([request for request in first if request.method == "GET"]) == 1


@pytest.mark.parametrize("tokens", OPAQUE)
@pytest.mark.parametrize("count", [1_000, 5_000])
def test_where_ids_are_no_tokens_a_cut_beside_the_first_page_does_not_matter(
    tokens: str, count: int
) -> None:
    token, place = OPAQUE[tokens]
    shelf = Shelf(range(1, count + 1), token=token, place=place)
    batches = Extraction(shelf.fetch, LIST, shelf.clock, pace=0.3).batches()
    assert Counter(ids_of(batches)) == Counter(shelf.ids)


def test_a_hubspot_that_refuses_ids_as_tokens_is_read_by_its_tokens() -> None:
    shelf = Shelf(ONE_IN_FIFTY[:1_000])

    def fetch(request: Request, parse: Callable[[Any], Any], /) -> Any:
        after = dict(request.query).get("after")
        if after is not None and int(after) - 1 not in ONE_IN_FIFTY[99::100]:
            raise HubSpotRefused("Invalid 'after' cursor")
        return shelf.fetch(request, parse)

    batches = [*Extraction(fetch, LIST, shelf.clock).batches()]
    assert Counter(ids_of(batches)) == Counter(shelf.ids)


@pytest.mark.parametrize("tokens", [*OPAQUE, *TOKENS])
@pytest.mark.parametrize("batches", [1, 2, 4, 10_000])
@pytest.mark.parametrize("ids", [range(1, 1_001), ONE_IN_FIFTY[:1_000]], ids=["dense", "sparse"])
def test_a_list_can_be_taken_up_again_whatever_its_tokens_are(
    tokens: str, batches: int, ids: Iterable[int]
) -> None:
    token, place = OPAQUE[tokens] if tokens in OPAQUE else (TOKENS[tokens], int)
    ids_read, left = stopped_after(Shelf(ids, token=token, place=place), LIST, batches)
    if left is not None:
        assert isinstance(left, dict)
        ids_read += read(Shelf(ids, token=token, place=place), LIST, left)
    assert Counter(ids_read) == Counter(ids)


def test_nothing_merged_of_a_list_that_is_read_by_its_tokens_leaves_all_of_it() -> None:
    token, place = OPAQUE["text"]
    reading = Extraction(
        (shelf := Shelf(range(1, 1_001), token=token, place=place)).fetch, LIST, shelf.clock
    )
    list(reading.batches())
    assert reading.remaining({}) == {"token": None}


def test_a_list_that_is_taken_up_again_at_its_last_page_is_not_begun_anew() -> None:
    token, place = OPAQUE["place"]
    ids_read, left = stopped_after(
        Shelf(range(10, 110), page=37, token=token, place=place), LIST, 1
    )
    assert isinstance(left, dict)
    ids_read += read(Shelf(range(10, 110), token=token, place=place), LIST, left)
    assert Counter(ids_read) == Counter(range(10, 110))


def test_ranges_that_turn_out_not_to_be_readable_leave_what_they_had() -> None:
    shelf = Shelf(range(1, 1_001))
    first_is_read = threading.Event()

    def fetch(request: Request, parse: Callable[[Any], Any], /) -> Any:
        after = dict(request.query).get("after")
        if after == "601":
            first_is_read.set()
        if after == "101":
            assert first_is_read.wait(20)
            # not in order of id
            return parse({"results": [_record(110), _record(109)]})
        return shelf.fetch(request, parse)

    unread_range = [100, 300, 200]
    left = {"ranges": [[500, None, 500], unread_range]}
    reading = Extraction(fetch, LIST, shelf.clock, left)
    merged: dict[int, int | str | None] = {}
    for batch in reading.batches():
        if batch.key == CHAIN:
            break
        merged[batch.key] = batch.after

    remaining = reading.remaining(merged) or {}

    ranges = remaining.get("ranges")
    assert isinstance(ranges, list)
    assert unread_range in ranges


def _record(id: int) -> dict[str, Any]:
    return {"id": str(id), "properties": {}, "createdAt": iso(NOW), "updatedAt": iso(NOW)}


# -- all at once ----------------------------------------------------------------------------------

CLUMPS = st.lists(
    st.tuples(
        st.sampled_from([10, 10**4, 10**9, 10**11]), st.integers(100, 2_500), st.integers(1, 50)
    ),
    min_size=1,
    max_size=4,
).map(
    lambda clumps: sorted({start + n * step for start, count, step in clumps for n in range(count)})
)


@pytest.mark.parametrize("plan", [LIST, SEARCH], ids=["list", "search"])
@given(
    CLUMPS,
    st.sampled_from([*TOKENS, *OPAQUE]),
    st.sampled_from([37, 100, 200]),
    st.sampled_from([int, lambda skip: skip // 2, lambda _: 0]),
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 10**4)), max_size=40),
    st.integers(1, 80),
)
@settings(max_examples=25, deadline=None)
def test_every_record_that_stays_is_read_once_whatever_happens(
    plan: Plan,
    ids: list[int],
    tokens: str,
    page: int,
    skipping: Callable[[int], int],
    changes: list[tuple[int, int]],
    batches: int,
) -> None:
    token, place = OPAQUE[tokens] if tokens in OPAQUE else (TOKENS[tokens], int)
    leaving = {ids[where % len(ids)] for _, where in changes[::2]}

    def change(shelf: Shelf, number: int) -> None:
        for odd, (when, where) in enumerate(changes):
            id = ids[where % len(ids)]
            if when == number and odd % 2:
                # new records have the highest ids
                shelf.add(max([*shelf.ids, ids[-1]]) + 1 + where % 60)
            elif when == number and id in shelf.ids:
                shelf.remove(id)

    def a_shelf(there: Iterable[int]) -> Shelf:
        return Shelf(
            there, latency_ms=300, page=page, token=token, place=place, skipping=skipping,
            before=change,
        )  # fmt: skip

    shelf = a_shelf(ids)
    ids_read, left = stopped_after(shelf, plan, batches)
    if left is not None:
        assert isinstance(left, dict)
        ids_read += read(Shelf(shelf.ids, token=token, place=place), plan, left)
    counted = Counter(ids_read)
    assert {id for id in ids if id not in leaving} <= set(counted)
    assert max(counted.values()) == 1
