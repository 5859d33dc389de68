"""What HubSpot says of further pages, in every spelling, and what it does not say."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import pytest

from hubspot_ingest.catalog.stream import (
    AfterPaging,
    ItemStream,
    OffsetPaging,
    Only,
    PerParent,
    TimeWindow,
)
from hubspot_ingest.database.columns import Column, Type
from hubspot_ingest.errors import HubSpotRefused, NotAnswered, UnexpectedAnswer
from hubspot_ingest.hubspot.record_pages import after_token, flag
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.items import partitions
from hubspot_ingest.inbound.items.extraction import ItemExtraction
from hubspot_ingest.inbound.items.item_requests import Partition
from hubspot_ingest.inbound.items.json_paths import items
from hubspot_ingest.inbound.items.rows import ItemRows
from tests.builders import query_of

Answer = TypeVar("Answer")

THINGS = ItemStream(
    "things",
    path="/things",
    paging=AfterPaging(2),
    columns=(Column("ID", Type.TEXT, "id"),),
    deleted="archived",
    missing_kind="PURGED",
)
OFFSETS = replace(THINGS, paging=OffsetPaging(2))
CHILDREN = replace(THINGS, path="/{id}")
PAIR = [{"id": "1"}, {"id": "2"}]
MORE = {"paging": {"next": {"after": "2"}}}


class Script:
    """Answers with what it was given, one after the other, whatever is asked."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[Request] = []

    def fetch(self, request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return parse(answer)


def ids(stream: ItemStream, *answers: Any) -> list[str]:
    pages = partitions.pages(Script(*answers).fetch, stream, Partition())
    return [item[0]["id"] for page in pages for item in page.items]


def children(*answers: Any) -> tuple[ItemExtraction, list[str]]:
    """What is read of three parents, one answer after the other."""
    parts = [Partition(name, ({"id": name},)) for name in "abc"]
    script = Script(*answers)

    def fetch(request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        answer = script.answers["abc".index(request.path[-1])]
        if isinstance(answer, Exception):
            raise answer
        return parse(answer)

    extraction = ItemExtraction(fetch, CHILDREN, parts)
    batches = extraction.batches()
    return extraction, [item[0]["id"] for batch in batches for item in batch.items]


# -- tokens --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"paging": {}},
        {"paging": None},
        {"paging": {"next": None}},
        {"paging": {"next": {"after": None, "link": None}}},
        {"paging": {"next": {"after": "", "link": ""}}},
        {"paging": []},
    ],
)
def test_a_last_page_is_one_without_a_token_however_that_is_spelled(answer: Any) -> None:
    assert after_token(answer) is None


@pytest.mark.parametrize(
    ("following", "token"),
    [
        ({"after": 256}, "256"),
        ({"after": "256", "link": "link_to_the_next_page"}, "256"),
        ({"link": "https://api.hubapi.com/things?limit=2&after=MQ%3D%3D"}, "MQ=="),
        ({"after": None, "link": "?after=3"}, "3"),
    ],
)
def test_a_token_stands_in_after_or_else_in_the_link(following: Any, token: str) -> None:
    assert after_token({"paging": {"next": following}}) == token


def test_a_link_that_names_no_token_is_no_end() -> None:
    with pytest.raises(UnexpectedAnswer, match="there is a next page"):
        after_token({"paging": {"next": {"link": "https://api.hubapi.com/things?page=2"}}})


def test_more_without_an_offset_is_no_end() -> None:
    with pytest.raises(UnexpectedAnswer, match="not at which offset"):
        ids(OFFSETS, {"results": PAIR, "hasMore": True})


def test_no_more_may_be_said_in_text() -> None:
    last = {"results": PAIR, "hasMore": "false", "offset": "2"}
    assert ids(OFFSETS, last) == ["1", "2"]


def test_a_list_that_was_one_answer_is_followed_when_it_gets_pages() -> None:
    single = replace(THINGS, paging=None)
    script = Script({"results": PAIR, **MORE}, {"results": [{"id": "3"}]})
    pages = [*partitions.pages(script.fetch, single, Partition())]
    assert [len(page.items) for page in pages] == [2, 1]
    assert query_of(script.asked[1])["after"] == "2"


@pytest.mark.parametrize(
    ("value", "meaning"),
    [(True, True), ("true", True), ("2026-01-01T00:00:00Z", True), (1_700_000_000_000, True)]
    + [(value, False) for value in (None, False, "false", "False", "0", 0, "")],
)
def test_yes_and_no_come_as_text_too(value: object, *, meaning: bool) -> None:
    assert flag(value) is meaning


def test_an_item_that_is_archived_false_in_text_is_not_deleted() -> None:
    staged, _ = ItemRows(THINGS).staged([({"id": "1", "archived": "false"},)])
    assert staged["_DELETE_KIND"] == [None]


# -- what HubSpot does not say -------------------------------------------------------------------


def test_a_full_page_without_a_token_is_asked_for_again() -> None:
    """A proxy or a fault may lose ``paging``; what comes after would be lost for good."""
    assert ids(
        THINGS, {"results": PAIR}, {"results": PAIR, **MORE}, {"results": [{"id": "3"}]}
    ) == [
        "1",
        "2",
        "3",
    ]


def test_a_full_page_that_says_it_is_the_last_is_asked_for_once() -> None:
    assert ids(OFFSETS, {"results": PAIR, "hasMore": False}) == ["1", "2"]


def test_empty_pages_with_ever_new_tokens_come_to_an_end() -> None:
    count = itertools.count()

    def fetch(_request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        return parse({"results": [], "paging": {"next": {"after": str(next(count))}}})

    with pytest.raises(UnexpectedAnswer, match="in a row with nothing new"):
        list(partitions.pages(fetch, THINGS, Partition()))
    assert next(count) <= partitions.MOST_IDLE_PAGES + 1


def test_pages_of_what_the_stream_leaves_out_are_read_to_the_end() -> None:
    count = 2 * partitions.MOST_IDLE_PAGES
    others = [{"id": str(n), "kind": "other"} for n in range(2)]
    answers = [
        {"results": others, "paging": {"next": {"after": str(n)}}} for n in range(1, count + 1)
    ]
    stream = replace(THINGS, only=Only("kind", ("mine",)))
    assert ids(stream, *answers, {"results": [{"id": "last", "kind": "mine"}]}) == ["last"]


@pytest.mark.parametrize("answer", [None, {"results": None}])
def test_no_content_is_no_item_and_shows_nothing_missing(answer: Any) -> None:
    extraction = ItemExtraction(Script(answer, answer).fetch, THINGS, [Partition()])
    assert [batch.items for batch in extraction.batches() if batch.items] == []
    assert extraction.whole == set()


@pytest.mark.parametrize("answer", [None, {"results": None}])
def test_parents_listed_without_content_are_not_taken_for_none(answer: Any) -> None:
    stream = replace(CHILDREN, parents=PerParent(THINGS))
    with pytest.raises(UnexpectedAnswer, match="without content"):
        partitions.parents(Script(answer, answer).fetch, stream)


# -- one parent among others ---------------------------------------------------------------------


@pytest.mark.parametrize("answer", [{"status": "error"}, [], "text"])
def test_what_cannot_be_read_of_one_parent_does_not_keep_the_others_back(answer: Any) -> None:
    extraction, found = children({"results": PAIR[:1]}, answer, {"results": PAIR[1:]})
    assert found == ["1", "2"]
    assert ({*extraction.refused}, extraction.whole) == ({"b"}, {"a", "c"})


@pytest.mark.parametrize("status", [404, 410])
def test_a_parent_that_hubspot_does_not_know_shows_nothing_missing(status: int) -> None:
    """It may have been deleted since it was listed: then the next list does not show it."""
    gone = HubSpotRefused("no", status)
    extraction, found = children({"results": PAIR[:1]}, gone, {"results": []})
    assert (found, extraction.refused) == (["1"], {})
    assert extraction.whole == {"a", "c"}
    assert extraction.unread == {"b"}, "it is asked for again from where it was left"


def test_parents_of_whom_none_is_known_are_a_refusal() -> None:
    gone = HubSpotRefused("no such path", 404)
    with pytest.raises(HubSpotRefused, match="no such path"):
        children(gone, gone, gone)


def test_parents_of_whom_nothing_but_empty_pages_came_fail_together() -> None:
    empty = {"results": [], **MORE}
    with pytest.raises(UnexpectedAnswer, match="twice"):
        children(empty, empty, empty)


def test_a_parent_that_is_never_answered_does_not_keep_the_others_back() -> None:
    failing = NotAnswered("500")
    extraction, found = children({"results": PAIR[:1]}, failing, {"results": PAIR[1:]})
    assert found == ["1", "2"]
    assert ({*extraction.refused}, extraction.whole) == ({"b"}, {"a", "c"})


def test_parents_of_whom_none_is_answered_fail_together() -> None:
    failing = NotAnswered("500")
    with pytest.raises(NotAnswered):
        children(failing, failing, failing)


def windows(*unanswered: int, count: int = 40) -> tuple[list[int], ItemExtraction]:
    """Which of a parent's windows HubSpot was asked for, and what was read of them."""
    asked: list[int] = []

    def fetch(request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        number = int(query_of(request)["to"])
        asked.append(number)
        if number in unanswered:
            raise NotAnswered("500")
        return parse({"results": [{"id": str(number)}]})

    stream = replace(CHILDREN, window=TimeWindow("from", "to"))
    parts = [Partition("a", ({"id": "a"},), start=n, end=n + 1) for n in range(count)]
    return asked, ItemExtraction(fetch, stream, parts)


def test_the_windows_after_one_that_is_never_answered_are_read() -> None:
    asked, extraction = windows(20)
    items = [item for batch in extraction.batches() for item in batch.items]
    assert (len(asked), len(items), extraction.unread) == (40, 39, {"a"})


def test_a_parent_of_whom_no_window_is_answered_is_not_asked_for_all_of_them() -> None:
    asked, extraction = windows(*range(41))
    with pytest.raises(NotAnswered):
        list(extraction.batches())
    assert len(asked) < 15


def test_what_is_out_of_order_for_all_parents_is_not_waited_for_with_each() -> None:
    asked: list[str] = []

    def fetch(request: Request, _parse: Callable[[Any], Answer], /) -> Answer:
        asked.append(request.path)
        raise NotAnswered("500")

    parts = [Partition(f"{n:03}", ({"id": f"{n:03}"},)) for n in range(200)]
    with pytest.raises(NotAnswered):
        list(ItemExtraction(fetch, CHILDREN, parts).batches())
    assert len(asked) < 40


def test_an_item_without_the_list_within_it_is_not_taken_for_one_of_an_empty_list() -> None:
    stream = replace(THINGS, items="results.stages")
    answer = {"results": [{"id": "p", "stages": [{"id": "s"}]}, {"id": "q"}]}
    with pytest.raises(UnexpectedAnswer, match="lacks the list 'stages'"):
        items(stream, answer, ())


@pytest.mark.parametrize("within", [None, []], ids=["null", "empty"])
def test_a_list_within_an_item_may_be_empty_or_null(within: object) -> None:
    stream = replace(THINGS, items="results.options")
    assert items(stream, {"results": [{"id": "p", "options": within}]}, ()) == []
