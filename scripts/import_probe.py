"""Imports shipped modules in an interpreter that sees nothing else. A program, not a module.

Run by `bundle_imports` as ``python -I -S import_probe.py``. Reads one JSON object from standard
input (``archives``, ``site_packages``, ``allowed`` top-level modules, ``handlers``) and writes one
to standard output: for each module of the archives why it does not import, or null; for each
handler how many arguments it takes, or why it cannot be found.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import json
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType


class OnlyAllowed:
    """A finder that comes before all others and hides every module that is not allowed."""

    def __init__(self, allowed: set[str]) -> None:
        self.allowed = allowed

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> None:
        """Lets the other finders look for an allowed module.

        Raises:
            ModuleNotFoundError: The module's top-level package is not allowed.
        """
        del path, target
        top = name.partition(".")[0]
        # The one standard module whose name the platform decides, so sys does not list it.
        if top not in self.allowed and not top.startswith("_sysconfigdata"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def modules_of(archive: str) -> list[str]:
    """The names of the modules in an archive."""
    with zipfile.ZipFile(archive) as opened:
        paths = [Path(name) for name in opened.namelist() if name.endswith(".py")]
    return [
        ".".join((path.parent if path.stem == "__init__" else path.with_suffix("")).parts)
        for path in paths
    ]


def why_not(module: str) -> str | None:
    """Why a module does not import; None when it does."""
    try:
        importlib.import_module(module)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def parameters(handler: str) -> int | str:
    """How many arguments a handler takes, or why it cannot be found."""
    module, _, name = handler.rpartition(".")
    try:
        return len(inspect.signature(getattr(importlib.import_module(module), name)).parameters)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def main() -> None:
    """Answers the question on standard input."""
    question = json.load(sys.stdin)
    modules = [name for archive in question["archives"] for name in modules_of(archive)]
    shipped = {name.partition(".")[0] for name in modules}
    sys.path[:0] = question["archives"]
    sys.path += question["site_packages"]
    sys.meta_path.insert(
        0, OnlyAllowed(shipped | set(question["allowed"]) | sys.stdlib_module_names)
    )
    with contextlib.redirect_stdout(sys.stderr):
        answer = {
            "modules": {name: why_not(name) for name in modules},
            "handlers": {name: parameters(name) for name in question["handlers"]},
        }
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
