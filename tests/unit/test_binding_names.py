"""Bindings are found wherever Python binds a name, and a vague name is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.binding_names import Binding, binding_names, bindings_in, main, share

ROOT = Path(__file__).parents[2]
MOST_PERCENT = 4
"""The share of vague names among the bindings of the product and its page, in percent."""


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("one, (two, *rest) = values", ["one", "two", "rest"]),
        ("total: int = 0\ntotal += 1", ["total"]),
        ("for row in rows: pass", ["row"]),
        ("with open(path) as file: pass", ["file"]),
        ("try: pass\nexcept OSError as error: pass", ["error"]),
        ("[name for name in names if (size := len(name))]", ["name", "size"]),
        ("def run(self, sync, *rest, when=None, **how): pass", ["sync", "rest", "when", "how"]),
        ("lambda row: row", ["row"]),
        ("class Run:\n    rows: int\n    limit = 3", ["rows", "limit"]),
        ("self.rows = other.rows = rows", ["rows"]),
        ("match row:\n    case [first, *rest]: pass", ["first", "rest"]),
        ("import json as text\ndef run(): ...\nprint(text)", []),
    ],
)
def test_a_name_is_bound_by_everything_that_gives_it_a_value(source: str, names: list[str]) -> None:
    assert [binding.name for binding in binding_names(source)] == names


def test_a_binding_has_its_place_and_knows_whether_it_is_vague() -> None:
    bindings = binding_names("row = 1\nfor found in rows: pass\n")

    assert bindings == [Binding("row", 1, 0), Binding("found", 2, 4)]
    assert [binding.is_vague for binding in bindings] == [False, True]
    assert share(bindings) == 50.0


def test_nothing_bound_is_no_share() -> None:
    assert share([]) == 0.0


def test_each_directory_is_printed_with_its_share_and_its_places(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "module.py").write_text("one = 1\nrow = 2\n")

    main(["--list", str(tmp_path)])

    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path}: 2 bindings, 1 vague, 50.0 %",
        f"{tmp_path / 'module.py'}:1: one",
    ]


def test_few_values_of_the_product_have_a_vague_name() -> None:
    bindings = [
        binding
        for directory in ("src", "streamlit")
        for in_file in bindings_in(ROOT / directory).values()
        for binding in in_file
    ]

    assert share(bindings) < MOST_PERCENT, "python -m scripts.binding_names --list src streamlit"
