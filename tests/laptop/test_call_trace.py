"""How many modules one has to know to follow a call that finds nothing new."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = 30
"""As many as there are (docs/decisions/0024); a change may only make them fewer."""


def test_an_idle_call_goes_down_through_its_modules_and_none_is_entered_again() -> None:
    command = [sys.executable, "-m", "scripts.call_trace"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    summary = re.search(
        r"^(\d+) modules, \d+ borders crossed, entered again:\n((?:.*\n)*)", printed, re.M
    )
    assert summary is not None, printed
    assert int(summary[1]) <= MODULES, printed
    assert summary[2] == "", printed
