"""Checks that the shipped Python runs with its archive and the declared packages alone.

A procedure in Snowflake sees its ``IMPORTS``, its ``PACKAGES`` with what those depend on, and the
standard library. The same is arranged here in a fresh interpreter, so that a handler which only
works beside the whole development environment is found before it is installed.
"""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.bundle_tree import Finding, Tree
from scripts.python_imports import imports, module_name
from scripts.setup_objects import Created

PROBE = Path(__file__).with_name("import_probe.py")

SNOWFLAKES_OWN = {"_snowflake"}
"""Modules that exist only inside a procedure; imported where used, never at a module's top."""


DONE_WITHOUT = {"snowflake-telemetry-python"}
"""Packages that are used where they are there, and need not be installed here."""


def handlers_run(tree: Tree) -> list[Finding]:
    """Each handler imports and takes the session and as many arguments as its procedure.

    Args:
        tree: The bundle.

    Returns:
        A finding for each handler that does not, and for each shipped module that does not import.
    """
    surroundings: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Created]] = {}
    for procedure in tree.python_procedures:
        statement = procedure.statement
        key = (tuple(statement.listed("IMPORTS")), tuple(statement.listed("PACKAGES")))
        surroundings.setdefault(key, []).append(procedure)
    return [
        finding
        for (archives, packages), procedures in surroundings.items()
        for finding in _probe(tree, archives, packages, procedures)
    ]


def imports_are_declared(tree: Tree) -> list[Finding]:
    """Every import in the shipped Python, late ones included, is in the archive or declared.

    Imports under ``if TYPE_CHECKING:`` do not count: they never run.
    """
    procedures = list(tree.python_procedures)
    declared = {name for each in procedures for name in each.statement.listed("PACKAGES")}
    allowed = importable(sorted(declared)) | SNOWFLAKES_OWN | sys.stdlib_module_names
    shipped = {path.partition(".zip/")[2]: source for path, source in tree.python_sources}
    modules = set(map(module_name, shipped))
    packages = {module.partition(".")[0] for module in modules}
    return [
        Finding(f"{path}:{each.line}", f"{each.module} is neither shipped nor declared")
        for path, source in shipped.items()
        for each in imports(source, str(PurePosixPath(path).parent).replace("/", "."))
        if not each.typing_only
        if each.module not in modules and (each.top in packages or each.top not in allowed)
    ]


def importable(packages: list[str]) -> set[str]:
    """Top-level modules of some distributions and of all they depend on, as installed here.

    Args:
        packages: Names as in ``PACKAGES``; a version behind ``==`` is ignored.

    Raises:
        importlib.metadata.PackageNotFoundError: A package is not installed here.
    """
    waiting, closed = [package.partition("=")[0] for package in packages], set[str]()
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in closed | DONE_WITHOUT:
            continue
        closed.add(name)
        needs = map(Requirement, importlib.metadata.requires(name) or [])
        waiting += [r.name for r in needs if r.marker is None or r.marker.evaluate({"extra": ""})]
    return {
        module
        for module, distributions in importlib.metadata.packages_distributions().items()
        if closed.intersection(map(canonicalize_name, distributions))
    }


def _probe(
    tree: Tree, imported: tuple[str, ...], packages: tuple[str, ...], procedures: list[Created]
) -> Iterator[Finding]:
    handlers = [procedure.statement.setting("HANDLER") or "" for procedure in procedures]
    with tempfile.TemporaryDirectory() as directory:
        archives = [Path(directory) / Path(path).name for path in imported]
        for archive, path in zip(archives, imported, strict=True):
            archive.write_bytes(tree.files.get(path.lstrip("/"), b""))
        answer = _ask_fresh_interpreter(archives, importable(list(packages)), handlers)
    yield from (Finding(module, why) for module, why in answer["modules"].items() if why)
    for procedure, handler in zip(procedures, handlers, strict=True):
        where, takes = procedure.statement.where, answer["handlers"][handler]
        needs = 1 + len(procedure.arguments or ())
        if isinstance(takes, str):
            yield Finding(where, f"handler {handler!r} of {procedure.label}: {takes}")
        elif takes != needs:
            says = f"handler {handler} takes {takes} arguments, {procedure.label} gives {needs}"
            yield Finding(where, says)


def _ask_fresh_interpreter(
    archives: list[Path], allowed: set[str], handlers: list[str]
) -> dict[str, dict[str, Any]]:
    """Runs `import_probe` without site-packages, environment variables or working directory."""
    question = {
        "archives": [str(archive) for archive in archives],
        "site_packages": sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}),
        "allowed": sorted(allowed),
        "handlers": handlers,
    }
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(PROBE)],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, dict[str, Any]] = json.loads(ran.stdout)
    return answer
