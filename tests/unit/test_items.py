"""Partitions of an item stream: paths, windows, early stops. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

import pyarrow as pa
import pytest

from hubspot_ingest.catalog.registry import ITEM_STREAMS
from hubspot_ingest.catalog.stream import AfterPaging, ItemStream
from hubspot_ingest.database.columns import Column, Type
from hubspot_ingest.errors import HubSpotRefused, ScopeMissing, UnexpectedAnswer
from hubspot_ingest.hubspot.requests import Request
from hubspot_ingest.inbound.extract.prefetch import prefetched_in_order
from hubspot_ingest.inbound.items import item_requests, partitions
from hubspot_ingest.inbound.items.extraction import ItemExtraction
from hubspot_ingest.inbound.items.item_requests import Partition
from hubspot_ingest.inbound.items.json_paths import getter, items, key, key_columns
from hubspot_ingest.inbound.items.partitions import Parents
from hubspot_ingest.inbound.items.rows import ItemRows
from hubspot_ingest.times import DAY
from tests.builders import NOW, query_of

Answer = TypeVar("Answer")

THINGS = ItemStream(
    "things",
    path="/things",
    paging=AfterPaging(2),
    columns=(Column("ID", Type.TEXT, "id"), Column("AT", Type.TIMESTAMP, "at")),
)


class Shelf:
    """Answers each path with what ``pages`` holds of it, page after page."""

    def __init__(self, **pages: Any) -> None:
        self.pages = pages
        self.asked: list[Request] = []

    def fetch(self, request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        self.asked.append(request)
        pages = self.pages[request.path.rsplit("/", 1)[-1]]
        if isinstance(pages, Exception):
            raise pages
        place = int(query_of(request).get("after", 0))
        answer: dict[str, Any] = {"results": pages[place]}
        if place + 1 < len(pages):
            answer["paging"] = {"next": {"after": str(place + 1)}}
        return parse(answer)


def _ids(batches: Iterator[Any]) -> list[str]:
    return [item[0]["id"] for batch in batches for item in batch.items]


# -- paths ---------------------------------------------------------------------------------------


def test_an_event_of_no_sending_has_no_campaign() -> None:
    """Recorded 2023-05-06: HubSpot says 0 where a status was changed by hand."""
    by_hand = {"id": "e", "created": 1, "type": "STATUSCHANGE", "appId": 0, "emailCampaignId": 0}
    dropped = {**by_hand, "id": "f", "type": "DROPPED", "appId": 113, "emailCampaignId": 9}

    staged, _ = ItemRows(ITEM_STREAMS["email_events"]).staged([(by_hand,), (dropped,)])

    assert pa.array(staged["EMAIL_CAMPAIGN_ID"]).to_pylist() == [None, "9"]
    assert pa.array(staged["APP_ID"]).to_pylist() == [None, "113"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", "3"),
        ("labels.singular", "Car"),
        ("labels.plural", None),
        ("nothing.at.all", None),
        ("missing|id", "3"),
        ("@id", "2"),
        ("@@name", "deals"),
        ("@@@name", None),
    ],
)
def test_a_path_finds_its_value_in_an_item_and_around_it(path: str, value: str | None) -> None:
    item = ({"id": "3", "labels": {"singular": "Car"}}, {"id": "2"}, {"name": "deals"})

    assert getter(path)(item) == value


def test_a_fingerprint_is_of_the_content_and_not_of_its_order() -> None:
    item, reordered, other = ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1, "b": 3})

    assert getter("#")((item,)) == getter("#")((reordered,)) != getter("#")((other,))


def test_a_field_that_hubspot_adds_makes_no_other_fingerprint() -> None:
    change = {"change": "UNSUBSCRIBED", "subscriptionId": 1, "causedByEvent": {"id": "e"}}
    item = {"timestamp": NOW, "recipient": "a@example.com", "changes": [change]}
    later = {**item, "new": 1, "changes": [{**change, "new": None}]}
    other = {**item, "changes": [{**change, "subscriptionId": 2}]}
    get = getter(key_columns(ITEM_STREAMS["subscription_changes"])[0].property or "")

    assert get((item,)) == get((later,)) != get((other,))
    assert get((item,)) == getter("#")((item,)), "as what landed before was told apart"


def test_lists_within_a_list_are_told_with_what_they_lie_in() -> None:
    stream = replace(THINGS, items="results.stages")
    pipelines = [{"id": "p", "stages": [{"id": "s"}, {"id": "t"}]}, {"id": "q", "stages": []}]

    stages = items(stream, {"results": pipelines}, ({"name": "deals"},))

    assert [
        (getter("id")(stage), getter("@id")(stage), getter("@@name")(stage)) for stage in stages
    ] == [
        ("s", "p", "deals"),
        ("t", "p", "deals"),
    ]


def test_an_answer_without_its_list_is_not_taken_for_an_empty_one() -> None:
    with pytest.raises(UnexpectedAnswer, match="lacks the list 'results'"):
        items(THINGS, {"error": "none"}, ())


def test_an_item_without_its_key_is_an_error() -> None:
    with pytest.raises(UnexpectedAnswer, match="things without ID"):
        key(THINGS)(({"name": "nameless"},))


def test_an_empty_text_is_a_key_like_any_other() -> None:
    columns, _ = ItemRows(THINGS).staged([({"id": "", "at": ""},)])

    assert [*map(str, columns["ID"])] == [""]
    assert [*map(str, columns["AT"])] == ["None"]


def test_a_value_that_does_not_fit_is_null_and_counted() -> None:
    columns, misfits = ItemRows(THINGS).staged([({"id": 7, "at": "soon"},)])

    assert [*map(str, columns["ID"])] == ["7"]
    assert [*map(str, columns["AT"])] == ["None"]
    assert misfits == 1


# -- partitions ----------------------------------------------------------------------------------


def test_windows_cover_the_time_without_a_gap() -> None:
    parts = partitions.split(
        ITEM_STREAMS["email_events"], Parents(()), since=NOW - 70 * DAY, until=NOW
    )

    edges = [(partition.start, partition.end) for partition in parts]
    assert [edges[0][0], edges[-1][1]] == [NOW - 70 * DAY, NOW]
    assert [end for _, end in edges[:-1]] == [start for start, _ in edges[1:]]
    assert len(parts) == 3


def test_partitions_stand_in_the_order_of_their_places() -> None:
    parents = Parents(({"name": "a", "id": "a"}, {"name": "b", "id": "b"}))
    parts = partitions.split(ITEM_STREAMS["properties"], parents)

    assert len(parts) == 2 * len(ITEM_STREAMS["properties"].variants)
    assert [partition.place for partition in parts] == sorted(
        partition.place for partition in parts
    )


def test_of_parents_that_tell_no_time_those_with_activity_lately_are_read_again() -> None:
    stream = ITEM_STREAMS["email_campaigns"]
    listed = [{"id": "1", "appId": 7}, {"id": "2", "appId": 7}, {"id": "3", "appId": 7}]
    recent = [{"id": "1", "lastUpdatedTime": NOW}, {"id": "2", "lastUpdatedTime": NOW - 9 * DAY}]

    def fetch(request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        return parse({"campaigns": listed if request.path.endswith("/by-id") else recent})

    first = partitions.parents(fetch, stream)
    later = partitions.parents(fetch, stream, since=NOW - DAY)

    assert [level["id"] for level in first.levels] == ["1", "2", "3"]
    assert [level["id"] for level in later.levels] == ["1"]
    assert later.levels[0]["lastUpdatedTime"] == NOW
    assert later.unchanged == {"2", "3"}


def test_several_parents_go_into_one_request() -> None:
    contacts = tuple({"properties": {"email": f"{n:03d}@example.com"}} for n in range(250))
    parts = partitions.split(ITEM_STREAMS["subscription_statuses"], Parents(contacts))

    assert [len(partition.parents) for partition in parts] == [100, 100, 50]
    body = item_requests.request(ITEM_STREAMS["subscription_statuses"], parts[2]).body
    assert isinstance(body, dict)
    assert body["inputs"] == [f"{n:03d}@example.com" for n in range(200, 250)]


def test_a_token_that_comes_again_is_an_error() -> None:
    def fetch(_request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        return parse({"results": [], "paging": {"next": {"after": "1"}}})

    with pytest.raises(UnexpectedAnswer, match="twice"):
        list(partitions.pages(fetch, THINGS, Partition()))


# -- reading -------------------------------------------------------------------------------------


def test_a_reading_is_taken_up_where_it_was_left() -> None:
    shelf = Shelf(things=[[{"id": "1"}], [{"id": "2"}], [{"id": "3"}]])
    first = ItemExtraction(shelf.fetch, THINGS, [Partition()]).batches()
    place = next(first).place

    again = ItemExtraction(shelf.fetch, THINGS, [Partition()], checkpoint=place)

    assert _ids(again.batches()) == ["2", "3"]
    assert again.whole == set(), "it does not know what came before"


def test_a_token_that_is_good_no_longer_begins_the_piece_anew() -> None:
    shelf = Shelf(things=[[{"id": "1"}], [{"id": "2"}]])

    def fetch(request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        if query_of(request).get("after") == "expired":
            raise HubSpotRefused("no such page")
        return shelf.fetch(request, parse)

    place: dict[str, Any] = {"piece": Partition().place, "token": "expired"}

    assert _ids(ItemExtraction(fetch, THINGS, [Partition()], None, place).batches()) == ["1", "2"]


def test_what_is_behind_is_read_from_where_it_was_left() -> None:
    stream = replace(THINGS, path="/{id}", newest_by="at")
    page = [[{"id": "2", "at": NOW - 1}, {"id": "1", "at": NOW - 8}]]
    shelf = Shelf(a=page, b=page)
    parts = [Partition(parent_id, ({"id": parent_id},)) for parent_id in "ab"]

    extraction = ItemExtraction(shelf.fetch, stream, parts, NOW - 5, None, {"b": NOW - 9})

    assert _ids(extraction.batches()) == ["2", "2", "1"]


def test_what_comes_newest_first_is_read_no_further_than_what_is_known() -> None:
    stream = replace(THINGS, newest_by="at")
    shelf = Shelf(
        things=[
            [{"id": "5", "at": NOW}, {"id": "4", "at": NOW - 1}],
            [{"id": "3", "at": NOW - 2}, {"id": "2", "at": NOW - 3}],
            [{"id": "1", "at": NOW - 4}],
        ]
    )

    assert _ids(ItemExtraction(shelf.fetch, stream, [Partition()], since=NOW - 2).batches()) == [
        "5",
        "4",
        "3",
    ]
    assert len(shelf.asked) == 2


def test_items_of_one_instant_show_no_order_and_leave_nothing_out() -> None:
    stream = replace(THINGS, newest_by="at")
    shelf = Shelf(
        things=[
            [{"id": "1", "at": NOW - 9}, {"id": "2", "at": NOW - 9}],
            [{"id": "3", "at": NOW}],
        ]
    )

    extraction = ItemExtraction(shelf.fetch, stream, [Partition()], since=NOW - 2)

    assert _ids(extraction.batches()) == ["3"]


def test_an_empty_page_for_a_token_is_asked_for_again() -> None:
    shelf = Shelf(things=[[{"id": "1"}], [], [{"id": "2"}]])
    answers = iter([0, 1, 2])

    def fetch(_request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        place = next(answers)
        rest = {"paging": {"next": {"after": "1"}}} if place == 0 else {}
        return parse({"results": shelf.pages["things"][place], **rest})

    extraction = ItemExtraction(fetch, THINGS, [Partition()])

    assert _ids(extraction.batches()) == ["1", "2"]
    assert extraction.whole == {""}


class Counted:
    """A list of things with tokens that count, which HubSpot understands or answers with nothing.

    After its last full page comes an empty one.
    """

    def __init__(self, things: int, *, understands: bool = True) -> None:
        self.things = [{"id": str(n)} for n in range(things)]
        self.understands = understands

    def fetch(self, request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        query = query_of(request)
        limit, start = int(query["limit"]), int(query.get("after", 0))
        things = self.things[start : start + limit] if self.understands or not start else []
        rest = {"paging": {"next": {"after": str(start + limit)}}} if len(things) == limit else {}
        return parse({"results": things, **rest})


def test_a_list_whose_last_page_was_full_is_whole() -> None:
    extraction = ItemExtraction(Counted(4).fetch, THINGS, [Partition()])

    assert len(_ids(extraction.batches())) == 4
    assert extraction.whole == {""}


def test_a_page_token_that_is_not_understood_is_an_error() -> None:
    extraction = ItemExtraction(Counted(4, understands=False).fetch, THINGS, [Partition()])

    with pytest.raises(UnexpectedAnswer, match="its own page token of things"):
        _ids(extraction.batches())
    assert extraction.whole == set()


def test_a_list_whose_end_does_not_show_shows_nothing_missing() -> None:
    shelf = Shelf(things=[[], []])
    extraction = ItemExtraction(shelf.fetch, THINGS, [Partition()])

    assert _ids(extraction.batches()) == []
    assert extraction.whole == set()


def test_nothing_is_left_out_when_the_order_is_not_what_it_should_be() -> None:
    stream = replace(THINGS, newest_by="at")
    pages = [[{"id": "1", "at": NOW - 9}, {"id": "2", "at": NOW}], [{"id": "3", "at": NOW}]]
    shelf = Shelf(things=pages)

    assert _ids(ItemExtraction(shelf.fetch, stream, [Partition()], since=NOW - 2).batches()) == [
        "2",
        "3",
    ]


def test_what_an_earlier_variant_told_a_later_one_does_not() -> None:
    stream = replace(THINGS, variants=((("with", "stats"),), (("with", "none"),)))
    shelf = Shelf(things=[[{"id": "1"}, {"id": "2"}]])
    parts = [Partition(variant=0), Partition(variant=1)]

    assert _ids(ItemExtraction(shelf.fetch, stream, parts).batches()) == ["1", "2"]


def test_a_refused_parent_does_not_keep_the_others_from_being_read() -> None:
    stream = replace(THINGS, path="/{id}")
    shelf = Shelf(a=[[{"id": "1"}]], b=ScopeMissing("no"), c=HubSpotRefused("gone", 404))
    parts = [Partition(parent_id, ({"id": parent_id},)) for parent_id in "abc"]
    extraction = ItemExtraction(shelf.fetch, stream, parts)

    assert _ids(extraction.batches()) == ["1"]
    assert {*extraction.refused} == {"b"}
    assert extraction.whole == {"a"}
    assert {*extraction.gone} == {"c"}, "gone is what the next list of parents does not show"


def test_when_every_parent_is_refused_so_is_the_stream() -> None:
    stream = replace(THINGS, path="/{id}")
    shelf = Shelf(a=ScopeMissing("no"), b=ScopeMissing("no"))

    with pytest.raises(ScopeMissing):
        _ids(
            ItemExtraction(
                shelf.fetch,
                stream,
                [Partition(parent_id, ({"id": parent_id},)) for parent_id in "ab"],
            ).batches()
        )


def test_works_side_by_side_are_told_in_their_order() -> None:
    def work(n: int) -> Iterator[int]:
        yield from (10 * n, 10 * n + 1)

    results = [[*result] for result in prefetched_in_order(map(work, range(20)), 4)]

    assert results == [[10 * n, 10 * n + 1] for n in range(20)]


def test_works_end_when_nobody_wants_them_any_more() -> None:
    begun: list[int] = []

    def work(n: int) -> Iterator[int]:
        begun.append(n)
        yield n

    for result in prefetched_in_order(map(work, range(100)), 4):
        assert [*result] == [0]
        break

    assert len(begun) <= 5
