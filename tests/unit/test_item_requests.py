"""The requests for the pages of a partition. Pure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hubspot_ingest.catalog.registry import ITEM_STREAMS
from hubspot_ingest.catalog.stream import AfterPaging, ItemStream
from hubspot_ingest.database.columns import Column, Type
from hubspot_ingest.inbound.items import item_requests
from hubspot_ingest.inbound.items.item_requests import Partition
from hubspot_ingest.times import DAY
from tests.builders import NOW, query_of

THINGS = ItemStream(
    "things",
    path="/things",
    paging=AfterPaging(2),
    columns=(Column("ID", Type.TEXT, "id"), Column("AT", Type.TIMESTAMP, "at")),
)


def test_names_in_a_path_are_quoted() -> None:
    stream = replace(THINGS, path="/things/{name}", query=(("of", "{name}"),))
    request = item_requests.request(stream, Partition("x", ({"name": "a/b c"},)))

    assert request.path == "/things/a%2Fb%20c"
    assert request.endpoint == "/things/{name}"
    assert query_of(request) == {"of": "a/b c", "limit": "2"}


def test_lists_are_searched_by_a_post_whose_body_holds_the_place() -> None:
    request = item_requests.request(ITEM_STREAMS["lists"], Partition(), "500")

    assert request.method == "POST"
    assert isinstance(request.body, dict)
    assert (request.body["offset"], request.body["count"]) == (500, 500)
    assert "hs_list_size" in str(request.body["additionalProperties"])


def test_the_search_of_lists_says_all_that_the_specification_requires_and_keeps_its_order() -> None:
    body = item_requests.request(ITEM_STREAMS["lists"], Partition()).body

    assert isinstance(body, dict)
    assert {"listIds", "processingTypes", "additionalProperties", "offset"} <= {*body}
    assert body["sort"] == "HS_LIST_ID"


@pytest.mark.parametrize("token", ["MQ%3D%3D", "MQ=="])
def test_a_token_stands_in_the_url_encoded_once(token: str) -> None:
    request = item_requests.request(THINGS, Partition(), token)

    assert request.target == "/things?limit=2&after=MQ%3D%3D"


def test_a_token_of_json_stands_in_the_url_as_in_hubspots_own_link() -> None:
    request = item_requests.request(THINGS, Partition(), "%7B%22id%22%3A%227%22%7D")

    assert request.target == "/things?limit=2&after=%7B%22id%22%3A%227%22%7D"


def test_definitions_of_events_are_asked_for_with_their_properties() -> None:
    request = item_requests.request(ITEM_STREAMS["event_definitions"], Partition())

    assert query_of(request)["includeProperties"] == "true"


def test_web_analytics_are_asked_for_by_event_type_and_kept_by_object_type() -> None:
    stream = ITEM_STREAMS["contacts_web_analytics"]
    partition = Partition("e_visited_page", ({"name": "e_visited_page"},))
    answer = {"results": [{"id": "1", "objectType": "CONTACT"}, {"id": "2", "objectType": "DEAL"}]}

    query = query_of(item_requests.request(stream, partition))
    page = item_requests.page(stream, partition, answer)

    assert query["eventType"] == "e_visited_page"
    assert "objectType" not in query
    assert [item[0]["id"] for item in page.items] == ["1"]


def test_a_window_is_asked_for_from_a_moment_before_it_begins() -> None:
    partition = Partition("", (), 0, NOW - DAY, NOW)

    assert query_of(item_requests.request(ITEM_STREAMS["email_events"], partition)) == {
        "limit": "1000",
        "startTimestamp": str(NOW - DAY - 1),
        "endTimestamp": str(NOW),
    }
