"""Reads examples, tables and links from the pages of the documentation."""

from __future__ import annotations

import re
from pathlib import Path

from snowflake_sandbox.statements.setup_scripts import split_script

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / directory / "README.md" for directory in (".", "app", "dbt")),
    *sorted((ROOT / "docs").glob("*.md")),
]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.M | re.S)


def examples(page: Path) -> list[str]:
    """Every statement of a page: in SQL blocks, after ``sql`` in shell blocks, and CALLs in text.

    The statements are those of a person who may do everything in the account.
    """
    text = page.read_text()
    examples = [statement for block in blocks(page, "sql") for statement in split_script(block)]
    for block in blocks(page, "sh"):
        examples += re.findall(r'hubspot-ingest sql "([^"]+)"', block)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    # what the app itself calls of Snowflake is no example
    examples += re.findall(r"`(CALL (?!SYSTEM\$)[^`]+)`", prose)
    # a signature such as configure_sync(name, settings) is no example
    return [
        example.strip().rstrip(";")
        for example in examples
        if not re.search(r"\((name|sync)\b", example)
    ]


def table(page: Path, header: str) -> dict[str, list[str]]:
    """The rows of the table whose header begins with ``header``: first cell → the others."""
    lines = iter(page.read_text().splitlines())
    for line in lines:
        if line.startswith(f"| {header} |"):
            break
    rows = {}
    next(lines)
    for line in lines:
        if not line.startswith("|"):
            break
        first, *others = (cell.strip() for cell in line.strip("|").split(" | "))
        rows[first] = [cell.strip() for cell in others]
    return rows


def links(page: Path) -> list[Path]:
    """The files that a page links to."""
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    return [(page.parent / target).resolve() for target in targets]
