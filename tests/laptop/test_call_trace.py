"""How many modules one has to know to follow a call that finds nothing new."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = 70
"""As many as there are; the aim is 30. A change may only make them fewer."""


def test_an_idle_call_goes_down_through_its_modules_and_only_the_heartbeat_calls_back() -> None:
    command = [sys.executable, "-m", "scripts.call_trace"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    summary = re.search(
        r"^(\d+) modules, \d+ borders crossed, entered again:\n((?:.*\n)*)", printed, re.M
    )
    assert summary is not None, printed
    assert int(summary[1]) <= MODULES, printed
    assert [line.split(maxsplit=1)[1] for line in summary[2].splitlines()] == [
        "inbound.run.records from inbound.load.table_loader",
        # which renews the leases of the runs beside this one too
        "inbound.run.runner from inbound.run.records",
    ]
