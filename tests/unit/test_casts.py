from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_ingest.database.casts import parseable, texts_of_json, to_text
from hubspot_ingest.database.columns import Column, Type
from hubspot_ingest.times import milliseconds

TYPES = (Type.TEXT, Type.NUMBER, Type.BOOLEAN, Type.DATE, Type.TIMESTAMP)
USUAL = {
    Type.TEXT: st.text(max_size=20),
    Type.NUMBER: st.integers(-(10**19), 10**19).map(str) | st.floats(allow_nan=False).map(repr),
    Type.BOOLEAN: st.sampled_from(["true", "false", "Yes", "no"]),
    Type.DATE: st.dates(date(1, 1, 1)).map(date.isoformat),
    Type.TIMESTAMP: st.datetimes(datetime(1, 1, 1)).map(
        lambda moment: moment.isoformat(timespec="milliseconds") + "Z"
    ),
}
ODD = st.sampled_from(["", "soon", "2026-02-30", "2026-02-30T10:00:00Z", "24:00", "1e3", " 5"])


def column(values: Sequence[object], type: Type) -> tuple[list[str | None], int]:
    texts, misfits = to_text(Column("C", type, "c"), values)
    return texts.to_pylist(), misfits


@given(st.data(), st.sampled_from(TYPES))
def test_every_value_of_a_column_is_spelled_as_it_is_alone(data: st.DataObject, type: Type) -> None:
    values = data.draw(st.lists(st.none() | USUAL[type] | ODD, max_size=30))
    texts, misfits = column(values, type)
    alone = [column([value], type) for value in values]
    assert texts == [text for alone_texts, _ in alone for text in alone_texts]
    assert misfits == sum(count for _, count in alone)


@given(st.datetimes(datetime(1000, 1, 1), datetime(2999, 12, 31)))
def test_an_instant_is_the_same_whether_arrow_reads_it_or_python(moment: datetime) -> None:
    text = moment.replace(tzinfo=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert column([text], Type.TIMESTAMP) == ([str(milliseconds(text))], 0)


@pytest.mark.parametrize("odd", ["2026-02-30", "2026-13-01", "1900-02-29"])
def test_a_day_the_calendar_lacks_spoils_no_other_day(odd: str) -> None:
    assert column(["2026-01-31", odd, "2024-02-29"], Type.DATE) == (
        ["2026-01-31", None, "2024-02-29"],
        1,
    )


@pytest.mark.parametrize("odd", ["2026-01-01T24:00:00Z", "2026-01-01T23:59:60Z"])
def test_an_hour_the_day_lacks_spoils_no_other_instant(odd: str) -> None:
    assert column(["1970-01-01T00:00:01Z", odd, None], Type.TIMESTAMP) == (["1000", None, None], 1)


def test_what_is_no_text_is_spelled_as_its_json() -> None:
    assert column([1, True, None, "x"], Type.TEXT) == (["1", "true", None, "x"], 0)


def test_a_line_break_after_a_number_is_no_part_of_it() -> None:
    assert column(["5\n"], Type.NUMBER) == (["5.000000000000000000"], 0)


SECONDS = "1706659200"
DIGITS = ["20240131", "20240131120000", "19991231", "0020240131"]


@pytest.mark.parametrize("type_", [Type.DATE, Type.TIMESTAMP])
@pytest.mark.parametrize("text", [SECONDS, "1706700000", *DIGITS])
def test_seconds_and_digits_of_a_date_are_no_milliseconds(text: str, type_: Type) -> None:
    assert column([text], type_) == ([None], 1)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("0", "1970-01-01"),
        ("86400000", "1970-01-02"),
        ("-86400000", "1969-12-31"),
        ("1728000000", "1970-01-21"),
        ("1706659200000", "2024-01-31"),
        ("1706700000123", "2024-01-31"),
        ("-14182940000", "1969-07-20"),
        ("-2208988800000", "1900-01-01"),
        ("253402214400000", "9999-12-31"),
    ],
)
def test_milliseconds_are_a_date(text: str, day: str) -> None:
    assert column([text], Type.DATE) == ([day], 0)


def test_a_text_too_long_for_a_column_is_cut_marked_and_counted() -> None:
    long = "ä" * 17_000_000
    [cut, short, none], misfits = column([long, "short", None], Type.TEXT)

    assert (short, none, misfits) == ("short", None, 1)
    assert cut is not None
    assert (len(cut), cut[:3], cut[-2:]) == (16_777_216, "äää", "ä…")


def test_the_longest_text_of_a_column_is_kept() -> None:
    longest = "a" * 16_777_216
    assert column([longest, "b"], Type.TEXT) == ([longest, "b"], 0)


def test_values_are_read_out_of_many_objects_at_once() -> None:
    objects = [b'{"a": "x", "b": "y"}', b"{}", b'{"a": null, "c": {"d": 1}}', b'{"a": ""}']
    texts = texts_of_json(objects, ["a"])
    assert texts is not None
    assert texts["a"].to_pylist() == ["x", None, None, ""]


@pytest.mark.parametrize("objects", [[b'{"a": 1}'], [b'{"a": "x"}\n{"a": "y"}'], [b'{"a": "x"']])
def test_what_is_not_read_as_one_text_of_each_object_is_not_taken(objects: list[bytes]) -> None:
    assert texts_of_json(objects, ["a"]) is None


@pytest.mark.parametrize("backslashes", range(5))
def test_u0000_in_json_is_replaced_unless_its_backslash_is_an_escaped_one(backslashes: int) -> None:
    before, escape = '"' + "\\" * backslashes, "\\u0000"
    assert parseable(f'{before}{escape}"') == (
        f'{before}{escape}"' if backslashes % 2 else f'{before}\ufffd"'
    )
