"""A run in the background: a process waits for it before it ends, unless it is told not to."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path

import pytest

from hubspot_sandbox import Portal, Sandbox
from tests.laptop.process import served

START = "CALL start_sync('contacts')"


def test_a_process_answers_at_once_and_ends_when_its_run_has(tmp_path: Path) -> None:
    with served(Sandbox(Portal(1, records={"contacts": 5})), tmp_path) as laptop:
        done = laptop.sql(START)

        assert (done.status, done.answer["task"]) == (0, "HUBSPOT_INGEST.TASKS.CONTACTS")
        assert "waiting for contacts to end in the background" in done.err
        assert laptop.sql("SELECT STATUS FROM runs").rows == [{"STATUS": "SUCCEEDED"}]


def test_ctrl_c_does_not_wait_and_the_next_run_carries_on(tmp_path: Path) -> None:
    sandbox = Sandbox(Portal(1, records={"contacts": 5}), latency_ms=8_000)
    with served(sandbox, tmp_path) as laptop:
        with laptop.running("sql", START, "--format", "json") as process:
            answer = json.loads(process.reads("]"))
            assert "OK" in str(answer)
            assert process.end(signal.SIGINT) == 1
        sandbox.latency_ms = 0

        again = laptop.sql("CALL ingest_hubspot('contacts')")
        assert again.answer["rows_inserted"] == 5
        statuses = laptop.sql("SELECT RESPONSE_CODE AS CODE FROM runs ORDER BY STARTED_AT").rows
        # the first is on record where it had begun before Ctrl-C came
        assert statuses[-1] == {"CODE": "OK"}
        assert statuses[:-1] in ([], [{"CODE": "INTERRUPTED"}])


@pytest.mark.long
def test_ctrl_c_in_the_middle_of_a_run_is_answered_in_one_line(tmp_path: Path) -> None:
    sandbox = Sandbox(Portal(1, records={"contacts": 3_000}), latency_ms=200)
    pages = threading.Event()
    sandbox.before_each = lambda _, number: pages.set() if number > 8 else None
    with (
        served(sandbox, tmp_path) as laptop,
        laptop.running("sql", "CALL ingest_hubspot('contacts')") as process,
    ):
        assert pages.wait(30)
        assert process.end(signal.SIGINT) == 1
        assert process.complained() == "hubspot-ingest: interrupted; the next run carries on\n"


@pytest.mark.long
def test_a_server_that_is_interrupted_waits_for_the_run(tmp_path: Path) -> None:
    sandbox = Sandbox(Portal(1, records={"contacts": 5}), latency_ms=500)
    with served(sandbox, tmp_path) as laptop:
        with laptop.running("serve") as server:
            server.reads("snowflake.connector.connect(")
            assert laptop.sql(START).status == 0
            assert server.end(signal.SIGINT) == 0

        assert laptop.sql("SELECT STATUS FROM runs").rows == [{"STATUS": "SUCCEEDED"}]
