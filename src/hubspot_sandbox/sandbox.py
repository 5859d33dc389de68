"""The local HubSpot: answers a request as HubSpot would, and records it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote

import httpx

from hubspot_sandbox.answers import (
    CORRELATION,
    Answer,
    Refusal,
    ScopeRefusal,
    html,
    missing_scopes,
    refusal,
)
from hubspot_sandbox.call import Call
from hubspot_sandbox.faults import AFTER_THE_WORK, Faults
from hubspot_sandbox.limits import BURST, OPEN, SEARCH, Limits, Meter, usage_shape
from hubspot_sandbox.portal import Portal
from hubspot_sandbox.routes.table import Route, find_route
from hubspot_sandbox.server.httpx_transport import httpx_response
from hubspot_sandbox.write_rules import WriteLock, WriteRules

if TYPE_CHECKING:
    from hubspot_sandbox.server.http_server import Server

LONGEST_URL = 16_000
BeforeEach = Callable[[Portal, int], None]


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived. ``status`` is 0 when the connection was dropped.

    ``endpoint`` is the path with ids replaced, ``query`` the raw query string.
    """

    at_ms: int
    method: str
    path: str
    endpoint: str
    query: str
    body: bytes
    status: int


class Sandbox:
    """HubSpot's API over one portal: in process, behind httpx, or over HTTP."""

    def __init__(
        self,
        portal: Portal,
        limits: Limits | None = None,
        search_lag_ms: int = 0,
        latency_ms: int = 0,
        faults: Faults | None = None,
        *,
        search_reads_through: bool = False,
        search_misplaces: Mapping[str, int] | None = None,
        empty_for_encoded_twice: bool = False,
        scope_refusals: str | None = None,
        strict: bool = True,
        writes: WriteRules | None = None,
        before_each: BeforeEach | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Serve a portal.

        Args:
            portal: the account.
            limits: request limits; unlimited by default (`Limits()` for HubSpot's).
            search_lag_ms: how far search is behind the records (BEHAVIOR H46).
            latency_ms: how long every answer takes over HTTP and through `respond`.
            faults: what goes wrong on purpose.
            search_reads_through: search finds by the old values but shows the present ones, so
                that records outside the window asked for come back (BEHAVIOR H47).
            search_misplaces: how many ms too early records stand in order of the time of change, by
                id (BEHAVIOR H202).
            empty_for_encoded_twice: answer a page token that was percent-encoded again with an
                empty page instead of taking it (BEHAVIOR H162).
            scope_refusals: the shape of every refusal for want of a scope, one of `SCOPE_SHAPES`;
                None for the one recorded of the endpoint (BEHAVIOR H166).
            strict: refuse what HubSpot's reference does not describe: projects at 2026-09, events
                by an object type without a record (BEHAVIOR H145, H168).
            writes: how writes are taken where the evidence is open; the best known by default.
            before_each: called with the portal and the number of each request, from 1, before it
                is answered: here a test changes records between two pages.
            sleep: waits, in seconds, in `respond`.
        """
        self.portal = portal
        self.limits = limits or Limits.unlimited()
        self.search_lag_ms = search_lag_ms
        self.latency_ms = latency_ms
        self.faults = faults
        self.search_reads_through = search_reads_through
        self.search_misplaces = search_misplaces or {}
        self.empty_for_encoded_twice = empty_for_encoded_twice
        self.scope_refusals = scope_refusals
        self.strict = strict
        self.writes = writes or WriteRules()
        self.before_each = before_each
        self.requests: list[Seen] = []
        self._sleep = sleep
        self._meter = Meter(self.limits, portal.utc_offset_ms)
        self._write_lock = WriteLock()
        self._numbered = 0

    def handle(
        self,
        method: str,
        url_path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """Answer one request. ``query`` is the raw query string. Safe to call from many threads."""
        portal = self.portal
        with portal.lock:
            self._numbered += 1
            number = self._numbered
            if self.before_each is not None:
                self.before_each(portal, number)
            now = portal.clock()
            path = unquote(url_path)
            route = find_route(method.upper(), path)
            endpoint = route.endpoint if route is not None else path
            lowered = {name.lower(): value for name, value in (headers or {}).items()}
            answer = self._faulty(number, now, route, method, path, query, lowered, body)
            answer.delay_ms += self.latency_ms
            correlation = f"00000000-0000-4000-8000-{number:012x}"
            answer.headers["X-HubSpot-Correlation-Id"] = correlation
            if answer.status >= 400:
                answer.body = answer.body.replace(CORRELATION.encode(), correlation.encode())
            status = 0 if answer.dropped else answer.status
            seen = Seen(now, method.upper(), path, endpoint, query, body, status)
            self.requests.append(seen)
            return answer

    def _faulty(
        self,
        number: int,
        now: int,
        route: Route | None,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Answer:
        kind = None
        if self.faults is not None:
            endpoint = route.endpoint if route is not None else path
            kind = self.faults.draw(number, endpoint, (method, path, query, body))
        if kind is not None and kind not in AFTER_THE_WORK:
            assert self.faults is not None
            return self.faults.instead(kind, route is not None and route.bucket == SEARCH)
        if kind is not None and self.faults is not None:
            body = self.faults.cut(kind, body)
        try:
            answer = self._answer(now, route, method, path, query, headers, body)
        except Refusal as refused:
            answer = refused.answer
            if self.scope_refusals is not None and isinstance(refused, ScopeRefusal):
                answer = missing_scopes(refused.scopes, self.scope_refusals).answer
            if answer.status != 530 and route is not None and route.bucket != OPEN:
                oauth = self.portal.tokens.is_oauth(headers)
                answer.headers |= self._meter.headers(route.bucket, now, oauth=oauth)
        if kind is not None and self.faults is not None:
            answer = self.faults.spoil(kind, answer)
        return answer

    def _answer(
        self,
        now: int,
        route: Route | None,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Answer:
        if len(path) + 1 + len(query) > LONGEST_URL:
            raise Refusal(html(414, "Request-URI Too Large"))
        bucket = route.bucket if route is not None else BURST
        granted: frozenset[str] | None = frozenset()
        if bucket != OPEN:
            granted = self.portal.tokens.authenticate(headers, now)
            self._meter.admit(bucket, now)
        if route is None:
            raise Refusal(_nothing_there(path))
        if not _takes_json(headers.get("accept", "*/*")):
            raise Refusal(html(406, "Not Acceptable"))
        call = Call(
            portal=self.portal,
            style=route.style,
            method=method,
            path=path,
            parameters=route.parameters,
            query=parse_qs(query, keep_blank_values=False),
            raw_body=body,
            granted=granted,
            now=now,
            lag_ms=self.search_lag_ms,
            reads_through=self.search_reads_through,
            misplaced=self.search_misplaces,
            empty_for_encoded_twice=self.empty_for_encoded_twice,
            strict=self.strict,
            writes=self.writes,
            write_lock=self._write_lock,
            usage=usage_shape(self._meter, now),
        )
        answer = route.answer(call)
        if bucket != OPEN:
            oauth = self.portal.tokens.is_oauth(headers)
            answer.headers |= self._meter.headers(bucket, now, oauth=oauth)
        return answer

    def respond(self, request: httpx.Request) -> httpx.Response:
        """Answer an httpx request: for ``respx`` side effects and ``httpx.MockTransport``.

        Raises:
            httpx.ReadTimeout: the answer takes longer than the request's read timeout.
            httpx.ReadError, httpx.RemoteProtocolError: the connection was dropped.
        """
        answer = self.handle(
            request.method,
            request.url.path,
            request.url.query.decode("ascii"),
            dict(request.headers),
            request.read(),
        )
        # over real HTTP the server tells its own time
        answer.headers["Date"] = formatdate(self.portal.clock() / 1000, usegmt=True)
        return httpx_response(answer, request, len(self.requests), self._sleep)

    def serve(self, port: int = 0) -> Server:
        """A server on 127.0.0.1 in a thread of this process, to be used in a ``with`` block."""
        # Imported here because uvicorn takes a third of a second to import.
        from hubspot_sandbox.server.http_server import Server

        return Server(self, port)


def _nothing_there(path: str) -> Answer:
    """404, or 405 where another method would be answered (BEHAVIOR H11)."""
    if any(find_route(method, path) for method in ("GET", "POST", "PATCH", "PUT", "DELETE")):
        return html(405, "Method Not Allowed")
    return refusal(404, "Not found", "OBJECT_NOT_FOUND").answer


def _takes_json(accept: str) -> bool:
    kinds = {part.partition(";")[0].strip() for part in accept.split(",")}
    return not kinds.isdisjoint(("application/json", "application/*", "*/*"))
