from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from hubspot_ingest.laptop import tables
from hubspot_ingest.laptop.printing import Result
from tests.unit.test_printing import SPELLED, one

LONG = "all of it " * 30
WIDE = Result(
    tuple(f"COLUMN_{n}" for n in range(12)),
    tuple(tuple(f"value {row}/{n} of this table" for n in range(12)) for row in range(2)),
)


def in_table(result: Result, width: int = 300) -> str:
    out = io.StringIO()
    tables.as_table(result, Console(file=out, width=width, color_system=None))
    return out.getvalue()


def in_blocks(result: Result, width: int = 80) -> str:
    out = io.StringIO()
    tables.as_blocks(result, Console(file=out, width=width, color_system=None))
    return out.getvalue()


@pytest.mark.parametrize(("value", "expected"), SPELLED)
def test_a_table_spells_each_type_as_csv_does(value: object, expected: str) -> None:
    for line in expected.splitlines():
        assert line in in_table(one(value))


def test_no_rows_are_said_to_be_none() -> None:
    assert "0 rows" in in_table(Result(("A", "B"), ()))


def test_a_table_says_how_many_rows_there_are() -> None:
    rows = Result(("A",), tuple((f"row-{n}",) for n in range(1_234)))
    assert in_table(rows).endswith("1,234 rows\n")


def test_a_table_cuts_a_value_that_is_too_long() -> None:
    shown = in_table(one("x" * 5_000))
    assert shown.count("x") == 199
    assert "…" in shown


def test_a_table_takes_no_value_for_markup() -> None:
    assert "[bold]x[/bold]" in in_table(one("[bold]x[/bold]"))


def test_no_value_can_command_the_terminal() -> None:
    command = one("\x1b[2J\x1b]0;title\x07")

    for shown in (in_table(command), in_blocks(command), tables.as_markdown(command)):
        assert "\x1b" not in shown


def test_columns_that_do_not_fit_make_a_block_of_each_row() -> None:
    lines = in_table(WIDE, width=80).splitlines()

    assert [line for line in lines if line.startswith("─ row")] == [
        "─ row 1 " + "─" * 52,
        "─ row 2 " + "─" * 52,
    ]
    assert "COLUMN_11 value 1/11 of this table" in lines
    assert lines[-1] == "2 rows"


def test_columns_that_fit_stay_a_table() -> None:
    header, *_ = in_table(WIDE, width=320).splitlines()

    assert header.split()[::2] == list(WIDE.names)


def test_one_long_text_is_folded_beside_columns_that_keep_their_width() -> None:
    result = Result(("STATUS", "MESSAGE", "RUN_ID"), (("SUCCEEDED", LONG[:150], "a" * 36),))

    lines = in_table(result, width=110).splitlines()

    assert lines[0].split() == ["STATUS", "┃", "MESSAGE", "┃", "RUN_ID"]
    assert "SUCCEEDED │ all of it" in lines[2]
    assert lines[2].endswith("a" * 36)


def test_a_block_of_a_table_is_cut_and_an_asked_one_is_whole() -> None:
    result = Result((*WIDE.names, "SETTINGS"), ((*WIDE.rows[0], LONG),))

    assert LONG[:199] + "…" in in_table(result, width=80)
    assert LONG in in_blocks(result)


def test_json_of_several_lines_is_one_line_of_a_block() -> None:
    settings = json.dumps({"stream": "contacts", "properties": ["email"]}, indent=2)

    shown = in_blocks(Result(("NAME", "SETTINGS"), (("slim", settings),), frozenset({1})))

    assert 'SETTINGS { "stream": "contacts", "properties": [ "email" ] }\n' in shown


def test_lines_of_a_text_stand_below_each_other_in_a_block() -> None:
    assert "V first\n  second\n" in in_blocks(one("first\nsecond"))


def test_markdown_is_a_table_whose_cells_keep_their_bars_and_lines() -> None:
    result = Result(("A", "B"), ((1, "a|b\nc"), (None, "<b> \\ d")))

    assert tables.as_markdown(result).splitlines() == [
        "| A | B |",
        "| --- | --- |",
        "| 1 | a\\|b<br>c |",
        "|  | &lt;b> \\\\ d |",
    ]


def test_markdown_of_an_answer_has_a_line_for_each_part() -> None:
    answer = one('{"response_code": "OK", "rows_read": 12}', is_json=True)

    assert tables.as_markdown(answer).splitlines() == [
        "| NAME | VALUE |",
        "| --- | --- |",
        "| response_code | OK |",
        "| rows_read | 12 |",
    ]


def test_an_answer_is_a_line_for_each_part_whatever_the_width() -> None:
    answer = one(json.dumps({"response_code": "OK", "message": LONG}), is_json=True)

    for shown in (in_table(answer, width=40), in_blocks(answer, width=40)):
        assert f"message            {LONG}" in shown
