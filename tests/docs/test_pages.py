"""The pages name what there is, and nothing else."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest

import hubspot_ingest
from hubspot_ingest.app_settings import AppSettings
from hubspot_ingest.cli import main
from hubspot_ingest.database.columns import OWN_NAMES
from hubspot_ingest.database.state.runs import INTERRUPTED
from hubspot_ingest.errors import Stopped
from hubspot_ingest.settings import SyncSettings
from tests.docs.pages import PAGES, ROOT, links, name, table

SOURCE = ROOT / "src" / "hubspot_ingest"


def _codes() -> set[str]:
    """Every code an answer can have: given to an error, or to a class of them."""
    codes = {INTERRUPTED}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case (
                    ast.keyword(arg="code", value=ast.Constant(value=str(code)))
                    | ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code)))
                    | ast.AnnAssign(target=ast.Name(id="code"), value=ast.Constant(value=str(code)))
                ):
                    codes.add(code)
    # the class of two codes, of its own never raised
    return codes - {Stopped.code}


def test_every_error_code_is_explained_and_no_other() -> None:
    explained = {code.strip("`") for code in table(ROOT / "docs" / "ERRORS.md", "code")}
    of_rows = {code.strip("`") for code in table(ROOT / "docs" / "PUSH.md", "code of a row")}

    assert explained == _codes() - (of_rows - explained)


def test_every_code_of_a_pushed_row_is_explained_and_no_other() -> None:
    explained = {code.strip("`") for code in table(ROOT / "docs" / "PUSH.md", "code of a row")}
    literals, faults = set(), set()
    for path in (SOURCE / "outbound").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    func=ast.Name(id="RowFault" | "LinkFailure"),
                    args=[ast.Constant(value=str(code)), *_],
                ):
                    faults.add(code)
                case ast.Constant(value=str(literal)):
                    literals.add(literal)

    assert faults
    assert faults <= explained <= literals | faults


def test_every_explanation_says_what_to_do() -> None:
    for code, (happened, cure) in table(ROOT / "docs" / "ERRORS.md", "code").items():
        assert happened, code
        assert cure, code


def test_every_setting_is_explained_and_no_other() -> None:
    explained = {setting.strip("`") for setting in table(ROOT / "docs" / "SETTINGS.md", "setting")}

    assert explained == set(SyncSettings.model_fields)


def test_every_setting_of_the_app_is_explained_with_its_default() -> None:
    rows = table(ROOT / "docs" / "SETTINGS.md", "app setting")
    defaults = {name.strip("`"): json.loads(cells[-1].strip("`")) for name, cells in rows.items()}

    assert defaults == AppSettings().dump()


def test_defaults_are_those_of_the_settings() -> None:
    defaults = SyncSettings(stream="contacts").dump()
    rows = table(ROOT / "docs" / "SETTINGS.md", "setting")

    wrong = {}
    for setting, cells in rows.items():
        documented = cells[-1]
        if not re.fullmatch(r"`[^`]+`", documented):
            continue
        text = documented.strip("`")
        default = defaults[setting.strip("`")]
        if text != default and json.loads(text) != default:
            wrong[setting] = (text, default)
    assert wrong == {}


def test_every_column_of_ours_is_explained() -> None:
    page = (ROOT / "docs" / "TABLES.md").read_text()

    assert [column for column in sorted(OWN_NAMES) if f"`{column}`" not in page] == []


def test_the_apps_page_names_every_procedure_and_view() -> None:
    page = (ROOT / "app" / "README.md").read_text()
    scripts = "\n".join(script.read_text() for script in (ROOT / "app" / "sql").rglob("*.sql"))
    created = re.findall(r"CREATE OR REPLACE (?:PROCEDURE|VIEW) CORE\.(\w+)", scripts)

    assert len(created) >= 14
    assert [entry for entry in created if not re.search(rf"\b{entry}\b", page)] == []


def test_the_newest_released_section_of_the_changelog_is_this_version() -> None:
    newest = re.search(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(), re.M)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert newest is not None
    assert newest[1] == project["version"] == hubspot_ingest.__version__


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    help_text = capsys.readouterr().out
    assert ended.value.code == 0
    for command in ("demo", "sql", "serve", "sandbox"):
        assert re.search(rf"^\s+{command}\s", help_text, re.M), command


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    assert [str(link) for link in links(page) if not link.exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_make_target_a_page_names_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))

    named = set(re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(), re.M))
    assert named <= targets


def test_the_house_shows_every_room_of_the_package_and_of_inbound() -> None:
    house = (ROOT / "docs" / "DEVELOP.md").read_text().split("## The house")[1].split("```")[1]
    shown = {*re.findall(r"\w+", house)}

    assert {*rooms(SOURCE), *rooms(SOURCE / "inbound")} - shown == set()


def rooms(package: Path) -> set[str]:
    return {
        path.stem
        for path in package.iterdir()
        if path.name != "__init__.py" and (path.suffix == ".py" or (path / "__init__.py").exists())
    }
