from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_ingest.hubspot import requests
from hubspot_ingest.hubspot.requests import Bucket, Request
from tests.builders import query_of


def test_projects_are_asked_for_at_the_last_version_that_has_them() -> None:
    assert requests.list_page("projects").path == "/crm/objects/2026-03/projects"
    assert requests.search_page("projects", [], []).path == "/crm/objects/2026-03/projects/search"


@pytest.mark.parametrize(
    ("request_", "method", "path", "bucket"),
    [
        (requests.list_page("contacts"), "GET", "/crm/objects/2026-09/contacts", Bucket.BURST),
        (
            requests.search_page("contacts", [], []),
            "POST",
            "/crm/objects/2026-09/contacts/search",
            Bucket.SEARCH,
        ),
        (
            requests.batch_read("2-123", ["1"], []),
            "POST",
            "/crm/objects/2026-09/2-123/batch/read",
            Bucket.BURST,
        ),
        (
            requests.associations("deals", "contacts", [("1", None)]),
            "POST",
            "/crm/associations/2026-09/deals/contacts/batch/read",
            Bucket.ASSOCIATIONS,
        ),
        (requests.properties("deals"), "GET", "/crm/properties/2026-09/deals", Bucket.BURST),
        (requests.schemas(), "GET", "/crm-object-schemas/2026-09/schemas", Bucket.BURST),
        (requests.account(), "GET", "/account-info/2026-09/details", Bucket.BURST),
    ],
)
def test_each_request_has_its_path_and_counts_against_its_limit(
    request_: Request, method: str, path: str, bucket: Bucket
) -> None:
    parts = (request_.method, request_.path, request_.endpoint, request_.bucket)
    assert parts == (method, path, path, bucket)


def test_a_list_page_asks_for_what_is_wanted_and_no_more() -> None:
    request = requests.list_page(
        "contacts", ["email", "phone"], after="7", associations=["companies", "deals"]
    )
    assert query_of(request) == {
        "limit": "100",
        "archived": "false",
        "properties": "email,phone",
        "associations": "companies,deals",
        "after": "7",
    }
    assert query_of(requests.list_page("contacts")) == {"limit": "100", "archived": "false"}


def test_archived_records_are_listed_apart() -> None:
    assert query_of(requests.list_page("contacts", archived=True))["archived"] == "true"


def test_a_search_is_sorted_by_id_and_has_no_offset() -> None:
    request = requests.search_page("contacts", [{"filters": []}], ["email"])
    assert request.body == {
        "filterGroups": [{"filters": []}],
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "properties": ["email"],
        "limit": 200,
    }


def test_a_search_may_begin_at_the_end() -> None:
    body = requests.search_page("contacts", [], [], descending=True, limit=1).body
    assert isinstance(body, dict)
    assert body["sorts"] == [{"propertyName": "hs_object_id", "direction": "DESCENDING"}]
    assert body["limit"] == 1


def test_a_batch_names_its_records_and_properties_in_the_body() -> None:
    request = requests.batch_read("contacts", ["1", "2"], ["email"])
    assert request.body == {"inputs": [{"id": "1"}, {"id": "2"}], "properties": ["email"]}
    assert request.query == ()


def test_a_batch_may_ask_for_history_and_for_archived_records() -> None:
    request = requests.batch_read("contacts", ["1"], [], history=["email"], archived=True)
    assert isinstance(request.body, dict)
    assert request.body["propertiesWithHistory"] == ["email"]
    assert query_of(request) == {"archived": "true"}


def test_associations_are_asked_for_by_record_and_from_where_its_last_page_ended() -> None:
    request = requests.associations("deals", "contacts", [("1", None), ("2", "500")])
    assert request.body == {"inputs": [{"id": "1"}, {"id": "2", "after": "500"}]}


@given(st.text(min_size=1, max_size=20))
def test_nothing_in_an_object_type_can_lead_to_another_path(object_type: str) -> None:
    path = requests.properties(object_type).path
    head, _, tail = path.rpartition("/")
    assert head == "/crm/properties/2026-09"
    assert unquote(tail) == object_type
    assert not {"?", "#", "/"} & {*tail}


@given(
    st.lists(st.text("abcxyz_0123-&=+%#äß ", min_size=1, max_size=20), min_size=1, max_size=5),
    st.text(max_size=20),
)
def test_names_arrive_as_they_are_and_tokens_without_hubspots_encoding(
    names: list[str], token: str
) -> None:
    query = query_of(requests.list_page("contacts", names, after=token))
    assert query["properties"] == ",".join(names)
    assert query["after"] == unquote(token)
