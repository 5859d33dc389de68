"""Results of statements for people: a table, one block a row, Markdown."""

from __future__ import annotations

import json
import os
import sys

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hubspot_ingest.errors import printable
from hubspot_ingest.laptop.printing import Result, answer, text_of

LONGEST_CELL = 200
READABLE = 40
"""The width to which a column of longer values is folded at the most."""

PIPE_WIDTH = 200
"""The width where no terminal is: a pager scrolls sideways, and so does an editor."""


def console() -> Console:
    """The standard output, as wide as ``$COLUMNS`` or the terminal, also the one behind a pipe."""
    return Console(width=None if os.environ.get("COLUMNS") or _any_terminal() else PIPE_WIDTH)


def _any_terminal() -> bool:
    # the streams whose width the console takes
    return any(
        stream is not None and stream.isatty()
        for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__)
    )


def as_table(result: Result, console: Console) -> None:
    """Print a table; long values are cut.

    Where the columns do not fit, each row is a block. The answer of a procedure, which is one
    object, is printed whole, a line for each of its parts.
    """
    if _print_answer(result, console):
        return
    cells = [[_cut(cell) for cell in row] for row in _cells(result)]
    names = [printable(name) for name in result.names]
    widths = [max(map(_width, column)) for column in zip(names, *cells, strict=True)]
    least = [
        min(width, max(READABLE, _width(name))) for width, name in zip(widths, names, strict=True)
    ]
    if sum(least) + 3 * (len(least) - 1) > console.width:
        _print_blocks(names, cells, console)
    else:
        table = Table(show_edge=False, pad_edge=False, header_style="bold")
        for name, width in zip(names, least, strict=True):
            table.add_column(Text(name), overflow="fold", min_width=width)
        for row in cells:
            table.add_row(*map(Text, row))
        console.print(table)
    _print_count(len(result.rows), console)


def as_blocks(result: Result, console: Console) -> None:
    """Print each row as a block, with a line for each column and every value whole."""
    if not _print_answer(result, console):
        _print_blocks([printable(name) for name in result.names], _cells(result), console)
        _print_count(len(result.rows), console)


def as_markdown(result: Result) -> str:
    """A table as GitHub, Jira and chats draw it, every value whole."""
    parts = answer(result)
    names, rows = list(result.names), _cells(result)
    if parts is not None:
        names, rows = ["NAME", "VALUE"], [[name, _part(value)] for name, value in parts.items()]
    lines = [names, ["---"] * len(names), *rows]
    return "".join(f"| {' | '.join(map(_markdown, line))} |\n" for line in lines)


def _markdown(cell: str) -> str:
    for sign, spelled in (("\\", "\\\\"), ("|", "\\|"), ("<", "&lt;")):
        cell = cell.replace(sign, spelled)
    return "<br>".join(cell.splitlines())


def _print_answer(result: Result, console: Console) -> bool:
    parts = answer(result)
    for name, value in (parts or {}).items():
        label = Text(printable(f"{name:18}"), style="bold")
        console.print(label, Text(printable(_part(value))), soft_wrap=True)
    return parts is not None


def _part(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _print_blocks(names: list[str], rows: list[list[str]], console: Console) -> None:
    width = max(map(_width, names), default=0)
    for number, row in enumerate(rows, 1):
        console.print(Text(f"─ row {number:,} ".ljust(min(console.width, 60), "─"), style="dim"))
        for name, cell in zip(names, row, strict=True):
            label = Text(name + " " * (width - cell_len(name)), style="bold")
            for line in cell.splitlines() or [""]:
                console.print(label, Text(line), soft_wrap=True)
                label = Text(" " * width)


def _print_count(count: int, console: Console) -> None:
    console.print(Text(f"{count:,} row{'' if count == 1 else 's'}", style="dim"))


def _cells(result: Result) -> list[list[str]]:
    return [
        [
            printable(text_of(value, is_json=position in result.json_columns))
            for position, value in enumerate(row)
        ]
        for row in result.rows
    ]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - 1] + "…"


def _width(text: str) -> int:
    return max((cell_len(line) for line in text.splitlines()), default=0)
