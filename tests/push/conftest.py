from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from snowflake_sandbox import Engine
from tests.push.push_world import PushWorld
from tests.runs.conftest import engine, installed

__all__ = ["engine", "installed"]

MakePushWorld = Callable[..., PushWorld]


@pytest.fixture
def make_push(engine: Engine) -> Iterator[MakePushWorld]:
    """Makes worlds with a source and a connection that may write."""
    with ExitStack() as stack:

        def make(records: dict[str, int] | None = None, **options: Any) -> PushWorld:
            return stack.enter_context(PushWorld(engine, records, **options)).prepare()

        yield make


@pytest.fixture
def push_world(make_push: MakePushWorld) -> PushWorld:
    """No records yet, and three customers."""
    world = make_push()
    for key in (1, 2, 3):
        world.insert(
            {
                "CUSTOMER_ID": key,
                "EMAIL": f"c{key}@example.com",
                "FIRST_NAME": f"Name {key}",
                "SCORE": key * 10,
            }
        )
    return world
