from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest

from hubspot_sandbox import Portal, Sandbox
from snowflake_sandbox import Engine
from tests.runs.conftest import engine, installed
from tests.runs.world import World
from tests.ui.viewing import View

__all__ = ["engine", "installed", "open_page"]


class Open(Protocol):
    """Opens the page of a fresh install, connected to a HubSpot."""

    def __call__(
        self, records: dict[str, int] | None = None, *, portal: Portal | None = None
    ) -> tuple[View, World]: ...


@pytest.fixture
def open_page(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens pages; they share an engine with the app and a HubSpot behind real HTTP."""
    monkeypatch.delenv("HUBSPOT_TOKEN", raising=False)
    with ExitStack() as stack:

        def opened(
            records: dict[str, int] | None = None, *, portal: Portal | None = None
        ) -> tuple[View, World]:
            hubspot = portal or Portal(1, records=records or {"contacts": 12})
            sandbox = Sandbox(hubspot)
            server = stack.enter_context(sandbox.serve())
            monkeypatch.setenv("HUBSPOT_BASE_URL", server.url)
            world = stack.enter_context(World(engine, portal=hubspot))
            world.sandbox = sandbox
            return View(world), world

        yield opened
