"""Prints where Chromium is, and installs it through apt if it is missing and root may.

``python -m scripts.chromium``: exit status 1 and one line that says what to install otherwise.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APPLICATIONS = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)


def find() -> Path | None:
    """The browser to drive: ``$CHROMIUM``, or the first that is installed."""
    named = os.environ.get("CHROMIUM")
    if named:
        return Path(named)
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return Path(path)
    return next((path for path in APPLICATIONS if path.exists()), None)


def install() -> Path | None:
    """Install it as root through apt; None where that is not possible."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-qy", "chromium"]):
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0:
            return None
    return find()


def main() -> int:
    """Print where Chromium is."""
    path = find() or install()
    if path is None:
        print(
            "Chromium is needed and was not found: install it (apt-get install chromium), or name "
            "one with CHROMIUM=/path/to/chromium",
            file=sys.stderr,
        )
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
