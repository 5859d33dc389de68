"""A HubSpot that answers what a test tells it to, and a client of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from hubspot_ingest.credentials import Authenticator, Token
from hubspot_ingest.hubspot import requests
from hubspot_ingest.hubspot.client import Client
from hubspot_ingest.hubspot.rate_limits import Governor
from tests.builders import MINUTE, NOW, FakeClock

TOKEN = "CKsecret-of_the_portal-1234567890"
PAGE = {"results": [{"id": "1", "properties": {}}]}
LIST = requests.list_page("contacts")

Reply = httpx.Response | Exception


class HubSpot:
    """Answers what it was told to say, one after the other, and the last one for ever."""

    def __init__(self, *replies: Reply) -> None:
        self.clock = FakeClock()
        self.seen: list[httpx.Request] = []
        self.at: list[int] = []
        self._replies = list(replies)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        self.at.append(self.clock.now())
        self.clock.advance(100)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, Exception):
            raise reply
        return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)

    def client(self, *, minutes: float = 50, token: str = TOKEN) -> Client:
        return a_client(self, self.clock, minutes=minutes, token=token)


def a_client(
    answer: Callable[[httpx.Request], httpx.Response],
    clock: FakeClock,
    *,
    minutes: float = 50,
    token: str = TOKEN,
) -> Client:
    return Client(
        "https://api.hubapi.com",
        Authenticator(Token(token), clock),
        Governor(clock),
        clock,
        deadline=NOW + round(minutes * MINUTE),
        transport=httpx.MockTransport(answer),
    )


def ok(answer: Any = PAGE) -> httpx.Response:
    return httpx.Response(200, json=answer)


def no(status: int, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    return httpx.Response(status, headers=headers, json={"status": "error", **body})
