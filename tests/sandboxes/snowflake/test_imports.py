"""The modules of the local Snowflake stand on each other: none imports one that imports it."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath

import pytest

from scripts.python_imports import imports, module_name

SOURCES = Path(__file__).parents[3] / "src"


def imported_modules(sources: dict[str, str]) -> dict[str, set[str]]:
    """What each module imports, also inside of functions and for type checking alone."""
    modules = {module_name(path) for path in sources}
    graph: dict[str, set[str]] = {}
    for path, source in sources.items():
        package = str(PurePosixPath(path).parent).replace("/", ".")
        targets = graph.setdefault(module_name(path), set())
        for imported in imports(source, package):
            submodule = f"{imported.module}.{imported.name}"
            targets.add(submodule if submodule in modules else imported.module)
    return {module: targets & modules for module, targets in graph.items()}


def package_of(module: str) -> str:
    """A module's place in the top of the package: the subpackage it is in, or itself."""
    return ".".join(module.split(".")[:2])


def test_no_module_and_no_package_imports_in_a_circle() -> None:
    paths = sorted((SOURCES / "snowflake_sandbox").rglob("*.py"))
    graph = imported_modules({p.relative_to(SOURCES).as_posix(): p.read_text() for p in paths})
    assert len(graph) > 40
    TopologicalSorter(graph).prepare()
    packages: dict[str, set[str]] = {}
    for module, targets in graph.items():
        here = package_of(module)
        packages.setdefault(here, set()).update({package_of(t) for t in targets} - {here})
    TopologicalSorter(packages).prepare()


@pytest.mark.parametrize(
    "source",
    [
        "from snowflake_sandbox import b",
        "def late():\n    from snowflake_sandbox.b import B",
        "if TYPE_CHECKING:\n    from snowflake_sandbox.b import B",
    ],
)
def test_a_circle_is_found(source: str) -> None:
    sources = {
        "snowflake_sandbox/a.py": source,
        "snowflake_sandbox/b.py": "import snowflake_sandbox.a",
    }
    with pytest.raises(CycleError):
        TopologicalSorter(imported_modules(sources)).prepare()
