"""The imports written in a Python module, read from its source without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Import:
    """One imported module.

    Attributes:
        module: Its absolute name; ``a.b`` for ``from a.b import c``.
        name: The ``c`` of ``from a.b import c``: a module or something in one; empty otherwise.
        line: Where it stands, from 1.
        typing_only: Whether it stands under ``if TYPE_CHECKING:`` and so never runs.
    """

    module: str
    name: str
    line: int
    typing_only: bool

    @property
    def top(self) -> str:
        """The top-level module."""
        return self.module.partition(".")[0]


def imports(source: str | bytes, package: str = "") -> Iterator[Import]:
    """Every import of a module, at its top or late, in a function.

    Args:
        source: The module's text.
        package: The package the module is in, for relative imports.

    Yields:
        One for each imported name.
    """
    yield from _walk(ast.parse(source), package, typing_only=False)


def module_name(path: str) -> str:
    """The module in a file: ``a/b.py`` and ``a/b/__init__.py`` are both ``a.b``."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _walk(node: ast.AST, package: str, *, typing_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, "", child.lineno, typing_only)
        elif isinstance(child, ast.ImportFrom):
            for alias in child.names:
                yield Import(_absolute(child, package), alias.name, child.lineno, typing_only)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from _walk(ast.Module(child.body, []), package, typing_only=True)
            yield from _walk(ast.Module(child.orelse, []), package, typing_only=typing_only)
        else:
            yield from _walk(child, package, typing_only=typing_only)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """The module a ``from`` import names, its leading dots resolved."""
    if not node.level:
        return node.module or ""
    parents = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*parents, node.module] if node.module else parents)
