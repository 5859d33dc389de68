"""Work in steps, between which HubSpot is asked by another thread than the one with the database.

What waits for HubSpot is a generator of what it waits for, and goes on when that is done.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

T = TypeVar("T")
Steps = Generator[Future[Any], None, T]


def asked(asking: Executor, question: Callable[[], T]) -> Steps[T]:
    """What HubSpot answers to a question, which ``asking`` asks."""
    answer = asking.submit(question)
    yield answer
    return answer.result()
