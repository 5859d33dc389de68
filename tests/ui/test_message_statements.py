"""What only SQL can do stands beside a message; every message of the product is told without."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from page import cures, look, message_statements, row_cures
from page.message_words import in_page_words
from tests.ui.conftest import Open

SOURCES = Path(__file__).parents[2] / "src" / "hubspot_ingest"
SQL = re.compile(
    r"CALL \w|\bGRANT\b|\bALTER\b|\bSELECT\b|\bCREATE\b|\bDROP\b|PARSE_JSON|OBJECT_CONSTRUCT|"
    r"ARRAY_CONSTRUCT|\bview [A-Z]{4,}|PUSH_[A-Z]+|\bRECONCILE\b|\bCONFIGURE_|\bglob"
)
WORDS = re.compile(r"[a-z]+[ ,;:]+[a-z]+ [a-z]+")
PARTS = {
    "to": "TO APPLICATION A",
    "grant": "GRANT USAGE ON INTEGRATION A TO APPLICATION A",
    "approve": "APPROVE SPECIFICATION A SEQUENCE_NUMBER = 1",
}
"""What stands in a message for a part of it that is a statement."""
IN_MAILS = ("alerts.py",)
"""Sent as notifications, to people who have worksheets."""


def messages() -> Iterator[str]:
    """The texts in the product's code that name SQL and read as sentences."""
    for path in sorted(SOURCES.rglob("*.py")):
        if path.name in IN_MAILS or path.parent == SOURCES / "laptop" or path.name == "cli.py":
            continue
        tree = ast.parse(path.read_text())
        docstrings = {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        within = {
            id(part)
            for node in ast.walk(tree)
            if isinstance(node, ast.JoinedStr)
            for part in node.values
        }
        for node in ast.walk(tree):
            if id(node) not in docstrings | within:
                text = _text(node)
                if SQL.search(text) and WORDS.search(text):
                    yield text


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else _part(part)
            for part in node.values
        )
    return ""


def _part(node: ast.AST) -> str:
    value = node.value if isinstance(node, ast.FormattedValue) else None
    return PARTS.get(value.id, "X") if isinstance(value, ast.Name) else "X"


def test_no_message_of_the_product_has_sql_on_the_page() -> None:
    told = {message: in_page_words(message) for message in messages()}

    assert len(told) > 30
    assert {words for words in told.values() if SQL.search(words)} == set()


def test_no_cure_of_a_code_has_sql() -> None:
    texts = [
        *(cures.sentences(code) for code in cures.CURES),
        *(look.sentence(cure) for _, cure in row_cures.ROW_CURES.values()),
    ]

    assert [
        text
        for text in texts
        if SQL.search(text) or "_" in text.replace("snowflake_key", "").replace(", _,", "")
    ] == []


@pytest.mark.parametrize(
    ("message", "words", "statements"),
    [
        (
            "there is no notification integration A that the application may use; make it with "
            "CREATE NOTIFICATION INTEGRATION, then let its owner run: GRANT USAGE ON INTEGRATION A "
            "TO APPLICATION HUBSPOT_INGEST",
            "there is no notification integration A that the app may use; somebody who may make "
            "integrations makes it and lets the app use it, with SQL",
            [
                message_statements.new_integration("A"),
                "GRANT USAGE ON INTEGRATION A TO APPLICATION HUBSPOT_INGEST",
            ],
        ),
        (
            "the application may not run tasks; let an administrator run: GRANT EXECUTE TASK, "
            'EXECUTE MANAGED TASK ON ACCOUNT TO APPLICATION "My app"; then call this again: '
            "nothing was changed",
            "the app may not run tasks; an account administrator grants that with SQL; then try "
            "again: nothing was changed",
            ['GRANT EXECUTE TASK, EXECUTE MANAGED TASK ON ACCOUNT TO APPLICATION "My app"'],
        ),
        (
            "GRANT USAGE ON DATABASE D TO APPLICATION A; "
            "GRANT USAGE ON SCHEMA D.S TO APPLICATION A",
            "an account administrator grants that with SQL",
            [
                "GRANT USAGE ON DATABASE D TO APPLICATION A",
                "GRANT USAGE ON SCHEMA D.S TO APPLICATION A",
            ],
        ),
        ("nothing to grant", "nothing to grant", []),
    ],
)
def test_what_takes_sql_is_said_in_words_with_the_statements_beside(
    message: str, words: str, statements: list[str]
) -> None:
    assert in_page_words(message) == words
    assert message_statements.apart(message)[1] == statements


def test_an_integration_that_is_not_there_is_told_with_what_makes_it(open_page: Open) -> None:
    view, _ = open_page()
    view.draw().press("Settings")

    view.fill("Integration", "NO_SUCH_ONE").draw().press("Save settings")

    assert "There is no notification integration NO_SUCH_ONE" in view.text
    statements = "\n".join(str(block.value) for block in view.test.code)
    assert 'GRANT USAGE ON INTEGRATION "NO_SUCH_ONE" TO APPLICATION' in statements
