"""What only a real process shows: being killed, and a disk that is full."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubspot_sandbox import Portal, Sandbox
from snowflake_sandbox import Engine
from tests.laptop.process import Laptop, served

CALL = "CALL ingest_hubspot('contacts')"
NARROW = "CALL configure_sync('contacts', {'properties': ['email', 'free_text']})"
RUNS = "SELECT STATUS, RESPONSE_CODE FROM HUBSPOT_INGEST.CORE.RUNS ORDER BY STARTED_AT"
ERRORS = "SELECT CODE FROM HUBSPOT_INGEST.CORE.ERRORS"
TABLE = "SELECT ID, PROPERTIES FROM HUBSPOT_DATA.CRM.CONTACTS"


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox(Portal(1, records={"contacts": 6_000}))


@pytest.fixture
def laptop(sandbox: Sandbox, tmp_path: Path) -> Iterator[Laptop]:
    with served(sandbox, tmp_path / "home") as laptop:
        assert laptop.sql(NARROW).status == 0
        sandbox.requests.clear()
        yield laptop


def _left(laptop: Laptop, statement: str) -> list[tuple[str | None, ...]]:
    """What the processes left in the engine's files, as text."""
    with Engine(laptop.home / "engine") as engine:
        return engine.sql(statement)


def _is_the_truth(laptop: Laptop, sandbox: Sandbox) -> bool:
    landed = {
        id_: (values["email"], values["free_text"])
        for id_, text in _left(laptop, TABLE)
        for values in [json.loads(text or "")]
    }
    return landed == {
        record.id: (record.properties["email"], record.properties["free_text"])
        for record in sandbox.portal.records("contacts")
    }


@pytest.mark.long
def test_a_killed_process_is_told_of_and_the_next_one_carries_on(
    laptop: Laptop, sandbox: Sandbox
) -> None:
    sandbox.latency_ms = 40
    with laptop.running("sql", CALL) as process:
        patience = time.monotonic() + 20
        while len(sandbox.requests) < 12 and time.monotonic() < patience:
            time.sleep(0.01)
        assert process.end(signal.SIGKILL) == -signal.SIGKILL
    sandbox.latency_ms = 0

    again = laptop.sql(CALL)

    assert again.status == 0
    assert again.answer["status"] == "SUCCEEDED"
    assert _is_the_truth(laptop, sandbox)
    assert _left(laptop, RUNS) == [("FAILED", "INTERRUPTED"), ("SUCCEEDED", "OK")]
    assert _left(laptop, ERRORS) == [("INTERRUPTED",)]


@pytest.mark.long
def test_a_full_disk_is_told_and_the_next_run_carries_on(
    laptop: Laptop, sandbox: Sandbox, tmp_path: Path
) -> None:
    files = (tmp_path / "home").rglob("*")
    # the rows of a backfill are written behind what the file has free, which is about 1 MB
    room = max(file.stat().st_size for file in files if file.is_file()) - 1_500_000

    full = laptop.sql(CALL, largest_file=room)

    assert full.status == 1
    assert full.err.startswith("hubspot-ingest: STORAGE_FULL: there is no room left")
    assert full.err.count("\n") == 1
    assert _left(laptop, RUNS) == [("FAILED", "STORAGE_FULL")]
    assert _left(laptop, ERRORS) == [("STORAGE_FULL",)]
    assert laptop.sql(CALL).answer["status"] == "SUCCEEDED"
    assert _is_the_truth(laptop, sandbox)


def test_a_disk_too_full_for_a_single_file_is_told_in_one_line(laptop: Laptop) -> None:
    full = laptop.sql(CALL, largest_file=2_000)

    assert full.status == 1
    assert full.err.count("\n") == 1
    assert "Traceback" not in full.err
    assert laptop.sql(CALL).status == 0
