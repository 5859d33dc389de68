from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubspot_ingest.times import (
    EARLIEST,
    LATEST,
    SystemClock,
    day,
    http_date,
    instant,
    iso,
    iso_or_none,
    milliseconds,
)

INSTANTS = st.integers(EARLIEST, LATEST)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-02-10T21:38:58.123Z", 1_612_993_138_123),
        ("2021-02-10T21:38:58Z", 1_612_993_138_000),
        ("2021-02-10T21:38:58.1Z", 1_612_993_138_100),
        ("2021-02-10T21:38:58.123999Z", 1_612_993_138_123),
        ("2021-02-10T21:38:58.459000+00:00", 1_612_993_138_459),
        ("2021-02-10T22:38:58+01:00", 1_612_993_138_000),
        ("2021-02-10 21:38:58", 1_612_993_138_000),
        ("2021-02-10T21:38", 1_612_993_080_000),
        ("2021-02-10", 1_612_915_200_000),
        ("1612993138123", 1_612_993_138_123),
        ("1612993138123.0", 1_612_993_138_123),
        ("0", 0),
        ("-1", -1),
        (str(EARLIEST), EARLIEST),
        (str(LATEST), LATEST),
        ("1969-12-31T23:59:59.999Z", -1),
        ("1969-12-31T23:59:59.9995Z", -1),
        ("0001-01-01T00:00:00Z", EARLIEST),
        ("9999-12-31T23:59:59.999Z", LATEST),
    ],
)
def test_an_instant_is_read_however_hubspot_spells_it(text: str, expected: int) -> None:
    assert milliseconds(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "yesterday",
        "2021-02-30T00:00:00Z",
        "2021-13-01",
        "0000-01-01",
        "10000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        str(EARLIEST - 1),
        str(LATEST + 1),
        "9" * 5000,
        "12.5",
        "--5",
        "-",
        "²",
        "1.5",
        "1612993138123.",
        "٣",
        "2021-02-10T21:38:58Z\ud800",
    ],
)
def test_what_is_no_instant_snowflake_can_hold_is_none(text: str) -> None:
    assert milliseconds(text) is None
    assert day(text) is None


@given(INSTANTS)
def test_an_instant_survives_being_written_and_read_again(value: int) -> None:
    assert milliseconds(iso(value)) == value


@given(INSTANTS)
def test_an_instant_is_always_written_the_same_length(value: int) -> None:
    assert len(iso(value)) == len("2021-02-10T21:38:58.123Z")


@given(INSTANTS)
def test_an_instant_may_come_as_milliseconds(value: int) -> None:
    assert milliseconds(str(value)) == value


@given(
    st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)),
    st.integers(-14 * 60, 14 * 60),
)
def test_a_zone_moves_the_spelling_and_not_the_instant(moment: datetime, minutes: int) -> None:
    here = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes)))
    assert milliseconds(here.isoformat()) == milliseconds(moment.isoformat())


@given(st.text(max_size=40))
def test_any_text_is_an_instant_or_none_and_never_an_error(text: str) -> None:
    value = milliseconds(text)
    assert value is None or EARLIEST <= value <= LATEST


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021-02-10", "2021-02-10"),
        ("1612915200000", "2021-02-10"),
        ("2021-02-10T00:00:00Z", "2021-02-10"),
        ("2021-02-10T23:00:00-05:00", "2021-02-11"),
        ("-1", "1969-12-31"),
        ("0001-01-01", "0001-01-01"),
        ("9999-12-31", "9999-12-31"),
    ],
)
def test_a_date_is_read_however_hubspot_spells_it(text: str, expected: str) -> None:
    assert day(text) == expected


@given(st.dates())
def test_a_date_stays_what_it_is(value: object) -> None:
    assert day(str(value)) == str(value)


@pytest.mark.parametrize("value", [None, "", 0])
def test_where_there_is_no_instant_there_is_none(value: object) -> None:
    assert instant(value) is None


def test_what_may_be_an_instant_is_read_as_one() -> None:
    assert instant("2021-02-10T21:38:58.123Z") == 1_612_993_138_123


def test_what_may_be_no_instant_is_written_as_one_or_not_at_all() -> None:
    assert iso_or_none(0) == "1970-01-01T00:00:00.000Z"
    assert iso_or_none(None) is None


def test_a_date_in_a_header_is_read_to_the_second() -> None:
    assert http_date("Wed, 10 Feb 2021 21:38:58 GMT") == 1_612_993_138_000
    assert http_date("tomorrow") is None


def test_the_machines_clock_tells_whole_milliseconds() -> None:
    before = time.time_ns()
    now = SystemClock().now()
    assert isinstance(now, int)
    assert before <= (now + 1) * 1_000_000
    assert now * 1_000_000 <= time.time_ns()
