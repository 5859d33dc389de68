"""The shipped Python runs with the archive and the declared packages, and nothing else."""

from __future__ import annotations

import io
import zipfile

from scripts.bundle_imports import handlers_run, importable, imports_are_declared
from scripts.bundle_tree import Tree

PROCEDURE = """
CREATE OR REPLACE PROCEDURE core.run(sync VARCHAR) RETURNS VARIANT LANGUAGE PYTHON
  PACKAGES = ('httpx') IMPORTS = ('/lib/product.zip') HANDLER = 'product.doors.run';
"""
RIGHT = "import json\nimport httpx\n\ndef run(session, sync):\n    return {}\n"


def bundle(doors: str, **more: str) -> Tree:
    """A bundle with one procedure, its handler's module and perhaps more modules."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, source in {"__init__": "", "doors": doors, **more}.items():
            archive.writestr(f"product/{name}.py", source)
    return Tree({"setup.sql": PROCEDURE.encode(), "lib/product.zip": packed.getvalue()})


def findings(tree: Tree) -> str:
    """Everything that is wrong with the imports and handlers of a bundle."""
    return "\n".join(map(str, [*imports_are_declared(tree), *handlers_run(tree)]))


def test_a_handler_with_declared_packages_is_right() -> None:
    assert findings(bundle(RIGHT)) == ""


def test_a_package_that_was_not_declared_is_found() -> None:
    wrong = findings(bundle("import pydantic\n" + RIGHT))
    assert "lib/product.zip" not in wrong
    assert "product/doors.py:1: pydantic is neither shipped nor declared" in wrong
    assert "ModuleNotFoundError: No module named 'pydantic'" in wrong


def test_an_undeclared_package_imported_late_is_found() -> None:
    late = RIGHT + "\ndef later():\n    import pydantic\n"
    assert findings(bundle(late)) == "product/doors.py:8: pydantic is neither shipped nor declared"


def test_a_package_named_for_types_only_need_not_be_declared() -> None:
    typed = RIGHT + "\nTYPE_CHECKING = False\nif TYPE_CHECKING:\n    import pydantic\n"
    assert findings(bundle(typed)) == ""


def test_a_module_that_is_not_shipped_is_found() -> None:
    assert "product.laptop is neither shipped" in findings(
        bundle("import product.laptop\n" + RIGHT)
    )


def test_a_shipped_module_that_does_not_import_is_found() -> None:
    assert "product.other: ZeroDivisionError" in findings(bundle(RIGHT, other="1 / 0\n"))


def test_a_missing_handler_is_found() -> None:
    assert "has no attribute 'run'" in findings(bundle(RIGHT.replace("def run", "def walk")))


def test_a_handler_that_takes_other_arguments_than_its_procedure_gives_is_found() -> None:
    wrong = findings(bundle(RIGHT.replace("session, sync", "session")))
    assert "takes 1 arguments, PROCEDURE CORE.RUN(VARCHAR) gives 2" in wrong


def test_a_handler_may_print_while_it_is_imported() -> None:
    assert findings(bundle("print('hello')\n" + RIGHT)) == ""


def test_a_package_brings_what_it_depends_on_but_not_its_extras() -> None:
    modules = importable(["httpx==0.28.1"])
    assert {"httpx", "httpcore", "anyio", "certifi"} <= modules
    assert not {"h2", "rich", "pydantic"} & modules
