"""A disk that fills up while the engine writes costs the statement, never the directory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from snowflake_sandbox import Engine, SqlError

# a file that would grow past the limit is refused like one on a full disk
PROCESS = """
import json, resource, sys
from pathlib import Path
from snowflake_sandbox import Engine, SqlError
most = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
told = []
try:
    engine = Engine(Path(sys.argv[1]))
    for statement in sys.argv[3:]:
        try:
            engine.sql(statement)
            told.append(None)
        except SqlError as error:
            told.append([error.errno, error.sqlstate, error.message])
    engine.close()
except SqlError as error:
    told.append([error.errno, error.sqlstate, error.message])
print(json.dumps(told))
"""
MANY = "INSERT INTO LAB.PUBLIC.T SELECT UUID_STRING() FROM TABLE(GENERATOR(ROWCOUNT => 50000))"


def run(home: Path, most: int, *statements: str) -> list[list[object] | None]:
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, str(home), str(most), *statements],
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[list[object] | None] = json.loads(done.stdout)
    return found


def full(error: list[object] | None) -> bool:
    return error is not None and error[:2] == [300002, "53100"] and "No space left" in str(error[2])


@pytest.mark.parametrize("most", [1000, 13_000, 40_000])
def test_a_database_that_could_not_be_written_can_be_made_later(tmp_path: Path, most: int) -> None:
    Engine(tmp_path).close()
    assert full(run(tmp_path, most, "CREATE DATABASE LAB")[0])
    assert list((tmp_path / "databases").iterdir()) == []
    with Engine(tmp_path) as engine:
        engine.sql("CREATE DATABASE LAB")
        engine.sql("CREATE TABLE LAB.PUBLIC.T (ID VARCHAR)")


@pytest.mark.parametrize("most", [0, 1000, 40_000])
def test_a_directory_that_could_not_be_set_up_can_be_later(tmp_path: Path, most: int) -> None:
    assert full(run(tmp_path, most)[0])
    with Engine(tmp_path) as engine:
        engine.sql("CREATE DATABASE LAB")


def test_rows_that_found_no_room_are_not_there_and_all_others_are(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine:
        engine.sql("CREATE DATABASE LAB")
        engine.sql("CREATE TABLE LAB.PUBLIC.T (ID VARCHAR)")
        engine.sql("INSERT INTO LAB.PUBLIC.T VALUES ('kept')")
    most = max(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) + 100_000
    told = run(tmp_path, most, MANY, "SELECT 1")
    assert full(told[0])
    assert told[1] is None
    with Engine(tmp_path) as engine:
        assert engine.sql("SELECT * FROM LAB.PUBLIC.T") == [("kept",)]
        engine.sql(MANY)


def test_recorded_objects_and_secrets_are_whole_or_as_before(tmp_path: Path) -> None:
    secret = "CREATE SECRET LAB.PUBLIC.S TYPE = GENERIC_STRING SECRET_STRING = 'x'"
    with Engine(tmp_path) as engine:
        engine.sql("CREATE DATABASE LAB")
        engine.sql(secret)
    longer = f"ALTER SECRET LAB.PUBLIC.S SET SECRET_STRING = '{'y' * 2000}'"
    assert full(run(tmp_path, 1000, longer)[-1])
    with Engine(tmp_path) as engine:
        assert engine.catalog.secrets == ["LAB.PUBLIC.S"]
        engine.sql(longer)


def test_what_a_killed_process_began_is_cleared_away(tmp_path: Path) -> None:
    Engine(tmp_path).close()
    draft = tmp_path / "databases" / "LAB.db.new"
    draft.write_bytes(b"half")
    with Engine(tmp_path) as engine:
        assert not draft.exists()
        engine.sql("CREATE DATABASE LAB")


def test_a_directory_that_cannot_be_opened_is_given_free_again(tmp_path: Path) -> None:
    (tmp_path / "global.db").write_bytes(b"no database")
    for _ in range(2):
        with pytest.raises(SqlError, match=r"global\.db"):
            Engine(tmp_path, wait_seconds=0)
