from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_ingest.laptop.printing import Result, as_csv, as_json, parse_rows, plain

VARIANT, TEXT = 5, 2


def one(value: object, *, is_json: bool = False) -> Result:
    """A result of one row and one column named V."""
    return Result(("V",), ((value,),), frozenset({0} if is_json else ()))


def in_json(value: object, *, is_json: bool = False) -> Any:
    [row] = json.loads(as_json(one(value, is_json=is_json)), parse_float=Decimal)
    return row["V"]


def in_csv(value: object) -> str:
    _, [found] = csv.reader(io.StringIO(as_csv(one(value))))
    return found


@pytest.mark.parametrize("is_json", [False, True])
def test_json_spells_what_a_terminal_takes_for_a_command(is_json: bool) -> None:
    text = "a\x1b[2J\x07\x9b31m\u202eb"
    result = one(json.dumps(text, ensure_ascii=False) if is_json else text, is_json=is_json)

    assert not set(as_json(result)) & set("\x1b\x07\x9b\u202e")
    assert json.loads(as_json(result)) == [{"V": text}]


SPELLED = [
    (Decimal("100000000000000001.000000000000000000"), "100000000000000001"),
    (Decimal("0.100000000000000006"), "0.100000000000000006"),
    (Decimal("1E+5"), "100000"),
    (Decimal("100"), "100"),
    (Decimal("0E-18"), "0"),
    (datetime(2026, 1, 31, 1, 2, 3, 456_000), "2026-01-31T01:02:03.456Z"),
    (datetime(2026, 1, 31, tzinfo=UTC), "2026-01-31T00:00:00.000Z"),
    (datetime(2026, 1, 31, tzinfo=timezone(timedelta(hours=1))), "2026-01-30T23:00:00.000Z"),
    (date(2026, 1, 31), "2026-01-31"),
    (time(1, 2, 3), "01:02:03"),
    (b"\x01\xff", "01FF"),
    (True, "true"),
    (7, "7"),
    ('it\'s "a", b\nc', 'it\'s "a", b\nc'),
    (None, ""),
]


@pytest.mark.parametrize(("value", "expected"), SPELLED)
def test_csv_spells_each_type_one_way(value: object, expected: str) -> None:
    assert in_csv(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (10**18 + 1, 10**18 + 1),
        (1.5, Decimal("1.5")),
        (Decimal("100000000000000001.500"), Decimal("100000000000000001.5")),
        (Decimal("5.000"), 5),
        (datetime(2026, 1, 31), "2026-01-31T00:00:00.000Z"),
        (date(2026, 1, 31), "2026-01-31"),
        ('👩‍👩‍👧 "\\\n\x00', '👩‍👩‍👧 "\\\n\x00'),
        ("[1]", "[1]"),
    ],
)
def test_json_spells_each_type_one_way(value: object, expected: object) -> None:
    assert in_json(value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"a": [1, null]}', {"a": [1, None]}),
        ("[]", []),
        ('"text"', "text"),
        ("null", None),
        ("100000000000000001", 100000000000000001),
        ("0.12345678901234567890123", Decimal("0.12345678901234567890123")),
        ("undefined", "undefined"),
        (None, None),
    ],
)
def test_a_variant_is_json_inside_json(text: str | None, expected: object) -> None:
    assert in_json(text, is_json=True) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_json_does_not_know_is_still_valid_json(value: float) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    json.loads(as_json(one(value)), parse_constant=refuse)


def test_json_is_an_array_of_objects_keyed_by_column() -> None:
    result = Result(("A", "b c"), ((1, "x"), (2, "y")))
    assert json.loads(as_json(result)) == [{"A": 1, "b c": "x"}, {"A": 2, "b c": "y"}]


def test_no_rows_are_an_empty_array_and_a_bare_header() -> None:
    nothing = Result(("A", "B"), ())
    assert json.loads(as_json(nothing)) == []
    assert as_csv(nothing) == "A,B\n"


def test_semi_structured_columns_are_known_by_the_connectors_codes() -> None:
    assert parse_rows(["A", "B"], [["1", "{}"]], [TEXT, VARIANT]).json_columns == {1}


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_printed_with_all_its_digits_and_no_exponent(value: Decimal) -> None:
    if abs(value.adjusted()) < 1_000:
        assert Decimal(plain(value)) == value
        assert "E" not in plain(value)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_json(value: str) -> None:
    assert in_json(value) == value
