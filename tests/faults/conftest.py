from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from snowflake_sandbox import Engine

APP = Path(__file__).parents[2] / "app"


@pytest.fixture(scope="session")
def installed() -> Iterator[Engine]:
    """One engine with the app, emptied before every scenario."""
    with Engine(None) as engine:
        engine.install(APP)
        yield engine
