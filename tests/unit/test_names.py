"""A name means one thing: no class twice in a package, no alias that tells namesakes apart."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = ("hubspot_ingest", "hubspot_sandbox", "snowflake_sandbox", "page", "scripts", "tests")


def classes_of(source: str) -> list[str]:
    return [node.name for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]


def aliases_in(source: str) -> list[str]:
    """The aliases that a module gives to what is ours."""
    return [
        alias.asname
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if alias.asname is not None
        and (getattr(node, "module", None) or alias.name).partition(".")[0] in OURS
    ]


@pytest.mark.parametrize("package", ["hubspot_ingest", "hubspot_sandbox", "snowflake_sandbox"])
def test_no_class_name_stands_twice_in_a_package(package: str) -> None:
    names = Counter(
        name
        for path in (ROOT / "src" / package).rglob("*.py")
        for name in classes_of(path.read_text())
    )
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("directory", ["src", "streamlit", "scripts", "benchmarks", "tests"])
def test_nothing_of_ours_is_imported_under_another_name(directory: str) -> None:
    aliases = {
        path.relative_to(ROOT).as_posix(): names
        for path in (ROOT / directory).rglob("*.py")
        if (names := aliases_in(path.read_text()))
    }
    assert aliases == {}


def test_an_alias_of_ours_is_found_and_one_of_a_library_is_not() -> None:
    assert aliases_in("from page import labels as naming") == ["naming"]
    assert aliases_in("import pyarrow as pa\nfrom page import labels") == []
    assert aliases_in("import hubspot_ingest.times as clock") == ["clock"]
