"""How all other packages ask HubSpot: a function's type; one with a heartbeat, one that resigns."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from threading import get_ident
from typing import Any, Protocol, TypeVar

from hubspot_ingest.errors import NotAnswered
from hubspot_ingest.hubspot.requests import FEW_TRIES, Request

Answer = TypeVar("Answer")


class Fetch(Protocol):
    """Sends a request until it is answered and parses the answer; safe to call from threads."""

    def __call__(self, request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        """See ``hubspot.client.Client.fetch``."""


@dataclass
class HeartbeatFetch:
    """A ``Fetch`` that calls ``heartbeat`` while a request waits for HubSpot or for a limit.

    It does so in the thread that made it alone: a heartbeat sends statements, and those of a
    session come from one thread. ``tick`` is in seconds.
    """

    fetch: Fetch
    pool: ThreadPoolExecutor
    heartbeat: Callable[[], None]
    tick: float
    _thread: int = field(default_factory=get_ident, init=False)

    def __call__(self, request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        """See ``Fetch``."""
        if get_ident() != self._thread:
            return self.fetch(request, parse)
        return self.end(self.pool.submit(self.fetch, request, parse))

    def begin(self, work: Callable[[], Answer]) -> Future[Answer]:
        """Begin ``work`` in another thread."""
        return self.pool.submit(work)

    def end(self, future: Future[Answer]) -> Answer:
        """Wait for begun work and return its result; raises what it raised."""
        while not wait([future], self.tick).done:
            self.heartbeat()
        return future.result()


@dataclass
class ResigningFetch:
    """A ``Fetch`` that raises ``NotAnswered`` after a few tries, where HubSpot answers others.

    An endpoint that was given up is tried once from then on, until it answers.
    """

    fetch: Fetch
    _silent: set[str] = field(default_factory=set, init=False)

    def __call__(self, request: Request, parse: Callable[[Any], Answer], /) -> Answer:
        """See ``Fetch``."""
        tries = 1 if request.endpoint in self._silent else FEW_TRIES
        try:
            answer = self.fetch(replace(request, dispensable=tries), parse)
        except NotAnswered:
            self._silent.add(request.endpoint)
            raise
        self._silent.discard(request.endpoint)
        return answer
