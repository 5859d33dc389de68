"""Counts the values whose names say nothing of their type: one, told, said, made and the like.

``python -m scripts.binding_names [--list] [DIR …]`` prints for each directory how many names are
bound there, how many of them are such words, and the share in percent; ``--list`` adds the places.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

DIRECTORIES = ("src", "streamlit", "scripts", "benchmarks", "tests")

VAGUE_WORDS = frozenset({"one", "told", "said", "made", "found", "wanted", "given", "known"})
"""Names that fit a value of any type."""

RECEIVERS = ("self", "cls")


@dataclass(frozen=True)
class Binding:
    """A place where a name gets a value.

    Attributes:
        name: The name.
        line: Line in the source, from 1.
        column: Column in UTF-8 bytes, from 0.
    """

    name: str
    line: int
    column: int

    @property
    def is_vague(self) -> bool:
        """Whether the name says nothing of what the value is."""
        return self.name in VAGUE_WORDS


def binding_names(source: str) -> list[Binding]:
    """The bindings of a module, in the order of their places.

    These are the targets of assignments, loops, comprehensions, ``with``, ``except`` and ``:=``,
    captures of ``match``, parameters other than ``self`` and ``cls``, fields of classes, and
    attributes set on ``self`` or ``cls``. Imports, functions and classes are none, nor is ``+=``.

    Raises:
        SyntaxError: The source is not Python.
    """
    tree = ast.parse(source)
    changed_in_place = {
        id(node.target) for node in ast.walk(tree) if isinstance(node, ast.AugAssign)
    }
    bindings = {
        Binding(name, node.lineno, node.col_offset)
        for node in ast.walk(tree)
        if id(node) not in changed_in_place
        for name, node in _bound(node)
    }
    return sorted(bindings, key=lambda binding: (binding.line, binding.column))


def _bound(
    node: ast.AST,
) -> Iterator[tuple[str, ast.expr | ast.arg | ast.excepthandler | ast.pattern]]:
    """The name that a node of the tree binds, with the node for its place; none for most nodes."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            yield name, node
        case ast.Attribute(value=ast.Name(id=receiver), attr=name, ctx=ast.Store()):
            if receiver in RECEIVERS:
                yield name, node
        case ast.arg(arg=name):
            if name not in RECEIVERS:
                yield name, node
        case ast.ExceptHandler(name=str(name)):
            yield name, node
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name, node
        case _:
            return


def share(bindings: Sequence[Binding]) -> float:
    """Percent of the bindings that have a vague name; 0 where there are no bindings."""
    if not bindings:
        return 0.0
    return 100 * sum(binding.is_vague for binding in bindings) / len(bindings)


def bindings_in(directory: Path) -> dict[Path, list[Binding]]:
    """The bindings of every Python file below a directory, by file.

    Raises:
        SyntaxError: A file is not Python.
    """
    return {
        path: binding_names(path.read_text(encoding="utf-8"))
        for path in sorted(directory.rglob("*.py"))
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the share of vague names in each directory."""
    parser = argparse.ArgumentParser(prog="python -m scripts.binding_names", description=__doc__)
    parser.add_argument("directories", nargs="*", default=DIRECTORIES, metavar="DIR")
    parser.add_argument("--list", action="store_true", help="print the place of each such name")
    options = parser.parse_args(arguments)
    for directory in options.directories:
        by_file = bindings_in(Path(directory))
        bindings = [binding for in_file in by_file.values() for binding in in_file]
        vague = sum(binding.is_vague for binding in bindings)
        print(f"{directory}: {len(bindings)} bindings, {vague} vague, {share(bindings):.1f} %")
        if options.list:
            for path, in_file in by_file.items():
                for binding in in_file:
                    if binding.is_vague:
                        print(f"{path}:{binding.line}: {binding.name}")


if __name__ == "__main__":
    main()
