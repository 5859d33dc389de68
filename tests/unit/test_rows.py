from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_ingest.database.columns import Column, Type, association_column
from hubspot_ingest.hubspot.record_pages import RawProperties
from hubspot_ingest.inbound.load.batches import merged_ids
from hubspot_ingest.inbound.load.rows import nested_links_of, staged_columns, staged_records
from hubspot_ingest.model import Link, Record
from hubspot_ingest.times import EARLIEST, LATEST
from tests.builders import NOW, a_record

TYPED = {type_: Column(f"P_{type_.name}", type_, "p") for type_ in Type}


def spelled(value: str | None, type: Type) -> tuple[object, int]:
    """A property's value as it is staged for a column of ``type``, and how many did not fit."""
    columns, misfits = staged_records([a_record(p=value)], [TYPED[type]], {}, {})
    [text] = pa.array(columns[TYPED[type].name]).to_pylist()
    return text, misfits


# -- every type -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type", "value", "expected"),
    [
        (Type.TEXT, "a", "a"),
        (Type.TEXT, " ", " "),
        (Type.TEXT, "00491234", "00491234"),
        (Type.NUMBER, "5", "5"),
        (Type.NUMBER, "-5.25", "-5.25"),
        (Type.NUMBER, "100000000000000001", "100000000000000001"),
        (Type.NUMBER, "99999999999999999999.999999999999999999", None),
        (Type.NUMBER, "0.000000000000000001", "0.000000000000000001"),
        (Type.NUMBER, "1.5E3", "1500"),
        (Type.NUMBER, "1e-7", "0.0000001"),
        (Type.NUMBER, "+7", "7"),
        (Type.NUMBER, ".5", "0.5"),
        (Type.NUMBER, " 5 ", "5"),
        (Type.NUMBER, "0.1234567890123456789", "0.123456789012345679"),
        (Type.BOOLEAN, "true", "true"),
        (Type.BOOLEAN, "FALSE", "false"),
        (Type.BOOLEAN, "Yes", "true"),
        (Type.BOOLEAN, "No", "false"),
        (Type.DATE, "2026-01-31", "2026-01-31"),
        (Type.DATE, "1769817600000", "2026-01-31"),
        (Type.DATE, "2026-01-31T00:00:00Z", "2026-01-31"),
        (Type.TIMESTAMP, "2026-01-31T00:00:00.123Z", "1769817600123"),
        (Type.TIMESTAMP, "1769817600123", "1769817600123"),
        (Type.TIMESTAMP, "2026-01-31 00:00:00", "1769817600000"),
        (Type.TIMESTAMP, "-1", "-1"),
    ],
)
def test_a_value_is_spelled_so_that_snowflake_reads_it_one_way(
    type: Type, value: str, expected: str | None
) -> None:
    text, misfits = spelled(value, type)
    assert misfits == 0
    if type is Type.NUMBER:
        assert isinstance(text, str)
        assert Decimal(text) == Decimal(expected or value)
    else:
        assert text == expected


@pytest.mark.parametrize(
    ("type", "value"),
    [
        (Type.NUMBER, "1234;5678;9098"),
        (Type.NUMBER, "1,5"),
        (Type.NUMBER, "1_000"),
        (Type.NUMBER, "0x10"),
        (Type.NUMBER, "٣"),
        (Type.NUMBER, "NaN"),
        (Type.NUMBER, "-Infinity"),
        (Type.NUMBER, "100000000000000000000"),
        (Type.NUMBER, "1e400"),
        (Type.NUMBER, "1e99999999999999999999"),
        (Type.NUMBER, "9" * 5000),
        (Type.NUMBER, "five"),
        (Type.NUMBER, " "),
        (Type.BOOLEAN, "perhaps"),
        (Type.BOOLEAN, "1"),
        (Type.DATE, "2026-02-30"),
        (Type.DATE, "soon"),
        (Type.TIMESTAMP, "0000-00-00T00:00:00Z"),
        (Type.TIMESTAMP, str(LATEST + 1)),
        (Type.TIMESTAMP, str(EARLIEST - 1)),
        (Type.TIMESTAMP, "--1"),
        (Type.TIMESTAMP, "²"),
    ],
)
def test_a_value_that_does_not_fit_is_null_and_counted(type: Type, value: str) -> None:
    assert spelled(value, type) == (None, 1)


@pytest.mark.parametrize("type", [Type.TEXT, Type.NUMBER, Type.BOOLEAN, Type.DATE, Type.TIMESTAMP])
@pytest.mark.parametrize("value", ["", None])
def test_a_cleared_value_is_null_and_no_misfit(type: Type, value: str | None) -> None:
    assert spelled(value, type) == (None, 0)


def test_a_property_the_record_does_not_have_is_null_and_no_misfit() -> None:
    columns, misfits = staged_records([a_record(other="x")], [TYPED[Type.NUMBER]], {}, {})
    assert (pa.array(columns["P_NUMBER"]).to_pylist(), misfits) == ([None], 0)


def test_misfits_are_counted_over_all_records_and_columns() -> None:
    records = [a_record(str(n), p=value) for n, value in enumerate(["x", "1", "", "y", None])]
    _, misfits = staged_records(records, [TYPED[Type.NUMBER], TYPED[Type.TIMESTAMP]], {}, {})
    assert misfits == 4


# -- what HubSpot sent, whole ---------------------------------------------------------------------

ODD = [
    'it\'s "quoted"',
    "two\nlines\r\n\ttab",
    "👩‍👩‍👧 Zoë ﷽",
    "$$ body $$",
    "back\\slash \\u0041 \\n \\0",
    "\u2028\u2029\ufeff",
    "100000000000000001",
    "0.1000000000000000055511151231257827",
    " 1e400 ",
    "",
    None,
]


@pytest.mark.parametrize("value", ODD)
def test_properties_hold_what_hubspot_sent(value: str | None) -> None:
    columns, _ = staged_records([a_record(p=value, q="x")], [], {}, {})
    assert whole(columns) == {"p": value, "q": "x"}


@pytest.mark.parametrize("value", [value for value in ODD if value])
def test_a_text_column_holds_what_hubspot_sent(value: str) -> None:
    assert spelled(value, Type.TEXT) == (value, 0)


def test_a_character_that_snowflake_cannot_parse_is_replaced_and_counted() -> None:
    columns, misfits = staged_records([a_record(p="\0a\0\\u0000")], [TYPED[Type.TEXT]], {}, {})
    assert pa.array(columns["P_TEXT"]).to_pylist() == ["\ufffda\ufffd\\u0000"]
    assert whole(columns) == {"p": "\ufffda\ufffd\\u0000"}
    assert misfits == 1


def test_properties_keep_values_that_fit_no_column_and_those_without_one() -> None:
    columns, _ = staged_records([a_record(p="much", unselected="y")], [TYPED[Type.NUMBER]], {}, {})
    assert whole(columns) == {"p": "much", "unselected": "y"}


def whole(columns: Mapping[str, object]) -> object:
    """The column PROPERTIES of the only record, read back."""
    (json_value,) = pa.array(columns["PROPERTIES"]).to_pylist()
    return json.loads(json_value)


# -- the record -----------------------------------------------------------------------------------


def test_a_record_is_staged_with_its_id_and_instants() -> None:
    columns, _ = staged_records([a_record("100000000000000001", updated_at=NOW + 1)], [], {}, {})
    assert list(columns["ID"]) == ["100000000000000001"]
    assert pa.array(columns["CREATED_AT"]).to_pylist() == [str(NOW)]
    assert pa.array(columns["UPDATED_AT"]).to_pylist() == [str(NOW + 1)]
    assert list(columns["ARCHIVED"]) == ["false"]


def test_an_instant_that_hubspot_did_not_send_is_null() -> None:
    columns, _ = staged_records([a_record(updated_at=None)], [], {}, {})
    assert pa.array(columns["UPDATED_AT"]).to_pylist() == [None]


def a_link(to_id: str, type_id: str = "279", label: str | None = None) -> Link:
    return Link(to_id, "HUBSPOT_DEFINED", type_id, label)


def test_associations_that_were_not_fetched_are_null_and_none_is_empty() -> None:
    records = [a_record("1"), a_record("2"), a_record("3")]
    links = {"companies": {"2": [], "3": [a_link("7")]}}
    columns, _ = staged_records(records, [], {"companies": association_column("companies")}, links)
    not_fetched, none, linked = columns["COMPANIES_IDS"]
    assert not_fetched is None
    assert [json.loads(ids) for ids in (none, linked) if ids is not None] == [[], ["7"]]


def test_an_id_with_several_labels_stands_once_and_the_order_never_changes() -> None:
    links = [a_link("10"), a_link("9", "1", "Primary"), a_link("9")]
    for ordered in (links, links[::-1]):
        columns, _ = staged_records(
            [a_record("1")],
            [],
            {"companies": association_column("companies")},
            {"companies": {"1": ordered}},
        )
        [ids] = columns["COMPANIES_IDS"]
        assert json.loads(ids or "") == ["9", "10"]


def test_links_are_nested_in_the_first_row_of_their_record_by_type() -> None:
    records = [a_record("1"), a_record("2"), a_record("1")]
    links = {"1": [a_link("7"), a_link("7", "1", "Primary")], "2": []}
    [nested, *others] = nested_links_of(records, links)
    assert json.loads(nested or b"") == [
        ["7", "HUBSPOT_DEFINED", "279"],
        ["7", "HUBSPOT_DEFINED", "1", "Primary"],
    ]
    assert others == [None, None]


def test_an_archived_record_is_marked_with_when_and_why() -> None:
    dated = Record("1", NOW, NOW + 1, True, NOW + 2, {})
    undated = Record("2", NOW, NOW + 1, True, None, {})
    columns, _ = staged_records([dated, undated], [], {}, {}, archived=True)
    assert list(columns["ARCHIVED"]) == ["true", "true"]
    assert pa.array(columns["_DELETED_AT"]).to_pylist() == [str(NOW + 2), str(NOW + 1)]
    assert list(columns["_DELETE_KIND"]) == ["ARCHIVED", "ARCHIVED"]


@pytest.mark.parametrize("archived", [False, True])
def test_the_columns_told_are_the_columns_made(archived: bool) -> None:
    properties = [TYPED[Type.TEXT], TYPED[Type.NUMBER]]
    associations = {"companies": association_column("companies")}
    staged, _ = staged_records([a_record()], properties, associations, {}, archived=archived)
    columns = staged_columns(properties, associations, archived=archived)
    assert [column.name for column in columns] == list(staged)


def test_every_column_is_as_long_as_there_are_records() -> None:
    columns, _ = staged_records([a_record(str(n)) for n in range(7)], list(TYPED.values()), {}, {})
    assert {len(column) for column in columns.values()} == {7}


# -- anything -------------------------------------------------------------------------------------

FORMS = {
    Type.NUMBER: r"-?[0-9]{1,20}(\.[0-9]{1,18})?",
    Type.BOOLEAN: r"true|false",
    Type.DATE: r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    Type.TIMESTAMP: r"-?[0-9]{1,15}",
}
LIKELY = st.text("0123456789+-.eE_ ٣²", max_size=12) | st.text(max_size=40)


@given(LIKELY, st.sampled_from(sorted(FORMS)))
def test_any_text_is_spelled_in_the_one_form_of_its_type_or_does_not_fit(
    value: str, type: Type
) -> None:
    text, misfits = spelled(value, type)
    if text is None:
        assert misfits == (1 if value else 0)
    else:
        assert isinstance(text, str)
        assert re.fullmatch(FORMS[type], text)


LARGEST = 10**20 - 1


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=18, min_value=-LARGEST, max_value=LARGEST
    )
)
def test_a_decimal_keeps_every_digit_a_column_can_hold(value: Decimal) -> None:
    text, _ = spelled(str(value), Type.NUMBER)
    assert isinstance(text, str)
    assert Decimal(text) == value


@given(st.dictionaries(st.text(max_size=5), st.none() | st.text(max_size=20), max_size=5))
def test_any_properties_can_be_read_back(properties: dict[str, str | None]) -> None:
    record = Record("1", NOW, NOW, False, None, properties)
    columns, _ = staged_records([record], [], {}, {})
    # Snowflake cannot parse U+0000
    assert whole(columns) == {
        name.replace("\0", "\ufffd"): value and value.replace("\0", "\ufffd")
        for name, value in properties.items()
    }


@pytest.mark.parametrize("merged", ["7;8", "7;8;1", "7;8;"])
def test_merged_ids_are_told_by_their_survivor(merged: str) -> None:
    assert merged_ids([a_record("1", hs_merged_object_ids=merged)]) == (("7", "1"), ("8", "1"))


def test_a_merged_id_may_come_as_a_number() -> None:
    properties: dict[str, Any] = {"hs_merged_object_ids": 7}
    assert merged_ids([replace(a_record("1"), properties=properties)]) == (("7", "1"),)


# -- as HubSpot sent them -------------------------------------------------------------------------

SENT = st.dictionaries(
    st.sampled_from(["p", "q", "r"]),
    st.one_of(
        st.none(),
        st.text(st.characters(exclude_categories=["Cs"])),
        st.sampled_from(["", "5", "true", "2026-01-31", "2026-01-31T00:00:00Z", "\x00", 7, True]),
    ),
)


@given(st.lists(SENT, min_size=1, max_size=5))
def test_rows_are_the_same_whether_their_json_was_parsed_or_not(sent: list[dict[str, Any]]) -> None:
    columns = [
        Column(f"P_{name}_{type_.name}", type_, name)
        for name in ("p", "q", "r")
        for type_ in (Type.TEXT, Type.NUMBER, Type.BOOLEAN, Type.DATE, Type.TIMESTAMP)
    ]
    records = [a_record(**properties) for properties in sent]
    raw_records = [
        replace(record, properties=RawProperties(json.dumps(properties).encode()))
        for record, properties in zip(records, sent, strict=True)
    ]
    parsed, parsed_misfits = staged_records(records, columns, {}, {})
    raw, raw_misfits = staged_records(raw_records, columns, {}, {})
    assert raw_misfits == parsed_misfits
    for column in columns:
        assert pa.array(raw[column.name]).to_pylist() == pa.array(parsed[column.name]).to_pylist()
    raw_values, parsed_values = (
        [json.loads(json_value) for json_value in pa.array(staged["PROPERTIES"]).to_pylist()]
        for staged in (raw, parsed)
    )
    assert raw_values == parsed_values
