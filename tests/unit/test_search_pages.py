"""A search page that is short or empty where there are records ends nothing and hides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.plan.plan import Plan
from tests.builders import Shelf
from tests.readings import SEARCH, extraction, ids_of


class Odd:
    """A HubSpot whose searches are answered in an odd way: ``change`` gets each answer's number."""

    def __init__(self, ids: range, change: Callable[[int, dict[str, Any]], None]) -> None:
        self.shelf = Shelf(ids)
        self.change = change
        self.asked = 0

    def fetch(self, request: Request, parse: Callable[[Any], Any], /) -> Any:
        def odd(answer: dict[str, Any]) -> Any:
            self.asked += 1
            assert self.asked < 50, "reading goes round for ever"
            self.change(self.asked, answer)
            return parse(answer)

        return self.shelf.fetch(request, odd)

    def read(self, plan: Plan = SEARCH) -> list[int]:
        reading = extraction(self.fetch, plan, self.shelf.clock)
        self.hidden = reading.hidden
        return ids_of(reading.batches())


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_empty_page_where_more_follows_is_asked_for_again(number: int) -> None:
    def empty(asked: int, answer: dict[str, Any]) -> None:
        if asked == number:
            answer["results"] = []

    assert Odd(range(1, 551), empty).read() == [*range(1, 551)]


def test_an_empty_page_where_the_count_says_records_is_asked_for_again() -> None:
    def empty(asked: int, answer: dict[str, Any]) -> None:
        if asked == 2:
            answer["results"] = []
            answer.pop("paging")

    assert Odd(range(1, 551), empty).read() == [*range(1, 551)]


@pytest.mark.parametrize("after", [True, False])
def test_a_page_shorter_than_the_count_says_is_not_the_end(after: bool) -> None:
    def short(asked: int, answer: dict[str, Any]) -> None:
        if asked in (1, 3):
            answer["results"] = answer["results"][:7]
            if not after:
                answer.pop("paging", None)

    assert Odd(range(1, 551), short).read() == [*range(1, 551)]


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_records_that_a_page_leaves_out_in_its_midst_are_asked_for_again(number: int) -> None:
    def leave_out(asked: int, answer: dict[str, Any]) -> None:
        if asked == number:
            del answer["results"][40:60]

    assert Odd(range(1, 551), leave_out).read() == [*range(1, 551)]


def test_changes_left_out_in_the_midst_of_every_page_are_told_beside_those_shown() -> None:
    def leave_out(_asked: int, answer: dict[str, Any]) -> None:
        answer["results"] = [each for each in answer["results"] if int(each["id"]) != 250]

    odd = Odd(range(1, 551), leave_out)
    assert odd.read() == [*range(1, 250), *range(251, 551)]
    assert [fault.partition(" and ")[0] for fault in odd.hidden] == [
        "HubSpot's search counts 1 contacts above the id 200"
    ]


def test_a_full_page_that_counts_nothing_and_names_no_token_is_not_the_end() -> None:
    def bare(_asked: int, answer: dict[str, Any]) -> None:
        answer.pop("paging", None)
        answer.pop("total", None)

    assert Odd(range(1, 551), bare).read() == [*range(1, 551)]


def test_an_empty_page_with_a_token_and_nothing_behind_it_is_the_end() -> None:
    def empty(_asked: int, answer: dict[str, Any]) -> None:
        if not answer["results"]:
            answer["paging"] = {"next": {"after": "200"}}

    assert Odd(range(1, 201), lambda *_: None).read() == [*range(1, 201)]
    assert Odd(range(0), empty).read() == []


def test_changes_that_are_counted_and_never_shown_are_told_beside_those_shown() -> None:
    def hide(asked: int, answer: dict[str, Any]) -> None:
        # the first two are the newest changes and the first page by id
        if asked > 2:
            answer["results"] = []

    odd = Odd(range(1, 551), hide)
    assert odd.read() == [*range(1, 201)]
    assert [fault.partition(" and ")[0] for fault in odd.hidden] == [
        "HubSpot's search counts 350 contacts above the id 200"
    ]


def test_a_reading_of_all_records_ends_where_some_are_counted_and_never_shown() -> None:
    def hide(asked: int, answer: dict[str, Any]) -> None:
        if asked > 1:
            answer["results"] = []

    with pytest.raises(UnexpectedAnswer, match="counts 350 contacts above the id 200"):
        Odd(range(1, 551), hide).read(replace(SEARCH, since=None))


def test_what_an_empty_page_leads_to_is_read_if_nothing_is_left_out_by_that() -> None:
    def lead_on(asked: int, answer: dict[str, Any]) -> None:
        if asked in (2, 3):
            answer["results"] = []
            answer["paging"] = {"next": {"after": "200"}}

    # ids 1 to 200 are before what the empty page leads to, and are counted
    odd = Odd(range(1, 551), lead_on)
    assert odd.read() == [*range(201, 551)]
    assert "counts 200 contacts" in odd.hidden[0]
