"""Tests mean the same on a busy machine, and where a shell runs them in the background."""

from __future__ import annotations

import os
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# properties are searched without a clock
settings.register_profile("any machine", deadline=None, print_blob=True)
# as make test-mutants searches them, a thousand times over
settings.register_profile(
    "mutants", deadline=None, max_examples=20, derandomize=True, database=None
)
settings.load_profile("any machine")

# a shell lets what it starts in the background ignore Ctrl-C, and whatever that starts
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# shapes of statements that this sqlfluff read before need not be read by it again
READ_BEFORE = Path(__file__).parents[1] / "build" / "statements"


_from_workers: set[str] = set()


def pytest_collection_finish() -> None:
    """Collect what the app says to Snowflake, where the tests have a local one."""
    if "snowflake_sandbox.session" in sys.modules:
        from tests import statement_reading

        statement_reading.collect()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker collected."""
    _from_workers.update(getattr(node, "workeroutput", {}).get("shapes", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail where another reader of Snowflake's SQL cannot read what the app said."""
    reading = sys.modules.get("tests.statement_reading")
    shapes = sorted(_from_workers | set(reading.collected() if reading is not None else ()))
    worker = getattr(session.config, "workeroutput", None)
    if worker is not None:
        worker["shapes"] = shapes
    if worker is not None or not shapes:
        return
    from scripts import first_run_page
    from tests import statement_reading

    new = set(statement_reading.outlines(shapes)) - set(first_run_page.recorded())
    if new and os.environ.get("RECORD_STATEMENTS"):
        first_run_page.record([*new])
    elif new:
        print(f"\n{len(new)} statements are not in docs/FIRST-RUN.md yet: make statements")
    known = READ_BEFORE / f"read-by-sqlfluff-{version('sqlfluff')}.txt"
    for statement, complaint in statement_reading.unreadable(shapes, known).items():
        print(f"\nnot read by sqlfluff: {statement[:500]}\n  {complaint}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
