"""Reads a bundle for its rules: files, manifest, statements, and what they create and grant."""

from __future__ import annotations

import ast
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from scripts.setup_objects import Created, Grant, created_by, granted_by
from scripts.setup_script import Statement, run_order, statements


@dataclass(frozen=True)
class Finding:
    """One thing that breaks a rule.

    Attributes:
        where: ``file`` or ``file:line``.
        what: What is wrong and, where it helps, what would be right.
    """

    where: str
    what: str

    def __str__(self) -> str:
        """As it is printed."""
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class Tree:
    """A bundle.

    Attributes:
        files: Contents by path, relative to the bundle's root.
        project_names: Names that stand at the root of the project it was made from.
    """

    files: Mapping[str, bytes]
    project_names: frozenset[str] = frozenset()

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest; empty when it is missing or no mapping."""
        try:
            read = yaml.safe_load(self.files.get("manifest.yml", b""))
        except yaml.YAMLError:
            return {}
        return read if isinstance(read, dict) else {}

    @property
    def setup_script(self) -> str:
        """The path of the setup script."""
        return str(self.manifest.get("artifacts", {}).get("setup_script", "setup.sql"))

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """The setup script's statements in the order they run."""
        return tuple(run_order(self.files, self.setup_script))

    @cached_property
    def inner_statements(self) -> tuple[Statement, ...]:
        """The statements with those inside ``$$…$$`` bodies of SQL, and those they spell out.

        Of ``EXECUTE IMMEDIATE 'ALTER …' || name`` in a body the text before ``||`` is one more.
        """
        inner = [
            Statement(outer.path, outer.line, body.tokens)
            for outer in self.statements
            if "LANGUAGE PYTHON" not in outer.outline
            for token in outer.tokens
            if token.kind == "body"
            for body in statements(token.text, outer.path)
        ]
        spelt = [
            Statement(each.path, each.line, statement.tokens)
            for each in inner
            for before, verb, token in zip(
                each.tokens, each.tokens[1:], each.tokens[2:], strict=False
            )
            if (before.text, verb.text, token.kind) == ("EXECUTE", "IMMEDIATE", "string")
            for statement in statements(token.text, each.path)
        ]
        return (*self.statements, *inner, *spelt)

    @cached_property
    def created(self) -> tuple[Created, ...]:
        """Everything the setup script creates, in order."""
        return tuple(filter(None, map(created_by, self.statements)))

    @cached_property
    def grants(self) -> tuple[Grant, ...]:
        """Every grant to an application role, in order."""
        return tuple(filter(None, map(granted_by, self.statements)))

    @property
    def python_procedures(self) -> Iterator[Created]:
        """The procedures and functions written in Python."""
        for created in self.created:
            if "LANGUAGE PYTHON" in created.statement.outline:
                yield created

    @property
    def python_texts(self) -> Iterator[tuple[str, str]]:
        """The shipped Python's string constants, each with the module it stands in."""
        for path, source in self.python_sources:
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield path, " ".join(node.value.split())

    @property
    def python_sources(self) -> Iterator[tuple[str, bytes]]:
        """The modules in the bundle's archives: ``archive/module`` and its source."""
        for path, content in self.files.items():
            if path.endswith(".zip"):
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    for member in archive.namelist():
                        if member.endswith(".py"):
                            yield f"{path}/{member}", archive.read(member)


def read_tree(deployed: Path, project: Path) -> Tree:
    """Reads a bundle from disk.

    Args:
        deployed: The deploy root ``snow app bundle`` wrote.
        project: The project's root.

    Returns:
        The bundle with every file's content.
    """
    files = {
        path.relative_to(deployed).as_posix(): path.read_bytes()
        for path in deployed.rglob("*")
        if path.is_file()
    }
    return Tree(files, frozenset(path.name for path in project.iterdir()))


def read_sources(project: Path, archive: bytes) -> Tree:
    """The bundle as its sources stand, without the Snowflake CLI: ``app/``, the page, the archive.

    Args:
        project: The project's root.
        archive: The packed product.

    Returns:
        The bundle that ``snow app bundle`` would lay out.
    """
    app = project / "app"
    files = {path.relative_to(app).as_posix(): path.read_bytes() for path in app.rglob("*.*")}
    page = (project / "streamlit").rglob("*.*")
    files |= {
        path.relative_to(project).as_posix(): path.read_bytes()
        for path in page
        if path.suffix in (".py", ".yml")
    }
    names = frozenset(path.name for path in project.iterdir())
    return Tree({**files, "lib/hubspot_ingest.zip": archive}, names)
