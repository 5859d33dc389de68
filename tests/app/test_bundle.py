"""The bundle, built by the real Snowflake CLI."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from scripts.build_zip import build_zip
from scripts.bundle import main

ROOT = Path(__file__).parents[2]
SNOW = ROOT / ".tools/snow/bin/snow"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the bundle is made from, so that a test can break it."""
    copied = tmp_path / "project"
    copied.mkdir()
    shutil.copy(ROOT / "snowflake.yml", copied)
    shutil.copytree(ROOT / "app", copied / "app")
    shutil.copytree(
        ROOT / "streamlit", copied / "streamlit", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(ROOT / "scripts", copied / "scripts")
    shutil.copytree(ROOT / "src/hubspot_ingest", copied / "src/hubspot_ingest")
    return copied


def build(project: Path) -> int:
    """Runs what ``make bundle`` runs."""
    return main(["--snow", str(SNOW), "--project", str(project)])


def test_the_bundle_holds_the_application_and_nothing_is_wrong_with_it(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert build(project) == 0, capfd.readouterr().err
    deployed = project / "output/deploy"
    parts = {p.relative_to(ROOT / "app").as_posix() for p in (ROOT / "app/sql").rglob("*.sql")}
    page = ROOT / "streamlit"
    parts |= {
        p.relative_to(ROOT).as_posix()
        for p in (*page.glob("*.*"), *page.glob("page/*.py"))
        if p.is_file()
    }
    files = {p.relative_to(deployed).as_posix() for p in deployed.rglob("*") if p.is_file()}
    assert files == parts | {"manifest.yml", "setup.sql", "README.md", "lib/hubspot_ingest.zip"}


def test_a_broken_bundle_is_refused_with_a_line_for_each_reason(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    setup = project / "app/setup.sql"
    setup.write_text(setup.read_text() + "\nUSE SCHEMA core;\n")
    assert build(project) == 1
    assert "USE does not work in an application" in capfd.readouterr().err


def test_a_project_the_cli_refuses_is_refused_with_its_reason(
    project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "app/README.md").unlink()
    assert build(project) == 1
    assert "No match was found" in "".join(capfd.readouterr())


def test_the_same_sources_give_the_same_archive(tmp_path: Path) -> None:
    copied = tmp_path / "elsewhere/hubspot_ingest"
    shutil.copytree(ROOT / "src/hubspot_ingest", copied)
    (copied / "__pycache__").mkdir(exist_ok=True)
    (copied / "__pycache__/errors.cpython-311.pyc").write_bytes(b"compiled")
    for file in copied.rglob("*"):
        file.chmod(0o700)
    build_zip(ROOT / "src/hubspot_ingest", tmp_path / "one.zip")
    build_zip(copied, tmp_path / "other.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()


def test_the_archive_leaves_the_laptop_commands_at_home(tmp_path: Path) -> None:
    package = tmp_path / "hubspot_ingest"
    for path in ("__init__.py", "cli.py", "laptop/home.py", "hubspot/client.py", ".cache/x.py"):
        (package / path).parent.mkdir(parents=True, exist_ok=True)
        (package / path).write_text("")
    names = build_zip(package, tmp_path / "build/product.zip")
    assert names == ["hubspot_ingest/__init__.py", "hubspot_ingest/hubspot/client.py"]
    with zipfile.ZipFile(tmp_path / "build/product.zip") as archive:
        assert archive.namelist() == names
