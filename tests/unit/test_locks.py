"""The locks say what is installed, and nothing about where it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

LOCKS = ["dev.txt", "oldest.txt", "snow.txt", "mutants.txt", "pip-tools.txt"]
REQUIREMENTS = Path(__file__).parents[2] / "requirements"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address(lock: str) -> None:
    assert [line for line in (REQUIREMENTS / lock).read_text().splitlines() if ":/" in line] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_package_by_version_and_hash(lock: str) -> None:
    lines = (REQUIREMENTS / lock).read_text().splitlines()
    named = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert named
    assert [line for line in named if "==" not in line or not line.endswith("\\")] == []
