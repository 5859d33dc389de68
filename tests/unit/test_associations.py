from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pytest

from hubspot_ingest.errors import HubSpotRefused, ScopeMissing, UnexpectedAnswer
from hubspot_ingest.hubspot.association_reads import read_links
from hubspot_ingest.hubspot.requests import Request

Answer = TypeVar("Answer")


class Associations:
    """HubSpot's associations of deals with contacts, ``page`` of them at a time.

    ``dead`` ids make every batch that names them a 400, ``odd`` ones are told of as an error;
    ``before`` is called with the number of each request before it is answered.
    """

    def __init__(
        self,
        links: Mapping[str, Sequence[str]],
        *,
        page: int = 500,
        dead: Sequence[str] = (),
        odd: Sequence[str] = (),
        before: Callable[[Associations, int], None] | None = None,
    ) -> None:
        self.links = links
        self.page = page
        self.dead = {*dead}
        self.odd = {*odd}
        self.left_out: set[str] = set()
        self.asked: list[list[str]] = []
        self._before = before
        self._lock = threading.Lock()

    def fetch(self, request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        assert isinstance(request.body, dict)
        inputs: Any = request.body["inputs"]
        with self._lock:
            self.asked.append([input["id"] for input in inputs])
            assert len(self.asked) < 5_000, "reading goes round for ever"
            if self._before is not None:
                self._before(self, len(self.asked))
        if self.dead & {input["id"] for input in inputs}:
            raise HubSpotRefused("400", 400)
        results = [self._result(input["id"], int(input.get("after", 0))) for input in inputs]
        errors = [
            self._none(input["id"])
            for input in inputs
            if not self.links.get(input["id"]) or input["id"] in self.odd
        ]
        return parse({"results": [result for result in results if result], "errors": errors})

    def _result(self, id: str, begin: int) -> dict[str, Any] | None:
        there = self.links.get(id, ())
        if not there or id in self.odd | self.left_out:
            return None
        to = [
            {"toObjectId": int(id), "associationTypes": [{"category": "C", "typeId": 3}]}
            for id in there[begin : begin + self.page]
        ]
        result: dict[str, Any] = {"from": {"id": id}, "to": to}
        if begin + self.page < len(there):
            result["paging"] = {"next": {"after": str(begin + self.page)}}
        return result

    def _none(self, id: str) -> dict[str, Any]:
        none = "" if id in self.odd else "crm.associations.NO_ASSOCIATIONS_FOUND"
        return {"subCategory": none, "context": {"fromObjectId": [id]}}

    def read(self, ids: Sequence[str] | None = None) -> dict[str, list[str]]:
        links_by_id = read_links(self.fetch, "deals", "contacts", ids or [*self.links])
        return {id: [link.to_id for link in links] for id, links in links_by_id.items()}


def test_a_thousand_records_are_asked_for_at_once() -> None:
    hubspot = Associations({str(n): ["7"] for n in range(2_500)})
    assert hubspot.read() == {str(n): ["7"] for n in range(2_500)}
    assert sorted(map(len, hubspot.asked)) == [500, 1_000, 1_000]


def test_a_record_without_associations_has_an_empty_list() -> None:
    assert Associations({"1": ["7"], "2": []}).read() == {"1": ["7"], "2": []}


def test_a_record_hubspot_does_not_tell_of_is_absent_and_not_empty() -> None:
    assert Associations({"1": ["7"], "2": []}, odd=["2"]).read() == {"1": ["7"]}


def test_a_record_that_is_left_out_once_without_an_error_keeps_its_associations() -> None:
    def forget_once(hubspot: Associations, number: int) -> None:
        hubspot.left_out = {"1"} if number == 1 else set()

    hubspot = Associations({"1": ["7"], "2": ["8"], "3": []}, before=forget_once)
    assert hubspot.read() == {"1": ["7"], "2": ["8"], "3": []}


def test_a_record_that_is_left_out_twice_without_an_error_has_no_associations() -> None:
    def forget(hubspot: Associations, _: int) -> None:
        hubspot.left_out = {"1"}

    hubspot = Associations({"1": ["7"], "2": ["8"]}, before=forget)
    assert hubspot.read() == {"1": [], "2": ["8"]}
    assert hubspot.asked == [["1", "2"], ["1"]]


def test_every_page_of_a_record_with_many_associations_is_followed() -> None:
    many = [str(n) for n in range(1_762)]
    assert Associations({"1": many, "2": ["7"]}).read() == {"1": many, "2": ["7"]}


def test_one_id_that_is_gone_costs_no_other_record_its_associations() -> None:
    hubspot = Associations({str(n): ["7"] for n in range(1_000)}, dead=["123"])
    assert set(hubspot.read()) == {str(n) for n in range(1_000)} - {"123"}
    assert len(hubspot.asked) <= 25


def test_a_record_that_goes_between_two_of_its_pages_is_absent_and_not_cut_short() -> None:
    def go(hubspot: Associations, number: int) -> None:
        if number == 2:
            hubspot.dead = {"1"}

    hubspot = Associations({"1": ["7", "8", "9"], "2": ["7"]}, page=2, before=go)
    assert hubspot.read() == {"2": ["7"]}


def test_a_record_whose_second_page_hubspot_does_not_tell_is_absent_and_not_cut_short() -> None:
    def grow_odd(hubspot: Associations, number: int) -> None:
        if number == 2:
            hubspot.odd = {"1"}

    hubspot = Associations({"1": ["7", "8", "9"], "2": ["7"]}, page=2, before=grow_odd)
    assert hubspot.read() == {"2": ["7"]}


def test_a_record_whose_second_page_is_left_out_without_an_error_is_not_cut_short() -> None:
    def forget(hubspot: Associations, number: int) -> None:
        if number == 2:
            hubspot.left_out = {"1"}

    hubspot = Associations({"1": ["7", "8", "9"], "2": ["7"]}, page=2, before=forget)
    assert hubspot.read() == {"2": ["7"]}


def test_a_page_token_that_leads_nowhere_is_refused() -> None:
    def fetch(_request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        asked.append(1)
        assert len(asked) < 100, "reading goes round for ever"
        result = {"from": {"id": "1"}, "to": [], "paging": {"next": {"after": "500"}}}
        return parse({"results": [result]})

    asked: list[int] = []
    with pytest.raises(UnexpectedAnswer):
        read_links(fetch, "deals", "contacts", ["1"])


def test_an_association_that_cannot_be_read_at_all_is_refused_before_many_requests() -> None:
    ids = [str(n) for n in range(1_000)]
    hubspot = Associations({id: ["7"] for id in ids}, dead=ids)
    with pytest.raises(HubSpotRefused):
        hubspot.read()
    assert len(hubspot.asked) <= 50


@pytest.mark.parametrize("error", [ScopeMissing("no"), HubSpotRefused("404", 404)])
def test_what_halving_does_not_help_is_asked_once(error: Exception) -> None:
    def fetch(_request: Request, _parse: Callable[[Any], Answer], /) -> Answer:
        asked.append(1)
        raise error

    asked: list[int] = []
    with pytest.raises(type(error)):
        read_links(fetch, "deals", "contacts", ["1", "2"])
    assert len(asked) == 1
