"""Snowflake's own command line against the endpoint."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from snowflake_sandbox import Engine
from tests.sandboxes.snowflake import applications

Snow = Callable[..., str]


def snow_binary() -> str:
    """The ``snow`` named by $SNOW, on the path, or in the repository's tools."""
    repository = Path(__file__).parents[3]
    tools = repository / ".tools" / "snow" / "bin" / "snow"
    found = os.environ.get("SNOW") or shutil.which("snow") or (str(tools) if tools.exists() else "")
    assert found, "snow is missing: `make setup` installs it, or name it in $SNOW"
    return found


@pytest.fixture(scope="module")
def snow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snow]:
    home = tmp_path_factory.mktemp("snow")
    app = applications.whole(tmp_path_factory.mktemp("app"))
    with Engine(None) as engine, engine.serve() as server:
        engine.install(app, "LAB")
        parameters = server.connection_parameters("LAB", "STATE")
        lines = ["[connections.local]", *(f"{k} = {json.dumps(v)}" for k, v in parameters.items())]
        (home / "config.toml").write_text("\n".join(lines) + "\n")
        (home / "config.toml").chmod(0o600)

        def run(*arguments: str) -> str:
            done = subprocess.run(
                [snow_binary(), *arguments, "-c", "local", "--format", "json"],
                env={**os.environ, "SNOWFLAKE_HOME": str(home)},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        yield run


def test_a_call_is_answered(snow: Snow) -> None:
    (row,) = json.loads(snow("sql", "-q", "CALL core.echo('contacts')"))
    assert json.loads(row["ECHO"])["values"] == ["contacts", None, 7]


def test_a_file_of_statements_is_run(snow: Snow, tmp_path: Path) -> None:
    script = tmp_path / "script.sql"
    script.write_text("CREATE TABLE IF NOT EXISTS t (a NUMBER);\nSELECT 1 AS one;\n")
    assert '"ONE"' in snow("sql", "-f", str(script))


def test_the_connection_is_tested(snow: Snow) -> None:
    assert '"OK"' in snow("connection", "test")


def test_tables_are_listed(snow: Snow) -> None:
    found = json.loads(snow("object", "list", "table"))
    assert "NOTES" in [row["name"] for row in found]
