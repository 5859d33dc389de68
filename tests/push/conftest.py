from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import pytest

from hubspot_sandbox import Portal, Sandbox
from snowflake_sandbox import Engine
from tests.push.push_world import PushWorld, Row
from tests.runs.conftest import engine, installed

__all__ = ["engine", "installed"]

MakePushWorld = Callable[..., PushWorld]

THREE: Sequence[Row] = [
    {
        "CUSTOMER_ID": key,
        "EMAIL": f"c{key}@example.com",
        "FIRST_NAME": f"Name {key}",
        "SCORE": key * 10,
    }
    for key in (1, 2, 3)
]


@pytest.fixture
def make_push(engine: Engine) -> Iterator[MakePushWorld]:
    """Makes worlds with a source and a connection that may write."""
    with ExitStack() as stack:

        def make(
            records: dict[str, int] | None = None, *, rows: Sequence[Row] = (), **options: Any
        ) -> PushWorld:
            return stack.enter_context(PushWorld(engine, records, **options)).prepare(rows)

        yield make


@pytest.fixture
def push_world(make_push: MakePushWorld) -> PushWorld:
    """No records yet, and three customers."""
    return make_push(rows=THREE)


@pytest.fixture
def served_push(make_push: MakePushWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[PushWorld]:
    """As ``push_world``, with HubSpot behind real HTTP, for the real CALL and for tasks."""
    sandbox = Sandbox(Portal(1))
    with sandbox.serve() as server:
        monkeypatch.setenv("HUBSPOT_BASE_URL", server.url)
        monkeypatch.setenv("HUBSPOT_TOKEN", sandbox.portal.token)
        world = make_push(rows=THREE, portal=sandbox.portal)
        world.sandbox = sandbox
        yield world
