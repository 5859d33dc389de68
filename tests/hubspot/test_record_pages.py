from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_ingest.errors import UnexpectedAnswer
from hubspot_ingest.hubspot import record_pages
from hubspot_ingest.hubspot.record_pages import RawProperties

TRAPS = [
    '},"createdAt":"',
    '"properties":{',
    '{"a":null}',
    "\\",
    '\\"',
    "ü見🙂",
    "\n\t",
    "null",
    "",
]
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(TRAPS), st.none()
)
NAMES = st.one_of(
    st.sampled_from(["properties", "createdAt", "email"]), st.text('ab"_', min_size=1)
)
PROPERTIES = st.dictionaries(NAMES, TEXTS, max_size=6)


def a_body(*properties: Mapping[str, Any], **others: Any) -> bytes:
    """A page as HubSpot sends it: no blanks, the properties before the times."""
    results = [
        {"id": str(n), "properties": dict(values), "createdAt": "2026-01-01T00:00:00Z"}
        for n, values in enumerate(properties, start=1)
    ]
    answer = {"results": results, **others}
    return json.dumps(answer, separators=(",", ":"), ensure_ascii=False).encode()


def properties_of(body: bytes) -> list[Mapping[str, Any]]:
    page = record_pages.page(record_pages.decode(body))
    return [record.properties for record in page.records]


@given(st.lists(PROPERTIES, max_size=4))
def test_the_properties_of_a_page_are_what_was_sent(sent: list[dict[str, str | None]]) -> None:
    raw = properties_of(a_body(*sent))
    if not any("}" in (text or "") for values in sent for text in values.values()):
        assert all(isinstance(properties, RawProperties) for properties in raw)
    assert [dict(properties) for properties in raw] == sent
    for properties, values in zip(raw, sent, strict=True):
        assert {name: properties.get(name) for name in [*values, "none"]} == {
            **values,
            "none": None,
        }


def test_what_is_around_them_is_decoded() -> None:
    body = a_body({"a": "1"}, paging={"next": {"after": "2"}}, total=7)
    page = record_pages.page(record_pages.decode(body))
    assert (page.after, page.total, page.records[0].created_at) == ("2", 7, 1_767_225_600_000)


def test_a_page_that_is_cut_off_anywhere_is_no_json() -> None:
    body = a_body({"a": "1", "b": None}, {"a": "2"}, total=2)
    for length in range(len(body)):
        with pytest.raises(ValueError, match=r"EOF|Expecting|Unterminated|cut off|Invalid|column"):
            record_pages.decode(body[:length])


@pytest.mark.parametrize(
    "body",
    [
        b'{"results":[{"id":"1","properties":{"a":"1"},"archived":false}]}',
        b'{"results": [{"id": "1", "properties": {"a": "1"}, "createdAt": null}]}',
        b'{"results":[{"createdAt":"2026-01-01T00:00:00Z","id":"1","properties":{"a":"1"}}]}',
        b'{"results":[{"id":"1","properties":{"a":"1"},"createdAt":null}]}',
    ],
)
def test_a_page_of_another_shape_is_read_all_the_same(body: bytes) -> None:
    assert [dict(properties) for properties in properties_of(body)] == [{"a": "1"}]


FIRST = b'{"id":"1","properties":{"a":"1"}'
SECOND = b'{"id":"2","properties":{"a":"2"},"createdAt":"2026-01-01T00:00:00Z"}'


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        b',"archived":false',
        b',"createdAt":null',
        b',"propertiesWithHistory":{"a":[{"value":"1"}]},"createdAt":"2026-01-01T00:00:00Z"',
        b',"associations":{},"createdAt":"2026-01-01T00:00:00Z"',
    ],
)
def test_a_record_of_another_shape_does_not_reach_into_the_next(rest: bytes) -> None:
    page = record_pages.page(record_pages.decode(b'{"results":[%s%s},%s]}' % (FIRST, rest, SECOND)))
    assert [(record.id, dict(record.properties)) for record in page.records] == [
        ("1", {"a": "1"}),
        ("2", {"a": "2"}),
    ]


@pytest.mark.parametrize("inner", [{"b": None}, {"c": {"b": None}}, [{"b": None}]])
def test_a_value_in_a_value_is_not_taken_for_one_of_the_record(inner: Any) -> None:
    for sent in ({"a": inner, "b": "2"}, {"b": "2", "a": inner}):
        (values,) = properties_of(a_body(sent))
        assert values["b"] == "2"


@pytest.mark.parametrize("name", ["a", "z"])
def test_a_page_that_is_not_utf8_is_no_json(name: str) -> None:
    body = a_body({"a": "1", name: "x"}).replace(b'"x"', b'"\xff\xfe"')
    with pytest.raises(ValueError, match="utf-8"):
        record_pages.decode(body)


def test_half_of_a_surrogate_pair_becomes_a_question_mark() -> None:
    body = a_body({"a": "x"}).replace(b'"x"', b'"\\ud83d!"')
    assert [dict(properties) for properties in properties_of(body)] == [{"a": "?!"}]


def test_properties_that_are_no_json_are_an_unexpected_answer() -> None:
    with pytest.raises(UnexpectedAnswer, match="no JSON"):
        RawProperties(b'{"a"b":"7"}')["a"]


@pytest.mark.parametrize(
    ("sent", "total"), [(7, 7), ("7", 7), (7.0, 7), (0, 0), (None, None), ("", None)]
)
def test_a_total_may_be_a_number_in_a_text(sent: object, total: int | None) -> None:
    assert record_pages.page({"results": [], "total": sent}).total == total


@pytest.mark.parametrize("sent", ["many", "7.5", -1, True, [7], "inf"])
def test_a_total_that_is_no_number_is_an_answer_nobody_understands(sent: object) -> None:
    with pytest.raises(UnexpectedAnswer, match="which is no number"):
        record_pages.page({"results": [], "total": sent})
