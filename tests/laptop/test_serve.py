"""``hubspot-ingest serve``: the clients people have, unchanged, on the local engine."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from snowflake.connector.errors import DatabaseError
from snowflake.snowpark import Session

from hubspot_sandbox import Sandbox
from tests.laptop.process import Laptop, Running, installed, served

SNOW = Path(__file__).parents[2] / ".tools" / "snow" / "bin" / "snow"
CALL = "CALL ingest_hubspot('contacts')"
# what differs from run to run
TIMES = {"run_id", "duration_seconds", "since", "until", "settled_through"}


@pytest.fixture(scope="module")
def serving(laptop: Laptop) -> Iterator[Running]:
    with laptop.running("serve") as process:
        process.reads("snowflake.connector.connect(")
        yield process


@pytest.fixture(scope="module")
def printed(serving: Running) -> str:
    return "".join(serving.printed)


@pytest.fixture(scope="module")
def parameters(printed: str) -> dict[str, Any]:
    """The connection parameters printed for Python."""
    match = re.search(r"snowflake\.connector\.connect\((.*)\)", printed)
    assert match is not None
    pairs = re.findall(r"(\w+)=('[^']*'|\d+|True|False)", match[1])
    return {name: value.strip("'") for name, value in pairs}


def _snow(printed: str, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``snow`` with the configuration that the printed command names."""
    command = re.search(r"^  snow (--config-file .+ sql -c local) -q ", printed, re.M)
    assert command is not None
    return subprocess.run(
        [SNOW, *shlex.split(command[1]), *arguments],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "SNOWFLAKE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def _lasting(answer: Any) -> dict[str, Any]:
    answer = json.loads(answer) if isinstance(answer, str) else answer
    return {name: value for name, value in answer.items() if name not in TIMES}


def test_snow_and_our_own_sql_get_the_same_answer(
    printed: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    by_snow = _snow(printed, tmp_path, "-q", CALL, "--format", "json")
    with served(sandbox, tmp_path / "other") as other:
        ours = other.sql(CALL)

    assert by_snow.returncode == 0, by_snow.stderr
    [row] = json.loads(by_snow.stdout)
    assert list(row) == list(ours.rows[0]) == ["INGEST_HUBSPOT"]
    assert _lasting(row["INGEST_HUBSPOT"]) == _lasting(ours.answer)
    assert ours.answer["rows_inserted"] == 12


def test_sql_talks_to_the_server_that_has_the_engine(serving: Running, laptop: Laptop) -> None:
    assert serving.printed
    done = laptop.sql("SELECT CURRENT_SCHEMA() AS S, CURRENT_DATABASE() AS D")

    assert (done.status, done.rows) == (0, [{"S": "CORE", "D": "HUBSPOT_INGEST"}])


def test_the_connector_connects_with_what_was_printed(parameters: dict[str, Any]) -> None:
    with (
        snowflake.connector.connect(**parameters) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT COUNT(*) FROM syncs WHERE NAME = %s", ("nothing",))
        assert cursor.fetchone() == (0,)


def test_snowpark_connects_with_what_was_printed(parameters: dict[str, Any]) -> None:
    session = Session.builder.configs(parameters).create()
    try:
        [row] = session.sql("SELECT 12.5::NUMBER(38,18) AS N").collect()
        assert float(row["N"]) == 12.5
        answer = session.call("configure_sync", "slim", {"stream": "contacts"})
        assert json.loads(answer)["response_code"] == "OK"
    finally:
        session.close()


def test_another_password_than_the_printed_is_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError, match="Incorrect username or password"):
        snowflake.connector.connect(**{**parameters, "password": "local"})


def test_the_password_is_printed_once_and_is_in_one_file(
    parameters: dict[str, Any], printed: str, laptop: Laptop
) -> None:
    password = parameters["password"].encode()
    holding = [file for file in laptop.home.rglob("*") if file.is_file()]
    holding = [file for file in holding if password in file.read_bytes()]

    assert printed.encode().count(password) == 1
    assert [file.name for file in holding] == ["connection.toml"]


def test_it_listens_on_loopback_alone(parameters: dict[str, Any]) -> None:
    assert parameters["host"] == "127.0.0.1"


@pytest.mark.long
def test_a_server_that_ends_frees_the_engine(tmp_path: Path) -> None:
    mine = Laptop(installed(tmp_path / "home"))
    with mine.running("serve") as process:
        process.reads("snowflake.connector.connect(")
        file = tmp_path / "home" / "connection.toml"
        assert file.stat().st_mode & 0o777 == 0o600
        assert process.end(signal.SIGINT) == 0
    assert not file.exists()

    assert mine.sql("SELECT 1 AS ONE").rows == [{"ONE": 1}]


@pytest.mark.long
def test_the_connection_file_of_a_server_that_was_killed_is_no_harm(tmp_path: Path) -> None:
    mine = Laptop(installed(tmp_path / "home"))
    with mine.running("serve") as process:
        process.reads("snowflake.connector.connect(")
        process.end(signal.SIGKILL)

    assert mine.sql("SELECT 1 AS ONE").rows == [{"ONE": 1}]
