"""The command ``hubspot-ingest`` as a person starts it: a process of its own, with its own home."""

from __future__ import annotations

import atexit
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, TextIO

from hubspot_sandbox import Sandbox

COMMAND = Path(sys.executable).parent / "hubspot-ingest"


@dataclass(frozen=True)
class Finished:
    """A process that has ended."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> Any:
        """What ``--format json`` printed."""
        return json.loads(self.out)

    @property
    def answer(self) -> dict[str, Any]:
        """The answer of a CALL printed with ``--format json``."""
        [row] = self.rows
        [answer] = row.values()
        return dict(answer)


class Laptop:
    """A machine with a home for the engine, and perhaps a HubSpot in its environment."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        kept = {name: value for name, value in os.environ.items() if "HUBSPOT" not in name}
        self.environment: Mapping[str, str] = {
            **kept,
            "HUBSPOT_INGEST_HOME": str(home),
            "COLUMNS": "200",
            **environment,
        }

    def run(
        self, *arguments: str, timeout: float = 60, largest_file: int | None = None
    ) -> Finished:
        """Run to the end. ``largest_file`` bounds every file it writes, as a full disk would."""

        def bound() -> None:
            if largest_file is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

        done = subprocess.run(
            [COMMAND, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            preexec_fn=bound,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def into(self, output: TextIO | None, *arguments: str) -> Finished:
        """Run to the end with ``output`` as the standard output, None: with that closed."""
        done = subprocess.run(
            [COMMAND, *arguments],
            env=self.environment,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            preexec_fn=partial(os.close, 1) if output is None else None,
            check=False,
        )
        return Finished(done.returncode, "", done.stderr)

    def sql(self, statement: str, form: str = "json", **more: Any) -> Finished:
        return self.run("sql", statement, "--format", form, **more)

    @contextmanager
    def running(self, *arguments: str) -> Iterator[Running]:
        """A process that goes on until the block ends."""
        with subprocess.Popen(
            [COMMAND, *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            started = Running(process)
            try:
                yield started
            finally:
                started.end(signal.SIGTERM)


class Running:
    """A process that is going on."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.printed: list[str] = []

    def reads(self, words: str, within: float = 60) -> str:
        """Everything printed up to a line that holds ``words``."""
        assert self._process.stdout is not None
        late = threading.Timer(within, self._process.kill)
        late.start()
        try:
            for line in self._process.stdout:
                self.printed.append(line)
                if words in line:
                    return "".join(self.printed)
        finally:
            late.cancel()
        raise AssertionError(f"it ended without {words!r}: {self.printed} {self._process.stderr}")

    def complained(self) -> str:
        """What it wrote to the standard error until it ended."""
        assert self._process.stderr is not None
        return self._process.stderr.read()

    def end(self, with_signal: signal.Signals) -> int:
        """Send a signal and wait; returns the exit status."""
        if self._process.poll() is None:
            self._process.send_signal(with_signal)
        try:
            return self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise


@contextmanager
def served(sandbox: Sandbox, home: Path) -> Iterator[Laptop]:
    """A laptop whose HubSpot is this sandbox, over HTTP; the app is installed in a new home."""
    with sandbox.serve() as server:
        yield Laptop(
            installed(home), HUBSPOT_BASE_URL=server.url, HUBSPOT_TOKEN=sandbox.portal.token
        )


def installed(home: Path) -> Path:
    """The home; one that is new or empty becomes as the first command of another one left it.

    That command installs the app, which takes longer than all that most tests do.
    """
    if not home.exists() or not any(home.iterdir()):
        shutil.copytree(_home_of_a_first_command(), home, dirs_exist_ok=True)
    return home


@cache
def _home_of_a_first_command() -> Path:
    directory = Path(mkdtemp(prefix="hubspot-ingest-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    first = Laptop(directory / "home").sql("SELECT 1")
    assert first.status == 0, first.err
    return directory / "home"
