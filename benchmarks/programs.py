"""Starts the measured programs, each a process: the command, and question-and-answer programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.watching import Watch

COMMAND = Path(sys.executable).parent / "hubspot-ingest"


class Failed(Exception):
    """A program that is measured did not do what it was asked to."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A whole process: seconds from start to end, peak memory in MB, what it answered."""

    seconds: float
    processor_seconds: float
    peak_mb: float
    answer: dict[str, Any]


def command(statement: str, environment: Mapping[str, str]) -> Ran:
    """``hubspot-ingest sql`` with a CALL; ``answer`` is the procedure's. Raises ``Failed``."""
    started = time.perf_counter()
    with subprocess.Popen(
        [str(COMMAND), "sql", statement, "--format", "json"],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        with Watch(running.pid) as watch:
            printed, _ = running.communicate()
        seconds = time.perf_counter() - started
    if running.returncode:
        raise Failed(f"hubspot-ingest sql ended with {running.returncode}: {printed}")
    (cell,) = json.loads(printed)[0].values()
    return Ran(seconds, watch.processor_seconds, watch.peak_mb, cell)


class Conversation:
    """A program of this package that answers lines of JSON with lines of JSON."""

    def __init__(
        self, module: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> None:
        """Start ``python -m module``; ``hello`` is the first line it says."""
        self._module = module
        self._running = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._running.pid
        self.hello = self._listen()

    def ask(self, **question: object) -> dict[str, Any]:
        """Say a line and wait for the answer. Raises ``Failed`` when the program ended."""
        assert self._running.stdin is not None
        print(json.dumps(question), file=self._running.stdin, flush=True)
        return self._listen()

    def _listen(self) -> dict[str, Any]:
        assert self._running.stdout is not None
        line = self._running.stdout.readline()
        if not line:
            raise Failed(f"{self._module} ended with {self._running.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        """The program runs since it was made."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the program end, and see that it does."""
        assert self._running.stdin is not None
        self._running.stdin.close()
        try:
            self._running.wait(20)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()
