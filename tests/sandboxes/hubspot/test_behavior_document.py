"""docs/BEHAVIOR.md and the tests of this folder have to name each other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

HERE = Path(__file__).parent
DOCUMENT = Path(__file__).parents[3] / "docs" / "BEHAVIOR.md"


def cited() -> dict[str, set[str]]:
    """Tests by the entry their docstring cites."""
    found: dict[str, set[str]] = {}
    for path in HERE.glob("test_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for entry in re.findall(r"\bH\d+\b", ast.get_docstring(node) or ""):
                    found.setdefault(entry, set()).add(f"{path.name}::{node.name}")
    return found


def documented() -> dict[str, set[str]]:
    """Tests by the entry of the document that names them."""
    sections = re.split(
        r"^### ([HE]\d+) ", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    return {
        entry: set(re.findall(r"^- `(test_\w+\.py::test_\w+)`$", text, flags=re.MULTILINE))
        for entry, text in zip(sections[1::2], sections[2::2], strict=True)
        if entry.startswith("H")
    }


def test_every_behaviour_of_hubspot_names_the_tests_that_cite_it() -> None:
    assert documented() == cited()


def test_every_behaviour_cited_in_the_code_is_documented() -> None:
    sources = Path(__file__).parents[3] / "src" / "hubspot_sandbox"
    entries = documented()
    for path in sources.rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            for entry in re.findall(r"\bH\d+\b", line):
                assert entry in entries, f"{path.name}: {entry}"
