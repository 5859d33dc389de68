from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.hubspot import json_values, record_pages, responses
from hubspot_ingest.model import Link, Property, Schema

A_RECORD: dict[str, Any] = {
    "id": "5",
    "properties": {"email": "a@b.c", "phone": None, "city": ""},
    "createdAt": "2026-01-31T00:00:00Z",
    "updatedAt": "2026-01-31T00:00:00.123Z",
    "archived": False,
}


def a_page(*results: Any, **more: Any) -> dict[str, Any]:
    return {"results": list(results), **more}


# -- bodies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"results": [', b"<html></html>", b"\xff\xfe", b'{"a": 1} x', b"\x00"]
)
def test_what_is_not_json_is_a_value_error_that_the_client_retries(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        json_values.decode(body)


def test_digits_are_kept() -> None:
    assert json_values.decode(b'{"id": 100000000000000000001}') == {"id": 100000000000000000001}


@pytest.mark.parametrize("half", ["\\ud83d", "\\udc00", "a\\ud83db"])
def test_half_a_surrogate_pair_becomes_text_that_can_be_stored(half: str) -> None:
    decoded = json_values.decode(f'{{"p": "{half}", "q": "\\ud83d\\ude00"}}'.encode())
    assert decoded["q"] == "😀"
    assert decoded["p"].encode().count(b"?") == 1


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_any_json_is_decoded_as_it_is(value: object) -> None:
    assert json_values.decode(json.dumps(value).encode()) == value


# -- pages ----------------------------------------------------------------------------------------


def test_a_page_holds_its_records_the_next_token_and_the_count() -> None:
    page = record_pages.page(
        a_page(A_RECORD, paging={"next": {"after": "6", "link": "…"}}, total=9)
    )
    [record] = page.records
    assert (record.id, record.archived) == ("5", False)
    assert record.created_at == 1_769_817_600_000
    assert record.updated_at == 1_769_817_600_123
    assert record.properties == {"email": "a@b.c", "phone": None, "city": ""}
    assert (page.after, page.total) == ("6", 9)


@pytest.mark.parametrize("paging", [{}, {"paging": {}}, {"paging": {"next": {}}}])
def test_a_page_without_a_next_token_is_the_last(paging: dict[str, Any]) -> None:
    assert record_pages.page(a_page(A_RECORD, **paging)).after is None


@pytest.mark.parametrize("paging", [None, {"next": None}, {"next": {"after": None}}])
def test_a_next_page_that_is_null_is_none(paging: Any) -> None:
    assert record_pages.page(a_page(A_RECORD, paging=paging)).after is None


def test_ids_and_tokens_are_text_even_when_they_come_as_numbers() -> None:
    page = record_pages.page(a_page({**A_RECORD, "id": 5}, paging={"next": {"after": 6}}))
    assert page.records[0].id == "5"
    assert page.after == "6"


def test_an_empty_page_is_no_error() -> None:
    assert record_pages.page(a_page()).records == ()


@pytest.mark.parametrize("id", [{}, {"id": None}, {"id": ""}])
def test_a_record_without_an_id_is_refused(id: dict[str, Any]) -> None:
    record = {name: value for name, value in A_RECORD.items() if name != "id"}
    with pytest.raises(UnexpectedAnswer, match="without an id"):
        record_pages.page(a_page(A_RECORD, {**record, **id}))


@pytest.mark.parametrize("properties", [{}, {"properties": None}, {"properties": []}])
def test_a_record_without_properties_is_refused_and_not_taken_for_empty(
    properties: dict[str, Any],
) -> None:
    record = {name: value for name, value in A_RECORD.items() if name != "properties"}
    with pytest.raises(UnexpectedAnswer):
        record_pages.page(a_page({**record, **properties}))


@pytest.mark.parametrize(
    "answer", [{}, [], None, 5, {"results": None}, {"results": 5}, {"results": [None]},
               {"results": ["a"]}, {"message": "internal error", "status": "error"}]
)  # fmt: skip
def test_json_that_is_no_page_is_refused(answer: Any) -> None:
    with pytest.raises(UnexpectedAnswer, match="nothing of it was loaded"):
        record_pages.page(answer)


def test_an_archived_record_tells_when() -> None:
    result = {**A_RECORD, "archived": True, "archivedAt": "2026-01-31T00:00:00Z"}
    [record] = record_pages.page(a_page(result)).records
    assert (record.archived, record.archived_at) == (True, 1_769_817_600_000)


# -- associations on the record -------------------------------------------------------------------


def test_associations_that_are_absent_were_not_fetched() -> None:
    [record] = record_pages.page(a_page(A_RECORD)).records
    assert "companies" not in record.associations


def test_associations_that_are_empty_were_fetched() -> None:
    result = {**A_RECORD, "associations": {"companies": {"results": []}}}
    [record] = record_pages.page(a_page(result)).records
    assert record.associations == {"companies": ()}


def test_an_id_associated_in_two_ways_stands_once() -> None:
    results = [{"id": "7", "type": "deal_to_contact"}, {"id": "8", "type": "deal_to_contact"},
               {"id": "7", "type": "deal_to_contact_unlabeled"}]  # fmt: skip
    result = {**A_RECORD, "associations": {"contacts": {"results": results}}}
    [record] = record_pages.page(a_page(result)).records
    assert record.associations == {"contacts": ("7", "8")}


# -- associations by batch ------------------------------------------------------------------------


def a_type(type_id: int, label: str | None = None) -> dict[str, Any]:
    return {"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": label}


def test_a_link_has_all_its_types_and_ids_are_text() -> None:
    to = [{"toObjectId": 7, "associationTypes": [a_type(341), a_type(5, "Primary")]}]
    links = responses.links({"results": [{"from": {"id": "1"}, "to": to}]})
    expected = (
        Link("7", "HUBSPOT_DEFINED", "341", None),
        Link("7", "HUBSPOT_DEFINED", "5", "Primary"),
    )
    assert links.results == (("1", expected, None),)
    assert not links.failed


def test_a_link_without_a_type_is_still_a_link() -> None:
    to = [{"toObjectId": 7, "associationTypes": []}]
    [(_, links, _)] = responses.links({"results": [{"from": {"id": "1"}, "to": to}]}).results
    assert [link.to_id for link in links] == ["7"]


def test_a_record_with_more_links_tells_where_they_go_on() -> None:
    result = {"from": {"id": "1"}, "to": [], "paging": {"next": {"after": "500"}}}
    assert responses.links({"results": [result]}).results == (("1", (), "500"),)


def test_a_record_without_associations_is_an_error_that_is_none() -> None:
    error = {
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "context": {"fromObjectId": ["2"], "fromObjectType": ["deal"]},
    }
    links = responses.links({"results": [], "errors": [error], "numErrors": 1})
    assert links.none == {"2"}


def test_any_other_error_is_not_taken_for_no_associations() -> None:
    error = {"category": "OBJECT_NOT_FOUND", "context": {"fromObjectId": ["2"]}}
    links = responses.links({"results": [], "errors": [error]})
    assert links.none == frozenset()
    assert links.failed


@pytest.mark.parametrize("to", [{}, {"to": None}], ids=["left_out", "null"])
def test_a_record_whose_list_of_associations_is_left_out_is_not_told_of(to: Any) -> None:
    links = responses.links({"results": [{"from": {"id": "1"}, **to}]})
    assert (links.results, links.failed) == ((), True)


@pytest.mark.parametrize("sign", [{"status": "PENDING"}, {"numErrors": 1}])
def test_an_unfinished_answer_does_not_tell_who_has_no_associations(sign: Any) -> None:
    assert responses.links({"results": [], **sign}).failed


def test_records_without_associations_need_not_be_named() -> None:
    error = {"subCategory": responses.NO_ASSOCIATIONS, "message": "No company is associated"}
    assert not responses.links({"results": [], "errors": [error]}).failed


# -- the portal -----------------------------------------------------------------------------------


def test_properties_come_by_name_with_their_options_and_without_the_archived() -> None:
    answer = a_page(
        {"name": "stage", "type": "enumeration", "label": "Stage", "description": "Where",
         "options": [{"value": "a", "label": "A", "displayOrder": 0}], "calculated": False},
        {"name": "amount", "type": "number", "calculated": True},
        {"name": "gone", "type": "string", "archived": True},
    )  # fmt: skip
    assert responses.properties(answer) == (
        Property("amount", "number", calculated=True),
        Property("stage", "enumeration", "Stage", "Where", (("a", "A"),)),
    )


def test_custom_objects_have_all_their_names() -> None:
    schema = {"objectTypeId": "2-1", "name": "car", "fullyQualifiedName": "p9_car",
            "labels": {"plural": "Cars"}}  # fmt: skip
    assert responses.schemas(a_page(schema)) == (Schema("2-1", "car", "p9_car", "Cars"),)


def test_the_portal_is_known_by_its_id() -> None:
    assert responses.portal({"portalId": 123}) == "123"


@pytest.mark.parametrize(
    "parse",
    [responses.properties, responses.schemas, responses.portal, responses.links, responses.history],
)
@pytest.mark.parametrize("answer", [{}, [], None, {"results": [5]}, {"results": ["a"]}])
def test_json_of_the_wrong_shape_is_refused(parse: Any, answer: Any) -> None:
    with pytest.raises(UnexpectedAnswer):
        parse(answer)


# -- JSON of unusual shape ------------------------------------------------------------------------


@pytest.mark.parametrize("deep", [b"[" * 5000 + b"]" * 5000, b'{"a":' * 900 + b"1" + b"}" * 900])
def test_what_is_nested_too_deeply_is_text_and_the_rest_of_its_page_is_read(deep: bytes) -> None:
    body = b'{"results":[{"id":"1","properties":{"a":"]","b":%s}},{"id":"2","properties":{}}]}'
    page = record_pages.page(json_values.decode(body % deep))

    assert [record.id for record in page.records] == ["1", "2"]
    assert page.records[0].properties["a"] == "]"
    # the whole of it is there: what is too deep as the text of its JSON
    value: Any = page.records[0].properties["b"]
    levels = 0
    while not isinstance(value, str):
        value, levels = value[0] if isinstance(value, list) else value["a"], levels + 1
    step = 1 if deep.startswith(b"[") else 5
    assert value.encode() == deep[levels * step : len(deep) - levels]


@pytest.mark.parametrize("body", [b"[" * 5000, b'{"a":"' + b"[" * 5000, b"[" * 5000 + b"}" * 4999])
def test_nested_json_that_is_cut_off_is_no_json(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        json_values.decode(body)


def test_an_option_without_a_label_is_shown_by_its_value() -> None:
    options = [{"value": "a", "label": None}, {"value": "b"}, {"value": 3, "label": 4}]
    [prop] = responses.properties(
        {"results": [{"name": "p", "type": "enumeration", "options": options}]}
    )
    assert prop.options == (("a", "a"), ("b", "b"), ("3", "4"))


def test_past_values_are_text_even_when_they_come_as_numbers() -> None:
    change = {"value": 12.5, "timestamp": "2026-01-02T03:04:05Z", "sourceType": 1, "sourceId": 7,
              "sourceLabel": True, "updatedByUserId": 9}  # fmt: skip
    answer = {"results": [{"id": 1, "propertiesWithHistory": {"amount": [change]}}]}
    [got] = responses.history(answer)

    assert (got.record_id, got.value, got.source_type, got.source_id) == ("1", "12.5", "1", "7")
    assert (got.source_label, got.user_id) == ("true", "9")
