"""An engine in a directory: between processes, next to another one, after a kill."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from snowflake_sandbox import Engine, EngineBusy
from tests.sandboxes.snowflake import applications

OWNER = """
import sys, time
from pathlib import Path
from snowflake_sandbox import Engine
engine = Engine(Path(sys.argv[1]))
session = engine.local_session()
for statement in sys.argv[2:]:
    session.execute(statement)
print("ready", flush=True)
time.sleep(60)
"""


def owner(home: Path, *statements: str) -> subprocess.Popen[str]:
    """Start a process that opens a directory, runs statements and then holds it open."""
    started = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(home), *statements], stdout=subprocess.PIPE, text=True
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def test_everything_is_there_after_reopening(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Engine(home) as engine:
        engine.install(applications.whole(tmp_path / "app"), "LAB")
        engine.sql("CREATE TABLE LAB.STATE.T (A ARRAY COMMENT 'ids') COMMENT = 'kept'")
        engine.sql("CREATE STAGE LAB.STATE.LOADS")
        engine.sql("ALTER SECRET LAB.CONFIG.TOKEN SET SECRET_STRING = 'kept'")
        before = (engine.catalog.procedures, engine.catalog.grants, engine.catalog.streamlits)
    with Engine(home) as engine:
        catalog = engine.catalog
        assert (catalog.procedures, catalog.grants, catalog.streamlits) == before
        assert engine.sql(
            "SELECT DATA_TYPE, COMMENT FROM LAB.INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'T'"
        ) == [("ARRAY", "ids")]
        assert engine.sql("LIST @LAB.STATE.LOADS") == []
        assert '"kept"' in str(engine.sql("CALL LAB.CORE.REVEAL()")[0][0])


def test_a_second_process_is_told_that_the_directory_is_busy(tmp_path: Path) -> None:
    started = owner(tmp_path)
    try:
        with pytest.raises(EngineBusy, match="open in another process"):
            Engine(tmp_path, wait_seconds=0.1)
    finally:
        started.kill()
        started.communicate()


def test_a_second_engine_of_the_same_process_is_told_too(tmp_path: Path) -> None:
    with Engine(tmp_path), pytest.raises(EngineBusy):
        Engine(tmp_path, wait_seconds=0)


def test_committed_rows_survive_a_kill(tmp_path: Path) -> None:
    started = owner(
        tmp_path,
        "CREATE DATABASE LAB",
        "CREATE TABLE LAB.PUBLIC.T (ID VARCHAR COMMENT 'key')",
        "INSERT INTO LAB.PUBLIC.T SELECT 'x' FROM TABLE(GENERATOR(ROWCOUNT => 5000))",
        "BEGIN",
        "INSERT INTO LAB.PUBLIC.T VALUES ('lost')",
    )
    started.send_signal(signal.SIGKILL)
    started.communicate()
    # what was killed holds the directory no longer
    with Engine(tmp_path, wait_seconds=0) as engine:
        assert engine.sql("SELECT COUNT(*) FROM LAB.PUBLIC.T") == [("5000",)]
        assert engine.sql("DESC TABLE LAB.PUBLIC.T")[0][9] == "key"


def test_a_dropped_database_is_gone_from_the_directory(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine:
        engine.sql("CREATE DATABASE LAB")
        engine.sql("CREATE STAGE LAB.PUBLIC.LOADS")
        engine.sql("DROP DATABASE LAB")
        assert list((tmp_path / "databases").iterdir()) == []
        assert not (tmp_path / "stages" / "LAB").exists()


def test_a_database_is_whole_while_others_look_what_there_is(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine:
        made = threading.Event()

        def look() -> None:
            with engine.store.cursor() as cursor:
                while not made.is_set():
                    cursor.execute("SELECT * FROM duckdb_columns()").fetchall()

        looking = [threading.Thread(target=look) for _ in range(2)]
        for one in looking:
            one.start()
        try:
            for n in range(8):
                engine.sql(f"CREATE DATABASE LAB_{n}")
                engine.sql(f"CREATE TABLE LAB_{n}.PUBLIC.T (ID VARCHAR)")
        finally:
            made.set()
            for one in looking:
                one.join()
