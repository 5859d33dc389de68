"""How far a long statement is: told on a terminal, and nowhere else."""

from __future__ import annotations

import os
import pty
import subprocess
from contextlib import suppress
from pathlib import Path

from hubspot_sandbox import Portal, Sandbox
from tests.laptop.process import COMMAND, Laptop, served


def on_terminal(laptop: Laptop, statement: str) -> str:
    """Everything that a terminal of 120 columns was sent."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [COMMAND, "sql", statement],
        env={**laptop.environment, "COLUMNS": "120", "TERM": "xterm"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        sent = b""
        # the end of a terminal's other side is an error of reading
        with suppress(OSError):
            while part := os.read(ours, 65_536):
                sent += part
        os.close(ours)
        assert process.wait(60) == 0
    return sent.decode()


def test_a_terminal_is_told_how_far_a_run_is_and_is_left_clean(tmp_path: Path) -> None:
    sandbox = Sandbox(Portal(1, records={"contacts": 1_000}), latency_ms=500)
    with served(sandbox, tmp_path) as laptop:
        shown = on_terminal(laptop, "CALL ingest_hubspot('contacts')")

    assert "\x1b[2Kcontacts: " in shown
    assert "pages" in shown
    _, _, after = shown.rpartition("\r\x1b[2K")
    assert "rows_inserted" in after
    assert "pages" not in after
