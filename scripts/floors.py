"""The house keeps its floors: who may import whom in ``src``.

A module imports only from its own floor or a lower one. What is pure stays importable without a
network library, a database driver or a sandbox, and what is shipped never needs what is not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from scripts.python_imports import Import, imports, module_name

FLOORS = (
    (
        "errors",
        "model",
        "times",
        "settings",
        "credentials",
        "app_settings",
        "schedules",
        "telemetry",
        "stopwatch",
    ),
    ("hubspot", "database.columns", "database.sql"),
    ("hubspot.client", "database.connection"),
    ("database",),
    ("inbound", "outbound"),
    ("inbound.ingest", "inbound.configuring", "outbound.ingest"),
    ("inbound.explaining", "inbound.checkup", "inbound.planning"),
    ("procedures",),
    ("cli", "laptop"),
)
"""Modules of ``hubspot_ingest``, lowest floor first.

A package's name stands for every module in it that is not named itself.
"""

STRANGERS = ({"hubspot", "database"}, {"inbound", "outbound"})
"""Parts of ``hubspot_ingest`` that know nothing of each other, whatever their floors."""

HOMES = {
    "httpx": {"hubspot.client"},
    "pyarrow": {"database.stage", "database.spelling"},
    "snowflake": {"database.connection", "laptop"},
}
"""The only parts of ``hubspot_ingest`` that may import a library."""

TYPES_OF = {"snowflake": {"procedures"}}
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
    found = []
    for path, source in sources.items():
        here = module_name(path)
        if here.startswith("hubspot_ingest.") and floor_of(_inner(here)) is None:
            found.append(f"{path} has no floor: give {here} its place in FLOORS")
        for each in imports(source, _package_of(path)):
            named = f"{each.module}.{each.name}"
            target = named if named in modules else each.module
            found += [
                f"{path}:{each.line} imports {target}: {why}"
                for why in _objections(here, target, each, path)
            ]
    return found


def _objections(importer: str, target: str, each: Import, path: str) -> Iterator[str]:
    """Why one module may not import another."""
    if importer.partition(".")[0] in SANDBOXES:
        if each.top == "hubspot_ingest":
            yield "a sandbox stands in for the outside world and knows nothing of the product"
        return
    here = _inner(importer)
    if each.top in SANDBOXES and _part(here) not in ON_THE_LAPTOP:
        yield "sandboxes never leave the laptop"
    homes = HOMES.get(each.top, {here})
    named = each.typing_only and _part(here) in TYPES_OF.get(each.top, set())
    if not (homes & {here, _part(here)} or named):
        yield f"only {' and '.join(sorted(homes))} may import {each.top}"
    if each.top == "hubspot_ingest":
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
