"""The page uses only what Snowflake's warehouse runtime offers it."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

PAGE = Path(__file__).parents[2] / "streamlit"
SOURCES = sorted(PAGE.rglob("*.py"))

RELEASES = {"1.52.2", "1.52.1", "1.52.0", "1.51.0", "1.50.0", "1.49.1", "1.48.0", "1.47.0"}
"""Newest releases of Streamlit that the runtime can be given (Snowflake, "Supported versions")."""

PACKAGES = {
    "streamlit": "streamlit",
    "yaml": "pyyaml",
    "snowflake": "snowflake-native-apps-permission",
}
"""What the page may import, and the package of Snowflake's channel that brings it."""

ALLOWED = {"queries.py"}
"""Writes statements for people to copy, and sends none."""

NETWORK = {"urllib", "http", "socket", "ssl", "ftplib", "smtplib", "asyncio", "subprocess"}

NOT_THERE = {
    *("file_uploader", "camera_input", "audio_input", "image", "video", "audio", "logo", "pdf"),
    *("pyplot", "bokeh_chart", "map", "pydeck_chart", "components", "page_link", "login", "logout"),
    *("experimental_get_query_params", "experimental_set_query_params"),
    *("connection", "secrets", "user", "navigation", "switch_page"),
}
"""What does not work in an app's page, or is called experimental there (Snowflake, "Add a
frontend experience to your app with Streamlit", "Limitations"). Query parameters are there since
18 April 2025 (release notes); where they should be refused the page goes on without them."""

PAGE_CONFIG = {"layout", "initial_sidebar_state"}
"""The page's title, its icon and its menu are Snowsight's own."""


def _trees() -> list[tuple[Path, ast.AST]]:
    return [(path, ast.parse(path.read_text())) for path in SOURCES]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_module_imports_what_the_runtime_has(path: Path) -> None:
    tops = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            tops |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports need a package around the main file"
            tops.add(str(node.module).partition(".")[0])

    foreign = tops - set(sys.stdlib_module_names) - {"page"}
    assert foreign <= PACKAGES.keys()
    assert not tops & NETWORK


def test_every_streamlit_call_exists_in_the_runtime() -> None:
    used = {
        node.attr
        for _, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "st"
    }

    assert "dataframe" in used
    assert not used & NOT_THERE


def test_no_markup_brings_a_script_or_anything_from_elsewhere() -> None:
    for path in SOURCES:
        source = path.read_text()
        for word in ("unsafe_allow_javascript", "<script", "<iframe", "<link", "@import", " url("):
            assert word not in source, f"{path.name} has {word}"


def test_the_page_config_sets_only_what_snowsight_takes() -> None:
    arguments = {
        keyword.arg
        for _, tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "set_page_config"
        for keyword in node.keywords
    }

    assert arguments <= PAGE_CONFIG


@pytest.mark.parametrize(
    ("words", "modules"),
    [
        ((".sql(", ".collect(", "session.call"), {"statements.py"}),
        (("CORE.", "SELECT "), {"calls.py", "app_calls.py", "push_calls.py", "table_calls.py"}),
    ],
)
def test_one_module_sends_and_the_calls_alone_say_what(
    words: tuple[str, ...], modules: set[str]
) -> None:
    speaking = {
        path.name
        for path in SOURCES
        if path.name not in ALLOWED and any(word in path.read_text() for word in words)
    }

    assert modules <= speaking <= modules | {"statements.py"}


def test_the_release_that_is_pinned_is_the_one_these_tests_run_on() -> None:
    needs = yaml.safe_load((PAGE / "environment.yml").read_text())["dependencies"]
    [pinned] = [package.partition("=")[2] for package in needs if package.startswith("streamlit=")]

    assert pinned in RELEASES
    assert version("streamlit") == pinned
    assert {package.partition("=")[0] for package in needs} <= {"python", *PACKAGES.values()}
