"""The house keeps its floors: who may import whom in ``src``.

A module imports only from its own floor or a lower one. What is pure stays importable without a
network library, a database driver or a sandbox, and what is shipped never needs what is not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Set
from graphlib import CycleError, TopologicalSorter
from itertools import takewhile
from pathlib import PurePosixPath

from scripts.python_imports import Import, imports, module_name

FLOORS = (
    ("errors", "model", "times", "schedules", "telemetry"),
    ("settings", "credentials", "stopwatch"),
    ("app_settings", "hubspot", "database.columns"),
    ("hubspot.client", "database.sql", "database.casts"),
    ("database.statements", "database.connection"),
    ("database",),
    ("database.state",),
    ("catalog", "operations"),
    ("outbound", "inbound.plan"),
    ("inbound.extract",),
    ("inbound.load",),
    ("inbound.opening",),
    ("inbound.configure", "inbound.deletions", "inbound.items"),
    ("inbound.discovery", "inbound.reconcile", "inbound.replay"),
    ("inbound.run",),
    ("inbound.preview",),
    ("diagnose",),
    ("procedures",),
    ("push_procedures",),
    ("cli", "laptop"),
)
"""Modules of ``hubspot_ingest``, lowest floor first.

A package's name stands for every module in it that is not named itself.
"""

STRANGERS = ({"hubspot", "database"}, {"inbound", "outbound"})
"""Parts of ``hubspot_ingest`` that know nothing of each other, whatever their floors."""

HOMES = {
    "httpx": {"hubspot.client"},
    "pyarrow": {"database.staging", "database.casts"},
    "snowflake": {"database.connection", "laptop"},
}
"""The only parts of ``hubspot_ingest`` that may import a library."""

TYPES_OF = {"snowflake": {"procedures", "push_procedures"}}
"""Who else may name a library's types, under ``if TYPE_CHECKING:``."""

SANDBOXES = {"hubspot_sandbox", "snowflake_sandbox"}
ON_THE_LAPTOP = {"cli", "laptop"}

LOGIC = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.BoolOp),
    *(ast.If, ast.IfExp, ast.For, ast.While, ast.Match, ast.Try, ast.With),
)


def floor_of(module: str) -> int | None:
    """The floor of a module, named relative to ``hubspot_ingest``; None when it has none."""
    places = {name: floor for floor, names in enumerate(FLOORS) for name in names}
    while module and module not in places:
        module = module.rpartition(".")[0]
    return places.get(module)


def broken_floors(sources: Mapping[str, str]) -> list[str]:
    """What is wrong with the imports of some modules.

    Args:
        sources: Texts by path relative to ``src``.
    """
    modules = {module_name(path) for path in sources}
    objections = []
    for path, source in sources.items():
        here = module_name(path)
        if _needs_floor(path) and floor_of(_inner(here)) is None:
            objections.append(f"{path} has no floor: give {here} its place in FLOORS")
        for imported in imports(source, _package_of(path)):
            target = _target(imported, modules)
            objections += [
                f"{path}:{imported.line} imports {target}: {why}"
                for why in _objections(here, target, imported, path)
            ]
    return objections


def circles(sources: Mapping[str, str]) -> list[str]:
    """The circles in which parts of one package import each other, a line for imported.

    A part of a package is a module or a package directly in it. Imports in functions and under
    ``if TYPE_CHECKING:`` count: whoever reads one part has to know the others.

    Args:
        sources: Texts by path relative to ``src``.
    """
    modules = {module_name(path) for path in sources}
    parts: dict[str, dict[str, set[str]]] = {}
    for path, source in sources.items():
        here = module_name(path)
        for imported in imports(source, _package_of(path)):
            shared, own, other = _siblings(here, _target(imported, modules))
            if shared and own != other:
                parts.setdefault(shared, {}).setdefault(own, set()).add(other)
    lines = []
    for package, graph in sorted(parts.items()):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            # each imports the one before it
            lines.append(f"{package}: {' -> '.join(reversed(error.args[1]))}")
    return lines


def _siblings(importer: str, target: str) -> tuple[str, str, str]:
    """The package that holds both modules, and the parts of it in which each of them is.

    All are empty where one of the two is that package itself, or where they share none.
    """
    own, other = importer.split("."), target.split(".")
    depth = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(own, other, strict=False))
    )
    if not 0 < depth < min(len(own), len(other)):
        return "", "", ""
    return ".".join(own[:depth]), own[depth], other[depth]


def _target(imported: Import, modules: Set[str]) -> str:
    """The module an import names, where it can be a module or something in one."""
    submodule = f"{imported.module}.{imported.name}"
    return submodule if submodule in modules else imported.module


def _needs_floor(path: str) -> bool:
    """Whether a module must stand on a floor; what runs before a package imports nothing."""
    return path.startswith("hubspot_ingest/") and not path.endswith("__init__.py")


def _objections(importer: str, target: str, imported: Import, path: str) -> Iterator[str]:
    """Why one module may not import another."""
    if importer.partition(".")[0] in SANDBOXES:
        if imported.top == "hubspot_ingest":
            yield "a sandbox stands in for the outside world and knows nothing of the product"
        return
    here = _inner(importer)
    if imported.top in SANDBOXES and _part(here) not in ON_THE_LAPTOP:
        yield "sandboxes never leave the laptop"
    homes = HOMES.get(imported.top, {here})
    named = imported.typing_only and _part(here) in TYPES_OF.get(imported.top, set())
    if not (homes & {here, _part(here)} or named):
        yield f"only {' and '.join(sorted(homes))} may import {imported.top}"
    if imported.top == "hubspot_ingest":
        yield from _objections_inside(here, _inner(target), path)


def _objections_inside(here: str, there: str, path: str) -> Iterator[str]:
    """Why one module of ``hubspot_ingest`` may not import another."""
    for strangers in STRANGERS:
        if {_part(here), _part(there)} == strangers:
            yield f"{_part(here)} and {_part(there)} know nothing of each other"
    if path.endswith("__init__.py") and _part(here) not in ON_THE_LAPTOP:
        yield "a package's own module runs before all in it: it imports none of the product"
        return
    lower, upper = floor_of(there), floor_of(here)
    if lower is not None and upper is not None and lower > upper:
        yield f"{there} is above {here}"


def _package_of(path: str) -> str:
    """The package a module's relative imports start from."""
    return str(PurePosixPath(path).parent).replace("/", ".")


def _inner(module: str) -> str:
    """A module's name within its top-level package; empty for the package itself."""
    return module.partition(".")[2]


def _part(module: str) -> str:
    """The part of ``hubspot_ingest`` a module belongs to: ``database`` of ``database.sql``."""
    return module.partition(".")[0]


def logic_in(source: str) -> list[int]:
    """The lines where a module does something other than construct what it holds."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, LOGIC)]
