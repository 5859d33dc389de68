"""What a function of some Python sources can reach, read from the sources without running them.

A function reaches whatever its body names, and what that names in turn; naming a class reaches all
of its methods. Decorators do not count. Too much is found rather than too little, as far as names
lead: what arrives as an argument is not followed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from scripts.python_imports import module_name

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass
class _Module:
    """A module's definitions and what its imported names stand for, as dotted names."""

    defined: dict[str, Definition] = field(default_factory=dict)
    imported: dict[str, str] = field(default_factory=dict)


class Reach:
    """The definitions of some sources and the names in their bodies.

    Args:
        sources: Texts by path; ``a/b.py`` is the module ``a.b``.
    """

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self._modules = {module_name(path): _read(source) for path, source in sources.items()}

    def attributes(self, function: str) -> dict[str, str]:
        """Every attribute taken of anything in what a function reaches.

        Args:
            function: Its dotted name, e.g. ``package.module.function``.

        Returns:
            The attributes' names, each with the dotted name of a definition that takes it.
        """
        attributes: dict[str, str] = {}
        waiting, seen = [function], set[str]()
        while waiting:
            here = waiting.pop()
            module, _, name = here.rpartition(".")
            definition = (
                self._modules[module].defined.get(name) if module in self._modules else None
            )
            if here in seen or definition is None:
                continue
            seen.add(here)
            for node in _inside(definition):
                if isinstance(node, ast.Attribute):
                    attributes.setdefault(node.attr, here)
                waiting += self._named(module, node)
        return attributes

    def _named(self, module: str, node: ast.AST) -> Iterable[str]:
        """The dotted name a node stands for, if it names something of the sources."""
        own = self._modules[module]
        if isinstance(node, ast.Name):
            if node.id in own.defined:
                yield f"{module}.{node.id}"
            elif node.id in own.imported:
                yield own.imported[node.id]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{own.imported.get(node.value.id, '')}.{node.attr}"


def _read(source: bytes) -> _Module:
    module = _Module()
    tree = ast.parse(source)
    module.defined = {each.name: each for each in tree.body if isinstance(each, Definition)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                module.imported[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return module


def _inside(definition: Definition) -> Iterable[ast.AST]:
    """The nodes of a definition's body."""
    for statement in definition.body:
        yield from ast.walk(statement)
