"""A value is in the table as HubSpot sent it, or is NULL there, whole in PROPERTIES and counted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.runs.conftest import MakeWorld
from tests.runs.world import World

TEXTS = (
    "He said \"no\", then 'yes' and \"\",''",
    "two\nlines, a\r\nthird and a\ttab",
    "🚀 👩‍👩‍👧 ünïcödé 陽子 محمد",
    "$$ $1 ${x} $$BODY$$ :1 ? %s %(a)s",
    "literal \\u0041 \\n \\\\ \\x00 and \\u0000",
    "\u0001 control \u001f and \u007f",
    "\u200bzero width, \u00a0nbsp, \u2028separator, \ufeffmark",
    "  leading and trailing  ",
    "NULL",
    "null",
    "\\N",
    "true",
    "00123",
    '{"json": [1, null], "deep": {"a": "\\""}}',
    "; DROP TABLE contacts; -- /* */",
    "<b>html</b>&amp;",
    "x" * 70_000,
    "a,b;c|d\\,e",
)

NUMBERS = {
    "0": Decimal(0),
    "-1": Decimal(-1),
    "12.5": Decimal("12.5"),
    "0.1": Decimal("0.1"),
    "-0.000000000000000001": Decimal("-0.000000000000000001"),
    "123456789012345678": Decimal(123456789012345678),
    "-987654321098765432": Decimal(-987654321098765432),
    "99999999999999999999.999999999999999999": Decimal("99999999999999999999.999999999999999999"),
    "1.5E7": Decimal(15000000),
    "2.5e-3": Decimal("0.0025"),
    "007": Decimal(7),
    "4.0": Decimal(4),
    "0.1234567890123456789": Decimal("0.123456789012345679"),
    "": None,
    "1234;5678": None,
    "100000000000000000000": None,
    "NaN": None,
    "Infinity": None,
    "twelve": None,
}

DATES = {
    "2024-02-29": date(2024, 2, 29),
    "1709164800000": date(2024, 2, 29),
    "2023-10-01T00:00:00Z": date(2023, 10, 1),
    "1969-07-20": date(1969, 7, 20),
    "-14182940000": date(1969, 7, 20),
    "0001-01-01": date(1, 1, 1),
    "9999-12-31": date(9999, 12, 31),
    "": None,
    "2023-02-29": None,
    "22026-01-05": None,
    "1706659200": None,
    "20240131": None,
    "soon": None,
}

DATETIMES = {
    "2024-03-10T02:30:00.123Z": datetime(2024, 3, 10, 2, 30, 0, 123_000),
    "2024-03-10T02:30:00Z": datetime(2024, 3, 10, 2, 30),
    "2024-03-10T02:30:00.123+02:00": datetime(2024, 3, 10, 0, 30, 0, 123_000),
    "2021-02-10 21:38:58": datetime(2021, 2, 10, 21, 38, 58),
    "2021-02-10T21:38:58.459000+00:00": datetime(2021, 2, 10, 21, 38, 58, 459_000),
    "1710037800123": datetime(2024, 3, 10, 2, 30, 0, 123_000),
    "-1": datetime(1969, 12, 31, 23, 59, 59, 999_000),
    "1969-12-31T23:59:59.999Z": datetime(1969, 12, 31, 23, 59, 59, 999_000),
    "": None,
    "20240-01-01T00:00:00Z": None,
    "1706700000": None,
    "yesterday": None,
}

# seeded with values that do not fit, which the tests above have in their tables
ODD = {"odd_number", "odd_date", "odd_datetime", "credit_limit", "contract_signed"}
ODD |= {"hs_hd_ticket_ids"}

BOOLEANS = {"true": True, "false": False, "Yes": True, "No": False, "": None, "maybe": None}


def _land(world: World, name: str, values: Sequence[str | None]) -> list[object]:
    """The column of a property after records with these values were ingested."""
    for value in values:
        world.portal.create("contacts", {name: value})
    world.syncs.save("contacts", "contacts", {"properties": [name]}, world.clock.now())
    world.run()
    return [row[0] for row in world.table(f'"PROPERTIES_{name.upper()}"')]


def _whole(world: World, name: str) -> list[object]:
    """The property as it stands in PROPERTIES."""
    return [json.loads(row[0])[name] for row in world.table("PROPERTIES")]


@pytest.fixture
def empty(make: MakeWorld) -> World:
    return make()


def test_text_is_the_same_to_the_last_sign(empty: World) -> None:
    assert _land(empty, "free_text", TEXTS) == [*TEXTS]
    assert _whole(empty, "free_text") == [*TEXTS]


def test_a_zero_byte_is_replaced_counted_and_stops_nobody(empty: World) -> None:
    assert _land(empty, "free_text", ["a\0b", "other"]) == ["a\ufffdb", "other"]
    assert _whole(empty, "free_text") == ["a\ufffdb", "other"]
    assert empty.runs()[0]["VALUES_MISFIT"] == 1


def test_numbers_keep_every_digit(empty: World) -> None:
    assert _land(empty, "odd_number", [*NUMBERS]) == [*NUMBERS.values()]
    assert _whole(empty, "odd_number") == [*NUMBERS]


def test_dates_are_days(empty: World) -> None:
    assert _land(empty, "odd_date", [*DATES]) == [*DATES.values()]
    assert _whole(empty, "odd_date") == [*DATES]


def test_instants_are_utc_to_the_millisecond(empty: World) -> None:
    assert _land(empty, "odd_datetime", [*DATETIMES]) == [*DATETIMES.values()]
    assert _whole(empty, "odd_datetime") == [*DATETIMES]


def test_booleans_are_read_in_both_of_hubspots_spellings(empty: World) -> None:
    assert _land(empty, "vip", [*BOOLEANS]) == [*BOOLEANS.values()]
    assert _whole(empty, "vip") == [*BOOLEANS]


def test_a_value_that_was_never_set_is_null_in_both_places(empty: World) -> None:
    assert _land(empty, "free_text", [None, "set"]) == [None, "set"]
    assert _whole(empty, "free_text") == [None, "set"]


def test_a_cleared_value_is_null_in_its_column_and_empty_in_properties(empty: World) -> None:
    assert _land(empty, "free_text", [""]) == [None]
    assert _whole(empty, "free_text") == [""]


@pytest.mark.parametrize(
    ("name", "values", "misfits"),
    [
        ("odd_number", NUMBERS, 5),
        ("odd_date", DATES, 5),
        ("odd_datetime", DATETIMES, 3),
        ("vip", BOOLEANS, 1),
        ("free_text", TEXTS, 0),
    ],
)
def test_values_that_do_not_fit_are_counted(
    empty: World, name: str, values: Sequence[str], misfits: int
) -> None:
    _land(empty, name, [*values])

    assert empty.runs()[0]["VALUES_MISFIT"] == misfits


def test_a_value_that_is_cleared_later_becomes_null(empty: World) -> None:
    _land(empty, "free_text", ["set"])
    empty.clock.advance(3_600_000)
    empty.portal.update("contacts", empty.ids()[0], {"free_text": ""})

    empty.run()

    assert empty.table("PROPERTIES_FREE_TEXT") == [(None,)]


@pytest.mark.parametrize("object_type", ["contacts", "companies"])
def test_every_column_of_a_whole_portal_says_what_hubspot_says(
    make: MakeWorld, object_type: str
) -> None:
    world = make({object_type: 80})
    world.run(object_type)
    table = f"HUBSPOT_DATA.CRM.{object_type.upper()}"
    rows = world.rows(
        "SELECT PROPERTY, COLUMN_NAME, TYPE FROM HUBSPOT_INGEST.CORE.PROPERTIES ORDER BY 1"
    )
    names = ", ".join(f'"{row["COLUMN_NAME"]}"' for row in rows)
    landed = {row[0]: row[1:] for row in world.table(f"ID, {names}", table)}

    wrong = [
        (identifier, column["PROPERTY"], value)
        for identifier, properties in world.truth(object_type).items()
        for column, value in zip(rows, landed[identifier], strict=True)
        if column["PROPERTY"] not in ODD
        and _expected(column["TYPE"], properties[column["PROPERTY"]]) != value
    ]
    assert len(landed) == 80
    assert wrong == []


def _expected(kind: str, sent: str | None) -> object:
    """A well-formed value as Python has it."""
    if not sent:
        return None
    match kind:
        case "number":
            return Decimal(sent)
        case "bool":
            return sent.lower() in ("true", "yes")
        case "date":
            return date.fromisoformat(sent)
        case "datetime" if sent.isdigit():
            return datetime.fromtimestamp(int(sent) / 1000, UTC).replace(tzinfo=None)
        case "datetime":
            return datetime.fromisoformat(sent).astimezone(UTC).replace(tzinfo=None)
        case _:
            return sent
